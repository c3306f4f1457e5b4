using System.Globalization;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Main;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Emulator.Stacks.Recorded;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

/// <summary>The kernel of a run, with the differences of NetBSD 4.0.1, against what that answered.</summary>
public sealed class MainKernelTests
{
    private static readonly string[] Folders = ["ops", "lim", "td", "big"];

    [Theory]
    [InlineData("big", 34)]
    [InlineData("lim", 14)]
    [InlineData("td", 87)]
    [InlineData("ops", 54)]
    public void Every_step_of_the_recorded_lists_comes_out_as_NetBSD_4_0_1_answered_it_and_every_death_at_its_step(string folder, int lists)
    {
        Agreement agreement = Recordings.Compare(folder, "netbsd-4.0.1");

        Assert.Equal((lists, lists), (agreement.Lists, agreement.SameEnd));
        Assert.Empty(agreement.Differing);
        Assert.Equal(0, agreement.Drains);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"| `{folder}/` | {agreement.Agreed:n0} of {agreement.Compared:n0} | {lists} of {lists} |"), File.ReadAllText(Repository.At("docs", "agreement.md")));
    }

    [Theory]
    [InlineData("netbsd-4.0.1-fix-out", 190)]
    [InlineData("netbsd-4.0.1-fix-in", 87)]
    public void Every_bad_access_comes_out_as_the_sanitizer_saw_it_on_NetBSD_4_0_1(string kernel, int lists)
    {
        VerdictAgreement agreement = Recordings.Verdicts("", RecordedKernel.Named(kernel)!);

        Assert.Equal(lists, agreement.Lists);
        Assert.Empty(agreement.Differing);
    }

    [Fact]
    public void Each_difference_has_a_name_and_both_sources_and_says_whether_a_recorded_list_comes_out_otherwise_without_it()
    {
        Assert.Equal(Enum.GetValues<KernelDifference>().Where(d => d != KernelDifference.None), KernelDifferences.All.Select(d => d.Difference));
        Assert.Equal(KernelDifferences.All.Aggregate(KernelDifference.None, (sum, d) => sum | d.Difference), KernelProfile.Of401.Differences);
        (string List, string Said)[] with = [.. Folders.SelectMany(Lists).Select(list => (list, Said(list, KernelProfile.Of401)))];
        foreach (KernelDifferences.Entry difference in KernelDifferences.All)
        {
            Assert.All([difference.Name, difference.Of2005, difference.OfTheOther], text => Assert.NotEmpty(text));
            KernelProfile without = KernelProfile.Of401 with { Differences = KernelProfile.Of401.Differences & ~difference.Difference };
            Assert.Equal((difference.Name, difference.IsSeen), (difference.Name, with.Any(pair => Said(pair.List, without) != pair.Said)));
        }
    }

    [Theory]
    [InlineData("membership-crash.ops", "in_delmulti", "in.c", "ip_freemoptions")]
    [InlineData("in6-selecthlim-crash.ops", "in6_selecthlim", "in6_src.c", "udp6_output")]
    public void Both_of_the_mails_crashes_happen_at_the_last_step_of_this_projects_own_lists(string list, string function, string file, string caller)
    {
        string path = Repository.At("scenarios", "ops", list);
        IReadOnlyList<Operation> operations = OperationList.Parse(File.ReadAllText(path), path);
        OperationRun run = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd401)).Run(operations);

        BadAccess access = Assert.Single(run.Stack.Oracle.SeenBySanitizer);
        Assert.Equal((operations.Count, function, file), (access.Step, access.Function, access.File));
        Assert.NotEmpty(caller);
        Assert.False(run.Stack.Oracle.HasDied);
    }

    [Fact]
    public void The_timer_of_a_group_report_uses_the_freed_interface_with_no_call_at_all()
    {
        OperationRun run = Run(
            "raw4 o 89", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "up tun0", "join4 o 239.1.2.3 10.0.0.1", "deladdr4 tun0 10.0.0.1", "ifclose tun0", "destroy tun0", "tick 12000");

        BadAccess access = Assert.Single(run.Stack.Oracle.Accesses);
        Assert.Equal((10, "ip_output", BadAccessKind.HeapUseAfterFree), (access.Step, access.Function, access.Kind));
    }

    [Fact]
    public void The_shipped_fix_reads_the_freed_in6_ifextra_when_an_interface_goes_with_a_group_and_without_an_address()
    {
        string[] list =
        [
            "udp6 r 521", "create tun0", "open tun0", "addr6 tun0 fe80::1 64", "up tun0", "join6 r ff02::9 tun0", "deladdr6 tun0 fe80::1", "destroy tun0", "close r",
        ];
        OperationRun fixedRun = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd401, "purge-flagged")).Run(OperationList.Parse(string.Join('\n', list), "x"));
        Assert.Equal("step 8 (destroy tun0): heap-use-after-free in in6_setscope (scope6.c)", fixedRun.Stack.Oracle.Verdict);

        // The 2.0 branch takes a zone from if_index, which is alive then: the same fix is clean there.
        OperationRun before = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd2005, "purge-flagged")).Run(OperationList.Parse(string.Join('\n', list), "x"));
        Assert.Equal("clean", before.Stack.Oracle.Verdict);
    }

    [Fact]
    public void A_kernel_that_found_no_kludge_record_has_panicked_and_an_alias_is_no_use_after_free()
    {
        OperationRun panic = Run("udp6 r 521", "create tun0", "open tun0", "addr6 tun0 fe80::1 64", "join6 r ff02::9 tun0", "deladdr6 tun0 fe80::1");
        Assert.Equal("step 6 (deladdr6 tun0 fe80::1): panic in in6_savemkludge (in6.c)", panic.Stack.Oracle.Verdict);
        Assert.Equal("clean", panic.Stack.Oracle.SanitizerVerdict);

        var stack = new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"));
        OperationRun alias = new OperationRunner(stack).Run(OperationList.Parse(
            "raw4 o 89\ncreate tun0\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\nup tun0\njoin4 o 224.0.0.5 10.0.0.1\ndeladdr4 tun0 10.0.0.1\nalloc 1024\nalloc 1024\nalloc 1024\ndestroy tun0\ncreate tun0\nclose o\n", "x"));
        Assert.Contains("alias in in_delmulti (in.c)", alias.Stack.Oracle.Verdict, StringComparison.Ordinal);
        Assert.DoesNotContain("heap-use-after-free", alias.Stack.Oracle.Verdict, StringComparison.Ordinal);
    }

    private static OperationRun Run(params string[] operations) => Recordings.Run(StackCatalog.NetBsd401, null, operations);

    private static IEnumerable<string> Lists(string folder) => Directory.EnumerateFiles(Path.Combine(Recordings.Folder, folder), "*.ops").Order(StringComparer.Ordinal);

    private static string Said(string list, KernelProfile profile)
    {
        OperationRun run = new OperationRunner(new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"), profile)).Run(OperationFile.Parse(File.ReadAllText(list), list).Operations);
        return string.Join('\n', run.Steps) + run.Stack.Oracle.SanitizerVerdict;
    }
}
