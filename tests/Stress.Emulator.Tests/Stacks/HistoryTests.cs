using Stress.Emulator.Designs.History;
using Stress.Emulator.Kernel;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public sealed class HistoryTests
{
    private const string Header = """
        # title: t
        # system: s
        # source: o
        # class: c
        # holder: in_multi.inm_ifp
        # verdict: crash
        # before: design=netbsd-2005
        # after: design=purge-all
        # inferred: nothing
        """;

    private static IEnumerable<string> AllIds => Directory.EnumerateFiles(Repository.At("scenarios", "history"), "*.ops").Select(f => Path.GetFileNameWithoutExtension(f)).Order();

    public static TheoryData<string> Ids => [.. AllIds];

    [Theory]
    [MemberData(nameof(Ids))]
    public void An_entry_comes_to_its_verdict_before_the_fix_and_to_none_after(string id)
    {
        HistoryRun run = HistoryRun.Of(Load(id));

        Assert.Equal(run.Entry.Verdict, run.Before.Verdict);
        Assert.True(run.Gone, run.After.Text);
        Assert.Equal(run.Entry.Operations.Count, run.After.Steps);
    }

    [Theory]
    [MemberData(nameof(Ids))]
    public void An_entry_says_the_same_twice(string id)
    {
        HistoryEntry entry = Load(id);

        Assert.Equal(HistoryRun.Of(entry).Before.Text, HistoryRun.Of(entry).Before.Text);
    }

    [Theory]
    [InlineData("# title: t", "# titel: t", 1, "'# titel: t' is not a line of a header; accepted: # KEY: VALUE with KEY one of title, ")]
    [InlineData("# system: s", "# title: s", 2, "'title' stands on line 1 already; accepted: each key once")]
    [InlineData("# system: s\n", "", 9, "the header ends without 'system'; accepted: title, ")]
    [InlineData("in_multi.inm_ifp", "inm_ifp", 5, "holder 'inm_ifp' is not known; accepted: in_multi.inm_ifp, ")]
    [InlineData("crash", "boom", 6, "verdict 'boom' is not known; accepted: leak, stale, alias, crash")]
    [InlineData("design=netbsd-2005", "design=netbsd", 7, "design \"netbsd\" is not known; accepted: netbsd-2005, ")]
    [InlineData("design=netbsd-2005", "netbsd-2005", 7, "'netbsd-2005' is not part of a side; accepted: design=NAME, then switch=NAME as often as needed")]
    [InlineData("design=purge-all", "design=purge-all switch=x", 8, "switch \"x\" is not known; accepted: in6-ifloop-handed-over, ")]
    [InlineData("design=purge-all", "switch=in6-multi-counted", 8, "'switch=in6-multi-counted' is not part of a side; accepted: design=NAME, then")]
    [InlineData("create ppp0", "creat ppp0", 10, "unknown operation 'creat', did you mean create?; accepted: create, ")]
    [InlineData("create ppp0", "", 10, "no operation; accepted: a header, then an operation list")]
    public void A_wrong_entry_is_refused_with_its_line(string good, string bad, int line, string message)
    {
        string text = (Header + "\ncreate ppp0").ReplaceLineEndings("\n").Replace(good, bad);

        var e = Assert.Throws<OperationListException>(() => HistoryEntry.Parse(text, "x.ops", "x"));
        Assert.StartsWith($"x.ops:{line}: {message}", e.Message);
    }

    [Fact]
    public void A_value_goes_on_after_three_blanks()
    {
        string text = (Header + "\ncreate ppp0").Replace("# title: t", "# title: one\n#   and two");

        Assert.Equal("one and two", HistoryEntry.Parse(text, "x.ops", "x").Title);
    }

    [Theory]
    [InlineData("purge-at-address-delete", "EADDRNOTAVAIL")] // the over-purge that r150296 also took away
    [InlineData("ifdetach-refcount", null)]
    public void Deleting_an_address_of_an_interface_that_stays_costs_a_membership_only_where_the_purge_hangs_on_it(string design, string? error)
    {
        var stack = new NetBsd2005Stack(HistoryDesigns.All.Named(design));
        string[] list =
        [
            "create ppp0", "addr4 ppp0 10.0.0.1 10.0.0.2", "addr4 ppp0 10.0.0.3 10.0.0.4", "up ppp0", "raw4 u 17", "join4 u 224.1.2.3 10.0.0.1",
            "deladdr4 ppp0 10.0.0.3", "drop4 u 224.1.2.3 10.0.0.1",
        ];
        OperationRun run = new OperationRunner(stack).Run(OperationList.Parse(string.Join('\n', list), "x.ops"));

        Assert.Equal(error, run.Steps[^1].Result.Error?.Name);
        Assert.True(stack.Oracle.IsClean);
    }

    [Fact]
    public void Every_switch_is_named_and_used_by_an_entry()
    {
        KernelSwitch used = KernelSwitch.None;
        foreach (string id in AllIds)
        {
            HistoryEntry entry = Load(id);
            used |= entry.Before.Switches | entry.After.Switches;
        }

        Assert.Equal(Enum.GetValues<KernelSwitch>().Where(s => s != KernelSwitch.None), KernelSwitches.All.Select(s => s.Switch));
        Assert.All(KernelSwitches.All, s => Assert.True((used & s.Switch) != 0, s.Name));
    }

    private static HistoryEntry Load(string id)
    {
        string file = Repository.At("scenarios", "history", id + ".ops");
        return HistoryEntry.Parse(File.ReadAllText(file), file, id);
    }
}
