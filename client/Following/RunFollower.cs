using System.Diagnostics;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Following;

/// <summary>Starts a run, or joins one in progress, and follows it to its end.</summary>
/// <param name="host">Where it is executed.</param>
/// <param name="say">Is told when a cluster is silent for long, and when it answers again; null for none.</param>
/// <param name="lease">Who owns the run and how long it may be without a client; null to leave that as it is.</param>
public sealed class RunFollower(IRunHost host, Action<string>? say = null, RunLease? lease = null)
{
    // A client shows its cluster this often that it is present, and several times within a lease.
    private static readonly TimeSpan AttendEvery = TimeSpan.FromSeconds(5);
    private const int AttendedInALease = 4;

    private static readonly TimeSpan EmbeddedInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ClusterInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Near its end a run is asked more often, down to this fraction of the interval, so that its end is noticed soon.</summary>
    private const int ShortestPart = 10;

    // A call may be stuck in a hanging silo; the next one takes another route once that silo is declared dead.
    private static readonly TimeSpan AskAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Runs a plan to its end. When <paramref name="stop"/> is cancelled, an embedded run is closed where it stands and its partial result returned; a run on
    /// a cluster continues on its own, and is only left.
    /// </summary>
    /// <param name="plan">What to run.</param>
    /// <param name="watch">Gets the run's progress, several times a second.</param>
    /// <param name="stop">Ends the run early, or stops following it.</param>
    /// <param name="launch">What another client needs to report the run.</param>
    /// <exception cref="ClusterUnavailableException">The cluster was silent for longer than a client waits (<see cref="ClusterSilence.PatienceOf"/>).</exception>
    public async Task<FollowedRun> Run(RunPlan plan, Action<ShardProgress> watch, CancellationToken stop, string launch = "")
    {
        IRunGrain run = host.Grains.GetGrain<IRunGrain>(plan.RunId);
        ClusterSilence? silence = SilenceOf(plan);
        await using var memory = new SiloMemory(host);
        await memory.Begin();
        long start = Stopwatch.GetTimestamp();
        try
        {
            await Tell(() => run.Start(plan, launch), silence, stop);
            await Attend(run, plan, launch, lease, silence, stop);
            return await Follow(run, plan, launch, watch, silence, memory, start, stop);
        }
        catch (OperationCanceledException) when (host.IsCluster && stop.IsCancellationRequested)
        {
            return FollowedRun.Left;
        }
    }

    /// <summary>The result of a run that has ended on a cluster.</summary>
    /// <param name="plan">What was run.</param>
    /// <param name="stop">Stops asking.</param>
    /// <exception cref="ClusterUnavailableException">The cluster was silent for longer than a client waits (<see cref="ClusterSilence.PatienceOf"/>).</exception>
    public async Task<FollowedRun> Result(RunPlan plan, CancellationToken stop)
    {
        try
        {
            return new FollowedRun(await Ask(host.Grains.GetGrain<IRunGrain>(plan.RunId).Result, SilenceOf(plan), stop), Interrupted: false, null, []);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return FollowedRun.Left;
        }
    }

    // On a cluster a run may have a lease; in this process its client is always there.
    private async Task Attend(IRunGrain run, RunPlan plan, string launch, RunLease? renewed, ClusterSilence? silence, CancellationToken stop)
    {
        if (host.IsCluster)
        {
            await Ask(
                () => Known(run, plan, launch, async () =>
                {
                    await run.Attend(renewed).WaitAsync(AskAgainAfter);
                    return true;
                }),
                silence,
                stop);
        }
    }

    private ClusterSilence? SilenceOf(RunPlan plan) =>
        host.Cluster is { } cluster ? new ClusterSilence(plan.RunId, cluster, ClusterSilence.PatienceOf(plan.LostAfterSeconds), say ?? (static _ => { })) : null;

    // A cluster whose Redis was emptied has forgotten its runs. The client that follows one has its plan: the same plan gives the same result.
    private async Task<T> Known<T>(IRunGrain run, RunPlan plan, string launch, Func<Task<T>> question)
    {
        try
        {
            return await question();
        }
        catch (RunRefusedException) when (host.IsCluster)
        {
            if (await run.Describe().WaitAsync(AskAgainAfter) is not null)
            {
                throw;
            }

            say?.Invoke("the cluster has forgotten the run (was its Redis emptied?): it is started again from its beginning");
            await run.Start(plan, launch);
            await run.Attend(lease).WaitAsync(AskAgainAfter);
            return await question();
        }
    }

