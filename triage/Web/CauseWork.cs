using Stress.Contracts.Triage;

namespace Stress.Triage.Web;

/// <summary>What is executed because somebody asked for a page: one at a time, a few may wait, and what was found out is kept.</summary>
/// <param name="triage">The store.</param>
/// <param name="work">What can execute; null where nothing can.</param>
public sealed class CauseWork(Triage triage, ITriageWork? work) : IDisposable
{
    /// <summary>Crashes that may wait.</summary>
    public const int MostWaiting = 8;

    private const int MostKept = 200;

    private readonly SemaphoreSlim _one = new(1);
    private readonly Dictionary<long, CrashCause> _kept = [];
    private int _waiting;

    /// <summary>Something can execute here.</summary>
    public bool IsThere => work is not null;

    /// <summary>Why a crash came.</summary>
    /// <param name="number">The store's number of the crash.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">There is no such crash, its run is not on this machine, or too many wait.</exception>
    public async Task<(CrashRow Crash, CrashCause Cause)> Of(long number, CancellationToken stop)
    {
        CrashRow crash = await triage.OfRuns.Crash(number, stop);
        if (work is null)
        {
            throw new TriageException("nothing is executed here; accepted is a server that stress serve or stress demo has started", TriageProblem.Unavailable);
        }

        if (Interlocked.Increment(ref _waiting) > MostWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new TriageException($"{MostWaiting} crashes wait already; accepted is to ask again later", TriageProblem.Unavailable);
        }

        try
        {
            await _one.WaitAsync(stop);
            try
            {
                if (!_kept.TryGetValue(number, out CrashCause? cause))
                {
                    string folder = await triage.OfRuns.FolderOf(number, stop);
                    if (!Directory.Exists(folder))
                    {
                        throw new TriageException($"crash {number}: no such folder here as its run was imported from: {folder}; accepted is a crash whose run is on this machine", TriageProblem.Wrong);
                    }

                    cause = await work.Cause(folder, crash.CrashId, stop);
                    if (_kept.Count >= MostKept)
                    {
                        _kept.Clear();
                    }

                    _kept[number] = cause;
                }

                return (crash, cause);
            }
            finally
            {
                _one.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _one.Dispose();
}
