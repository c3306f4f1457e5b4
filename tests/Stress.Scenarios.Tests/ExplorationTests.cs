using Stress.Emulator.Designs;
using Stress.Emulator.Exploration;
using Stress.Emulator.Kernel.Ports;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

public class ExplorationTests
{
    private static World Shipped(string name) => WorldLoader.Load(Repository.At("scenarios", "explore", name));

    private static Explorer Explore(World world, string design, int? preemptions)
    {
        var explorer = new Explorer(world, TeardownDesigns.Named(design), new ExplorationLimits(60, preemptions));
        explorer.Run(() => false);
        Assert.True(explorer.IsExhaustive);
        return explorer;
    }

    private static Counterexample? Find(Explorer explorer, FindingKind kind, string title = "") =>
        explorer.Found().FirstOrDefault(f => f.Finding.Kind == kind && f.Finding.Title.StartsWith(title, StringComparison.Ordinal));

    [Fact]
    public void A_pair_whose_file_names_no_crash_shows_both_of_the_mails_by_the_shortest_schedules()
    {
        string text = File.ReadAllText(Repository.At("scenarios", "explore", "pair.yaml"));
        Assert.DoesNotContain("in_delmulti", text);
        Assert.DoesNotContain("in6_selecthlim", text);

        Explorer explorer = Explore(Shipped("pair.yaml"), "netbsd-2005", 0);
        Counterexample membership = Find(explorer, FindingKind.Crash, "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)")!;
        Counterexample hlim = Find(explorer, FindingKind.Crash, "in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (no AF_INET6 address at if_detach)")!;
        Assert.Equal(("called", 15), (membership.Router, membership.Schedule.Count));
        Assert.Equal(("calling", 9), (hlim.Router, hlim.Schedule.Count));
    }

    [Fact]
    public void Complete_designs_survive_every_schedule_of_the_pair()
    {
        foreach (TeardownDesign design in TeardownDesigns.All)
        {
            bool crashes = Find(Explore(Shipped("pair.yaml"), design.Name, 0), FindingKind.Crash) is not null;
            Assert.True(crashes == design.Name is "netbsd-2005" or "route-validate", design.Name);
        }
    }

    [Fact]
    public void The_PKTINFO_check_and_use_cannot_be_separated_on_this_kernel()
    {
        Explorer explorer = Explore(Shipped("pktinfo.yaml"), "netbsd-2005", null);
        Assert.DoesNotContain(explorer.Found(), f => f.Finding.Kind is FindingKind.Separated or FindingKind.Crash or FindingKind.StaleUse);
        Assert.Equal(0, explorer.StatesAsleep);
    }

    [Fact]
    public void With_a_sleeping_allocation_between_they_are_separated_harmless_after_another_lookup_and_fatal_with_a_kept_pointer()
    {
        Explorer again = Explore(Shipped("pktinfo-sleep.yaml"), "netbsd-2005", null), kept = Explore(Shipped("pktinfo-sleep-pointer.yaml"), "netbsd-2005", null);
        Assert.NotNull(Find(again, FindingKind.Separated));
        Assert.Null(Find(again, FindingKind.Crash));
        Assert.NotNull(Find(kept, FindingKind.Crash, "ip6_output: stale interface of IPV6_PKTINFO"));
        Assert.True(again.StatesAsleep > 0 && kept.StatesAsleep > 0);
    }

    [Theory]
    [InlineData("world: x\nrouters:\n  - name: a\n    setup:\n      - frobnicate ppp0\n", "x.yaml:5: unknown operation 'frobnicate'; accepted: create")]
    [InlineData("world: x\nrouters:\n  - nome: a\n", "x.yaml:3: routers.nome: unknown field, did you mean name?; accepted: name, kernel")]
    [InlineData("world: x\nsleeping_allocation: sometimes\nrouters: []\n", "x.yaml:2: sleeping_allocation: \"sometimes\" is not accepted; accepted: none, lookup-again, pointer-kept")]
    [InlineData("world: x\nrouters:\n  - name: a\n    setup:\n      - wait rtm_ifinfo\n", "x.yaml:5: setup: \"wait rtm_ifinfo\" is not accepted; accepted: an operation")]
    [InlineData("world: x\nrouters:\n  - name: a\n    interrupts:\n      - name: i\n        steps: [wait m]\n", "x.yaml:6: steps: \"wait m\" is not accepted; accepted: an operation or post MESSAGE")]
    [InlineData("world: x\nrouters:\n  - name: a\n    allocations:\n      - {name: n, bytes: 0, count: 1}\n", "x.yaml:5: bytes: \"0\" is not accepted; accepted: a whole number from 1 to 65536")]
    [InlineData("world: x\n", "x.yaml:1: routers: is missing; accepted: ")]
    public void A_wrong_world_is_one_line_with_file_line_and_what_is_accepted(string text, string message) =>
        Assert.StartsWith(message, Assert.Throws<ScenarioException>(() => WorldLoader.Parse(text, "x.yaml")).Message);
}
