using System.Globalization;
using System.Text.Json.Serialization;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Observability;

/// <summary>
/// The result of a run, as written to <c>report.json</c>: the source of every other view. Times are virtual unless a name says wall.
/// The schema is <c>docs/report.schema.json</c>.
/// </summary>
public sealed record RunReport : ScenarioReport
{
    /// <summary>The run's name: its folder under <c>runs/</c>.</summary>
    public required string RunId { get; init; }

    /// <summary>The teardown design.</summary>
    public required string Design { get; init; }

    /// <summary>Sites: a pair, or an answering system with several callers.</summary>
    public required long Sites { get; init; }

    /// <summary>Threads that executed sites.</summary>
    public required int Workers { get; init; }

    /// <summary>Why the run is not complete: <c>interrupted</c>, <c>cancelled</c>, <c>failed</c>, <c>lost</c>; null when it is.</summary>
    public string? Incomplete { get; init; }

    /// <summary><see cref="Incomplete"/> of a run that its user ended early: a state of its own, in which nothing is judged and nothing is lost.</summary>
    public const string Interrupted = "interrupted";

    /// <summary><see cref="Incomplete"/> of a run that was cancelled: partial as well, and not to be resumed.</summary>
    public const string Cancelled = "cancelled";

    /// <summary>The run was ended early on purpose: partial, and nothing is lost.</summary>
    [JsonIgnore]
    public bool IsPartial => Incomplete is Interrupted or Cancelled;

    /// <summary>Why the numbers decide nothing, one sentence each; empty if they do. Such a run never counts as clean.</summary>
    public IReadOnlyList<string> NotDecided { get; init; } = [];

    /// <summary>What a run is judged by instead of the scenario's bands; empty if it is judged by those.</summary>
    public string JudgedBy { get; init; } = "";

    /// <summary>The digest over every executed event of every finished site, in site order: 16 hexadecimal digits.</summary>
    public required string Digest { get; init; }

    /// <summary>All counters, by role for those counted by node. The seven below are the same numbers under the names that reports have had from the beginning.</summary>
    public required NodeCounters Counters { get; init; }

    /// <summary>Executed events.</summary>
    public long Events => Counters.OfSite().Events;

    /// <summary>Frames that went over the lines.</summary>
    public long Frames => Counters.OfSite().Frames;

    /// <summary>Links lost while the kernel lived.</summary>
    public RoleCounts Disconnects => RoleCounts.Of(Counters, c => c.Disconnects);

    /// <summary>Panics.</summary>
    public RoleCounts Panics => RoleCounts.Of(Counters, c => c.Panics);

    /// <summary>Calls placed by calling systems, the first of each too.</summary>
    public RoleCounts Redials => RoleCounts.Of(Counters, c => c.Redials);

    /// <summary>Uses of a pointer that named another live interface.</summary>
    public RoleCounts Alias => RoleCounts.Of(Counters, c => c.Aliases);

    /// <summary>Membership slots lost for the life of their socket.</summary>
    public RoleCounts LeakedSlots => RoleCounts.Of(Counters, c => c.LeakedSlots);

    /// <summary>The code paths of the 2005 mail, each with both roles.</summary>
    public required IReadOnlyList<PathRate> Paths { get; init; }

    /// <summary>The rates by the age that the kernel had when the link was lost: the code paths above that crashed, each with the roles and ages that had a disconnect.</summary>
    public IReadOnlyList<AgeRate> Ages { get; init; } = [];

    /// <summary>One row a crash title and role.</summary>
    public required IReadOnlyList<CodePathRate> CodePaths { get; init; }

    /// <summary>Stale pointers by holder and role.</summary>
    public required IReadOnlyList<StaleCounts> Stale { get; init; }

    /// <summary>Time to the first crash.</summary>
    public required FirstCrashSummary FirstCrash { get; init; }

    /// <summary>Planned, done, failed and lost sites.</summary>
    public required WorkCounts Work { get; init; }

    /// <summary>Sites that failed or were lost, each with the command that runs it again (the first hundred).</summary>
    public IReadOnlyList<SiteProblem> Problems { get; init; } = [];

