using System.CommandLine;
using System.Globalization;
using System.Net;
using Stress.Client.Following;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Scenarios;

namespace Stress.Client.Launching;

/// <summary>The numbers of a run: the options that take them, and how each is read. Runs launched from a page read the same texts in the same way.</summary>
public static class RunOptions
{
    /// <summary>Most pairs of a run.</summary>
    public const int MaxPairs = ScenarioLoader.MaxPairs;

    /// <summary>Most virtual hours of a run (over a hundred years).</summary>
    public const int MaxHours = 1_000_000;

    /// <summary>Slowest pace: a virtual hour takes more than a month.</summary>
    public const double MinPace = 0.001;

    /// <summary>Fastest pace; beyond it a run is as fast as the machine anyway.</summary>
    public const int MaxPace = 1_000_000;

    /// <summary>Most windows between two checkpoints.</summary>
    public const int MaxCheckpoint = 1_000_000;

    /// <summary>Most seconds for which a silent site is waited for (a day).</summary>
    public const int MaxLostAfter = 86_400;

    /// <summary>The option that accepts port 0, for any free one.</summary>
    public const string MetricsPortName = "--metrics-port";

    private const string PairsName = "--pairs", HoursName = "--hours", PaceName = "--pace", LostAfterName = "--lost-after", LeaseName = "--lease";

    /// <summary><c>--pairs</c>.</summary>
    /// <param name="usual">The default.</param>
    public static Option<int?> Pairs(string usual) => Numbers.Option(PairsName, 1, MaxPairs, $"Pairs of a calling and a called system (default: {usual}).");

    /// <summary>Reads pairs.</summary>
    /// <exception cref="UsageException">The text is not accepted.</exception>
    public static int ReadPairs(string text) => Numbers.Whole(PairsName, text, 1, MaxPairs);

    /// <summary><c>--hours</c>, virtual.</summary>
    /// <param name="usual">The default.</param>
    public static Option<VirtualTime?> Hours(string usual) => TypedOption.Of(HoursName, $"Virtual hours of each pair (default: {usual}).", text => (VirtualTime?)ReadHours(text));

    /// <summary>Reads virtual hours.</summary>
    /// <exception cref="UsageException">The text is not accepted.</exception>
    public static VirtualTime ReadHours(string text) =>
        Durations.Hours(text) is { } time && time > VirtualTime.Zero && time <= VirtualTime.FromHours(MaxHours)
            ? time
            : throw new UsageException($"{HoursName} {text}: accepted is a number above 0, up to {MaxHours}, for example 24 or 0.5, or {Durations.WithUnit}");

    /// <summary><c>--site</c>.</summary>
    public static Option<int?> Site() => Numbers.Option("--site", 0, MaxPairs - 1, "Execute this site only.");

    /// <summary><c>--pace</c>.</summary>
    public static Option<double?> Pace() => TypedOption.Of(PaceName, "Virtual seconds per second of wall time, for example 60 (default: as fast as possible).", text => (double?)ReadPace(text));

    /// <summary>Reads a pace: virtual seconds per second of wall time.</summary>
    /// <exception cref="UsageException">The text is not accepted.</exception>
    public static double ReadPace(string text) =>
        double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double pace) && pace is >= MinPace and <= MaxPace
            ? pace
            : throw new UsageException($"{PaceName} {text}: accepted is a number from {MinPace.ToString(CultureInfo.InvariantCulture)} to {MaxPace}, virtual seconds per second, for example 60");

    /// <summary><c>--metrics-port</c> of a run.</summary>
    public static Option<int?> MetricsPort() => Numbers.Option(MetricsPortName, 0, IPEndPoint.MaxPort, "Serve the run's metrics on this port of 127.0.0.1, for Prometheus (0: any free one).");

    /// <summary><c>--checkpoint</c>, windows.</summary>
    public static Option<int?> Checkpoint() => Numbers.Option("--checkpoint", 1, MaxCheckpoint, $"Windows between two checkpoints of a site (default: {Launch.CheckpointWindows}).");

    /// <summary><c>--lost-after</c>, wall seconds.</summary>
    public static Option<int?> LostAfter() => TypedOption.Of(
        LostAfterName,
        $"Seconds without a window after which a site is lost: the run ends with exit 4 and names it (default: {RunPlan.DefaultLostAfterSeconds}). The client waits twice as long for a silent cluster, at least {ClusterSilence.ShortestPatienceSeconds} s.",
        text => Durations.WholeSeconds(text) is >= 1 and <= MaxLostAfter and var seconds
            ? (int?)seconds
            : throw new UsageException($"{LostAfterName} {text}: accepted is a whole number from 1 to {MaxLostAfter}, seconds, or {Durations.WithUnit}"));

    /// <summary><c>--in-flight</c>.</summary>
    public static Option<int?> InFlight() => Numbers.Option("--in-flight", 1, MaxPairs, "Sites that are under way at once (default: a few per worker). Not with --pace, which advances all sites together.");

    /// <summary><c>--lease</c>, wall seconds.</summary>
    /// <param name="description">Its help.</param>
    public static Option<int?> Lease(string description) => TypedOption.Of(
        LeaseName,
        description,
        text => Durations.WholeSeconds(text) is <= RunLease.MaxSeconds and var seconds
            ? (int?)seconds
            : throw new UsageException($"{LeaseName} {text}: accepted are whole seconds up to {RunLease.MaxSeconds}, or {Durations.WithUnit}; 0 for a run that needs no client"));
}
