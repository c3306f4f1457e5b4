using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Observability.Html;

/// <summary>Everything that the page shows, already reduced to what is drawn. <see cref="HtmlReport"/> makes it from a run's report.</summary>
public sealed record ReportPage
{
    /// <summary>The scenario's name: the page's heading.</summary>
    public required string Scenario { get; init; }

    /// <summary>The run's identifier, as in <c>runs/&lt;id&gt;/</c>.</summary>
    public required string Run { get; init; }

    /// <summary>The teardown design of the run.</summary>
    public required string Design { get; init; }

    /// <summary>The sentence below the heading: what happened, in words.</summary>
    public string Summary { get; init; } = "";

    /// <summary>Why the numbers decide nothing, a sentence each.</summary>
    public IReadOnlyList<string> NotDecided { get; init; } = [];

    /// <summary>What is judged instead of the scenario's bands, or empty.</summary>
    public string JudgedBy { get; init; } = "";

    /// <summary>Why the run is not complete, or null.</summary>
    public string? Incomplete { get; init; }

    /// <summary>True when every expectation was met, false when one failed, null when the scenario states none.</summary>
    public bool? Passed { get; init; }

    /// <summary>Label and value of each figure in the head of the page.</summary>
    public IReadOnlyList<PageFact> Facts { get; init; } = [];

    /// <summary>The verdict of a comparison, shown first; null for a run.</summary>
    public PageTable? Verdict { get; init; }

    /// <summary>Crash rates of the run per code path and role.</summary>
    public IReadOnlyList<RateRow> Rates { get; init; } = [];

    /// <summary>The same rates by the kernel's age, as a table; null where kernels are of one age.</summary>
    public PageTable? Ages { get; init; }

    /// <summary>The network that each site is; null for pairs.</summary>
    public NetworkReport? Network { get; init; }

    /// <summary>The ways of distinct crashes through the network, most frequent first, at most <see cref="PageWay.Most"/>; empty where none was executed again.</summary>
    public IReadOnlyList<PageWay> Ways { get; init; } = [];

    /// <summary>False for a page that is not about a whole run: it has no counts over virtual time.</summary>
    public bool HasSeries { get; init; } = true;

    /// <summary>Crashes since virtual time zero, one series a code path and role.</summary>
    public IReadOnlyList<PageSeries> Crashes { get; init; } = [];

    /// <summary>Where the time axes end.</summary>
    public VirtualTime End { get; init; }

    /// <summary>Where the axis of the time-to-first-crash curve ends.</summary>
    public VirtualTime FirstCrashEnd { get; init; }

    /// <summary>The curve in words.</summary>
    public string FirstCrashSentence { get; init; } = "";

    /// <summary>The verdicts of the scenario's expectations.</summary>
    public IReadOnlyList<ExpectationVerdict> Expectations { get; init; } = [];

    /// <summary>The command that repeats the run; may be empty.</summary>
    public string Command { get; init; } = "";

    /// <summary>The share of sites, in per cent, that had crashed by a virtual time, with its 95 % band.</summary>
    public IReadOnlyList<BandPoint> FirstCrash { get; init; } = [];

    /// <summary>Stale pointers that exist, one series a holder and role.</summary>
    public IReadOnlyList<PageSeries> Stale { get; init; } = [];

    /// <summary>Crash rates of other designs on the same scenario and seeds; empty when nothing was compared.</summary>
    public IReadOnlyList<RateRow> Designs { get; init; } = [];

    /// <summary>Further tables, of a comparison; empty for a run.</summary>
    public IReadOnlyList<PageTable> Tables { get; init; } = [];

    /// <summary>The crash titles, most frequent first.</summary>
    public IReadOnlyList<PageCrash> Titles { get; init; } = [];

    /// <summary>What was executed, with every value that had a part in it; null if unknown.</summary>
    public PageConfiguration? Configuration { get; init; }

    /// <summary>The steps of one crash; null when none was traced.</summary>
    public CrashTimeline? Timeline { get; init; }
}

/// <summary>The whole configuration of what a page reports: no default that affected the result is left for the reader to know.</summary>
/// <param name="Settings">Build and options, each with its effective value.</param>
/// <param name="Scenario">The scenario as YAML with every effective value; empty where there is none.</param>
public sealed record PageConfiguration(IReadOnlyList<PageFact> Settings, string Scenario);

/// <summary>One figure of the page's head.</summary>
/// <param name="Label">What it is.</param>
/// <param name="Value">The figure, formatted.</param>
/// <param name="Unit">Its unit, or empty.</param>
public sealed record PageFact(string Label, string Value, string Unit = "");

/// <summary>A rate, its interval, and what it is compared with.</summary>
/// <param name="Name">Code path, or design.</param>
/// <param name="Role">The label of what crashed.</param>
/// <param name="Crashes">Numerator.</param>
/// <param name="Disconnects">Denominator.</param>
/// <param name="Interval">The rate and its 95 % interval, by site; meaningless without a disconnect.</param>
public sealed record RateRow(string Name, string Role, long Crashes, long Disconnects, WilsonInterval Interval)
{
    /// <summary>The rate that the mail reports, from 0 to 1; null if it reports none.</summary>
    public double? Mail { get; init; }
}

/// <summary>A named series over virtual time.</summary>
/// <param name="Name">As the legend shows it.</param>
/// <param name="Role">Decides the colour family; null for neither.</param>
/// <param name="Points">In order of time; a value holds until the next point.</param>
public sealed record PageSeries(string Name, string? Role, IReadOnlyList<PagePoint> Points);

/// <summary>A value that holds from a virtual time on.</summary>
public readonly record struct PagePoint(VirtualTime At, double Value);

/// <summary>A share with its 95 % band, holding from a virtual time on.</summary>
public readonly record struct BandPoint(VirtualTime At, double Share, double Low, double High);

/// <summary>One distinct crash.</summary>
/// <param name="Title">Use site, holder and the reason the purge did not run.</param>
/// <param name="Role">The label of what crashed.</param>
/// <param name="Count">How often.</param>
/// <param name="Replay">The command that replays the first; empty when unknown.</param>
/// <param name="Story">The life of the pointer in words.</param>
/// <param name="Stack">Innermost function first.</param>
public sealed record PageCrash(string Title, string Role, long Count, string Replay, IReadOnlyList<string> Story, IReadOnlyList<string> Stack);

/// <summary>The way of a distinct crash through the network.</summary>
/// <param name="Title">The crash's title.</param>
/// <param name="Role">The label of what crashed.</param>
/// <param name="Count">How often.</param>
/// <param name="Way">The way of the first.</param>
public sealed record PageWay(string Title, string Role, long Count, CrashWay Way)
{
    /// <summary>Most that a page shows: the style sheet has a rule for each.</summary>
    public const int Most = 12;
}