    /// <summary>What the scenario expects, with the verdicts.</summary>
    public required IReadOnlyList<ExpectationVerdict> Expectations { get; init; }

    /// <summary>Named rare paths, and how often each was reached.</summary>
    public required IReadOnlyDictionary<string, long> Probes { get; init; }

    /// <summary>Counts over virtual time.</summary>
    public required RunSeries Series { get; init; }

    /// <summary>Where it was executed; null if not recorded. Nothing else in the report depends on it, except for <see cref="ScenarioReport.WallSeconds"/> and <see cref="Workers"/>.</summary>
    public ExecutionFacts? Execution { get; init; }

    /// <summary>The network that each site is, with its counts; null in a run of pairs.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public NetworkReport? Network { get; init; }

    /// <summary>The real kernels that were run; null in a run of emulated ones.</summary>
    public RealKernels? Kernels { get; init; }
}

/// <summary>The real kernels of a run, and what they cannot show.</summary>
/// <param name="Backend">What executed them.</param>
/// <param name="Called">The called end's.</param>
/// <param name="Calling">The calling end's.</param>
/// <param name="Fault">A fault that was switched on in both, or empty.</param>
/// <param name="SystemSha256">SHA-256 of the initramfs of both.</param>
/// <param name="Packages">Its packages: name, version and SHA-256.</param>
/// <param name="Limits">What such kernels cannot show, a sentence each.</param>
/// <param name="Bound">What the run shows about crashes: how many, or what their absence in so many disconnects excludes at 95 %.</param>
public sealed record RealKernels(
    string Backend, RealKernel Called, RealKernel Calling, string Fault, string SystemSha256, IReadOnlyList<string> Packages, IReadOnlyList<string> Limits, string Bound);

/// <summary>A real kernel.</summary>
/// <param name="Name">Its name in the cache of kernels.</param>
/// <param name="Key">Hash of all inputs of its build.</param>
/// <param name="Release">As <c>uname -r</c> says it.</param>
/// <param name="Source">The package, archive or folder it was built from.</param>
/// <param name="ConfigSha256">SHA-256 of its configuration.</param>
/// <param name="Checks">What watches its memory.</param>
/// <param name="Patches">Patches and faults that went in.</param>
public sealed record RealKernel(string Name, string Key, string Release, string Source, string ConfigSha256, string Checks, IReadOnlyList<string> Patches);

/// <summary>On what a run was executed.</summary>
/// <param name="Silos">Silos that took part.</param>
/// <param name="StartSeconds">Wall time from the start to the first window.</param>
/// <param name="Routers">Routers in the run.</param>
/// <param name="RoutersInMemory">
/// Most of them whose images were in memory at one moment; 0 if a silo that had held more before was not asked in time. A site's image is in memory from its first
/// window to its last, so a paced run, which moves all sites on together, has all of them there.
/// </param>
/// <param name="PeakMemoryBytes">Most memory that the silos' processes have had in the run, added up.</param>
/// <param name="IdleMemoryBytes">Memory of those processes at their start, added up.</param>
/// <param name="MemoryPerRouterBytes">The difference, divided by the routers in memory; 0 where they are not known. What a silo needs for any run is in it: it says little of a few routers.</param>
/// <param name="Memory">The same for each silo, in the order of their names.</param>
public sealed record ExecutionFacts(
    int Silos, double StartSeconds, long Routers, long RoutersInMemory, long PeakMemoryBytes, long IdleMemoryBytes, long MemoryPerRouterBytes, IReadOnlyList<SiloMemoryFacts> Memory);

/// <summary>What a silo needed for a run.</summary>
/// <param name="Silo">Its address.</param>
/// <param name="IdleMemoryBytes">Memory of its process at its start.</param>
/// <param name="PeakMemoryBytes">Most memory of its process in the run.</param>
/// <param name="MostSites">Most sites whose images it held at one moment.</param>
public sealed record SiloMemoryFacts(string Silo, long IdleMemoryBytes, long PeakMemoryBytes, int MostSites);

