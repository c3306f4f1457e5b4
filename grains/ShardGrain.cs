namespace Stress.Grains;

/// <summary>Drives the sites of one shard (<see cref="IShardGrain"/>). What is counted, and how often, is the rule of <see cref="ShardLedger"/>.</summary>
[KeepAlive]
public sealed class ShardGrain : Grain, IShardGrain
{
    /// <summary>Attempts for a slice that nobody answers, before the site is booked as lost.</summary>
    private const int Attempts = 3;

    private ShardLedger? _ledger;
    private RunPlan? _plan;
    private bool _cancelled;
    private TaskCompletionSource? _paused;

    private ShardLedger Ledger => _ledger ?? throw new InvalidOperationException($"{this.GetPrimaryKeyString()}: not started");

    /// <inheritdoc/>
    public Task Start(RunPlan plan, int shard)
    {
        if (_ledger is not null)
        {
            return Task.CompletedTask;
        }

        _plan = plan;
        _ledger = new ShardLedger(plan, shard);
        for (int i = 0; i < plan.SitesInFlight; i++)
        {
            // Runs on the grain's own scheduler, between its other calls. It books every error itself and never throws.
            DriveSites(plan, _ledger).Ignore();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Pause(bool paused)
    {
        if (paused)
        {
            _paused ??= new TaskCompletionSource();
        }
        else
        {
            _paused?.TrySetResult();
            _paused = null;
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Cancel()
    {
        _cancelled = true;
        return Pause(false);
    }

    /// <inheritdoc/>
    public Task<ShardProgress> Progress() => Task.FromResult(Ledger.Progress with { Paused = _paused is not null });

    /// <inheritdoc/>
    public Task<ShardResult> Result() => Task.FromResult(Ledger.Result());

    private async Task DriveSites(RunPlan plan, ShardLedger ledger)
    {
        await Task.Yield();
        while (ledger.TryTake(out int site))
        {
            if (_cancelled)
            {
                ledger.Close(site, SiteState.Lost, 0, "interrupted before its start");
                continue;
            }

            await DriveSite(plan, ledger, site);
        }
    }

    private async Task DriveSite(RunPlan plan, ShardLedger ledger, int site)
    {
        var link = GrainFactory.GetGrain<IModemLinkGrain>(GrainKeys.Link(plan.RunId, site, 0));
        for (int failures = 0; ;)
        {
            if (_paused is { } paused)
            {
                await paused.Task;
            }

            int window = ledger.NextWindow(site);
            try
            {
                SliceResult slice = _cancelled ? await link.Close(plan, window) : await link.RunSlice(plan, window);
                if (ledger.Merge(site, slice))
                {
                    return;
                }

                failures = 0;
            }
            catch (Exception e) when (e is TimeoutException or OrleansException && ++failures < Attempts)
            {
                // Nobody answered, or a silo went away. The site is asked again: whatever is executed twice gives the same.
            }
            catch (Exception e) when (e is TimeoutException or OrleansException)
            {
                ledger.Close(site, SiteState.Lost, window, $"no answer after {Attempts} attempts: {e.Message}");
                return;
            }
            catch (Exception e)
            {
                ledger.Close(site, SiteState.Failed, window, e.ToString());
                return;
            }
        }
    }
}
