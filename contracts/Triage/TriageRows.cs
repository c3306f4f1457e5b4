namespace Stress.Contracts.Triage;

/// <summary>A part of a list.</summary>
/// <param name="Total">Rows in all.</param>
/// <param name="Skip">Rows before these.</param>
/// <param name="Rows">These.</param>
public sealed record Page<T>(long Total, int Skip, IReadOnlyList<T> Rows);

/// <summary>What an import did.</summary>
/// <param name="New">Runs taken in.</param>
/// <param name="Renewed">Runs that were resumed since, and were taken in again.</param>
/// <param name="Known">Runs that were there already.</param>
/// <param name="Crashes">Distinct crashes of what was imported.</param>
/// <param name="Damaged">Folders that could not be read, each with the reason.</param>
/// <param name="Searches">Searches of <c>fuzz</c> taken in.</param>
/// <param name="Findings">Their findings.</param>
public sealed record ImportOutcome(int New, int Renewed, int Known, long Crashes, IReadOnlyList<string> Damaged, int Searches = 0, int Findings = 0)
{
    /// <summary>Nothing yet.</summary>
    public static ImportOutcome None { get; } = new(0, 0, 0, 0, []);
}

/// <summary>Which runs.</summary>
public sealed record RunFilter
{
    /// <summary>Part of the name, scenario, design or kernel; empty for all.</summary>
    public string Search { get; init; } = "";

    /// <summary>One backend (<see cref="RunRow.Backend"/>), or empty.</summary>
    public string Backend { get; init; } = "";

    /// <summary>One verdict (<see cref="RunRow.Verdict"/>), <see cref="Red"/>, or empty.</summary>
    public string Verdict { get; init; } = "";

    /// <summary>A verdict that needs attention: <c>not met</c> or <c>incomplete</c>.</summary>
    public const string Red = "red";

    /// <summary>By what: <c>started</c>, <c>panics</c> or <c>disconnects</c>, the greatest first.</summary>
    public string Sort { get; init; } = "started";

    /// <summary>Rows before the part that is asked for.</summary>
    public int Skip { get; init; }

    /// <summary>Rows asked for.</summary>
    public int Take { get; init; } = 50;
}

/// <summary>A run in a list.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Scenario">Its scenario's name.</param>
/// <param name="Backend">What executed it: a teardown design of the emulated kernel, or <c>uml</c>.</param>
/// <param name="Version">Which version: a commit of the project for an emulated kernel, a release and name for a real one.</param>
/// <param name="Seed">Seed of every random stream.</param>
/// <param name="Started">Wall time.</param>
/// <param name="Pairs">Pairs of systems.</param>
/// <param name="Hours">Virtual hours of each.</param>
/// <param name="Disconnects">Links lost, both ends.</param>
/// <param name="Panics">Panics, both ends.</param>
/// <param name="Titles">Distinct crash titles.</param>
/// <param name="Verdict"><c>met</c>, <c>not met</c>, <c>not decided</c>, <c>partial</c>, <c>incomplete</c> or <c>no expectation</c>.</param>
/// <param name="Digest">The digest of every executed event.</param>
public sealed record RunRow(
    string Name, string Scenario, string Backend, string Version, ulong Seed, DateTimeOffset Started, long Pairs, double Hours, long Disconnects, long Panics, int Titles, string Verdict, string Digest);

/// <summary>A run.</summary>
/// <param name="Row">As in the list.</param>
/// <param name="ReportJson">Its <c>report.json</c>.</param>
/// <param name="Folder">Where it was imported from.</param>
/// <param name="Crashes">Its crashes, the most frequent first.</param>
public sealed record RunDetail(RunRow Row, string ReportJson, string Folder, IReadOnlyList<CrashRow> Crashes);

/// <summary>A crash of a run: a title at one end, with the first that happened.</summary>
/// <param name="Number">The store's number of it.</param>
/// <param name="Bug">The bug it belongs to.</param>
/// <param name="Run">The run.</param>
/// <param name="CrashId">Its identifier in the run.</param>
/// <param name="Title">Title.</param>
/// <param name="Path">Code path.</param>
/// <param name="Role">The end that crashed.</param>
/// <param name="Count">How often.</param>
/// <param name="Disconnects">Disconnects of that end.</param>
/// <param name="Site">Where it occurred first.</param>
/// <param name="Event">The number of the event.</param>
/// <param name="AtMicroseconds">Virtual time in microseconds.</param>
/// <param name="Stack">Innermost function first.</param>
/// <param name="Story">The life of the pointer, or what the console said.</param>
/// <param name="Replay">The command that shows it again.</param>
public sealed record CrashRow(
    long Number, string Bug, string Run, string CrashId, string Title, string Path, string Role, long Count, long Disconnects, long Site, long Event, long AtMicroseconds,
    IReadOnlyList<string> Stack, IReadOnlyList<string> Story, string Replay);

/// <summary>A bug's status for people.</summary>
public enum BugStatus
{
    /// <summary>Nobody has said anything.</summary>
    Open,