/// <summary>The crash rate of a code path in one role.</summary>
/// <param name="Path">Short name (<see cref="CodePath"/>).</param>
/// <param name="Role">The label of the role, such as <c>called</c> or <c>calling</c>.</param>
/// <param name="Crashes">Crashes of all titles of the path.</param>
/// <param name="Disconnects">Decided disconnects of the role: those whose redial came, or whose kernel crashed before it.</param>
/// <param name="Rate">Crashes over disconnects, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval, by site (<see cref="ClusterInterval"/>).</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="ReportedPercent">The mail's figure, or null.</param>
public sealed record PathRate(string Path, string Role, long Crashes, long Disconnects, double Rate, double Low, double High, double? ReportedPercent);

/// <summary>The crash rate of a code path in one role, of kernels of one age.</summary>
/// <param name="Path">Short name (<see cref="CodePath"/>).</param>
/// <param name="Role"><c>called</c> or <c>calling</c>.</param>
/// <param name="Age">The kernel's age when the link was lost, in words.</param>
/// <param name="Crashes">Crashes of the path.</param>
/// <param name="Disconnects">Decided disconnects of the role and age.</param>
/// <param name="Rate">Crashes over disconnects, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval, by site.</param>
/// <param name="High">Upper end of the interval.</param>
public sealed record AgeRate(string Path, string Role, string Age, long Crashes, long Disconnects, double Rate, double Low, double High);

/// <summary>The crash rate of one title in one role.</summary>
/// <param name="Title">Holder × use site × why the purge did not run.</param>
/// <param name="Path">Short name.</param>
/// <param name="Role">The label of the role, such as <c>called</c> or <c>calling</c>.</param>
/// <param name="Crashes">Crashes with the title.</param>
/// <param name="Disconnects">Decided disconnects of the role.</param>
/// <param name="Rate">Crashes over disconnects, 0 to 1.</param>
/// <param name="Low">Lower end of the 95 % interval, by site.</param>
/// <param name="High">Upper end of the interval.</param>
/// <param name="CrashId">The crash in <c>crashes.ndjson</c>.</param>
public sealed record CodePathRate(
    string Title, string Path, string Role, long Crashes, long Disconnects, double Rate, double Low, double High, string CrashId);

/// <summary>Stale pointers of one holder in one role.</summary>
/// <param name="Holder">The field that holds the pointer, in BSD's spelling.</param>
/// <param name="Role">The label of the role, such as <c>called</c> or <c>calling</c>.</param>
/// <param name="Created">Became stale at a detach.</param>
/// <param name="Healed">Were cleared or freed without a crash.</param>
/// <param name="Live">Exist at the end.</param>
public sealed record StaleCounts(string Holder, string Role, long Created, long Healed, long Live);

/// <summary>Time to the first crash over all finished sites; a site that never crashed counts as later than every other.</summary>
/// <param name="MedianMinutes">Virtual minutes until half of the sites had crashed; null when fewer did.</param>
/// <param name="WithinHour">Share of the sites that crashed within their first virtual hour, 0 to 1.</param>
/// <param name="Sites">Sites counted.</param>
/// <param name="Crashed">Sites that crashed at all.</param>
/// <param name="Curve">Share of the sites that had crashed by then: the steps of a time-to-first-crash curve.</param>
public sealed record FirstCrashSummary(double? MedianMinutes, double WithinHour, long Sites, long Crashed, IReadOnlyList<CurvePoint> Curve);

/// <summary>A point of a curve.</summary>
/// <param name="Minutes">Virtual minutes.</param>
/// <param name="Share">Share of the sites, 0 to 1.</param>
public sealed record CurvePoint(double Minutes, double Share);

