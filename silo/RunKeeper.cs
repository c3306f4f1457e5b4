using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Stress.Contracts;
using Stress.Grains;

namespace Stress.Silo;

/// <summary>
/// Periodically asks the list of runs to take care of the unfinished ones. Every silo of a cluster does: a run continues without a client, and if every silo was killed, the first
/// that is started again resumes it.
/// </summary>
internal sealed class RunKeeper(IGrainFactory grains, ILogger<RunKeeper> log) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every);
        var outage = new Outage(log, "reaching the list of runs");
        try
        {
            do
            {
                try
                {
                    await grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).Keep();
                    outage.Over();
                }
                catch (Exception e)
                {
                    // Whatever it was, the list is asked again: an unhandled exception would end the silo.
                    outage.Failed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
        }
    }
}