    /// <summary>Something ends it.</summary>
    Fixed,

    /// <summary>It is none.</summary>
    Invalid,

    /// <summary>It is another one's.</summary>
    Duplicate,
}

/// <summary>Which bugs.</summary>
public sealed record BugFilter
{
    /// <summary>Part of the title; empty for all.</summary>
    public string Search { get; init; } = "";

    /// <summary>One backend, or empty.</summary>
    public string Backend { get; init; } = "";

    /// <summary>One status, or null for all but duplicates.</summary>
    public BugStatus? Status { get; init; }

    /// <summary>Only those that were fixed and are back.</summary>
    public bool Regressed { get; init; }

    /// <summary>Also private ones (<see cref="BugRow.IsPrivate"/>).</summary>
    public bool WithPrivate { get; init; } = true;

    /// <summary>Rows before the part that is asked for.</summary>
    public int Skip { get; init; }

    /// <summary>Rows asked for.</summary>
    public int Take { get; init; } = 50;
}

/// <summary>A bug in a list.</summary>
/// <param name="Id">Its identifier: <c>b</c> and twelve hexadecimal digits, the same in every store.</param>
/// <param name="Title">Title: holder × use site × why the purge did not run, or the kernel's own words without the parts that differ from boot to boot.</param>
/// <param name="Backend">A teardown design, or <c>uml</c>.</param>
/// <param name="Status">What people say.</param>
/// <param name="Regressed">It was fixed, and a run since has it.</param>
/// <param name="FixedBy">What ends it, or empty.</param>
/// <param name="FirstSeen">Start of the first run that has it.</param>
/// <param name="LastSeen">Start of the last.</param>
/// <param name="Runs">Runs that have it.</param>
/// <param name="Crashes">Crashes in all.</param>
/// <param name="IsPrivate">Found in software that is shipped: told to its maintainers first. No webhook tells of it, no exported site shows it, and on a server with tokens only those who may write see it.</param>
public sealed record BugRow(
    string Id, string Title, string Backend, BugStatus Status, bool Regressed, string FixedBy, DateTimeOffset FirstSeen, DateTimeOffset LastSeen, long Runs, long Crashes, bool IsPrivate = false);

/// <summary>A bug.</summary>
/// <param name="Row">As in the list.</param>
/// <param name="DuplicateOf">The bug it is a duplicate of, or empty.</param>
/// <param name="Rate">How often a disconnect has it, over the runs of its backend since it was first seen.</param>
/// <param name="Clean">What the runs without it since it was last seen show.</param>
/// <param name="Flake">In how many of the runs like those that have it, it comes.</param>
/// <param name="Versions">The rate by version, the oldest first.</param>
/// <param name="Days">The rate by day, the oldest first.</param>
/// <param name="Elsewhere">Bugs of the same title on other backends.</param>
/// <param name="Aliases">Other titles that were merged into it.</param>
/// <param name="Crashes">Its crashes, the newest first (at most a hundred).</param>
/// <param name="Notes">What people wrote.</param>
/// <param name="Findings">Searches that came upon it, the newest first (at most a hundred).</param>
public sealed record BugDetail(
    BugRow Row, string DuplicateOf, Rate Rate, CleanSince Clean, FlakeFacts Flake, IReadOnlyList<RateOf> Versions, IReadOnlyList<RateOf> Days, IReadOnlyList<BugRow> Elsewhere,
    IReadOnlyList<string> Aliases, IReadOnlyList<CrashRow> Crashes, IReadOnlyList<BugNote> Notes, IReadOnlyList<FindingRow> Findings);

/// <summary>A finding of <c>fuzz</c>.</summary>
/// <param name="Search">The search's name.</param>
/// <param name="At">When its result was written.</param>
/// <param name="Title">The title as the search has it.</param>
/// <param name="Stacks">The stack, or the two stacks, that it was seen on, with the fault that was switched on.</param>
/// <param name="List">The number of the list that showed it first.</param>
/// <param name="Lists">Lists of the search.</param>
/// <param name="Seen">Lists of the search that showed it.</param>
/// <param name="Titles">All titles that executions of its list alone have given, with their counts: its own first.</param>
/// <param name="Least">The list cut down to what the title needs.</param>
/// <param name="IsLeast">No operation of it can go.</param>
public sealed record FindingRow(
    string Search, DateTimeOffset At, string Title, string Stacks, long List, long Lists, long Seen, IReadOnlyList<TitleCount> Titles, IReadOnlyList<string> Least, bool IsLeast);

/// <summary>How often a title occurred.</summary>
/// <param name="Title">The title.</param>
/// <param name="Count">Executions that gave it.</param>
public sealed record TitleCount(string Title, int Count);

/// <summary>A share with its 95 % interval.</summary>
/// <param name="Hits">Crashes.</param>
/// <param name="Trials">Disconnects.</param>
/// <param name="Share">From 0 to 1.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public sealed record Rate(long Hits, long Trials, double Share, double Low, double High);

