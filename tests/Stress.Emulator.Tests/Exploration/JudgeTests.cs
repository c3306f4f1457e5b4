using Stress.Emulator.Designs;
using Stress.Emulator.Designs.History;
using Stress.Emulator.Exploration;
using Stress.Emulator.Exploration.Judging;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests.Exploration;

public sealed class JudgeTests
{
    private const int Schedules = 300, EnoughStates = 400_000;

    private static Fix Parse(string text) => Fix.Parse(text, "x.fix", "x");

    private static JudgedBug Entry(string id)
    {
        string history = Repository.At("scenarios", "history", id + ".ops"), plain = Repository.At("scenarios", "ops", id + ".ops");
        if (!File.Exists(history))
        {
            return new JudgedBug(id, new HistorySide(TeardownDesigns.Named("netbsd-2005"), KernelSwitch.None), null, OperationList.Parse(File.ReadAllText(plain), plain));
        }

        HistoryEntry entry = HistoryEntry.Parse(File.ReadAllText(history), history, id);
        return new JudgedBug(id, entry.Before, entry.Holder, entry.Operations);
    }

    private static readonly Lazy<IReadOnlyList<(string Name, IReadOnlyList<Operation> Operations)>> Recorded = new(() =>
        [.. Directory.GetFiles(Repository.At("tests", "recorded"), "*.ops", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (Path.GetFileName(file), OperationList.Parse(File.ReadAllText(file), file)))]);

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Repository.At("scenarios", "judge")).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Of_each_case_the_right_fix_ends_it_the_wrong_one_does_not_and_the_incomplete_one_is_found_out(string id)
    {
        var judge = new Judge(Entry(id), Recorded.Value, Schedules);
        foreach (string file in Directory.GetFiles(Repository.At("scenarios", "judge", id), "*.fix"))
        {
            JudgedFix judged = judge.Of(Fix.Parse(File.ReadAllText(file), file, Path.GetFileNameWithoutExtension(file)));

            // With fewer schedules than there are, what ends it was not seen again.
            FixVerdict verdict = judged.Verdict == FixVerdict.NotSeen ? FixVerdict.Ends : judged.Verdict;
            Assert.True(verdict == judged.Fix.Expected, $"{judged.Fix.Name}: {FixVerdictNames.Of(judged.Verdict)}, expected {FixVerdictNames.Of(judged.Fix.Expected)}: {judged.Why}");
        }
    }

    [Fact]
    public void There_are_more_than_twenty_cases_with_three_fixes_each()
    {
        string[] cases = Directory.GetDirectories(Repository.At("scenarios", "judge"));
        Assert.Equal(21, cases.Length);
        Assert.All(cases, folder => Assert.Equal(3, Directory.GetFiles(folder, "*.fix").Length));
    }

    // Mistakes in a fix that purges in if_detach: a family left out, another moment, the order swapped, a table missed, a hold missed.
    private static readonly string[] Mutants =
    [
        "design: purge-none\nbefore-detach: purge-inet",
        "design: purge-none\nbefore-detach: purge-inet6",
        "design: purge-none\nbefore-detach: purge-inet purge-inet6",
        "design: purge-none\nat-detach: purge-inet6 purge-inet",
        "design: purge-none\nbefore-detach: sockets-udp4 sockets-udp6",
        "design: purge-none\nbefore-detach: sockets-raw4 sockets-raw6",
        "design: purge-none\nbefore-detach: routes-raw4 routes-udp6",
        "design: purge-none\nat-last-inet-address: purge-inet\nat-last-inet6-address: purge-inet6",
        "design: purge-none\nholds: yes\nreleases: yes\nwaits: yes\nbefore-detach: purge-inet6 purge-inet",
        "design: purge-none\nholds: no\nreleases: no\nwaits: yes",
    ];

    [Theory]
    [InlineData("lwip-igmp-groups-outlive-netif")]
    [InlineData("openbsd-multicast-if-pointer")]
    [InlineData("openbsd-multicast-if-pointer-v6")]
    [InlineData("freebsd-moptions-no-v4-ifdetach")]
    [InlineData("netbsd-udp6-hlim-cached-route")]
    public void Every_mutant_that_the_explorer_proves_broken_is_convicted_and_none_that_it_proves_right(string id)
    {
        JudgedBug bug = Entry(id);
        var judge = new Judge(bug, [], 5_000);
        Assert.True(judge.IsExhaustive);
        string holder = KernelNames.Of(judge.OnListBefore.Holder);
        List<bool> proofs = [];
        foreach (string text in Mutants)
        {
            Fix fix = Parse(text);
            bool broken = judge.Worlds.Any(world => IsProvedBroken(world, fix.Side.Design, holder));
            JudgedFix judged = judge.Of(fix);
            proofs.Add(broken);
            Assert.True(broken == (judged.Bad > 0), $"{id}, {text.Replace('\n', ';')}: {(broken ? "proved broken" : "proved right")}, judged {FixVerdictNames.Of(judged.Verdict)}, {judged.Bad} of {judged.Schedules} not clean");
        }

        Assert.Contains(true, proofs);
        Assert.Contains(false, proofs);
    }

    private static bool IsProvedBroken(IReadOnlyList<Operation> list, TeardownDesign design, string holder)
    {
        var explorer = new Explorer(World.FromOperations("small", list), design, new ExplorationLimits(60, null));
        explorer.Run(() => explorer.States > EnoughStates);
        Assert.True(explorer.IsExhaustive);
        return explorer.Found().Any(f => f.Finding.Kind != FindingKind.Separated && f.Finding.Title.Contains(holder, StringComparison.Ordinal));
    }

    [Fact]
    public void The_schedules_of_a_list_are_all_orders_of_its_programs_each_once_and_its_own_first()
    {
        IReadOnlyList<Operation> list = OperationList.Parse("create ppp0\nraw4 a 1\ncreate ppp1\nraw4 b 1\nclose a", "x");

        IReadOnlyList<IReadOnlyList<Operation>> orders = Emulator.Exploration.Judging.Schedules.Of(list, 100, out bool all);

        // 5! / (2! 2! 1!) orders of programs with two, two and one steps.
        Assert.True(all);
        Assert.Equal(30, orders.Count);
        Assert.Equal(30, orders.Select(o => string.Join('\n', o.Select(x => x.Text))).Distinct().Count());
        Assert.Same(list, orders[0]);
        Assert.All(orders, o => Assert.True(o.ToList().FindIndex(x => x.Text == "raw4 a 1") < o.ToList().FindIndex(x => x.Text == "close a")));
        Assert.Equal(7, Emulator.Exploration.Judging.Schedules.Of(list, 7, out all).Count);
        Assert.False(all);
    }

    [Fact]
    public void A_fix_that_takes_memberships_while_the_interface_lives_breaks_and_says_which_answer()
    {
        const string text = "create ppp0\naddr4 ppp0 10.0.0.1 10.0.0.2\nup ppp0\nraw4 o 89\njoin4 o 224.0.0.5 10.0.0.1\ndeladdr4 ppp0 10.0.0.1\naddr4 ppp0 10.0.0.1 10.0.0.2\ndrop4 o 224.0.0.5 10.0.0.1";
        var judge = new Judge(Entry("netbsd-pppd-mcast-purge-skipped"), [("kept", OperationList.Parse(text, "kept"))], 50);

        JudgedFix broad = judge.Of(Parse("design: purge-flagged\nat-inet-address-delete: sockets-raw4")), right = judge.Of(Parse("design: purge-flagged"));

        Assert.Equal(FixVerdict.Breaks, broad.Verdict);
        Assert.Equal(("kept", 8), (broad.Changed[0].List, broad.Changed[0].Step));
        Assert.Empty(right.Changed);
    }

    [Fact]
    public void A_fix_that_never_gives_a_hold_back_leaks()
    {
        JudgedFix judged = new Judge(Entry("netbsd-pppd-mcast-purge-skipped"), [], 50).Of(Parse("design: notifier-hold\nreleases: no"));

        Assert.Equal(FixVerdict.Leaks, judged.Verdict);
    }

    [Fact]
    public void A_list_that_shows_nothing_is_nothing_to_judge_by() =>
        Assert.Contains("executes it without a finding", Assert.Throws<ArgumentException>(() => new Judge(
            new JudgedBug("a", new HistorySide(TeardownDesigns.Named("netbsd-2005"), KernelSwitch.None), null, OperationList.Parse("create ppp0", "a")), [], 10)).Message);

    [Fact]
    public void A_declared_design_without_changes_answers_as_its_base()
    {
        foreach (TeardownDesign design in HistoryDesigns.All.All)
        {
            Judge judge = new(Entry("netbsd-pppd-mcast-purge-skipped"), [], 100);
            JudgedFix plain = judge.Of(new Fix("x", new HistorySide(design, KernelSwitch.None), FixVerdict.Ends)), declared = judge.Of(new Fix("x", new HistorySide(new DeclaredDesign("x", design, new DesignChanges()), KernelSwitch.None), FixVerdict.Ends));

            Assert.Equal((plain.Verdict, plain.Bad, plain.Why), (declared.Verdict, declared.Bad, declared.Why));
        }
    }

    [Theory]
    [InlineData("desing: epoch", "x.fix:1: 'desing' is not a key of a fix, did you mean design?; accepted: KEY: VALUE with KEY one of design, switches")]
    [InlineData("design: epoch\ndesign: psref", "x.fix:2: 'design' stands on line 1 already")]
    [InlineData("# nothing", "the file ends without 'design'; accepted: design: NAME")]
    [InlineData("design: epoc", "x.fix:1: design \"epoc\" is not known; accepted: netbsd-2005")]
    [InlineData("design: epoch\nswitches: none-such", "x.fix:2: switch \"none-such\" is not known; accepted: ")]
    [InlineData("design: epoch\nholds: perhaps", "x.fix:2: 'holds: perhaps'; accepted: holds: yes or holds: no")]
    [InlineData("design: epoch\nbefore-detach: purge-inet4", "x.fix:2: 'purge-inet4' is not a step, did you mean purge-inet?; accepted: none, or in their order purge-inet")]
    [InlineData("design: epoch\nstores-index: x", "x.fix:2: 'x' is not a holder; accepted: all, none, or of ")]
    [InlineData("design: epoch\nexpect: good", "x.fix:2: 'good' is not a verdict; accepted: ends, not-seen")]
    public void A_wrong_line_of_a_fix_is_named_with_what_is_accepted(string text, string message) =>
        Assert.Contains(message, Assert.Throws<OperationListException>(() => Parse(text)).Message);
}
