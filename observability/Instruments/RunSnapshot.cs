using Stress.Emulator.Simulation;

namespace Stress.Observability.Instruments;

/// <summary>The labels that every metric of a run carries.</summary>
public sealed record RunLabels(string Run, string Scenario, string Design);

/// <summary>A count of a code path in a role.</summary>
public readonly record struct PathCount(string Path, Role Role, long Count);

/// <summary>Shares of a code path in a role, 0 to 1, or null where nothing is said.</summary>
/// <param name="Path">Short name (<see cref="CodePath"/>).</param>
/// <param name="Role">Which end.</param>
/// <param name="Reported">What the mail reports.</param>
/// <param name="Min">Least that the scenario accepts.</param>
/// <param name="Max">Most that it accepts.</param>
public sealed record PathBand(string Path, Role Role, double? Reported, double? Min, double? Max);

/// <summary>
/// The cumulative counters of a run at one moment: what <see cref="RunMetrics"/> exports. Counters of a site replace each other, so a window that
/// was executed twice is in them once.
/// </summary>
public sealed record RunSnapshot
{
    public required RunLabels Labels { get; init; }

    /// <summary>Crashes by code path and role. Paths that never crashed belong here too, with 0, so that their rate is shown as 0.</summary>
    public IReadOnlyList<PathCount> Crashes { get; init; } = [];

    /// <summary>By role: called, calling.</summary>
    public IReadOnlyList<long> Disconnects { get; init; } = [0, 0];

    public IReadOnlyList<long> Redials { get; init; } = [0, 0];

    public IReadOnlyList<long> StaleCreated { get; init; } = [0, 0];

    public IReadOnlyList<long> StaleLive { get; init; } = [0, 0];

    public IReadOnlyList<long> Aliases { get; init; } = [0, 0];

    public IReadOnlyList<long> LeakedSlots { get; init; } = [0, 0];

    public long Frames { get; init; }

    public long Events { get; init; }

    public long Windows { get; init; }

    /// <summary>Pairs of a calling and a called system, at least 1.</summary>
    public long Pairs { get; init; } = 1;

    /// <summary>Virtual time summed over the pairs.</summary>
    public double PairHours { get; init; }

    public long SitesPlanned { get; init; }

    public long SitesDone { get; init; }

    public long SitesFailed { get; init; }

    public long SitesLost { get; init; }

    /// <summary>True while sites wait or are executed.</summary>
    public bool Active { get; init; }

    public TimeSpan Wall { get; init; }

    /// <summary>How far a paced run is behind.</summary>
    public TimeSpan PaceLag { get; init; }

    /// <summary>What the mail reports and the scenario accepts.</summary>
    public IReadOnlyList<PathBand> Bands { get; init; } = [];

    /// <summary>Sums sites' tallies. Progress and bands are the caller's to add, with <c>with</c>.</summary>
    public static RunSnapshot Of(RunLabels labels, IEnumerable<SiteTally> sites)
    {
        var crashes = new SortedDictionary<(string Path, Role Role), long>();
        long[] disconnects = new long[2], redials = new long[2], created = new long[2], live = new long[2], aliases = new long[2], leaked = new long[2];
        long frames = 0, events = 0;
        foreach (string path in new[] { CodePath.Membership, CodePath.In6SelectHlim })
        {
            crashes[(path, Role.Called)] = crashes[(path, Role.Calling)] = 0;
        }

        foreach (SiteTally tally in sites)
        {
            for (int role = 0; role < 2; role++)
            {
                disconnects[role] += tally.Disconnects[role];
                redials[role] += tally.Redials[role];
                aliases[role] += tally.Aliases[role];
                leaked[role] += tally.LeakedSlots[role];
            }

            foreach (StaleTally stale in tally.Stale)
            {
                created[(int)stale.Role] += stale.Created;
                live[(int)stale.Role] += stale.Live;
            }

            foreach (CrashTally crash in tally.Crashes)
            {
                (string, Role) key = (CodePath.Of(crash.Title), crash.Role);
                crashes[key] = crashes.GetValueOrDefault(key) + crash.Count;
            }

            frames += tally.Frames;
            events += tally.Events;
        }

        return new RunSnapshot
        {
            Labels = labels,
            Crashes = [.. crashes.Select(c => new PathCount(c.Key.Path, c.Key.Role, c.Value))],
            Disconnects = disconnects,
            Redials = redials,
            StaleCreated = created,
            StaleLive = live,
            Aliases = aliases,
            LeakedSlots = leaked,
            Frames = frames,
            Events = events,
        };
    }

    /// <summary>The end of a run, as its report tells it.</summary>
    public static RunSnapshot Of(RunReport report)
    {
        static Role RoleOf(string role) => role == CodePath.Of(Role.Called) ? Role.Called : Role.Calling;
        static long[] Roles(RoleCounts counts) => [counts.Called, counts.Calling];
        static long[] Stale(IEnumerable<StaleCounts> all, Func<StaleCounts, long> count) =>
            [.. new[] { Role.Called, Role.Calling }.Select(role => all.Where(s => RoleOf(s.Role) == role).Sum(count))];
        ExpectationVerdict? Expected(string path, string role) => report.Expectations.FirstOrDefault(e => e.Path == path && e.Role == role);
        return new RunSnapshot
        {
            Labels = new RunLabels(report.RunId, report.Scenario, report.Design),
            Crashes =
            [
                .. report.Paths.Where(p => p.Path != CodePath.Any).Select(p => (p.Path, p.Role, p.Crashes))
                    .Concat(report.CodePaths.Where(c => !report.Paths.Any(p => p.Path == c.Path)).GroupBy(c => (c.Path, c.Role)).Select(g => (g.Key.Path, g.Key.Role, g.Sum(c => c.Crashes))))
                    .Select(p => new PathCount(p.Item1, RoleOf(p.Item2), p.Item3)),
            ],
            Disconnects = Roles(report.Disconnects),
            Redials = Roles(report.Redials),
            StaleCreated = Stale(report.Stale, s => s.Created),
            StaleLive = Stale(report.Stale, s => s.Live),
            Aliases = Roles(report.Alias),
            LeakedSlots = Roles(report.LeakedSlots),
            Frames = report.Frames,
            Events = report.Events,
            Pairs = Math.Max(1, report.Pairs),
            PairHours = report.Pairs * report.VirtualHours,
            SitesPlanned = report.Work.Planned,
            SitesDone = report.Work.Done,
            SitesFailed = report.Work.Failed,
            SitesLost = report.Work.Lost,
            Wall = TimeSpan.FromSeconds(report.WallSeconds),
            Bands =
            [
                .. report.Paths.Where(p => p.Path != CodePath.Any).Select(p =>
                    new PathBand(p.Path, RoleOf(p.Role), p.ReportedPercent / 100, Expected(p.Path, p.Role)?.MinPercent / 100, Expected(p.Path, p.Role)?.MaxPercent / 100)),
            ],
        };
    }
}
