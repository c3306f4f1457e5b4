using Stress.Emulator.Kernel.Ports;

namespace Stress.Observability.Instruments;

/// <summary>The type of a metric, as Prometheus calls it.</summary>
public enum MetricKind : byte
{
    /// <summary>Only rises, from 0 at the start of its process or run.</summary>
    Counter,

    /// <summary>Rises and falls.</summary>
    Gauge,

    /// <summary>Counts observations by their size.</summary>
    Histogram,
}

/// <summary>A metric of ours.</summary>
/// <param name="Name">Its name at /metrics. The part after <c>stress_</c> is the instrument's name in the meter <c>stress</c>.</param>
/// <param name="Kind">Counter, gauge or histogram.</param>
/// <param name="Labels">In addition to <c>run</c>, <c>scenario</c>, <c>design</c> and <c>backend</c>, which every metric of a run's has.</param>
/// <param name="Help">What it counts, with its unit.</param>
public sealed record MetricInfo(string Name, MetricKind Kind, string[] Labels, string Help)
{
    /// <summary>False for metrics of a silo that do not depend on what it executes: they lack the run's labels.</summary>
    public bool OfRun { get; init; } = true;

    /// <summary>The instrument's name in its meter.</summary>
    public string Instrument => Name[(MetricCatalogue.MeterName.Length + 1)..];
}

/// <summary>Every metric of ours, once; those of counters come from their declaration (<see cref="CounterInfo"/>). <c>docs/metrics.md</c> lists the same, and a test compares them.</summary>
public static class MetricCatalogue
{
    /// <summary>The name of the meter, and of the activity source.</summary>
    public const string MeterName = "stress";

    private static readonly string[] None = [], ByRole = ["role"], ByPath = ["path", "role"];

    /// <summary><c>stress_run_crashes_total</c>: kernel crashes of the run.</summary>
    public static readonly MetricInfo RunCrashes = new("stress_run_crashes_total", MetricKind.Counter, ByPath, "Kernel crashes of the run.");

    /// <summary><c>stress_run_independent_disconnects</c>: independent disconnects with as much information about the path's rate as the decided ones; those of one site are not independent.</summary>
    public static readonly MetricInfo RunIndependent = new("stress_run_independent_disconnects", MetricKind.Gauge, ByPath, "Independent disconnects that would tell as much of the path's rate as the decided ones do; those of one site are not independent.");

    /// <summary><c>stress_run_virtual_time_seconds</c>: virtual time reached, mean over the pairs, in seconds.</summary>
    public static readonly MetricInfo RunVirtualTime = new("stress_run_virtual_time_seconds", MetricKind.Gauge, None, "Virtual time reached, mean over the pairs, in seconds.");

    /// <summary><c>stress_run_pair_seconds_total</c>: virtual time executed, summed over the pairs, in seconds.</summary>
    public static readonly MetricInfo RunPairSeconds = new("stress_run_pair_seconds_total", MetricKind.Counter, None, "Virtual time executed, summed over the pairs, in seconds.");

    /// <summary><c>stress_run_windows_total</c>: windows whose result stands, over all sites.</summary>
    public static readonly MetricInfo RunWindows = new("stress_run_windows_total", MetricKind.Counter, None, "Windows whose result stands, over all sites.");

    /// <summary><c>stress_run_sites_planned</c>: sites of the run; planned = done + failed + lost at its end.</summary>
    public static readonly MetricInfo RunSitesPlanned = new("stress_run_sites_planned", MetricKind.Gauge, None, "Sites of the run; planned = done + failed + lost at its end.");

    /// <summary><c>stress_run_sites_done</c>: sites executed to their end.</summary>
    public static readonly MetricInfo RunSitesDone = new("stress_run_sites_done", MetricKind.Gauge, None, "Sites executed to their end.");

    /// <summary><c>stress_run_sites_failed</c>: sites stopped by an error of our own, never by a crash of their kernels.</summary>
    public static readonly MetricInfo RunSitesFailed = new("stress_run_sites_failed", MetricKind.Gauge, None, "Sites stopped by an error of ours, never by a crash of their kernels.");

    /// <summary><c>stress_run_sites_lost</c>: sites closed early, or for which there was no answer.</summary>
    public static readonly MetricInfo RunSitesLost = new("stress_run_sites_lost", MetricKind.Gauge, None, "Sites closed early, or for which nobody answered.");

    /// <summary><c>stress_run_pace_lag_seconds</c>: wall time by which a paced run is behind, in seconds; 0 without --pace.</summary>
    public static readonly MetricInfo RunPaceLag = new("stress_run_pace_lag_seconds", MetricKind.Gauge, None, "Wall time by which a paced run is behind, in seconds; 0 without --pace.");

    /// <summary><c>stress_run_pace_ratio</c>: virtual seconds per second of wall time that --pace asks for; 0 without it.</summary>
    public static readonly MetricInfo RunPace = new("stress_run_pace_ratio", MetricKind.Gauge, None, "Virtual seconds per second of wall time that --pace asks for; 0 without it.");

    /// <summary><c>stress_run_wall_time_seconds</c>: wall time since the run started, in seconds.</summary>
    public static readonly MetricInfo RunWallTime = new("stress_run_wall_time_seconds", MetricKind.Gauge, None, "Wall time since the run started, in seconds.");