/// <summary>planned = done + failed + lost + not begun + unfinished. Only a partial run has sites of the last two kinds, and they are not lost: the run can be continued.</summary>
/// <param name="Planned">Sites of the run.</param>
/// <param name="Done">Executed to their end.</param>
/// <param name="Failed">An error of our own stopped them: never an emulated crash.</param>
/// <param name="Lost">Not executed to their end: there was no answer for them.</param>
/// <param name="NotBegun">Not started when the run was interrupted or cancelled.</param>
/// <param name="Unfinished">In progress when the run was interrupted or cancelled.</param>
public sealed record WorkCounts(long Planned, long Done, long Failed, long Lost, long NotBegun = 0, long Unfinished = 0)
{
    /// <summary>The sum in words: <c>4 planned = 1 done + 0 failed + 0 lost</c>, and in a partial run what was not begun and not finished.</summary>
    [JsonIgnore]
    public string Statement => string.Create(
        CultureInfo.InvariantCulture,
        $"{Planned:#,0} planned = {Done:#,0} done + {Failed:#,0} failed + {Lost:#,0} lost{(NotBegun + Unfinished == 0 ? "" : $" + {NotBegun:#,0} not begun + {Unfinished:#,0} not finished")}");
}

/// <summary>A site that did not finish.</summary>
/// <param name="Site">Its number, from 0.</param>
/// <param name="Window">The window that was being executed.</param>
/// <param name="Problem">What happened.</param>
/// <param name="Command">The command that runs it again, alone.</param>
public sealed record SiteProblem(long Site, int Window, string Problem, string Command);

/// <summary>An expectation of the scenario and what was measured.</summary>
/// <param name="Path">What is expected of: a path name, <c>any</c>, <c>stale</c>, <c>first_crash_within_hour</c>, a title, or a probe.</param>
/// <param name="Role"><c>called</c>, <c>calling</c>, or null for both.</param>
/// <param name="MinPercent">Least accepted; null for a probe.</param>
/// <param name="MaxPercent">Most accepted; null for a probe.</param>
/// <param name="MeasuredPercent">What the run gave; for a probe, how often it was reached.</param>
/// <param name="Met">The verdict; also false if there is none.</param>
/// <param name="Line">Line in the scenario file; 0 when the file gives none.</param>
/// <param name="NotJudged">Why there is no verdict (<c>partial</c>, or what was missing), or null where there is one.</param>
public sealed record ExpectationVerdict(
    string Path, string? Role, double? MinPercent, double? MaxPercent, double MeasuredPercent, bool Met, int Line, string? NotJudged = null)
{
    /// <summary>Lower end of the 95 % interval of what was measured, in per cent; null where it has none.</summary>
    public double? LowPercent { get; init; }

    /// <summary>Upper end of the interval, in per cent; null where it has none.</summary>
    public double? HighPercent { get; init; }

    /// <summary>Where <see cref="NotJudged"/> is <see cref="TooFew"/>: how many pairs would decide, in two digits; null where no number would, or none is missing.</summary>
    public long? PairsNeeded { get; init; }

    /// <summary>Why there is no verdict of a rate whose interval reaches over a bound of its band.</summary>
    public const string TooFew = "too few to say";

    /// <summary>The path of a scenario that expects nothing to happen: links lost, in all.</summary>
    public const string NoDisconnect = "no disconnect";

    /// <summary>Judged, and not met.</summary>
    [JsonIgnore]
    public bool Failed => !Met && NotJudged is null;

    /// <summary>The verdict in words: <c>met</c>, <c>not met</c>, or <c>not judged (partial)</c>.</summary>
    [JsonIgnore]
    public string Word => NotJudged is { } why ? $"not judged ({why})" : Met ? "met" : "not met";

    /// <summary>True for a band of per cents; false for a path that must be reached.</summary>
    [JsonIgnore]
    public bool IsBand => MinPercent is not null && MaxPercent is not null;

    /// <summary>What was measured, in words: <c>75.2 % (95 %: 74.1 to 76.3)</c>.</summary>
    [JsonIgnore]
    public string Measured => string.Create(
        CultureInfo.InvariantCulture, $"{MeasuredPercent:0.##} %{(LowPercent is { } low && HighPercent is { } high ? $" (95 %: {low:0.##} to {high:0.##})" : "")}");

    /// <summary>What is expected, in words: <c>membership on called from 65 to 85 %</c>, or <c>ETOOMANYREFS is reached</c>.</summary>
    [JsonIgnore]
    public string Statement => IsBand
        ? string.Create(CultureInfo.InvariantCulture, $"{Path}{(Role is null ? "" : $" on {Role}")} from {MinPercent:0.###} to {MaxPercent:0.###} %")
        : Path == NoDisconnect ? "no link is lost" : $"{Path} is reached";
}
