using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Grains.Tests;

/// <summary>Small plans and outcomes.</summary>
internal static class Plans
{
    public static RunPlan Of(int sites, int windows, ulong seed = 1, string runId = "test") => new()
    {
        RunId = runId,
        Site = new SiteOptions { Seed = seed },
        Sites = sites,
        Windows = windows,
        ShardSize = 3,
        SitesInFlight = 2,
        Build = BuildStamp.Current,
    };

    /// <summary>A site that is no pair: a hub, a relay that calls it, and a leaf that calls the relay.</summary>
    public static SiteOptions Chain()
    {
        RoleOptions hub = new() { Role = (Role)0 };
        RoleOptions relay = new() { Role = (Role)1, Pppd = new PppdOptions { Persist = true }, Hup = new HupOptions { Enabled = true } };
        return new SiteOptions
        {
            Graph = new Topology(
                ["hub", "relay", "leaf"],
                [(Role)0, (Role)1, (Role)2],
                [new PlannedLink(LinkKind.Modem, new LinkEnd(0, 0), new LinkEnd(1, 0)), new PlannedLink(LinkKind.Modem, new LinkEnd(1, 1), new LinkEnd(2, 0))]),
            Roles = new(hub, relay, relay with { Role = (Role)2 }),
        };
    }

    /// <summary>An outcome whose every number comes from <paramref name="n"/>.</summary>
    public static SiteOutcome Outcome(RunPlan plan, int n)
    {
        var title = new CrashTitle(UseSite.InDelMulti, HolderKind.InMultiIfp, PurgeGap.NoInetAddress);
        var tally = new SiteTally
        {
            Counters = PairTopology.Counters(new() { Disconnects = n, DecidedDisconnects = n, Panics = n }, new() { Disconnects = 3 * n, DecidedDisconnects = 3 * n }, new() { Events = n, Frames = 2 * n }),
            Digest = (ulong)n * 0x9E3779B97F4A7C15,
            FirstCrash = VirtualTime.FromMinutes(n),
            Crashes =
            [
                new CrashTally(title, Role.Called) { Count = n, First = VirtualTime.FromMinutes(n), FirstEvent = n, Stack = ["in_delmulti"], Story = ["stored", "used"] },
            ],
            Stale = [new StaleTally(HolderKind.InMultiIfp, Role.Called) { Created = n, Healed = 1, Live = n - 1 }],
            Probes = new SortedDictionary<string, long>(StringComparer.Ordinal) { ["ETOOMANYREFS"] = n },
        };
        var series = new SiteSeries(plan.Bins);
        series.Note(plan.Bins - 1, tally);
        return new SiteOutcome { Finished = true, Windows = plan.Windows, Tally = tally, Series = series };
    }

    /// <summary>Notes what a tally says, as if its site had counted it.</summary>
    public static void Note(this SiteSeries series, int bin, SiteTally tally)
    {
        series.Note(bin, Role.Called, tally.Counters[Role.Called].Disconnects);
        series.Note(bin, Role.Calling, tally.Counters[Role.Calling].Disconnects);
        foreach (CrashTally crash in tally.Crashes)
        {
            series.Note(bin, CrashKey.Of(crash), crash.Count);
        }

        foreach (StaleTally stale in tally.Stale)
        {
            series.Note(bin, new StaleKey(stale.Holder, stale.Role), stale.Live);
        }
    }

    public static SliceResult Finished(RunPlan plan, int n)
    {
        SiteOutcome outcome = Outcome(plan, n);
        return new SliceResult
        {
            NextWindow = plan.Windows,
            Counters = outcome.Tally.Counters.Total,
            Crashes = n,
            Outcome = outcome,
        };
    }
}
