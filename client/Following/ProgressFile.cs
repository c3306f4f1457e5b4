using Stress.Client.Clusters;
using Stress.Contracts;
using Stress.Observability;
using Stress.Observability.Instruments;

namespace Stress.Client.Following;

/// <summary>
/// Keeps a run's progress in its folder, so that <c>stress watch</c> in another process can show it: about once a second, and once more at the end.
/// </summary>
/// <param name="grains">Where the run's grains are.</param>
/// <param name="runId">The run.</param>
/// <param name="folder">Its folder.</param>
public sealed class ProgressFile(IGrainFactory grains, string runId, RunFolder folder) : IAsyncDisposable
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    // A hanging silo answers nothing, and the end of the run does not wait for it.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);
    private readonly CancellationTokenSource _end = new();
    private Task? _writing;

    /// <summary>Starts writing with the first progress, which comes after the start of the run.</summary>
    /// <param name="watch">Also gets every progress.</param>
    public Action<ShardProgress> After(Action<ShardProgress> watch) => progress =>
    {
        _writing ??= Write();
        watch(progress);
    };

    /// <summary>Writes the last state.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        if (_writing is { } writing)
        {
            await writing;
        }

        _end.Dispose();
    }

    private async Task Write()
    {
        bool last;
        do
        {
            last = _end.IsCancellationRequested;
            try
            {
                RunSnapshot run = await grains.GetGrain<IRunGrain>(runId).Snapshot().WaitAsync(Longest);
                folder.WriteProgress(new RunProgress { At = DateTimeOffset.UtcNow, Run = run, Silos = await SiloStates.Of(grains).WaitAsync(Longest) });
            }
            catch (Exception)
            {
                // A view of the run may miss a second, whatever a silo without storage throws; the run itself reports what went wrong.
            }

            if (!last)
            {
                await Task.Delay(Every, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
        while (!last);
    }
}
