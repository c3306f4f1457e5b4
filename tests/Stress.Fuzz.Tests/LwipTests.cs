using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Stress.Guests;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Fuzz.Tests;

/// <summary>A test on lwIP: needs gcc and lwIP's source. Skipped without them; failing where tools are required.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LwipFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip => Tools.Required ? null
        : Tools.Find("gcc") is null ? "needs gcc (Debian package gcc)"
        : LwipDriver.FindSource(Repository.At("tests/lwip/source")) is null ? "needs lwIP's source (Debian package lwip): run tests/lwip/fetch.sh, or set STRESS_LWIP_SOURCE" : null;
}

public sealed class LwipTests
{
    // The shape of a report; none of lwIP's.
    private static readonly string[] Report =
    [
        "==7==ERROR: AddressSanitizer: heap-use-after-free on address 0x60b0 at pc 0x1 bp 0x2 sp 0x3", "READ of size 8 at 0x60b0 thread T0", "    #0 0x1 in use_it /a/use.c:3", "    #1 0x2 in main /a/main.c:9", "",
        "0x60b0 is located 8 bytes inside of 16-byte region", "freed by thread T0 here:", "    #0 0x4 in __interceptor_free asan.cpp:52", "    #1 0x5 in mem_free /a/mem.c:1", "    #2 0x6 in end_it /a/end.c:4", "",
        "previously allocated by thread T0 here:", "    #0 0x7 in __interceptor_malloc asan.cpp:69", "    #1 0x8 in memp_malloc_pool /a/memp.c:1", "    #2 0x9 in make_it /a/make.c:5", "",
    ];

    [Fact]
    public void A_report_has_its_use_its_allocation_and_its_free_in_its_title()
    {
        Assert.Equal("AddressSanitizer heap-use-after-free in use_it (allocated by make_it, freed by end_it)", SanitizerReport.TitleOf(Report));
        Assert.Equal("assertion 'x > 0' fails (y.c)", SanitizerReport.TitleOf(["lwip assertion: x > 0 at /some/where/y.c:12"]));
        Assert.Null(SanitizerReport.TitleOf(["something else"]));
        Assert.Equal(["memory stays (allocated by make_it)"], SanitizerReport.HeldTitles(["held at the end:", "    #0 0x0 in malloc", "    #1 0x0 in memp_malloc", "    #2 0x0 in make_it", "held at the end:", "    #0 0x0 in malloc", "    #1 0x0 in make_it"]));
    }

    [LwipFact]
    public async Task The_driver_knows_every_operation_of_the_grammar_and_a_list_gives_the_same_outcome_each_time()
    {
        var stack = new LwipStack(await DriverAsync());
        var generator = new Generator(LwipGrammar.Grammar);
        IReadOnlyList<string>[] lists = [.. Enumerable.Range(1, 60).Select(n => generator.Generate(new Chance(1, (ulong)n)))];

        IReadOnlyList<ListOutcome> once = stack.Run(lists, 1, CancellationToken.None), again = stack.Run([.. lists.Reverse()], 1, CancellationToken.None);

        Assert.All(once, outcome => Assert.Null(outcome.Lost));
        Assert.Equal(once.Select(Words), again.Reverse().Select(Words));
        Assert.All(once.SelectMany(outcome => outcome.Steps), step => Assert.NotEqual("-1001", step.Error));

        static string Words(ListOutcome outcome) => string.Join('\n', [.. outcome.Steps.Select(step => $"{step.Word} {step.Error}"), .. outcome.Titles]);
    }

    [LwipFact]
    public async Task A_search_finds_a_use_after_free_by_use_that_the_rules_allow()
    {
        FuzzReport report = new FuzzSearch(LwipGrammar.Grammar, [new LwipStack(await DriverAsync())], new FuzzOptions { Lists = 2000, Findings = 1, Workers = 2 }).Run(_ => { }, CancellationToken.None);

        Finding finding = report.Findings[0];
        Assert.True(finding.IsConfirmed, finding.Title);
        Assert.InRange(finding.Minimal.Count, 1, 12);
        Assert.Contains("stress_list[]", LwipExport.ToC("finding.c", string.Join('\n', finding.Minimal)), StringComparison.Ordinal);
    }

    private static Task<string> DriverAsync() => new LwipDriver(GuestCache.OfUser()).EnsureAsync(folder => Repository.At(folder), _ => { }, CancellationToken.None);
}