    private async Task<FollowedRun> Follow(IRunGrain run, RunPlan plan, string launch, Action<ShardProgress> watch, ClusterSilence? silence, SiloMemory memory, long start, CancellationToken stop)
    {
        TimeSpan? firstWindow = null;
        bool interrupted = false;
        TimeSpan attendEvery = lease is { Seconds: > 0 } && TimeSpan.FromSeconds(lease.Seconds) / AttendedInALease is var part && part < AttendEvery ? part : AttendEvery;
        long attended = Stopwatch.GetTimestamp();
        for (; ; )
        {
            if (!interrupted && Stopwatch.GetElapsedTime(attended) >= attendEvery)
            {
                attended = Stopwatch.GetTimestamp();
                await Attend(run, plan, launch, null, silence, stop);
            }

            ShardProgress progress = await Ask(() => Known(run, plan, launch, () => run.Progress().WaitAsync(AskAgainAfter)), silence, stop);
            watch(progress);
            if (firstWindow is null && progress.Windows > 0)
            {
                firstWindow = Stopwatch.GetElapsedTime(start);
            }

            if (progress.Finished)
            {
                try
                {
                    RunResult result = await Ask(run.Result, silence, stop);
                    return new FollowedRun(result, interrupted && progress.Done < progress.Planned, firstWindow, await memory.End());
                }
                catch (RunRefusedException) when (host.IsCluster)
                {
                    // Forgotten since it was asked: it is started again, and followed as before.
                    continue;
                }
            }

            if (stop.IsCancellationRequested && !interrupted)
            {
                interrupted = true;
                await run.Interrupt();
            }

            // After an interruption the grains need only finish the slices that they are in.
            await Task.Delay(Wait(progress, Stopwatch.GetElapsedTime(start)), interrupted ? CancellationToken.None : stop)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Half of the remaining time, at the current speed.
    private TimeSpan Wait(ShardProgress progress, TimeSpan elapsed)
    {
        TimeSpan longest = host.IsCluster ? ClusterInterval : EmbeddedInterval, shortest = longest / ShortestPart;
        TimeSpan half = progress.Done == 0 ? longest : elapsed * ((progress.Planned - progress.Done) / (2.0 * progress.Done));
        return half < shortest ? shortest : half > longest ? longest : half;
    }

    // Calls without a result.
    internal static Task Tell(Func<Task> question, ClusterSilence? silence, CancellationToken stop) => Ask(
        async () =>
        {
            await question();
            return true;
        },
        silence,
        stop);

    // Silos of a cluster die and come back, and a hanging one does not answer at all: every question may be repeated.
    internal static async Task<T> Ask<T>(Func<Task<T>> question, ClusterSilence? silence, CancellationToken stop)
    {
        if (silence is null)
        {
            return await question();
        }

        for (; ; )
        {
            string? problem;
            try
            {
                Task<T> answer = question();
                while (!answer.IsCompleted)
                {
                    await Task.WhenAny(answer, Task.Delay(ClusterInterval, stop));
                    stop.ThrowIfCancellationRequested();
                    silence.Check(null);
                }

                T heard = await answer;
                silence.Heard();
                return heard;
            }
            catch (Exception e) when (e is not (RunRefusedException or ClusterUnavailableException) && e.GetBaseException() is not StateFormatException && !stop.IsCancellationRequested)
            {
                // Whatever a silo throws on its way down; only the silence that follows ends the retries.
                problem = e is TimeoutException ? null : e.FirstLine().Split(". ")[0].TrimEnd('.');
            }

            silence.Check(problem);
            await Task.Delay(ClusterInterval, stop);
        }
    }
}

/// <summary>The result of following a run.</summary>
/// <param name="Final">The result; null when the run continues without this client.</param>
/// <param name="Interrupted">True when the user ended it early, or stopped following.</param>
/// <param name="FirstWindow">Wall time from the start to the first window that was reported; null if the start was not observed.</param>
/// <param name="Memory">What its silos needed.</param>
public sealed record FollowedRun(RunResult? Final, bool Interrupted, TimeSpan? FirstWindow, IReadOnlyList<SiloMemoryFacts> Memory)
{
    /// <summary>A run that continues without this client.</summary>
    public static readonly FollowedRun Left = new(null, true, null, []);

    /// <summary>The result.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public RunResult Result => Final ?? throw new InvalidOperationException("the run is not finished: there is no result yet");

    /// <summary>Result and whether it was ended early.</summary>
    public void Deconstruct(out RunResult result, out bool interrupted) => (result, interrupted) = (Result, Interrupted);
}
