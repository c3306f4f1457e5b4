using System.Text.Json;
using Stress.Contracts;
using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Xunit;

namespace Stress.Fuzz.Tests;

public sealed class FuzzSearchTests
{
    [Fact]
    public void Equal_seeds_give_equal_findings_and_digests_with_any_number_of_workers()
    {
        FuzzReport one = Search(StackCatalog.NetBsd7, new FuzzOptions { Lists = 400, Workers = 1 }), four = Search(StackCatalog.NetBsd7, new FuzzOptions { Lists = 400, Workers = 4 });
        FuzzReport other = Search(StackCatalog.NetBsd7, new FuzzOptions { Lists = 400, Seed = 2 });

        Assert.Equal(one.Digest, four.Digest);
        Assert.Equal(one.Findings.Select(f => (f.Title, f.List)), four.Findings.Select(f => (f.Title, f.List)));
        Assert.NotEqual(one.Digest, other.Digest);
    }

    [Fact]
    public async Task A_search_that_is_written_and_read_after_every_round_and_executes_parts_twice_comes_to_the_same()
    {
        var options = new FuzzOptions { Lists = 400 };
        var backend = new FuzzBackend(new StackOpener(new Guests.GuestCache(Path.GetTempPath())));
        string order = FuzzBackend.Write(new FuzzOrder { Stacks = [StackCatalog.NetBsd7], Options = options });
        byte[]? image = null;
        for (; ; )
        {
            ISearch search = backend.Open(order, image is null ? null : (ReadOnlyMemory<byte>?)image);
            IReadOnlyList<byte[]> parts = search.Next();
            if (parts.Count == 0)
            {
                break;
            }

            byte[][] results = await Task.WhenAll(parts.Select(part => backend.Execute(order, part, CancellationToken.None)));
            byte[][] again = await Task.WhenAll(search.Next().Select(part => backend.Execute(order, part, CancellationToken.None)));
            Assert.Equal(results, again);
            search.Take(again);
            image = search.Save();
        }

        FuzzReport here = Search(StackCatalog.NetBsd7, options), carried = JsonSerializer.Deserialize<FuzzReport>(backend.Open(order, image).Report(interrupted: false))!;
        Assert.NotEmpty(here.Findings);
        Assert.Equal((here.Digest, here.Corpus, here.Reached, here.Steps), (carried.Digest, carried.Corpus, carried.Reached, carried.Steps));
        Assert.Equal(JsonSerializer.Serialize(here.Findings), JsonSerializer.Serialize(carried.Findings));
    }

    [Fact]
    public void An_order_that_a_silo_cannot_execute_is_refused_with_what_is_accepted()
    {
        var backend = new FuzzBackend(new StackOpener(new Guests.GuestCache(Path.GetTempPath())));

        Assert.Contains("stack host: a silo has none of that name; accepted are", backend.Problem(FuzzBackend.Write(new FuzzOrder { Stacks = ["host"], Options = new FuzzOptions() })), StringComparison.Ordinal);
        Assert.Contains("cannot be read", backend.Problem("{"), StringComparison.Ordinal);
        Assert.Null(backend.Problem(FuzzBackend.Write(new FuzzOrder { Stacks = ["lwip"], Options = new FuzzOptions() })));
    }

    [Fact]
    public void A_finding_is_confirmed_and_its_list_gives_its_title_without_an_operation_that_can_go()
    {
        FuzzReport report = Search(StackCatalog.NetBsd7, new FuzzOptions { Lists = 1500 });

        Assert.NotEmpty(report.Findings);
        Assert.All(report.Findings, finding =>
        {
            Assert.True(finding.IsConfirmed && finding.IsMinimal && finding.Minimal.Count <= 12, finding.Title);
            Assert.Contains(finding.Title, TitlesOf(finding.Minimal));
            for (int i = 0; i < finding.Minimal.Count; i++)
            {
                Assert.DoesNotContain(finding.Title, TitlesOf([.. finding.Minimal.Where((_, k) => k != i)]));
            }
        });

        static IReadOnlyList<string> TitlesOf(IReadOnlyList<string> list) => new EmulatedStack(StackCatalog.NetBsd7).Run([list], 1, CancellationToken.None)[0].Titles;
    }

    [Fact]
    public void A_search_ends_with_the_finding_that_it_was_asked_for()
    {
        FuzzReport report = Search(StackCatalog.NetBsd2005, new FuzzOptions { Lists = 5000, Findings = 1, Minimise = false });

        Assert.NotEmpty(report.Findings);
        Assert.All(report.Findings, finding => Assert.Equal(report.Lists, finding.List));
        Assert.InRange(report.Lists, 1, 4999);
    }

    [Fact]
    public void Stacks_of_one_family_that_answer_a_step_differently_are_a_finding_cut_down_to_that_step()
    {
        var search = new FuzzSearch(
            KernelGrammar.Grammar.For([StackCatalog.Linux6]), [new EmulatedStack(StackCatalog.Linux6), new Contrary()], new FuzzOptions { Lists = 200 });
        FuzzReport report = search.Run(_ => { }, CancellationToken.None);

        Finding finding = Assert.Single(report.Findings);
        Assert.Equal((FindingKind.Disagreement, "destroy: linux-6 says ok, contrary EBUSY(16)"), (finding.Kind, finding.Title));
        Assert.Equal(2, finding.Minimal.Count);
    }

    [Fact]
    public void A_result_that_is_lost_counts_as_lost_and_an_operation_that_never_worked_is_named()
    {
        var search = new FuzzSearch(KernelGrammar.Grammar.For([StackCatalog.Linux6]), [new Silent()], new FuzzOptions { Lists = 50 });
        FuzzReport report = search.Run(_ => { }, CancellationToken.None);

        Assert.Equal((50, 50, "gone"), (report.Lists, report.NotExecuted, report.WhyLost));
        Assert.Contains("create", report.NeverSucceeded.Select(rate => rate.Operation));
    }

    private static FuzzReport Search(string stack, FuzzOptions options) =>
        new FuzzSearch(KernelGrammar.Grammar.For([stack]), [new EmulatedStack(stack)], options).Run(_ => { }, CancellationToken.None);

    // linux-6, but an interface that is there cannot be destroyed.
    private sealed class Contrary : IFuzzStack
    {
        private readonly EmulatedStack _stack = new(StackCatalog.Linux6);

        public string Name => "contrary";

        public string Speaks => StackCatalog.Linux6;

        public string? Family => _stack.Family;

        public int Batch => 16;

        public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop) =>
            [.. _stack.Run(lists, seed, stop).Select(outcome => outcome with { Steps = [.. outcome.Steps.Select(step => step.Word == "destroy" && step.Error.Length == 0 ? step with { Error = "EBUSY(16)" } : step)] })];
    }

    private sealed class Silent : IFuzzStack
    {
        public string Name => "silent";

        public string Speaks => StackCatalog.Linux6;

        public string? Family => null;

        public int Batch => 16;

        public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop) => [.. lists.Select(_ => ListOutcome.Nothing("gone"))];
    }
}
