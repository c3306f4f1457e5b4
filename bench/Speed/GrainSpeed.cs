using Stress.Client.Following;
using Stress.Contracts;
using Stress.Emulator.Sites;
using Stress.Silo;

namespace Stress.Bench.Speed;

/// <summary>The same sites through the grains of an embedded silo.</summary>
internal static class GrainSpeed
{
    /// <summary>A whole run, with a worker for each processor. The silo runs before and after.</summary>
    public static async Task<Measurement> Run(IRunHost host, SiteOptions options, int sites, int windows) => await Measurement.Of(async () =>
    {
        int shards = (sites + RunPlan.DefaultShardSize - 1) / RunPlan.DefaultShardSize;
        var plan = new RunPlan
        {
            RunId = Guid.NewGuid().ToString("N"), Site = options, Sites = sites, Windows = windows,
            SitesInFlight = Math.Max(1, 4 * Environment.ProcessorCount / shards),
            Build = BuildStamp.Current,
        };
        (RunResult result, _) = await new RunFollower(host).Run(plan, static _ => { }, CancellationToken.None);
        return result.Progress.Done == sites
            ? new Done(Executor.Hours(options, sites, windows), result.Totals.Counters.OfSite().Events, 0, result.Digest)
            : throw new InvalidOperationException($"{result.Progress.Done} of {sites} sites done: {result.Troubles.FirstOrDefault()?.Problem}");
    });

    /// <summary>
    /// The share of the executor's speed that a run through the grains has: in each round the executor on one thread, the run, the executor again. The first
    /// round warms up and is not reported.
    /// </summary>
    /// <param name="options">The sites.</param>
    /// <param name="sites">Sites of a run; the executor takes a quarter of them each time.</param>
    /// <param name="windows">Windows of each site.</param>
    /// <param name="rounds">Rounds that are reported.</param>
    public static async Task<GrainShare[]> Shares(SiteOptions options, int sites, int windows, int rounds)
    {
        int processors = Environment.ProcessorCount;
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(processors);
        ulong digest = (await Executor.SiteBySite(options, sites, windows)).Digest;
        var shares = new List<GrainShare>();
        for (int round = 0; round <= rounds; round++)
        {
            Measurement before = await Executor.SiteBySite(options, sites / 4, windows);
            long allocated = GC.GetTotalAllocatedBytes();
            int collections = GC.CollectionCount(0);
            TimeSpan pause = GC.GetTotalPauseDuration();
            Measurement grains = await Run(silo, options, sites, windows);
            pause = GC.GetTotalPauseDuration() - pause;
            collections = GC.CollectionCount(0) - collections;
            allocated = GC.GetTotalAllocatedBytes() - allocated;
            Measurement after = await Executor.SiteBySite(options, sites / 4, windows);
            Measurement[] bare = await Task.WhenAll(Enumerable.Range(0, processors).Select(_ => Task.Run(() => Executor.SiteBySite(options, sites / 4, windows))));
            double hours = before.PairHours + after.PairHours;
            double wall = hours / (before.Wall + after.Wall).TotalSeconds, core = hours / (before.Processor + after.Processor).TotalSeconds;
            if (round > 0)
            {
                shares.Add(new(
                    grains.Speed, grains.Speed / (processors * wall), grains.SpeedPerCore / core, bare.Sum(measured => measured.Speed) / (processors * wall),
                    collections, pause / grains.Wall, allocated / sites, grains.Digest == digest));
            }
        }

        return [.. shares];
    }

    /// <summary>Bytes a router when every site of a run waits for its next slice, image and grains and all.</summary>
    public static async Task<long> BytesARouter(SiteOptions options, int sites)
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(Environment.ProcessorCount);
        await Slices(silo.Grains, Plan(options), 100);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await Slices(silo.Grains, Plan(options), sites);
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (sites * (options.Topology.Nodes.Count));
    }

    // More windows than any slice executes, so that no site ends.
    private static RunPlan Plan(SiteOptions options) => new() { RunId = Guid.NewGuid().ToString("N"), Site = options, Sites = 1, Windows = 1_000_000, Build = BuildStamp.Current };

    private static async Task Slices(IGrainFactory grains, RunPlan plan, int sites)
    {
        for (int first = 0; first < sites; first += 100)
        {
            await Task.WhenAll(Enumerable.Range(first, Math.Min(100, sites - first)).Select(site => grains.GetGrain<IModemLinkGrain>(GrainKeys.Link(plan.RunId, site, 0)).RunSlice(plan, 0)));
        }
    }
}

/// <summary>One round of <see cref="GrainSpeed.Shares"/>.</summary>
/// <param name="Speed">Pair-hours a second of wall time through the grains.</param>
/// <param name="Wall">Share of as many single threads as there are processors, by wall time.</param>
/// <param name="Processor">Share of one thread by processor time.</param>
/// <param name="Bare">What as many bare threads give of it by wall time: what the machine leaves.</param>
/// <param name="Collections">Garbage collections in the run.</param>
/// <param name="Pause">Their share of its wall time.</param>
/// <param name="BytesASite">Bytes allocated for each site.</param>
/// <param name="SameDigest">Whether the run gave the executor's digest.</param>
internal sealed record GrainShare(double Speed, double Wall, double Processor, double Bare, int Collections, double Pause, long BytesASite, bool SameDigest);
