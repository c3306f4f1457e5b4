namespace Stress.Observability;

/// <summary>
/// Several teardown designs on the same worlds, as <c>compare.json</c> holds them. The first design is the baseline: the scenario's own when it is among them.
/// </summary>
public sealed record CompareReport : ScenarioReport
{
    /// <summary>The comparison's name: its folder under <c>runs/</c>.</summary>
    public required string CompareId { get; init; }

    /// <summary>What one pair of the paired tests consists of, in words.</summary>
    public required string PairedBy { get; init; }

    /// <summary>True when the user ended it early: designs are missing or partial, and those are not judged.</summary>
    public bool Interrupted { get; init; }

    /// <summary>Why nothing is decided, one sentence each; empty if something was.</summary>
    public IReadOnlyList<string> NotDecided { get; init; } = [];

    /// <summary>One entry a design.</summary>
    public required IReadOnlyList<DesignResult> Designs { get; init; }

    /// <summary>McNemar's test of every two designs, path and role with a discordant pair.</summary>
    public required IReadOnlyList<PairedTest> Tests { get; init; }

    /// <summary>Where every two designs differ.</summary>
    public required IReadOnlyList<DesignDifference> Differences { get; init; }
}

/// <summary>The result of one design.</summary>
public sealed record DesignResult
{
    /// <summary>The design's name.</summary>
    public required string Design { get; init; }

    /// <summary>One line for people.</summary>
    public required string Summary { get; init; }

    /// <summary>Where the design comes from.</summary>
    public required string Source { get; init; }

    /// <summary>The digest, the same as of a run of this design alone.</summary>
    public required string Digest { get; init; }

    /// <summary>Links lost while the kernel lived.</summary>
    public required RoleCounts Disconnects { get; init; }

    /// <summary>Frames over the lines.</summary>
    public required long Frames { get; init; }

    /// <summary>Crashes by code path and role, with intervals by site.</summary>
    public required IReadOnlyList<PathRate> Paths { get; init; }

    /// <summary>Stale pointers left reachable, by holder and role.</summary>
    public required IReadOnlyList<StaleCounts> Stale { get; init; }

    /// <summary>Uses of a pointer that named another live interface.</summary>
    public required RoleCounts Aliases { get; init; }

    /// <summary>Membership slots occupied by a stale record: until a drop frees it, or for the life of the socket.</summary>
    public required RoleCounts LeakedSlots { get; init; }

    /// <summary>Detaches whose memory had to wait for a holder, by a design that waits.</summary>
    public required RoleCounts DetachWaits { get; init; }

    /// <summary>Detached interfaces whose memory still waits at the end of the run.</summary>
    public required RoleCounts DetachesPending { get; init; }

    /// <summary>What the design costs: each kind of work in all, and for each disconnect and each frame.</summary>
    public required IReadOnlyList<PriceLine> Prices { get; init; }

    /// <summary>Rare paths, including behaviour visible to applications, and how often each was reached.</summary>
    public required IReadOnlyDictionary<string, long> Probes { get; init; }

    /// <summary>The verdicts of what the scenario expects of this design.</summary>
    public required IReadOnlyList<ExpectationVerdict> Expectations { get; init; }

    /// <summary>What the design is judged by instead of the scenario's bands; empty if it is judged by those.</summary>
    public string JudgedBy { get; init; } = "";

    /// <summary>Planned, done, failed and lost sites.</summary>
    public required WorkCounts Work { get; init; }

    /// <summary>The command that runs this design alone.</summary>
    public required string Command { get; init; }
}

/// <summary>One kind of work.</summary>
/// <param name="Work">What is counted.</param>
/// <param name="Count">In all, both roles.</param>
/// <param name="PerDisconnect">For each disconnect, both roles.</param>
/// <param name="PerFrame">For each frame over the lines.</param>
public sealed record PriceLine(string Work, long Count, double PerDisconnect, double PerFrame);

/// <summary>McNemar's test of two designs.</summary>
/// <param name="First">A design.</param>
/// <param name="Second">Another.</param>
/// <param name="Path">Code path, or <c>any</c>.</param>
/// <param name="Role">The label of the role, such as <c>called</c> or <c>calling</c>.</param>
/// <param name="Pairs">Pairs counted.</param>
/// <param name="OnlyFirst">Pairs in which only the first crashed.</param>
/// <param name="OnlySecond">Pairs in which only the second crashed.</param>
/// <param name="ChiSquared">McNemar's statistic, without correction.</param>
/// <param name="P">Two-sided p of the exact (binomial) test.</param>
public sealed record PairedTest(
    string First, string Second, string Path, string Role, long Pairs, long OnlyFirst, long OnlySecond, double ChiSquared, double P);

/// <summary>Sites in which two designs differ.</summary>
/// <param name="First">A design.</param>
/// <param name="Second">Another.</param>
/// <param name="Sites">Sites compared.</param>
/// <param name="DigestsDiffer">Sites whose executions differ in any event.</param>
/// <param name="CrashesDiffer">Sites whose crashes differ.</param>
/// <param name="Examples">The first of these.</param>
public sealed record DesignDifference(
    string First, string Second, int Sites, int DigestsDiffer, int CrashesDiffer, IReadOnlyList<SiteDifference> Examples);

/// <summary>One site in which two designs crash differently.</summary>
/// <param name="Site">Its number.</param>
/// <param name="Seed">The run's seed.</param>
/// <param name="FirstCrashes">Crashes under the first design.</param>
/// <param name="SecondCrashes">Crashes under the second.</param>
/// <param name="FromMinutes">Virtual minutes of the end of the first window that differs.</param>
/// <param name="Command">The command that executes the site alone under the first design; the second's differs in <c>--design</c>.</param>
public sealed record SiteDifference(int Site, ulong Seed, long FirstCrashes, long SecondCrashes, double FromMinutes, string Command);
