using System.Diagnostics;
using Stress.Grains;
using Stress.Silo;

namespace Stress.Client.Running;

/// <summary>Starts a run, or joins one that is under way, and follows it to its end.</summary>
/// <param name="host">Where it is executed.</param>
public sealed class RunFollower(IRunHost host)
{
    /// <summary>How long a cluster may be silent before a client gives up; the run itself does not end by that.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(180);

    private static readonly TimeSpan EmbeddedInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ClusterInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>Near its end a run is asked more often, down to this part of the interval, so that it is not over long before anybody knows.</summary>
    private const int ShortestPart = 10;

    /// <summary>
    /// Runs a plan to its end. When <paramref name="stop"/> is cancelled, an embedded run is closed where it stands and its partial result returned; a run on
    /// a cluster goes on by itself, and is only left.
    /// </summary>
    /// <param name="plan">What to run.</param>
    /// <param name="watch">Hears where the run is, some times a second.</param>
    /// <param name="stop">Ends the run early, or stops following it.</param>
    /// <param name="launch">What another client needs to report the run.</param>
    /// <exception cref="ClusterUnavailableException">The cluster was silent for <see cref="Patience"/>.</exception>
    public async Task<FollowedRun> Run(RunPlan plan, Action<ShardProgress> watch, CancellationToken stop, string launch = "")
    {
        long start = Stopwatch.GetTimestamp();
        IRunGrain run = host.Grains.GetGrain<IRunGrain>(plan.RunId);
        await Ask(async () =>
        {
            await run.Start(plan, launch);
            return true;
        });
        return await Follow(plan.RunId, watch, stop, start);
    }

    /// <summary>Follows a run that is under way.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="watch">Hears where the run is, some times a second.</param>
    /// <param name="stop">Ends the run early, or stops following it.</param>
    public Task<FollowedRun> Follow(string runId, Action<ShardProgress> watch, CancellationToken stop) => Follow(runId, watch, stop, Stopwatch.GetTimestamp());

    private async Task<FollowedRun> Follow(string runId, Action<ShardProgress> watch, CancellationToken stop, long start)
    {
        IRunGrain run = host.Grains.GetGrain<IRunGrain>(runId);
        TimeSpan firstWindow = TimeSpan.Zero;
        bool interrupted = false;
        for (; ;)
        {
            ShardProgress progress = await Ask(run.Progress);
            watch(progress);
            if (firstWindow == TimeSpan.Zero && progress.Windows > 0)
            {
                firstWindow = Stopwatch.GetElapsedTime(start);
            }

            if (progress.Finished)
            {
                IReadOnlyList<SiloFacts> silos = await Ask(host.Silos);
                return new FollowedRun(await Ask(run.Result), interrupted && progress.Done < progress.Planned, firstWindow, silos);
            }

            if (stop.IsCancellationRequested && !interrupted)
            {
                if (host.IsCluster)
                {
                    return new FollowedRun(null, true, firstWindow, []);
                }

                interrupted = true;
                await run.Interrupt();
            }

            // After an interruption the grains need only finish the slices that they are in.
            await Task.Delay(Wait(progress, Stopwatch.GetElapsedTime(start)), interrupted ? CancellationToken.None : stop)
                .ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }

    // Half of what is left, if the run goes on as it did.
    private TimeSpan Wait(ShardProgress progress, TimeSpan elapsed)
    {
        TimeSpan longest = host.IsCluster ? ClusterInterval : EmbeddedInterval, shortest = longest / ShortestPart;
        TimeSpan half = progress.Done == 0 ? longest : elapsed * ((progress.Planned - progress.Done) / (2.0 * progress.Done));
        return half < shortest ? shortest : half > longest ? longest : half;
    }

    // Silos of a cluster die and come back. Every question may be asked again.
    private async Task<T> Ask<T>(Func<Task<T>> question)
    {
        long start = Stopwatch.GetTimestamp();
        for (; ;)
        {
            try
            {
                return await question();
            }
            catch (Exception e) when (host.IsCluster && e is not (RunRefusedException or OperationCanceledException))
            {
                if (Stopwatch.GetElapsedTime(start) > Patience)
                {
                    throw new ClusterUnavailableException($"the cluster has not answered for {Patience.TotalSeconds:0} s: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
                }

                await Task.Delay(ClusterInterval);
            }
        }
    }
}

/// <summary>What following a run came to.</summary>
/// <param name="Final">The result; null when the run goes on without this client.</param>
/// <param name="Interrupted">True when the user ended it early, or stopped following.</param>
/// <param name="FirstWindow">Wall time from the start to the first window that was heard of.</param>
/// <param name="Silos">The silos at the end.</param>
public sealed record FollowedRun(RunResult? Final, bool Interrupted, TimeSpan FirstWindow, IReadOnlyList<SiloFacts> Silos)
{
    /// <summary>The result.</summary>
    /// <exception cref="InvalidOperationException">There is none yet.</exception>
    public RunResult Result => Final ?? throw new InvalidOperationException("the run goes on: there is no result yet");

    /// <summary>Result and whether it was ended early.</summary>
    public void Deconstruct(out RunResult result, out bool interrupted) => (result, interrupted) = (Result, Interrupted);
}
