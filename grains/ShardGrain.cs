using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>What a shard keeps in grain storage.</summary>
[GenerateSerializer, Alias("stress.ShardState")]
public sealed class ShardState
{
    /// <summary>The books of the closed sites.</summary>
    [Id(0)]
    public ShardResult? Books { get; set; }

    /// <summary>Closed sites whose checkpoint may still be stored.</summary>
    [Id(1)]
    public List<int> ToForget { get; set; } = [];

    /// <summary>The activation that wrote this.</summary>
    [Id(2)]
    public string Writer { get; set; } = "";

    /// <summary>The window that the slowest site of a paced run had reached.</summary>
    [Id(3)]
    public int PacedWindow { get; set; }
}

/// <summary>Drives the sites of one shard (<see cref="IShardGrain"/>). What is counted, and how often, is the rule of <see cref="ShardLedger"/>.</summary>
[KeepAlive, SitePlacement]
public sealed class ShardGrain(
    [PersistentState("shard", RouterGrain.StorageName)] IPersistentState<ShardState> state, LocalGrains local, RunClock clock, TracedSlices traces,
    IOptions<SiloMessagingOptions> messaging, ILogger<ShardGrain> log)
    : Grain, IShardGrain
{
    /// <summary>The books are written at most this often, so that what may have to be done again is about a second's work.</summary>
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    /// <summary>Writing may take this share of the time, at most: the books of a great shard are written less often.</summary>
    private const int WriteShare = 50;

    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromSeconds(2);

    private readonly List<int> _toForget = [];
    private readonly CancellationTokenSource _pacing = new();
    private Pacer? _pacer;
    private ShardLedger? _ledger;
    private RunPlan? _plan;
    private RunPhase _phase;
    private TaskCompletionSource? _paused;
    private Task _drivers = Task.CompletedTask;
    private bool _first;
    private bool _leaving;
    private bool _writing;
    private bool _saidLost;
    private int _written;
    private long _writeNext;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        local.Add(this);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        _leaving = true;
        local.Remove(this);
        await Write(force: true);
    }

    /// <inheritdoc/>
    public Task Start(RunPlan plan, int shard, bool first)
    {
        if (_ledger is null)
        {
            _first = first;
            Open(plan, shard);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task<ShardProgress?> Keep(RunPhase phase)
    {
        if (_ledger is null)
        {
            return null;
        }

        await Obey(phase);
        if (_ledger.Progress.Finished)
        {
            await Write(force: true);
        }

        bool unsaved = _plan!.CheckpointWindows > 0 && _written != _ledger.Closings;
        if (_ledger.Progress.Finished && !unsaved)
        {
            // Nothing is left that a drain would have to move.
            local.Remove(this);
        }

        return _ledger.Progress with { Paused = _paused is not null, Unsaved = unsaved, PaceLag = Lag(_ledger) };
    }

    /// <inheritdoc/>
    public Task<ShardResult?> Result() => Task.FromResult(_ledger?.Result());

    /// <inheritdoc/>
    public async Task Move()
    {
        _leaving = true;
        _paused?.TrySetResult();
        await _pacing.CancelAsync();
        await _drivers;
        await Write(force: true);
        this.MigrateOnIdle();
    }

    /// <inheritdoc/>
    public async Task Forget()
    {
        _leaving = true;
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    private void Open(RunPlan plan, int shard)
    {
        _plan = plan;
        _ledger = new ShardLedger(plan, shard, state.State.Books);
        _toForget.AddRange(state.State.ToForget);
        _pacer = plan.Pace > 0 ? new Pacer(plan, clock.Time, state.State.PacedWindow) : null;

        // A paced run moves all its sites on together; the workers still bound how many are executed at one moment.
        int inFlight = _pacer is null ? plan.SitesInFlight : plan.SitesOf(shard).Count;
        _drivers = Task.WhenAll(Enumerable.Range(0, inFlight).Select(_ => DriveSites(plan, _ledger)));
        if (plan.CheckpointWindows > 0)
        {
            this.RegisterGrainTimer(() => Write(force: false), new GrainTimerCreationOptions(WriteEvery, WriteEvery) { Interleave = true });
        }
    }

    private async Task Obey(RunPhase phase)
    {
        if (phase == RunPhase.Interrupted && _phase != phase)
        {
            // What is closed from now on is closed for the partial report only.
            await Write(force: true);
            while (_writing)
            {
                await Task.Delay(FirstRetry);
            }
        }

        _phase = phase;
        _pacer?.Pause(phase == RunPhase.Paused);
        if (Closing)
        {
            _ledger!.ClosedBecause = phase == RunPhase.Cancelled ? "cancelled" : "interrupted";
            await _pacing.CancelAsync();
        }

        if (phase == RunPhase.Paused)
        {
            _paused ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        else if (_paused is { } paused)
        {
            // The field is whole before anybody who waits hears of it.
            _paused = null;
            paused.SetResult();
        }
    }

    private TimeSpan Lag(ShardLedger ledger) => _pacer is not { } pacer ? TimeSpan.Zero
        : ledger.Running.Select(next => pacer.Late(next.Site, next.Window)).Append(TimeSpan.Zero).Max();

    private int PacedWindow => _pacer is null || _ledger is null ? 0 : _ledger.Running.Select(next => next.Window).DefaultIfEmpty(_plan!.Windows).Min();

    private bool Closing => _phase is RunPhase.Cancelled or RunPhase.Interrupted;

    // Runs on the grain's own scheduler, between its other calls. It books every error itself and never throws.
    private async Task DriveSites(RunPlan plan, ShardLedger ledger)
    {
        await Task.Yield();
        while (!_leaving && ledger.TryTake(out int site))
        {
            if (Closing)
            {
                ledger.Close(site, SiteState.Lost, 0, $"{ledger.ClosedBecause} before its start");
                continue;
            }

            await DriveSite(plan, ledger, site);
        }
    }

    private async Task DriveSite(RunPlan plan, ShardLedger ledger, int site)
    {
        var link = GrainFactory.GetGrain<IModemLinkGrain>(GrainKeys.Link(plan.RunId, site, 0));
        TimeSpan patience = TimeSpan.FromSeconds(plan.LostAfterSeconds);

        // Orleans gives a call up by itself; a clock of its own is for what is left of the patience after that.
        TimeSpan answers = messaging.Value.ResponseTimeout + messaging.Value.ResponseTimeout / 10;
        TimeSpan retry = FirstRetry;
        long heard = Stopwatch.GetTimestamp();
        bool first = _first;
        while (!_leaving)
        {
            if (_paused is { } paused)
            {
                await paused.Task;
                heard = Stopwatch.GetTimestamp();
                continue;
            }

            int window = ledger.NextWindow(site);
            if (_pacer is { } pacer && !Closing && pacer.Late(site, window) < TimeSpan.Zero)
            {
                await pacer.WaitFor(site, window, _pacing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                heard = Stopwatch.GetTimestamp();
                continue;
            }

            SliceResult slice;
            try
            {
                Task<SliceResult> call = Call(link, plan, window, first);
                first = false;
                TimeSpan left = patience - Stopwatch.GetElapsedTime(heard);
                slice = left > answers ? await call : await call.WaitAsync(left > FirstRetry ? left : FirstRetry);
            }
            catch (Exception e)
            {
                // Nobody answered, a silo went away, or storage did not answer. The site is asked again: whatever is executed twice gives the same.
                if (Stopwatch.GetElapsedTime(heard) >= patience)
                {
                    ledger.Close(site, SiteState.Lost, window, $"no window of it came for {plan.LostAfterSeconds} s: {e.Message}");
                    SayLost(site, plan.LostAfterSeconds);
                    return;
                }

                await Task.Delay(retry);
                retry = retry + retry < LongestRetry ? retry + retry : LongestRetry;
                continue;
            }

            if (slice.Declined)
            {
                await Task.Delay(FirstRetry);
                continue;
            }

            heard = Stopwatch.GetTimestamp();
            retry = FirstRetry;
            if (Merged(ledger, site, slice))
            {
                return;
            }
        }
    }

    private Task<SliceResult> Call(IModemLinkGrain link, RunPlan plan, int window, bool first)
    {
        using Activity? unheard = WindowSpans.IsHeard && !traces.Take() ? WindowSpans.Unheard() : null;
        if (unheard is not null)
        {
            // Orleans carries the context of the call that started the drivers along with every call of theirs.
            RequestContext.Set(WindowSpans.ContextHeader, unheard.Id!);
        }

        return Closing ? link.Close(plan, window, keep: _phase == RunPhase.Interrupted) : link.RunSlice(plan, window, first);
    }

    // One line a shard: the report names every site.
    private void SayLost(int site, int seconds)
    {
        if (!_saidLost)
        {
            _saidLost = true;
            log.LogWarning("{Shard}: site {Site} is lost, no window of it came for {Seconds} s; the report names it and any others", this.GetPrimaryKeyString(), site, seconds);
        }
    }

    // True when nothing is left to do for the site.
    private bool Merged(ShardLedger ledger, int site, SliceResult slice)
    {
        try
        {
            bool closed = ledger.Merge(site, slice);
            if (closed && slice.Stored && _phase != RunPhase.Interrupted)
            {
                _toForget.Add(site);
            }

            return closed;
        }
        catch (InvalidOperationException e)
        {
            ledger.Close(site, SiteState.Failed, slice.NextWindow, e.Message);
            return true;
        }
    }

    // Never throws: what was not written now is written later, and what is lost with this silo is executed again.
    private async Task Write(bool force)
    {
        if (_plan is not { CheckpointWindows: > 0 } || _writing || _phase == RunPhase.Interrupted
            || (_ledger!.Closings == _written && PacedWindow == state.State.PacedWindow)
            || (!force && Stopwatch.GetTimestamp() < _writeNext))
        {
            return;
        }

        _writing = true;
        int closings = _ledger.Closings;
        int[] forget = [.. _toForget];
        long start = Stopwatch.GetTimestamp();
        try
        {
            string writer = GrainContext.ActivationId.ToString();
            state.State = new ShardState { Books = _ledger.Closed(), ToForget = [.. forget], Writer = writer, PacedWindow = PacedWindow };
            await state.WriteStateAsync();
            local.Storage.Over();
            _written = closings;
            await ForgetSites(forget);
        }
        catch (InconsistentStateException)
        {
            await Reread();
        }
        catch (Exception e)
        {
            local.Storage.Failed(e);
        }
        finally
        {
            _writing = false;
            _writeNext = start + Math.Max((Stopwatch.GetTimestamp() - start) * WriteShare, 0);
        }
    }

    // Either the reply to our own write was lost, and what is stored is ours; or another activation goes on with the shard, and this one is in the way.
    private async Task Reread()
    {
        try
        {
            await state.ReadStateAsync();
            if (state.State.Writer != GrainContext.ActivationId.ToString())
            {
                log.LogWarning("{Shard}: another activation has taken over", this.GetPrimaryKeyString());
                _leaving = true;
                _plan = _plan! with { CheckpointWindows = 0 };
                DeactivateOnIdle();
            }
        }
        catch (Exception e)
        {
            local.Storage.Failed(e);
        }
    }

    private async Task ForgetSites(int[] sites)
    {
        await Task.WhenAll(sites.Select(site => GrainFactory.GetGrain<IRouterGrain>(GrainKeys.Router(_plan!.RunId, site, 0)).Forget().AsTask()));
        _toForget.RemoveAll(sites.Contains);
    }
}
