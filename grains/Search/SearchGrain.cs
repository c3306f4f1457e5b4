using Microsoft.Extensions.Logging;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>What a search keeps in grain storage.</summary>
[GenerateSerializer, Alias("stress.SearchState")]
public sealed class SearchState
{
    /// <summary>The search, once it was started.</summary>
    [Id(0)]
    public SearchPlan? Plan { get; set; }

    /// <summary>Its image after some round; null before the first.</summary>
    [Id(1)]
    public byte[]? Image { get; set; }
}

/// <summary>
/// One search (<see cref="ISearchGrain"/>). What is searched, and what follows from a round, is up to its backend; this decides who executes which part, and what is kept. A round that was not
/// stored is executed again, with the same result.
/// </summary>
[SitePlacement]
public sealed class SearchGrain(
    [PersistentState("search", RouterGrain.StorageName)] IPersistentState<SearchState> state, SearchBackends backends, BuildStamp build, RunClock clock, ILogger<SearchGrain> log)
    : Grain, ISearchGrain
{
    /// <summary>The image is written at most this often: about a second of work may have to be repeated.</summary>
    private static readonly TimeSpan WriteEvery = TimeSpan.FromSeconds(1);

    /// <summary>A part whose silo does not answer is handed out again after this time.</summary>
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);

    private readonly CancellationTokenSource _leaving = new();
    private ISearch? _search;
    private Task _driving = Task.CompletedTask;
    private long _asked, _written;
    private bool _held, _finished, _unsaved;
    private string? _problem;
    private Outage? _unreachable;

    private string Name => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        if (state.State.Plan is { } plan)
        {
            _search = backends.Of(plan).Open(plan.Order, state.State.Image);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        await _leaving.CancelAsync();
        await _driving;
        if (_search is not null && _unsaved)
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public async Task Start(SearchPlan plan)
    {
        if (state.State.Plan is { } known)
        {
            if (!known.IsSameAs(plan))
            {
                throw new RunRefusedException($"--name {plan.Name}: the cluster has another search of that name; accepted is the same command line, or a name that no search has");
            }
        }
        else
        {
            if (build.Refusal(plan.Build) is { } format)
            {
                throw new RunRefusedException($"search refused: its plan is {format}");
            }

            if (backends.Problem(plan) is { } problem)
            {
                throw new RunRefusedException($"search refused: {problem}");
            }

            _search = backends.Of(plan).Open(plan.Order, null);
            state.State.Plan = plan;
            await Write();
            log.LogInformation("search {Search}: started", Name);
        }

        (_held, _problem) = (false, null);
        Go();
    }

    /// <inheritdoc/>
    public Task<SearchProgress?> Progress()
    {
        if (_search is not { } search)
        {
            return Task.FromResult<SearchProgress?>(null);
        }

        Go();
        return Task.FromResult<SearchProgress?>(new SearchProgress { Finished = _finished, Held = _held && _driving.IsCompleted, State = search.Progress(), Problem = _problem });
    }

    /// <inheritdoc/>
    public Task Hold()
    {
        _held = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<byte[]?> Report() => Task.FromResult(_search?.Report(interrupted: !_finished));

    /// <inheritdoc/>
    public async Task Forget()
    {
        _held = true;
        await _leaving.CancelAsync();
        await _driving;
        (_search, _unsaved) = (null, false);
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    // A client asks: the search continues, if there is anything left to do.
    private void Go()
    {
        _asked = clock.Time.GetTimestamp();
        if (_driving.IsCompleted && !_held && !_finished && _problem is null && !_leaving.IsCancellationRequested)
        {
            _driving = Drive();
        }
    }

    private bool GoesOn => !_held && !_leaving.IsCancellationRequested && clock.Time.GetElapsedTime(_asked) < TimeSpan.FromSeconds(SearchPlan.FollowedSeconds);

    private async Task Drive()
    {
        // The caller has its answer first.
        await Task.Yield();
        try
        {
            while (GoesOn)
            {
                IReadOnlyList<byte[]> parts = _search!.Next();
                if (parts.Count == 0)
                {
                    _finished = true;
                    log.LogInformation("search {Search}: finished", Name);
                    break;
                }

                byte[]?[] results = await Task.WhenAll(parts.Select(Executed));
                if (results.Contains(null))
                {
                    break;
                }

                _unreachable?.Over();
                _search.Take(results!);
                _unsaved = true;
                if (clock.Time.GetElapsedTime(_written) >= WriteEvery)
                {
                    await Write();
                }
            }

            if (_unsaved)
            {
                await Write();
            }

            if (!GoesOn)
            {
                DeactivateOnIdle();
            }
        }
        catch (SearchPartException e)
        {
            _problem = e.Message;
        }
        catch (Exception e)
        {
            // Storage is unavailable, for instance: the next caller lets it continue.
            log.LogWarning("search {Search}: it stands still until it is asked about: {Problem}", Name, e.FirstLine());
        }
    }

    // Null when the search is to pause. Parts of a silo that dies are handed out again, to the remaining ones.
    private async Task<byte[]?> Executed(byte[] part, int number)
    {
        string key = SearchPartPlacement.Key(Name, _search!.Round, number);
        while (GoesOn)
        {
            long begun = clock.Time.GetTimestamp();
            try
            {
                if (await GrainFactory.GetGrain<ISearchPartGrain>(key).Execute(state.State.Plan!, part) is { } result)
                {
                    return result;
                }
            }
            catch (Exception e) when (e is not SearchPartException)
            {
                _unreachable ??= new Outage(log, $"search {Name}: reaching every part");
                _unreachable.Failed(e);
            }

            if (clock.Time.GetElapsedTime(begun) < Retry)
            {
                await Task.Delay(Retry, clock.Time, _leaving.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }

        return null;
    }

    private async Task Write()
    {
        state.State.Image = _search!.Save();
        _unsaved = false;
        _written = clock.Time.GetTimestamp();
        await state.WriteStateAsync();
    }
}
