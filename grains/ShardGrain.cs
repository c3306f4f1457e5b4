namespace Stress.Grains;

/// <summary>Drives the sites of one shard (<see cref="IShardGrain"/>). What is counted, and how often, is the rule of <see cref="ShardLedger"/>.</summary>
[KeepAlive]
public sealed class ShardGrain(RunClock clock) : Grain, IShardGrain
{
    /// <summary>Attempts for a slice that nobody answers, before the site is booked as lost.</summary>
    private const int Attempts = 3;

    private ShardLedger? _ledger;
    private RunPlan? _plan;
    private Pacer? _pacer;
    private readonly CancellationTokenSource _pacing = new();
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
        _pacer = plan.Pace > 0 ? new Pacer(plan, clock.Time) : null;

        // A paced run moves all its sites on together; the workers still bound how many are executed at one moment.
        int inFlight = _pacer is null ? plan.SitesInFlight : plan.SitesOf(shard).Count;
        for (int i = 0; i < inFlight; i++)
        {
            // Runs on the grain's own scheduler, between its other calls. It books every error itself and never throws.
            DriveSites(plan, _ledger).Ignore();
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task Pause(bool paused)
    {
        _pacer?.Pause(paused);
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
        _pacing.Cancel();
        return Pause(false);
    }

    /// <inheritdoc/>
    public Task<ShardProgress> Progress() => Task.FromResult(Ledger.Progress with { Paused = _paused is not null, PaceLag = Lag(Ledger) });

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

    private TimeSpan Lag(ShardLedger ledger) => _pacer is not { } pacer ? TimeSpan.Zero
        : ledger.Running.Select(next => pacer.Late(next.Site, next.Window)).Append(TimeSpan.Zero).Max();

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
            if (_pacer is { } pacer && !_cancelled && pacer.Late(site, window) < TimeSpan.Zero)
            {
                await pacer.WaitFor(site, window, _pacing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                continue;
            }

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
