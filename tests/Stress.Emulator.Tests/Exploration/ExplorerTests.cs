using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Exploration;
using Stress.Emulator.Kernel;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;
using Xunit;

namespace Stress.Emulator.Tests.Exploration;

public class ExplorerTests
{
    private const int EnoughStates = 400_000;
    private static readonly string[] Programs =
    [
        "raw4 o 89\njoin4 o 224.0.0.5 10.0.0.1\ndrop4 o 224.0.0.5 10.0.0.1\nclose o",
        "raw4 o 89\njoin4 o 224.0.1.1 10.0.0.1\nmcif4 o 10.0.0.1\nsend4 o 224.0.0.5\nclose o",
        "udp6 r 521\njoin6 r ff02::9 ppp0\nsendpkt6 r fe80::2 ppp0\nsendpkt6 r ff02::9 ppp0\nclose r",
        "alloc 1024\nalloc 1024\nalloc 1024\nalloc 1024",
        "tick 200\ntick 200",
        "alloc 16\nalloc 16",
    ];

    private const string Teardown = "create ppp0\naddr6 ppp0 fe80::1 128 fe80::2\naddr4 ppp0 10.0.0.1 10.0.0.2\nup ppp0\n";

    private static Explorer Explore(World world, string design, int? preemptions, bool reduces, int depth = 60)
    {
        var explorer = new Explorer(world, TeardownDesigns.Named(design), new ExplorationLimits(depth, preemptions, reduces));
        explorer.Run(() => explorer.States > EnoughStates);
        Assert.True(explorer.IsFinished, "the world is too large for a test");
        return explorer;
    }

    private static SortedDictionary<string, int> Titles(Explorer explorer) =>
        new(explorer.Found().ToDictionary(f => $"{f.Router} {f.Finding.Kind} {f.Finding.Title}", f => f.Schedule.Count), StringComparer.Ordinal);

    private static World Small(string list) => World.FromOperations("small", OperationList.Parse(list, "small"));

    private static World Torn(int program, int other, string[] end) => Small(Teardown + Programs[program] + "\n" + (other == program ? "" : Programs[other] + "\n") + string.Join('\n', end));

    private static readonly string[] Ends = ["down ppp0", "deladdr4 ppp0 10.0.0.1", "deladdr6 ppp0 fe80::1", "destroy ppp0", "create ppp0"];

    [Fact]
    public void Reduction_finds_the_same_things_by_equally_short_schedules_with_fewer_transitions()
    {
        long with = 0, without = 0;
        Gen.Select(Gen.Int[0, 1], Gen.Int[2, Programs.Length - 1], Gen.Shuffle(Ends), Gen.Int[0, 2], Gen.Int[0, TeardownDesigns.All.Count - 1]).Sample((program, other, ends, bound, d) =>
        {
            World world = Torn(program, other, ends);
            string design = TeardownDesigns.All[d].Name;
            int? preemptions = bound == 2 ? null : bound;
            Explorer reduced = Explore(world, design, preemptions, true), whole = Explore(world, design, preemptions, false);
            Assert.Equal(Titles(whole), Titles(reduced));
            Assert.Equal(whole.States, reduced.States);
            with += reduced.Transitions;
            without += whole.Transitions;
        }, iter: 40, threads: 1);
        Assert.True(with < without, $"{with} transitions with reduction, {without} without");
    }

    [Fact]
    public void A_search_that_was_stopped_and_kept_goes_on_to_the_same_end()
    {
        World world = Torn(0, 3, Ends);
        Explorer whole = Explore(world, "netbsd-2005", 1, true);
        var limits = new ExplorationLimits(12, 1);
        var explorer = new Explorer(world, TeardownDesigns.Named("netbsd-2005"), limits);
        for (int n = 50; !explorer.IsFinished; n += 50)
        {
            explorer.Run(() => explorer.States > n);
            var image = new ImageWriter();
            explorer.Save(image);
            explorer = Explorer.Load(world, TeardownDesigns.Named("netbsd-2005"), limits, new ImageReader(image.Written));
        }

        Assert.False(explorer.IsExhaustive);
        explorer.Deepen(60);
        explorer.Run(() => false);
        Assert.Equal((whole.States, whole.Transitions, whole.DepthReached), (explorer.States, explorer.Transitions, explorer.DepthReached));
        Assert.Equal(Titles(whole), Titles(explorer));
    }

    [Fact]
    public void A_kept_search_or_router_with_bytes_after_its_end_is_refused()
    {
        World world = Torn(0, 3, Ends);
        var limits = new ExplorationLimits(12, 1);
        var image = new ImageWriter();
        new Explorer(world, TeardownDesigns.Named("netbsd-2005"), limits).Save(image);
        image.Write((byte)7);
        var e = Assert.Throws<InvalidDataException>(() => Explorer.Load(world, TeardownDesigns.Named("netbsd-2005"), limits, new ImageReader(image.Written)));
        Assert.Contains("1 bytes left over", e.Message);

        var machine = new WorldMachine(world.Routers[0], TeardownDesigns.Named("netbsd-2005"), world.Sleepers, world.KeepsPointer);
        Assert.Throws<InvalidDataException>(() => machine.Load([.. machine.Save(), 0]));
    }

    [Fact]
    public void Every_schedule_is_an_operation_list_that_does_what_it_says()
    {
        foreach (Counterexample f in Explore(Torn(1, 3, Ends), "netbsd-2005", null, true).Found().Where(f => f.Finding.Kind == FindingKind.Crash))
        {
            string[] lines = [.. f.Schedule.Select(s => s.Step)];
            Assert.Equal(f.Finding.Title, Emulator.Minimise.OperationMinimiser.TitleOf(lines, TeardownDesigns.Named("netbsd-2005")).ToString());
        }
    }

    [Fact]
    public void A_process_gives_up_the_CPU_only_at_a_sleep_to_a_woken_process_or_by_a_pre_emption()
    {
        var builder = new WorldBuilder("cpu");
        int r = builder.Router("router", new KernelOptions(), OperationList.Parse("create ppp0", "setup"));
        Operation up = OperationList.Parse("up ppp0", "x")[0], down = OperationList.Parse("down ppp0", "x")[0];
        builder.Add(r, WorldActorKind.Process, "a", up);
        builder.Add(r, WorldActorKind.Process, "a", down);
        builder.Wait(r, WorldActorKind.Process, "b", "rtm_ifinfo");
        builder.Post(r, WorldActorKind.Process, "b", "seen");
        builder.Post(r, WorldActorKind.Process, "c", "other");
        World world = builder.Build();

        // Without pre-emption c runs before a, or when a and b sleep; b, woken by a, may come between a's steps.
        Explorer none = Explore(world, "netbsd-2005", 0, false), any = Explore(world, "netbsd-2005", null, false);
        Assert.True(none.IsExhaustive && any.IsExhaustive && none.Transitions < any.Transitions);
        Assert.Equal(5, any.DepthReached);
        Assert.Equal(5, none.DepthReached);
    }

    [Fact]
    public void The_depth_bounds_the_schedules()
    {
        Explorer explorer = Explore(Torn(0, 3, Ends), "netbsd-2005", null, true, depth: 5);
        Assert.False(explorer.IsExhaustive);
        Assert.Equal(5, explorer.DepthReached);
    }
}
