using System.CommandLine;
using System.Globalization;
using Orleans.Runtime;
using Stress.Silo;

namespace Stress.Client.Clusters;

/// <summary>
/// How long a command waits for what it needs from a cluster: Redis that accepts it, a silo that answers, a silo of its own format. It waits for whatever may be temporary, and
/// says so at once and every few seconds; when the time is over, the command ends with <see cref="ExitCodes.Unavailable"/>.
/// </summary>
/// <param name="longest">How long; zero for one attempt of the usual patience.</param>
/// <param name="say">Hears what is waited for.</param>
/// <param name="time">The clock.</param>
public sealed class ClusterWait(TimeSpan longest, Action<string> say, TimeProvider time)
{
    private const int MostHours = 24;
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1), SaidEvery = TimeSpan.FromSeconds(5);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _said = TimeSpan.MinValue;

    /// <summary>How long one attempt to reach a silo lasts; null for the usual patience. Within a longer wait each attempt is short, so that the user is told what is being waited for.</summary>
    public TimeSpan? Attempt => longest > TimeSpan.Zero ? SaidEvery : null;

    /// <summary>The option <c>--wait</c>.</summary>
    /// <param name="description">Its help, where a command says more than the usual.</param>
    public static Option<TimeSpan?> Option(string? description = null) => TypedOption.Of(
        "--wait",
        description ?? "Wait up to this many seconds, or for example 5min, until Redis and a silo are there, and say what is missing (default: 0; exit code 6 when they are not).",
        text => (TimeSpan?)Read(text));

    /// <summary>Reads how long to wait.</summary>
    /// <exception cref="UsageException">The text is not accepted.</exception>
    public static TimeSpan Read(string text) =>
        Durations.Seconds(text) is { } wait && wait.Microseconds <= MostHours * 3_600_000_000L ? TimeSpan.FromMicroseconds(wait.Microseconds)
        : throw new UsageException($"--wait {text}: accepted are seconds, or {Durations.WithUnit}, up to {MostHours}h");

    /// <summary>The wait that the command line asks for: one attempt if it asks for none.</summary>
    public static ClusterWait Of(TimeSpan? option, Terminal terminal) => new(
        option ?? TimeSpan.Zero,
        text => terminal.Error.WriteLine($"stress: {text}"),
        terminal.Time);

    /// <summary>Tries until it succeeds.</summary>
    /// <param name="attempt">Throws <see cref="ClusterUnavailableException"/> while what is needed is not there.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="ClusterUnavailableException">The time is over.</exception>
    public async Task<T> For<T>(Func<Task<T>> attempt, CancellationToken stop)
    {
        for (; ; )
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return await attempt();
            }
            catch (Exception e) when (MayPass(e) && time.GetElapsedTime(_start) < longest)
            {
                TimeSpan waited = time.GetElapsedTime(_start);
                if (_said == TimeSpan.MinValue || waited - _said >= SaidEvery)
                {
                    _said = waited;
                    say(string.Create(CultureInfo.InvariantCulture, $"waiting, {waited.TotalSeconds:0} s of {longest.TotalSeconds:0}: {e.Message.ReplaceLineEndings(" ").Split("; accepted")[0]}"));
                }
            }

            await Task.Delay(Retry, time, stop);
        }
    }

    /// <summary>Says every few seconds what a task waits for, until it has ended.</summary>
    /// <param name="task">The task.</param>
    /// <param name="what">What it waits for at the moment.</param>
    public async Task Through(Task task, Func<string> what)
    {
        long start = time.GetTimestamp();
        while (await Task.WhenAny(task, Task.Delay(SaidEvery, time)) != task)
        {
            say(string.Create(CultureInfo.InvariantCulture, $"waiting, {time.GetElapsedTime(start).TotalSeconds:0} s: {what()}"));
        }

        await task;
    }

    /// <summary>How much of the time is left; none without a wait.</summary>
    public TimeSpan Left => longest > time.GetElapsedTime(_start) ? longest - time.GetElapsedTime(_start) : TimeSpan.Zero;

    // A silo that starts or stops may answer with anything.
    private static bool MayPass(Exception e) => e is ClusterUnavailableException or TimeoutException or OrleansException;
}
