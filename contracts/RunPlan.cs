using Stress.Contracts.Surrogates;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Observability.Instruments;

namespace Stress.Contracts;

/// <summary>What a run executes. Written once by the client and never changed, so that every grain of the run may hold the same object.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunPlan")]
public sealed record RunPlan
{
    /// <summary>The series of a report has at most this many bins.</summary>
    public const int MaxSeriesBins = 200;

    /// <summary>Sites of one shard, unless the plan says otherwise.</summary>
    public const int DefaultShardSize = 250;

    /// <summary>Shards of a run, at most, unless it has more sites than <see cref="MaxSites"/> allows for.</summary>
    public const int MaxShards = 400;

    /// <summary>Most sites of a run.</summary>
    public const int MaxSites = 10_000_000;

    /// <summary>Most sites that a shard drives at once.</summary>
    public const int MaxSitesInFlight = 10_000;

    /// <summary>Most sites of which every window is recorded.</summary>
    public const int MaxCheckedSites = 64;

    /// <summary>Most characters of a run's name.</summary>
    public const int MaxRunIdLength = 120;

    /// <summary>Wall seconds after which a silent site is lost, unless the plan says otherwise.</summary>
    public const int DefaultLostAfterSeconds = 90;

    /// <summary>The backend of a plan that names none.</summary>
    public const string DefaultBackend = "emulator";

    /// <summary>Most characters of <see cref="BackendSettings"/>.</summary>
    public const int MaxBackendSettingsLength = 64 * 1024;

    // Null, the default, in plans that were written before there was a second one.
    [Id(22)]
    private readonly string? _backend;

    /// <summary>The run's name; grain keys start with it.</summary>
    [Id(0)]
    public required string RunId { get; init; }

    /// <summary>Everything that decides a site, apart from its number.</summary>
    [Id(1)]
    public required SiteOptions Site { get; init; }

    /// <summary>How many sites, numbered from <see cref="FirstSite"/>.</summary>
    [Id(2)]
    public required int Sites { get; init; }

    /// <summary>The number of the first site: 0, or the site of a run that repeats one site alone.</summary>
    [Id(3)]
    public int FirstSite { get; init; }

    /// <summary>Windows of each site.</summary>
    [Id(4)]
    public required int Windows { get; init; }

    /// <summary>Sites of one shard.</summary>
    [Id(5)]
    public int ShardSize { get; init; } = DefaultShardSize;

    /// <summary>Sites that a shard drives at once. More than one, so that a worker never waits for a hand-over, but few, so that few images are in memory.</summary>
    [Id(6)]
    public int SitesInFlight { get; init; } = 4;

    /// <summary>Windows between two checkpoints of a site; 0 for a run that stores nothing, so that it cannot be resumed.</summary>
    [Id(7)]
    public int CheckpointWindows { get; init; }

    /// <summary>Sites whose digest is kept window by window, to be compared with a second execution.</summary>
    [Id(8)]
    public IReadOnlyList<int> CheckedSites { get; init; } = [];

    /// <summary>Whether the result keeps each site's counts over virtual time, so that two runs can be compared site by site.</summary>
    [Id(9)]
    public bool KeepSites { get; init; }

    /// <summary>For metrics and live views; null for a run without telemetry.</summary>
    [Id(20)]
    public RunTelemetry? Telemetry { get; init; }

    /// <summary>Virtual seconds per second of wall time, or 0 for as fast as possible.</summary>
    [Id(21)]
    public double Pace { get; init; }

    /// <summary>The name of what executes the sites (<see cref="ISiteBackend"/>).</summary>
    public string Backend
    {
        get => _backend ?? DefaultBackend;
        init => _backend = value == DefaultBackend ? null : value;
    }

    /// <summary>Settings for the backend beyond the options of a site, in its own form; null for none.</summary>
    [Id(23)]
    public string? BackendSettings { get; init; }

    /// <summary>The build that planned it; null in a plan of a build before format 1, which no silo accepts.</summary>
    [Id(24)]
    public BuildStamp? Build { get; init; }

