using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>What the list keeps in grain storage.</summary>
[GenerateSerializer, Alias("stress.RunIndexState")]
public sealed class RunIndexState
{
    /// <summary>The runs, the earliest first.</summary>
    [Id(0)]
    public List<RunEntry> Runs { get; set; } = [];
}

/// <summary>The list of runs (<see cref="IRunIndexGrain"/>).</summary>
[KeepAlive]
public sealed class RunIndexGrain([PersistentState("index", RouterGrain.StorageName)] IPersistentState<RunIndexState> state, SiloFormats formats, ILogger<RunIndexGrain> log)
    : Grain, IRunIndexGrain
{
    /// <summary>At most this many ended runs are kept; then the earliest are removed, with everything stored for them.</summary>
    public const int MaxEnded = 100;

    /// <summary>More unfinished runs than this are refused.</summary>
    public const int MaxUnfinished = 32;

    private readonly Dictionary<string, Outage> _unreachable = [];

    private List<RunEntry> Runs => state.State.Runs;

    /// <inheritdoc/>
    public async Task Set(RunEntry entry)
    {
        int at = Runs.FindIndex(run => run.RunId == entry.RunId);
        if (at >= 0)
        {
            Runs[at] = entry;
        }
        else if (Runs.Count(run => run.Phase.IsUnfinished()) >= MaxUnfinished)
        {
            throw new RunRefusedException($"run refused: {MaxUnfinished} runs are unfinished already; accepted is one more when one of them has ended or is cancelled") { MayPass = true };
        }
        else
        {
            Runs.Add(entry);
        }

        foreach (RunEntry old in Runs.Where(run => !run.Phase.IsUnfinished()).SkipLast(MaxEnded).ToArray())
        {
            Runs.Remove(old);
            _unreachable.Remove(old.RunId);
            await Forget(old);
        }

        await state.WriteStateAsync();
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<RunEntry>> List() => Task.FromResult<IReadOnlyList<RunEntry>>([.. Runs.AsEnumerable().Reverse()]);

    /// <inheritdoc/>
    public async Task Keep()
    {
        foreach (RunEntry run in Runs.Where(run => run.Phase.IsUnfinished()).ToArray())
        {
            try
            {
                await OfItsFormat(run).Keep();
                _unreachable.GetValueOrDefault(run.RunId)?.Over();
            }
            catch (Exception e)
            {
                // An exception of one run must not keep the others from continuing; it is reported once (Outage).
                if (!_unreachable.TryGetValue(run.RunId, out Outage? outage))
                {
                    outage = _unreachable[run.RunId] = new Outage(log, $"run {run.RunId}: reaching it");
                }

                outage.Failed(e);
            }
        }
    }

    // A run of another format is kept going by the silos that read it, wherever the list is.
    private IRunGrain OfItsFormat(RunEntry run)
    {
        RequestContext.Set(SiloFormats.RequestKey, run.Build?.Key ?? BuildStamp.Unversioned);
        return GrainFactory.GetGrain<IRunGrain>(run.RunId);
    }

    private async Task Forget(RunEntry run)
    {
        try
        {
            await OfItsFormat(run).Forget();
        }
        catch (Exception e) when (run.Build?.Key != formats.Here.Key)
        {
            // Only a silo of its format can find what it has in storage.
            log.LogWarning("run {Run}: what is stored of it stays there: {Problem}", run.RunId, e.GetBaseException().Message);
        }
    }
}
