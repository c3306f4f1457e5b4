using Stress.Client.Running;
using Stress.Emulator.Simulation;
using Stress.Grains;
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
        };
        (RunResult result, _) = await new RunFollower(host).Run(plan, static _ => { }, CancellationToken.None);
        return result.Progress.Done == sites
            ? new Done(Executor.Hours(options, sites, windows), result.Totals.Events, 0, result.Digest)
            : throw new InvalidOperationException($"{result.Progress.Done} of {sites} sites done: {result.Troubles.FirstOrDefault()?.Problem}");
    });

    /// <summary>Bytes a router when every site of a run waits for its next slice, image and grains and all.</summary>
    public static async Task<long> BytesARouter(SiteOptions options, int sites)
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(Environment.ProcessorCount);
        await Slices(silo.Grains, Plan(options), 100);
        long before = GC.GetTotalMemory(forceFullCollection: true);
        await Slices(silo.Grains, Plan(options), sites);
        return (GC.GetTotalMemory(forceFullCollection: true) - before) / (sites * (1 + options.CallersPerAnswerer));
    }

    // More windows than any slice executes, so that no site ends.
    private static RunPlan Plan(SiteOptions options) => new() { RunId = Guid.NewGuid().ToString("N"), Site = options, Sites = 1, Windows = 1_000_000 };

    private static async Task Slices(IGrainFactory grains, RunPlan plan, int sites)
    {
        for (int first = 0; first < sites; first += 100)
        {
            await Task.WhenAll(Enumerable.Range(first, Math.Min(100, sites - first)).Select(site => grains.GetGrain<IModemLinkGrain>(GrainKeys.Link(plan.RunId, site, 0)).RunSlice(plan, 0)));
        }
    }
}
