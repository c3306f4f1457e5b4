using System.CommandLine;
using System.Globalization;
using Stress.Bench.Speed;
using Stress.Client;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Bench;

/// <summary>
/// <c>network</c>: sites of 10, 100 and 1,000 routers (grids in which one line of a hundred loses carrier every minute) against pairs of the same routers and lines, on one thread, in turn: what an
/// event and a router cost. Exit 1 when either is more than twice a pair's.
/// </summary>
internal static class NetworkCommand
{
    private const double Most = 2;
    private const int Links = 2_000;

    private static readonly (int Width, int Height)[] Grids = [(5, 2), (10, 10), (40, 25)];

    private sealed record Subject(string Name, SiteOptions Options, int Sites, int Windows)
    {
        public List<double> Nanoseconds { get; } = [];

        public Measurement? Last { get; set; }

        public long Bytes { get; set; }
    }

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var hours = new Option<int>("--hours") { Description = "Virtual hours of each site.", DefaultValueFactory = _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the median of each subject counts.", DefaultValueFactory = _ => 5 };
        var only = new Option<int?>("--routers") { Description = "Only the sites of this many routers, for a profile." };
        var command = new Command("network", "Sites of 10, 100 and 1,000 routers against pairs: time an event, memory a router.") { hours, rounds, only };
        command.SetAction((line, stop) => Execute(line.GetValue(hours), line.GetValue(rounds), line.GetValue(only), stop));
        return command;
    }

    /// <summary>A site of such a network: every router is the flagship's caller, without the signals that hang up.</summary>
    public static SiteOptions Of(NetworkOptions network)
    {
        SiteOptions troxel = Work.Troxel();
        Topology graph = network.Build();
        RoleOptions router = troxel.Roles[Role.Calling] with { Hup = new HupOptions { Enabled = false } };
        return troxel with
        {
            Graph = graph,
            Roles = new RoleSet([.. graph.Labels.Select((_, label) => router with { Role = (Role)label })]),
            Line = troxel.Line with { CarrierLossEvery = VirtualTime.FromMinutes(100) },
        };
    }

    private static async Task<int> Execute(int hours, int rounds, int? only, CancellationToken stop)
    {
        List<Subject> subjects =
        [
            SubjectOf("pairs", new NetworkOptions { Shape = NetworkShape.Pair }, hours),
            .. Grids.Select(g => SubjectOf($"grid {g.Width} x {g.Height}", new NetworkOptions { Shape = NetworkShape.Grid, Width = g.Width, Height = g.Height }, hours)),
        ];
        subjects.RemoveAll(subject => subject.Options.Topology.Nodes.Count != (only ?? subject.Options.Topology.Nodes.Count));
        if (subjects.Count == 0)
        {
            Console.Error.WriteLine($"stress bench: --routers {only}: accepted is 2, 10, 100 or 1000");
            return ExitCodes.Usage;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"sites of {hours} h with some {Links:n0} links in all, one thread, {rounds} rounds in turn; a line loses carrier every 100 min"));
        foreach (Subject subject in subjects)
        {
            subject.Bytes = BytesARouter(subject);
        }

        for (int round = 0; round <= rounds; round++)
        {
            foreach (Subject subject in subjects)
            {
                stop.ThrowIfCancellationRequested();
                Measurement measured = await Executor.SiteBySite(subject.Options, subject.Sites, subject.Windows);
                if (subject.Last is { } before && before.Digest != measured.Digest)
                {
                    Console.Error.WriteLine($"stress bench: {subject.Name}: digest {measured.Digest:x16} after {before.Digest:x16}");
                    return ExitCodes.NotDeterministic;
                }

                subject.Last = measured;
                if (round > 0)
                {
                    subject.Nanoseconds.Add(measured.Processor.TotalNanoseconds / measured.Events);
                }
            }
        }

        double pair = Median(subjects[0].Nanoseconds);
        bool met = true;
        Console.WriteLine("                routers    links       events  quiet   ns an event  of a pair   bytes a router  of a pair   digest");
        foreach (Subject subject in subjects)
        {
            double ns = Median(subject.Nanoseconds), times = ns / pair, memory = subject.Bytes / (double)subjects[0].Bytes;
            met &= times <= Most && memory <= Most;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{subject.Name,-14} {subject.Options.Topology.Nodes.Count,8:n0} {subject.Options.Lines,8:n0} {subject.Last!.Events,12:n0} {100.0 * subject.Last.Done.Quiet / subject.Last.Events,5:0} % {ns,13:0.0} {times,10:0.00} {subject.Bytes,16:n0} {memory,10:0.00}   {subject.Last.Digest:x16}"));
        }

        Console.WriteLine(met ? $"at most {Most} times a pair's: met" : $"at most {Most} times a pair's: missed");
        return met ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    // Equal virtual times, since a site's first minutes, in which everything boots and dials, differ from the rest.
    private static Subject SubjectOf(string name, NetworkOptions network, int hours)
    {
        SiteOptions options = Of(network);
        return new Subject(name, options, Math.Max(1, Links / options.Lines), RunPlan.WindowsOf(VirtualTime.FromHours(hours), options.Window));
    }

    // Live sites of as many routers, each having executed some windows.
    private static long BytesARouter(Subject subject)
    {
        const int Routers = 1_000, Windows = 3;
        int nodes = subject.Options.Topology.Nodes.Count, sites = Math.Max(1, Routers / nodes);
        Site warm = Site.Create(subject.Options, 0);
        warm.RunWindow();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Site[] all = Executor.Create(subject.Options, sites);
        foreach (Site site in all)
        {
            for (int window = 0; window < Windows; window++)
            {
                site.RunWindow();
            }
        }

        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (sites * nodes);
        GC.KeepAlive(all);
        GC.KeepAlive(warm);
        return bytes;
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);
}
