using Stress.Grains;

namespace Stress.Client.Running;

/// <summary>Starts a run on some silo and follows it to its end.</summary>
/// <param name="grains">Where the silo's grains are.</param>
public sealed class RunFollower(IGrainFactory grains)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>Runs a plan. When <paramref name="stop"/> is cancelled the run is closed where it stands, and its partial result returned.</summary>
    /// <param name="plan">What to run.</param>
    /// <param name="watch">Hears where the run is, some times a second.</param>
    /// <param name="stop">Ends the run early.</param>
    public async Task<(RunResult Result, bool Interrupted)> Run(RunPlan plan, Action<ShardProgress> watch, CancellationToken stop)
    {
        IRunGrain run = grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        bool cancelled = false;
        for (; ;)
        {
            ShardProgress progress = await run.Progress();
            watch(progress);
            if (progress.Finished)
            {
                return (await run.Result(), cancelled && progress.Done < progress.Planned);
            }

            if (stop.IsCancellationRequested && !cancelled)
            {
                cancelled = true;
                await run.Cancel();
            }

            // After a cancellation the grains need only finish the slices that they are in.
            await Task.Delay(Interval, cancelled ? CancellationToken.None : stop).ContinueWith(static _ => { }, TaskScheduler.Default);
        }
    }
}
