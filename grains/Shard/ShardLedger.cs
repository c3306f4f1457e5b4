using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Grains;

/// <summary>
/// The books of a shard, separate from any grain. Counters of a site are cumulative, so a later slice replaces an earlier one, a repeated slice
/// changes nothing, and a finished site is added to the sum exactly once.
/// </summary>
public sealed class ShardLedger
{
    private readonly RunPlan _plan;
    private readonly int _first;
    private readonly SiteState[] _states;
    private readonly ulong[] _digests;
    private readonly VirtualTime[] _firstCrashes;
    private readonly SliceResult?[] _latest;
    private readonly RunTotals _totals;
    private readonly List<SiteTrouble> _troubles = [];
    private readonly Dictionary<int, IReadOnlyList<WindowMark>> _marks = [];
    private readonly List<SiteRecord> _sites = [];
    private readonly LiveCounts? _live;
    private ShardProgress _progress;
    private int _next;

    /// <summary>The books of one shard of a plan.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="shard">The shard's number.</param>
    /// <param name="saved">What <see cref="Closed"/> gave when the books were last written, or null.</param>
    public ShardLedger(RunPlan plan, int shard, ShardResult? saved = null)
    {
        (_first, int count) = plan.SitesOf(shard);
        _plan = plan;
        _states = new SiteState[count];
        _digests = new ulong[count];
        _firstCrashes = new VirtualTime[count];
        Array.Fill(_firstCrashes, VirtualTime.Never);
        _latest = new SliceResult?[count];
        _totals = RunTotals.Of(plan);
        _live = plan.Telemetry is null ? null : LiveCounts.Of(plan);
        _progress = new ShardProgress { Planned = count };
        if (saved is not null)
        {
            Restore(saved);
        }
    }

    /// <summary>How the run ends, if it ends early: the word recorded with each site that it closes. What was not executed is partial, never lost.</summary>
    public RunPhase Ending { get; set; } = RunPhase.Interrupted;

    /// <summary>How many sites were closed since the books were opened: they have to be written when it has grown.</summary>
    public int Closings { get; private set; }

    /// <summary>Sites of the shard.</summary>
    public int Planned => _states.Length;

    /// <summary>Where the shard is.</summary>
    public ShardProgress Progress => _progress with { Counts = _live?.Copy() };

    /// <summary>Sites that are being executed, each with the window to continue from.</summary>
    public IEnumerable<(int Site, int Window)> Running =>
        Enumerable.Range(_first, _next).Where(site => _states[site - _first] == SiteState.Running).Select(site => (site, NextWindow(site)));

    /// <summary>Takes the next waiting site; false if there is none.</summary>
    public bool TryTake(out int site)
    {
        while (_next < _states.Length && _states[_next] != SiteState.Waiting)
        {
            _next++;
        }

        site = _first + _next;
        if (_next == _states.Length)
        {
            return false;
        }

        _states[_next++] = SiteState.Running;
        return true;
    }

    /// <summary>The window from which a site continues.</summary>
    public int NextWindow(int site) => _latest[site - _first]?.NextWindow ?? 0;

    /// <summary>Merges a slice. Returns true when nothing is left to do for the site.</summary>
    /// <exception cref="InvalidOperationException">A site was finished twice with different digests: the emulation is not deterministic.</exception>
    public bool Merge(int site, SliceResult slice)
    {
        int i = site - _first;
        if (_states[i] is not (SiteState.Waiting or SiteState.Running))
        {
            if (_states[i] == SiteState.Done && slice.Outcome is { Finished: true } again && again.Tally.Digest != _digests[i])
            {
                throw new InvalidOperationException(
                    $"site {site}: finished twice, with digest {_digests[i]:x16} and then {again.Tally.Digest:x16}: the emulation is not deterministic");
            }

            return true;
        }

        SliceResult? before = _latest[i];
        if (before is null || slice.NextWindow >= before.NextWindow)
        {
            // First, since it refuses counts of other labels: what is refused has changed nothing.
            Count(before?.Counts, slice.Counts);
            _latest[i] = slice with { Outcome = null };
            _progress = _progress with
            {
                Windows = _progress.Windows + slice.NextWindow - (before?.NextWindow ?? 0),
                Counters = _progress.Counters + slice.Counters - (before?.Counters ?? default),
                Crashes = _progress.Crashes + slice.Crashes - (before?.Crashes ?? 0),
            };
        }

        if (slice.Problem is { } problem)
        {
            Close(site, SiteState.Failed, slice.NextWindow, problem);
            return true;
        }

        if (slice.Outcome is not { } outcome)
        {
            return false;
        }

        _totals.Add(site, outcome);
        if (!outcome.Finished)
        {
            Close(site, SiteState.Begun, slice.NextWindow, Because);
            return true;
        }

        Closings++;
        _states[i] = SiteState.Done;
        _digests[i] = outcome.Tally.Digest;
        _firstCrashes[i] = outcome.Tally.FirstCrash;
        _progress = _progress with { Done = _progress.Done + 1 };
        if (_plan.KeepSites)
        {
            _sites.Add(new SiteRecord(site, outcome.Tally.Digest, outcome.Series));
        }

        if (outcome.Marks is { } marks)
        {
            _marks[site] = marks;
        }

        return true;
    }