/// <summary>A rate with a name.</summary>
/// <param name="Name">Version, or day.</param>
/// <param name="Runs">Runs counted.</param>
/// <param name="Rate">The rate.</param>
public sealed record RateOf(string Name, long Runs, Rate Rate);

/// <summary>What was executed since a bug was last seen.</summary>
/// <param name="Runs">Runs of its backend without it.</param>
/// <param name="Disconnects">Their disconnects.</param>
/// <param name="RateExcluded">The highest rate that they leave possible at 95 %.</param>
/// <param name="OneIn">The next claim: below one in this many.</param>
/// <param name="More">Clean disconnects still needed for it.</param>
public sealed record CleanSince(long Runs, long Disconnects, double RateExcluded, long OneIn, long More);

/// <summary>How reliably runs of the same scenario, backend and version have a bug.</summary>
/// <param name="With">Runs that have it.</param>
/// <param name="Alike">Runs like them.</param>
public sealed record FlakeFacts(long With, long Alike)
{
    /// <summary>It occurs in some runs but not in others like them.</summary>
    public bool IsFlaky => With > 0 && With < Alike;
}

/// <summary>A person's note on a bug.</summary>
/// <param name="At">Wall time.</param>
/// <param name="By">Who, if known.</param>
/// <param name="Text">What.</param>
public sealed record BugNote(DateTimeOffset At, string By, string Text);

/// <summary>A change to a bug; null leaves a property as it is.</summary>
public sealed record BugChange
{
    /// <summary>Its status.</summary>
    public BugStatus? Status { get; init; }

    /// <summary>What ends it: a design, a patch or a commit. With <see cref="BugStatus.Fixed"/>.</summary>
    public string? FixedBy { get; init; }

    /// <summary>The bug it is a duplicate of. With <see cref="BugStatus.Duplicate"/>.</summary>
    public string? DuplicateOf { get; init; }

    /// <summary>A note.</summary>
    public string? Note { get; init; }

    /// <summary>True: private; false: public.</summary>
    public bool? Private { get; init; }

    /// <summary>Who says it.</summary>
    public string By { get; init; } = "";
}

/// <summary>Two runs side by side.</summary>
/// <param name="First">A run.</param>
/// <param name="Second">Another.</param>
/// <param name="Options">What differs between them: name, first value, second value.</param>
/// <param name="Titles">Crash titles of either, by end.</param>
/// <param name="SameDigest">Every executed event was the same.</param>
/// <param name="Seeds">Seeds that runs like the first and runs like the second have in common: what <see cref="TitleDifference.Paired"/> counts.</param>
public sealed record RunDifference(RunRow First, RunRow Second, IReadOnlyList<OptionDifference> Options, IReadOnlyList<TitleDifference> Titles, bool SameDigest, int Seeds = 0);

/// <summary>An option that differs.</summary>
/// <param name="Name">Its name.</param>
/// <param name="First">In the first run.</param>
/// <param name="Second">In the second.</param>
public sealed record OptionDifference(string Name, string First, string Second);

/// <summary>A title in two runs.</summary>
/// <param name="Title">The title.</param>
/// <param name="Role">The end.</param>
/// <param name="First">Its rate in the first run.</param>
/// <param name="Second">Its rate in the second.</param>
/// <param name="Apart">The intervals do not overlap.</param>
/// <param name="News"><c>new</c>, <c>gone</c>, or empty.</param>
/// <param name="Paired">In which of the seeds that both have it comes; null where they have none in common.</param>
public sealed record TitleDifference(string Title, string Role, Rate First, Rate Second, bool Apart, string News, SeedPairs? Paired = null);

/// <summary>Runs of equal seeds, in pairs: a run like the first and a run like the second. A run has a title or does not.</summary>
/// <param name="Both">Seeds with which both have it.</param>
/// <param name="OnlyFirst">Seeds with which only the first has it.</param>
/// <param name="OnlySecond">Seeds with which only the second has it.</param>
/// <param name="Neither">Seeds with which neither has it.</param>
/// <param name="P">McNemar's exact test, two-sided: how often so uneven a split comes where it makes no difference which of the two is run.</param>
public sealed record SeedPairs(long Both, long OnlyFirst, long OnlySecond, long Neither, double P);

/// <summary>Where pages are served, and for whom.</summary>
/// <param name="Listen">Address and port; port 0 takes a free one.</param>
/// <param name="Hosts">Names under which it is reached, besides those of the loopback interface.</param>
/// <param name="TokenFile">File with the tokens of those who may read and write; null on loopback.</param>
/// <param name="UserHeader">Header in which a proxy that has authenticated says who asks; null for none.</param>
/// <param name="WebhookFile">File with the addresses that are told of news; null for none.</param>
/// <param name="Work">What executes a crash again for those who ask why it came; null where nothing is executed.</param>
/// <param name="Launcher">What starts runs for those who may write; null where nobody can.</param>
public sealed record ServeOptions(string Listen, IReadOnlyList<string> Hosts, string? TokenFile, string? UserHeader, string? WebhookFile, ITriageWork? Work = null, IRunLauncher? Launcher = null);
