using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Silo;

namespace Stress.Bench.Speed;

/// <summary>Measures every target of speed and memory, all in one run, so that the ratios are of one machine in one state.</summary>
/// <param name="quick">A tenth of the work: to see that everything still runs.</param>
/// <param name="say">Told what is being measured.</param>
internal sealed class SpeedTable(bool quick, Action<string> say)
{
    private const int PairsOfTarget = 2_000, LargeRun = 20_000, SmallRun = 200, RoutersInOneProcess = 200_000, GrainSites = 2_000, GrainWindows = 72, GrainRounds = 3, ClusterHours = 12, ClusterRounds = 3;
    private const double RatioToNs3 = 60, GrainsShare = 0.85, ClusterShare = 0.80, OracleCost = 0.15, Linearity = 0.80, SkipGain = 5;
    private const long EmulatorBytes = 4_096, GrainBytes = 8_192, ProcessBytes = 2_000_000_000;
    private const double EventNanosecondsUnit = 1e9;
    private readonly SiteOptions _troxel = Work.Troxel();
    private readonly int _scale = quick ? 10 : 1;

    /// <summary>The rows, as they are measured.</summary>
    public async IAsyncEnumerable<Row> Measure()
    {
        await WarmUp();
        say("the executor, one thread");
        Measurement one = await Executor.SiteBySite(_troxel, PairsOfTarget / _scale, 24);
        yield return new("executor, one thread", "", $"{one.SpeedPerCore:n0} pair-hours per core-second, {EventNanosecondsUnit * one.Processor.TotalSeconds / one.Events:n0} ns an event", null);

        say("ns-3");
        (Ns3? ns3, string missing) = Ns3.Run(PairsOfTarget, quick ? 0.05 : 0.5);
        string target = $"at least {RatioToNs3} times ns-3 (stretch 150)";
        yield return ns3 is null
            ? new("executor to ns-3, per core-second", target, $"not measured: ns-3 {missing}", null)
            : new("executor to ns-3, per core-second", target, $"{one.SpeedPerCore / ns3.SpeedPerCore:n1} times ({one.SpeedPerCore:n0} to {ns3.SpeedPerCore:n1} at {PairsOfTarget:n0} pairs, {ns3.KilobytesANode:n0} KB a node there)", one.SpeedPerCore >= RatioToNs3 * ns3.SpeedPerCore);

        await foreach (Row row in Grains())
        {
            yield return row;
        }

        say("two silo processes");
        Row cluster;
        try
        {
            cluster = await Cluster();
        }
        catch (Exception e) when (e is InvalidOperationException or OperationCanceledException)
        {
            cluster = new("two silo processes on Redis to one embedded silo", $"at least {ClusterShare:p0}", $"failed: {e.Message.Trim()}", false);
        }

        yield return cluster;

        foreach (Row row in Allocation())
        {
            yield return row;
        }

        foreach (Row row in Memory())
        {
            yield return row;
        }

        say("the oracle, on and off in turn");
        yield return await Oracle();

        say("200 and 20,000 pairs");
        foreach (Row row in await Linear())
        {
            yield return row;
        }

        say("quiet stretches, skipped and executed in turn");
        yield return await Skip();
    }

    // Until the hot code is fully compiled, a figure measures the compiler.
    private async Task WarmUp()
    {
        say("warming up");
        for (int i = 0; i < 5; i++)
        {
            await Executor.SiteBySite(_troxel, 100, 24);
            await Task.Delay(200);
        }
    }

    private async IAsyncEnumerable<Row> Grains()
    {
        int processors = Environment.ProcessorCount;
        say($"the grains, {processors} workers");
        GrainShare[] shares = await GrainSpeed.Shares(_troxel, GrainSites / _scale, GrainWindows, GrainRounds);
        double share = Median(shares, s => s.Wall);
        bool same = shares.All(s => s.SameDigest);
        yield return new(
            $"grains, {processors} workers, to {processors} times one thread", $"at least {GrainsShare:p0}",
            $"{share:p0} by wall time ({Median(shares, s => s.Speed):n0} pair-hours/s), {Median(shares, s => s.Processor):p0} by processor time, {(same ? "same digest" : "DIGESTS DIFFER")}",
            share >= GrainsShare && same);
        yield return new($"{processors} bare threads to {processors} times one", "", $"{Median(shares, s => s.Bare):p0}: what the machine gives", null);
    }

    private static double Median<T>(IEnumerable<T> rounds, Func<T, double> of)
    {
        double[] sorted = [.. rounds.Select(of).Order()];
        return sorted[sorted.Length / 2];
    }

    // As a user runs them: the silo processes are started once and serve run after run; a run on the embedded silo starts its own.
    private async Task<Row> Cluster()
    {
        const string What = "two silo processes on Redis to one embedded silo";
        string target = $"at least {ClusterShare:p0}";
        ClusterShareOf[]? rounds = await ClusterSpeed.Shares(PairsOfTarget * 2 / _scale, ClusterHours, ClusterRounds);
        if (rounds is null)
        {
            return new(What, target, "not measured: needs redis-server (Debian package redis-server)", null);
        }

        double share = Median(rounds, r => r.Share);
        bool same = rounds.All(r => r.SameDigest);
        return new(
            What, target,
            $"{share:p0} by wall time (rounds {string.Join(", ", rounds.Select(r => $"{r.Share:p0}"))}; {rounds[^1].Cluster:n0} to {rounds[^1].Embedded:n0} pair-hours/s), {(same ? "same digest" : "DIGESTS DIFFER")}",
            share >= ClusterShare && same);
    }