    /// <summary>
    /// SHA-256 of the library that <see cref="SiteOptions.Design"/> is in, 64 hexadecimal digits, for a user's design on a cluster; null for a built-in one, and in the process
    /// that has loaded the library itself.
    /// </summary>
    [Id(25)]
    public string? DesignHash { get; init; }

    /// <summary>The labels of the run's metrics. Another backend has no teardown designs: the description of its systems takes their place.</summary>
    public RunLabels Labels => new(RunId, Telemetry?.Scenario ?? "", Backend == DefaultBackend ? Site.Design : Telemetry is { Systems.Length: > 0 } known ? known.Systems : Backend, Backend);

    /// <summary>Wall seconds without a finished window after which a site is given up as lost.</summary>
    [Id(10)]
    public int LostAfterSeconds { get; init; } = DefaultLostAfterSeconds;

    /// <summary>Windows of one bin of the report's series.</summary>
    public int BinWindows => Math.Max(1, (Windows + MaxSeriesBins - 1) / MaxSeriesBins);

    /// <summary>Bins of the report's series.</summary>
    public int Bins => (Windows + BinWindows - 1) / BinWindows;

    /// <summary>How many shards.</summary>
    public int Shards => (Sites + ShardSize - 1) / ShardSize;

    /// <summary>
    /// True for a name that a run may have: letters, digits, '-', '_' and '.', not starting with a dot. It becomes part of grain keys and the name of a
    /// folder, so nothing in it may point elsewhere.
    /// </summary>
    public static bool IsRunId(string name) =>
        name.Length is > 0 and <= MaxRunIdLength && name[0] != '.' && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    /// <summary>True when another plan executes the same work in the same way.</summary>
    public bool IsSameAs(RunPlan other) =>
        this with { Site = other.Site, CheckedSites = other.CheckedSites, Telemetry = other.Telemetry, Build = other.Build } == other
        && (Build is null ? other.Build is null : other.Build is { } build && Build.Shares(build))
        && CheckedSites.SequenceEqual(other.CheckedSites)
        && PlainDataSurrogate.Of(Site).Json.AsSpan().SequenceEqual(PlainDataSurrogate.Of(other.Site).Json);

    /// <summary>What is wrong with the plan, since a silo does not trust clients; null if nothing is.</summary>
    public string? Problem() =>
        !IsRunId(RunId) ? "the run's name: accepted are letters, digits, '-', '_' and '.'"
        : Sites is < 1 or > MaxSites || FirstSite < 0 || FirstSite > MaxSites ? $"{Sites} sites from {FirstSite}: accepted are 1 to {MaxSites}"
        : Windows < 1 ? $"{Windows} windows: accepted is 1 or more"
        : ShardSize < 1 || Shards > MaxShards ? $"{Shards} shards: accepted are up to {MaxShards}"
        : SitesInFlight is < 1 or > MaxSitesInFlight ? $"{SitesInFlight} sites in flight: accepted are 1 to {MaxSitesInFlight}"
        : CheckpointWindows < 0 || LostAfterSeconds < 1 ? "checkpoint and lost-after: accepted are positive numbers"
        : BackendSettings?.Length > MaxBackendSettingsLength ? $"the settings of its backend: accepted are up to {MaxBackendSettingsLength} characters"
        : CheckedSites.Count > MaxCheckedSites ? $"{CheckedSites.Count} checked sites: accepted are up to {MaxCheckedSites}"
        : null;

    /// <summary>Windows that cover a duration; the last one may be longer than what is left of it.</summary>
    /// <param name="duration">Virtual time of the run.</param>
    /// <param name="window">Virtual time of a window.</param>
    public static int WindowsOf(VirtualTime duration, VirtualTime window) =>
        checked((int)Math.Max(1, (duration.Microseconds + window.Microseconds - 1) / window.Microseconds));

    /// <summary>The sites of one shard: number of the first, and how many.</summary>
    public (int First, int Count) SitesOf(int shard)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shard);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(shard, Shards);
        int offset = shard * ShardSize;
        return (FirstSite + offset, Math.Min(ShardSize, Sites - offset));
    }
}
