using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Storage;
using Stress.Contracts;
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

/// <summary>
/// One shard (<see cref="IShardGrain"/>). What is counted, and how often, is the rule of <see cref="ShardLedger"/>; what is driven, and when, of
/// <see cref="ShardDrivers"/>; what follows which, of <see cref="RunPhases"/>.
/// </summary>
[KeepAlive, SitePlacement]
public sealed class ShardGrain(
    [PersistentState("shard", RouterGrain.StorageName)] IPersistentState<ShardState> state, LocalGrains local, RunClock clock, TracedSlices traces,
    IOptions<SiloMessagingOptions> messaging, BuildStamp build, ILogger<ShardGrain> log)
    : Grain, IShardGrain, ISiteCalls
{
    /// <summary>The books are written at most this often, so that at most about a second of work has to be repeated.</summary>
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    /// <summary>Writing may take at most this share of the time: the books of a large shard are written less often.</summary>
    private const int WriteShare = 50;

    /// <summary>A moving shard waits this long for slices in progress; the rest is executed again, with the same result.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    private readonly List<int> _toForget = [];
    private PhaseWatch _phases = new();
    private Pacer? _pacer;
    private ShardLedger? _ledger;
    private ShardDrivers? _drivers;
    private RunPlan? _plan;
    private IGrainTimer? _writes;
    private Task _writing = Task.CompletedTask;
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
        await _phases.Set(_phases.Now.Leave());
        local.Remove(this);
        await WriteAll();
    }

    /// <inheritdoc/>
    public async Task Start(RunPlan plan, int shard, bool first)
    {
        if (build.Refusal(plan.Build) is { } refusal)
        {
            throw new StateFormatException($"run {plan.RunId}: its plan is {refusal}");
        }

        if (_ledger is not null && _phases.Now.Told == RunPhase.Interrupted && _phases.Now.Presence == Presence.Here)
        {
            // The partial result is done with: what is stored continues, with its own books and drivers. Drivers of the old books stop.
            await Quiet();
            await _phases.Set(_phases.Now.Leave());
            _phases = new PhaseWatch();
            _ledger = null;
        }

        if (_ledger is null)
        {
            Open(plan, shard, first);
        }
    }

    /// <inheritdoc/>
    public async Task<ShardProgress?> Keep(RunPhase phase)
    {
        if (_ledger is null)
        {
            return null;
        }

        if (_phases.Now.Presence == Presence.Moving && !local.Leaving)
        {
            // There was nowhere to move to.
            await _phases.Set(_phases.Now.Stay());
            Drive(first: false);
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

        return _ledger.Progress with { Paused = _phases.Now.Told == RunPhase.Paused, AtRest = _drivers!.AtRest, Unsaved = unsaved, PaceLag = Lag(_ledger) };
    }

    /// <inheritdoc/>
    public Task<ShardResult?> Result() => Task.FromResult(_ledger?.Result());

    /// <inheritdoc/>
    public async Task Move()
    {
        await _phases.Set(_phases.Now.Move());
        await Quiet();
        await WriteAll();
        this.MigrateOnIdle();
    }

    /// <inheritdoc/>
    public async Task Forget()
    {
        await _phases.Set(_phases.Now.Forget());
        await _writing;
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    Task<SliceResult> ISiteCalls.RunSlice(int site, int window, bool first)
    {
        using Activity? unheard = Unheard();
        return Line(site).RunSlice(_plan!, window, first);
    }

    /// <inheritdoc/>
    Task<SliceResult> ISiteCalls.Close(int site, int window, bool keep)
    {
        using Activity? unheard = Unheard();
        return Line(site).Close(_plan!, window, keep);
    }

    // One line a shard: the report names every site.
    void ISiteCalls.Lost(int site)
    {
        if (!_saidLost)
        {
            _saidLost = true;
            log.LogWarning(
                "{Shard}: site {Site} is lost, no window of it came for {Seconds} s; the report names it and any others", this.GetPrimaryKeyString(), site, _plan!.LostAfterSeconds);
        }
    }

    /// <inheritdoc/>
    void ISiteCalls.Stored(int site) => _toForget.Add(site);

    private IModemLinkGrain Line(int site) => GrainFactory.GetGrain<IModemLinkGrain>(GrainKeys.Link(_plan!.RunId, site, 0));

    private Activity? Unheard()
    {
        Activity? unheard = WindowSpans.IsHeard && !traces.Take() ? WindowSpans.Unheard() : null;
        if (unheard is not null)
        {
            // Orleans carries the context of the call that started the drivers along with every call of theirs.
            RequestContext.Set(WindowSpans.ContextHeader, unheard.Id!);
        }

        return unheard;
    }

    private void Open(RunPlan plan, int shard, bool first)
    {
        _plan = plan;
        _ledger = new ShardLedger(plan, shard, state.State.Books);
        _written = 0;
        _toForget.Clear();
        _toForget.AddRange(state.State.ToForget);
        _pacer = plan.Pace > 0 ? new Pacer(plan, clock.Time, state.State.PacedWindow) : null;

        // Orleans times a call out on its own; the drivers' own clock covers the rest of the patience.
        TimeSpan answers = messaging.Value.ResponseTimeout + messaging.Value.ResponseTimeout / 10;
        _drivers = new ShardDrivers(plan, _ledger, _phases, _pacer, this, TimeProvider.System, answers);
        Drive(first);
        if (plan.CheckpointWindows > 0)
        {
            // It interleaves, so that slow storage does not hold up any call. There are no concurrent writes: they follow each other (Write, WriteAll), and what is written is
            // copied before anything is awaited.
            _writes ??= this.RegisterGrainTimer(() => Write(force: false), new GrainTimerCreationOptions(WriteEvery, WriteEvery) { Interleave = true });
        }
    }

    // A paced run advances all its sites together; the workers still limit how many are executed at once.
    private void Drive(bool first) => _drivers!.Start(_pacer is null ? _plan!.SitesInFlight : _ledger!.Planned, first);

    private async Task Obey(RunPhase phase)
    {
        RunPhases next = _phases.Now.Tell(phase);
        if (next.Told == RunPhase.Interrupted && _phases.Now != next)
        {
            // What is closed from now on is closed for the partial report only.
            await WriteAll();
            next = _phases.Now.Tell(phase);
        }

        if (next.Duty == Duty.Close)
        {
            _ledger!.Ending = next.Told;
        }

        _pacer?.Pause(next.Told == RunPhase.Paused);
        await _phases.Set(next);
    }

    // The drivers end with their current slices; one that hangs is not waited for.
    private async Task Quiet()
    {
        if (_drivers is { } drivers)
        {
            await drivers.Ended.WaitAsync(LongestWait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private TimeSpan Lag(ShardLedger ledger) => _pacer is not { } pacer ? TimeSpan.Zero
        : ledger.Running.Select(next => pacer.Late(next.Site, next.Window)).Append(TimeSpan.Zero).Max();

    private int PacedWindow => _pacer is null || _ledger is null ? 0 : _ledger.Running.Select(next => next.Window).DefaultIfEmpty(_plan!.Windows).Min();

    // Writes whatever is not written yet, after a write in progress has ended.
    private async Task WriteAll()
    {
        await _writing;
        await Write(force: true);
    }

    // One at a time: while one is in progress, the next is due later. The task never fails.
    private Task Write(bool force)
    {
        if (_plan is not { CheckpointWindows: > 0 } || !_writing.IsCompleted || !_phases.Now.Writes
            || (_ledger!.Closings == _written && PacedWindow == state.State.PacedWindow)
            || (!force && Stopwatch.GetTimestamp() < _writeNext))
        {
            return Task.CompletedTask;
        }

        return _writing = WriteNow();
    }

    // Never throws: what was not written now is written later, and what is lost with this silo is executed again.
    private async Task WriteNow()
    {
        int closings = _ledger!.Closings;
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
            // Any error of storage or a router: it is reported once for the silo (Outage), and the next write is due in a second.
            local.Storage.Failed(e);
        }
        finally
        {
            _writeNext = start + Math.Max((Stopwatch.GetTimestamp() - start) * WriteShare, 0);
        }
    }

    // Either the reply to our own write was lost, and what is stored is ours; or another activation has taken over the shard, and this one is obsolete.
    private async Task Reread()
    {
        try
        {
            await state.ReadStateAsync();
            if (state.State.Writer != GrainContext.ActivationId.ToString())
            {
                log.LogWarning("{Shard}: another activation has taken over", this.GetPrimaryKeyString());
                await _phases.Set(_phases.Now.Forget());
                DeactivateOnIdle();
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // Any error of storage: whose books they are is not known, and the next write will show. Until then this activation continues.
            log.LogWarning("{Shard}: its books cannot be read again: {Problem}", this.GetPrimaryKeyString(), e.GetBaseException().Message);
            local.Storage.Failed(e);
        }
    }

    private async Task ForgetSites(int[] sites)
    {
        await Task.WhenAll(sites.Select(site => GrainFactory.GetGrain<IRouterGrain>(GrainKeys.Router(_plan!.RunId, site, 0)).Forget().AsTask()));
        _toForget.RemoveAll(sites.Contains);
    }
}