    private IEnumerable<Row> Allocation()
    {
        say("allocation");
        Site site = Site.Create(Work.Quiet(), 0);
        site.RunUntil(VirtualTime.FromSeconds(7_200), long.MaxValue);
        long events = site.Clock.Events, before = GC.GetAllocatedBytesForCurrentThread();
        site.RunUntil(VirtualTime.FromSeconds(14_400), long.MaxValue);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;
        yield return new("bytes allocated an event, connected pairs", "0", $"{(double)bytes / (site.Clock.Events - events):0.###} ({bytes} bytes in {site.Clock.Events - events:n0} events)", bytes == 0);

        const int Windows = 144;
        site = Site.Create(_troxel, 1);
        site.RunWindow();
        before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Windows; i++)
        {
            site.RunWindow();
        }

        yield return new("bytes allocated a window, with its tally, crashes and reboots", "", $"{(GC.GetAllocatedBytesForCurrentThread() - before) / Windows:n0}", null);
    }

    private IEnumerable<Row> Memory()
    {
        say("memory in the emulator");
        long emulator = MemoryCommand.InOwnProcess(PairsOfTarget / _scale, 6, grains: false).BytesARouter;
        yield return new("bytes a router, emulator", $"at most {EmulatorBytes:n0}", $"{emulator:n0}", emulator <= EmulatorBytes);

        say("memory with grains");
        long grains = MemoryCommand.InOwnProcess(PairsOfTarget / 2 / _scale, 0, grains: true).BytesARouter;
        yield return new("bytes a router, with its share of grains", $"at most {GrainBytes:n0}", $"{grains:n0}", grains <= GrainBytes);

        say("memory of 200,000 routers");
        long peak = MemoryCommand.InOwnProcess(RoutersInOneProcess / 2 / _scale, 1, grains: false).Peak;
        yield return new($"{RoutersInOneProcess / _scale:n0} routers kept in one process, its peak", $"under {ProcessBytes / 1e9:n0} GB", $"{peak / 1e9:0.00} GB", quick ? null : peak < ProcessBytes);
    }

    private async Task<Row> Oracle()
    {
        (double cost, double low, double high, bool same) = await Pairs(_troxel, _troxel with { Oracle = false });
        return new("the oracle's share of the time", $"at most {OracleCost:p0}", $"{1 - (1 / cost):p1} (rounds {1 - (1 / low):p0} to {1 - (1 / high):p0}), {(same ? "same digest" : "DIGESTS DIFFER")}", 1 - (1 / cost) <= OracleCost && same);
    }

    private async Task<Row> Skip()
    {
        (double gain, double low, double high, bool same) = await Pairs(_troxel with { SkipQuiet = false }, _troxel);
        Done done = (await Executor.SiteBySite(_troxel, 400 / _scale, 24)).Done;
        return new("quiet stretches skipped to --no-skip", $"at least {SkipGain} times", $"{gain:0.00} times (rounds {low:0.00} to {high:0.00}), {(double)done.Quiet / done.Events:p0} of events are quiet, {(same ? "same digest" : "DIGESTS DIFFER")}", gain >= SkipGain && same);
    }

    // Once as a worker executes them, one site after the other, and once with all of them alive, every site's memory passing through the caches in turn.
    private async Task<Row[]> Linear()
    {
        const int Windows = 12;
        int pairs = LargeRun / _scale, repeats = pairs / SmallRun;
        double small = 0, smallSeconds = 0;
        for (int i = 0; i < repeats / 10; i++)
        {
            Measurement some = await Executor.SiteBySite(_troxel, SmallRun, Windows);
            (small, smallSeconds) = (small + some.PairHours, smallSeconds + some.Processor.TotalSeconds);
        }

        Measurement large = await Executor.SiteBySite(_troxel, pairs, Windows);
        Measurement fewAlive = await Executor.Together(_troxel, SmallRun, Windows * repeats / 10), allAlive = await Executor.Together(_troxel, pairs, Windows / 2);
        double share = large.SpeedPerCore / (small / smallSeconds), alive = allAlive.SpeedPerCore / fewAlive.SpeedPerCore;
        return
        [
            new($"{pairs:n0} pairs to {SmallRun} pairs, per core-second", $"at least {Linearity:p0}", $"{share:p0} ({large.SpeedPerCore:n0} to {small / smallSeconds:n0} pair-hours)", share >= Linearity),
            new("the same with all sites alive, a window of each in turn", "", $"{alive:p0}: what the caches take", null),
        ];
    }

    // How many times as long the first takes as the second, in turn, so that a slow minute of the machine affects both.
    private async Task<(double Ratio, double Low, double High, bool SameDigest)> Pairs(SiteOptions first, SiteOptions second)
    {
        List<double> ratios = [];
        bool same = true;
        for (int round = 0; round < (quick ? 3 : 7); round++)
        {
            (SiteOptions a, SiteOptions b) = round % 2 == 0 ? (first, second) : (second, first);
            Measurement x = await Executor.SiteBySite(a, 400 / _scale, 24), y = await Executor.SiteBySite(b, 400 / _scale, 24);
            same &= x.Digest == y.Digest && x.Events == y.Events;
            ratios.Add(round % 2 == 0 ? x.Processor / y.Processor : y.Processor / x.Processor);
        }

        ratios.Sort();
        return (ratios[ratios.Count / 2], ratios[0], ratios[^1], same);
    }
}