    // A site's current counts, which replace its earlier ones.
    private void Count(LiveCounts? before, LiveCounts? now)
    {
        if (now is not null)
        {
            _live?.Add(now);
        }

        if (before is not null)
        {
            _live?.Subtract(before);
        }
    }

    private string Because => Ending == RunPhase.Cancelled ? "cancelled" : "interrupted";

    /// <summary>Books a site that is not executed to its end.</summary>
    public void Close(int site, SiteState state, int window, string problem)
    {
        Closings++;
        _states[site - _first] = state;
        _troubles.Add(new SiteTrouble(site, window, state, problem));
        _progress = state switch
        {
            SiteState.Failed => _progress with { Failed = _progress.Failed + 1 },
            SiteState.Lost => _progress with { Lost = _progress.Lost + 1 },
            SiteState.Begun => _progress with { Begun = _progress.Begun + 1 },
            SiteState.NotBegun => _progress with { NotBegun = _progress.NotBegun + 1 },
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, $"site {site}: accepted are the states of a site that did not finish"),
        };
    }

    /// <summary>Books a site that was taken after the run had ended early: nothing of it was executed.</summary>
    public void CloseUnbegun(int site) =>
        Close(site, SiteState.NotBegun, 0, $"{Because} before its start");

    /// <summary>The result of the closed sites alone, for storage: a running site is treated like a waiting one, and counts nothing yet.</summary>
    public ShardResult Closed()
    {
        ShardResult result = Result();
        ShardProgress progress = result.Progress;
        LiveCounts? counts = _live?.Copy();
        for (int i = 0; i < result.States.Length; i++)
        {
            if (result.States[i] != SiteState.Running)
            {
                continue;
            }

            result.States[i] = SiteState.Waiting;
            if (_latest[i] is { } running)
            {
                if (running.Counts is { } counted)
                {
                    counts?.Subtract(counted);
                }

                progress = progress with
                {
                    Windows = progress.Windows - running.NextWindow,
                    Counters = progress.Counters - running.Counters,
                    Crashes = progress.Crashes - running.Crashes,
                };
            }
        }

        return result with { Progress = progress with { Counts = counts } };
    }

    private void Restore(ShardResult saved)
    {
        if (saved.States.Length != _states.Length)
        {
            throw new InvalidDataException($"books of {saved.States.Length} sites for a shard of {_states.Length}");
        }

        saved.States.CopyTo(_states, 0);
        saved.Digests.CopyTo(_digests, 0);
        saved.FirstCrashes.CopyTo(_firstCrashes, 0);
        _totals.Add(saved.Totals);
        _troubles.AddRange(saved.Troubles);
        _sites.AddRange(saved.Sites);
        _progress = saved.Progress with { Counts = null };
        if (saved.Progress.Counts is { } counts)
        {
            _live?.Add(counts);
        }

        foreach ((int site, IReadOnlyList<WindowMark> marks) in saved.Marks)
        {
            _marks[site] = marks;
        }
    }

    /// <summary>The result so far.</summary>
    public ShardResult Result()
    {
        var totals = RunTotals.Of(_plan);
        totals.Add(_totals);
        return new ShardResult
        {
            Progress = _progress,
            Totals = totals,
            States = [.. _states],
            Digests = [.. _digests],
            FirstCrashes = [.. _firstCrashes],
            Troubles = [.. _troubles.OrderBy(trouble => trouble.Site)],
            Marks = new Dictionary<int, IReadOnlyList<WindowMark>>(_marks),
            Sites = [.. _sites.OrderBy(kept => kept.Site)],
        };
    }
}