    /// <summary><c>stress_run_active</c>: 1 while sites of the run wait or are executed, 0 when it is paused or finished.</summary>
    public static readonly MetricInfo RunActive = new("stress_run_active", MetricKind.Gauge, None, "1 while sites of the run wait or are executed, 0 when it is paused or finished.");

    /// <summary><c>stress_run_first_crash_timestamp_seconds</c>: unix time at which the exporter first saw a crash on the path, in seconds.</summary>
    public static readonly MetricInfo RunFirstCrash = new("stress_run_first_crash_timestamp_seconds", MetricKind.Gauge, ByPath, "Unix time at which the exporter first saw a crash on the path, in seconds.");

    /// <summary><c>stress_run_last_crash_timestamp_seconds</c>: unix time at which the exporter last saw the path's count rise, in seconds.</summary>
    public static readonly MetricInfo RunLastCrash = new("stress_run_last_crash_timestamp_seconds", MetricKind.Gauge, ByPath, "Unix time at which the exporter last saw the path's count rise, in seconds.");

    /// <summary><c>stress_run_reported_ratio</c>: crashes per disconnect that the mail reports, 0 to 1.</summary>
    public static readonly MetricInfo RunReported = new("stress_run_reported_ratio", MetricKind.Gauge, ByPath, "Crashes per disconnect that the mail reports, 0 to 1.");

    /// <summary><c>stress_run_expected_min_ratio</c>: least crashes per disconnect that the scenario accepts, 0 to 1.</summary>
    public static readonly MetricInfo RunExpectedMin = new("stress_run_expected_min_ratio", MetricKind.Gauge, ByPath, "Least crashes per disconnect that the scenario accepts, 0 to 1.");

    /// <summary><c>stress_run_expected_max_ratio</c>: most crashes per disconnect that the scenario accepts, 0 to 1.</summary>
    public static readonly MetricInfo RunExpectedMax = new("stress_run_expected_max_ratio", MetricKind.Gauge, ByPath, "Most crashes per disconnect that the scenario accepts, 0 to 1.");

    /// <summary><c>stress_silo_windows_total</c>: windows that this silo executed, repeated ones too. For rates; the run's own counters are the exact ones.</summary>
    public static readonly MetricInfo SiloWindows = new("stress_silo_windows_total", MetricKind.Counter, None, "Windows that this silo executed, repeated ones too. For rates; the run's own counters are the exact ones.");

    /// <summary><c>stress_silo_windows_rerun_total</c>: windows that this silo executed although they had been executed before.</summary>
    public static readonly MetricInfo SiloWindowsRerun = new("stress_silo_windows_rerun_total", MetricKind.Counter, None, "Windows that this silo executed although they had been executed before.");

    /// <summary><c>stress_silo_events_total</c>: events that this silo executed.</summary>
    public static readonly MetricInfo SiloEvents = new("stress_silo_events_total", MetricKind.Counter, None, "Events that this silo executed.");

    /// <summary><c>stress_silo_checkpoint_seconds</c>: wall time to write one checkpoint, in seconds.</summary>
    public static readonly MetricInfo SiloCheckpointSeconds = new("stress_silo_checkpoint_seconds", MetricKind.Histogram, None, "Wall time to write one checkpoint, in seconds.");

    /// <summary><c>stress_silo_checkpoint_bytes_total</c>: bytes of checkpoints written.</summary>
    public static readonly MetricInfo SiloCheckpointBytes = new("stress_silo_checkpoint_bytes_total", MetricKind.Counter, None, "Bytes of checkpoints written.");

    /// <summary><c>stress_silo_certificate_not_after_timestamp_seconds</c>: unix time at which the certificate of this silo expires, in seconds; only with mutual TLS.</summary>
    public static readonly MetricInfo SiloCertificate = new(
        "stress_silo_certificate_not_after_timestamp_seconds", MetricKind.Gauge, None, "Unix time at which the certificate of this silo expires, in seconds; only with mutual TLS, and of no run.")
    { OfRun = false };

    /// <summary>The counters that are metrics (<see cref="CounterInfo.Metric"/>), in the order of their declaration.</summary>
    public static readonly IReadOnlyList<(CounterInfo Counter, MetricInfo Metric)> Counters =
    [
        .. from counter in CounterInfo.All
           where counter.Metric is not null
           select (counter, new MetricInfo($"{MeterName}_run_{counter.Metric}", counter.Level ? MetricKind.Gauge : MetricKind.Counter, counter.OfSite ? None : ByRole, counter.Help)),
    ];

    /// <summary>All of them, in the order of the document.</summary>
    public static readonly IReadOnlyList<MetricInfo> All =
    [
        RunCrashes, RunIndependent, .. Counters.Select(counted => counted.Metric), RunVirtualTime,
        RunPairSeconds, RunWindows, RunSitesPlanned, RunSitesDone, RunSitesFailed, RunSitesLost, RunPaceLag, RunPace, RunWallTime, RunActive, RunFirstCrash,
        RunLastCrash, RunReported, RunExpectedMin, RunExpectedMax, SiloWindows, SiloWindowsRerun, SiloEvents, SiloCheckpointSeconds, SiloCheckpointBytes, SiloCertificate,
    ];

    /// <summary>The labels that any metric of ours may have. Never a grain, a site or a router: their number grows with the run.</summary>
    public static readonly IReadOnlySet<string> Labels = new HashSet<string>(StringComparer.Ordinal) { "path", "role", "backend", "design", "scenario", "run" };
}
