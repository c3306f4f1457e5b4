using Stress.Contracts.Triage;
using Stress.Triage.Pages;

namespace Stress.Triage.Web;

/// <summary>Executions on request of a page: one at a time that takes seconds and one that takes less, a few of each may wait, and results are kept.</summary>
/// <param name="triage">The store.</param>
/// <param name="work">Executes crashes; null if nothing can.</param>
public sealed class CrashExecution(Triage triage, ITriageWork? work) : IDisposable
{
    /// <summary>Requests of a kind that may wait.</summary>
    public const int MostWaiting = 8;

    private const int MostKept = 200, MostReplaysKept = 16;

    private readonly Queue _long = new(), _short = new();
    private readonly Dictionary<long, CrashCause> _causes = [];
    private readonly Dictionary<(long Number, long? At), CrashReplay> _replays = [];

    /// <summary>Something can execute here.</summary>
    public bool IsThere => work is not null;

    /// <summary>The cause of a crash.</summary>
    /// <param name="number">The store's number of the crash.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">There is no such crash, its run is not on this machine, or too many wait.</exception>
    public async Task<(CrashRow Crash, CrashCause Cause)> Cause(long number, CancellationToken stop)
    {
        CrashRow crash = await triage.OfRuns.Crash(number, stop);
        return (crash, await _long.InTurn(() => Kept(_causes, MostKept, number, async () => await Work().Cause(await FolderOf(number, stop), crash.CrashId, stop)), stop));
    }

    /// <summary>The way to a crash.</summary>
    /// <param name="crash">The crash.</param>
    /// <param name="at">The event after which the systems are told; null for that of the crash.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">Its run is not on this machine or cannot be executed again, the event is not on the path, or too many wait.</exception>
    public Task<CrashReplay> Replay(CrashRow crash, long? at, CancellationToken stop) => _short.InTurn(
        () => Kept(_replays, MostReplaysKept, (crash.Number, at), async () => (await Work().Replay(await FolderOf(crash.Number, stop), crash.CrashId, at, stop)).Shown()), stop);

    /// <summary>The outcome of a crash if something is changed from an event on.</summary>
    /// <param name="number">The store's number of the crash.</param>
    /// <param name="at">The event.</param>
    /// <param name="design">The teardown design after it; null removes the event.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">There is no such crash, its run is not on this machine or cannot be executed again, the event or the design is not accepted, or too many wait.</exception>
    public async Task<(CrashRow Crash, CrashBranch Branch)> Branch(long number, long at, string? design, CancellationToken stop)
    {
        CrashRow crash = await triage.OfRuns.Crash(number, stop);
        return (crash, await _short.InTurn(async () => await Work().Branch(await FolderOf(number, stop), crash.CrashId, at, design, stop), stop));
    }

    /// <summary>Teardown designs that a running kernel can be switched to.</summary>
    public IReadOnlyList<string> Designs => work?.Designs ?? [];

    /// <summary>A crash as a file.</summary>
    /// <param name="crash">The crash.</param>
    /// <param name="form">In which form.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">Its run is not on this machine or cannot be executed again, it cannot be expressed in that form, or too many wait.</exception>
    public Task<byte[]> File(CrashRow crash, CrashForm form, CancellationToken stop) => _long.InTurn(async () => await Work().File(await FolderOf(crash.Number, stop), crash.CrashId, form, stop), stop);

    /// <inheritdoc/>
    public void Dispose()
    {
        _long.Dispose();
        _short.Dispose();
    }

    private static async Task<T> Kept<TKey, T>(Dictionary<TKey, T> kept, int most, TKey key, Func<Task<T>> make)
        where TKey : notnull
    {
        if (!kept.TryGetValue(key, out T? value))
        {
            value = await make();
            if (kept.Count >= most)
            {
                kept.Clear();
            }

            kept[key] = value;
        }

        return value;
    }

    private ITriageWork Work() => work ?? throw new TriageException("nothing is executed here; accepted is a server that stress serve or stress demo has started", TriageProblem.Unavailable);

    private async Task<string> FolderOf(long number, CancellationToken stop)
    {
        string folder = await triage.OfRuns.FolderOf(number, stop);
        return Directory.Exists(folder) ? folder
            : throw new TriageException($"crash {number}: no such folder here as its run was imported from: {folder}; accepted is a crash whose run is on this machine", TriageProblem.Wrong);
    }

    private sealed class Queue : IDisposable
    {
        private readonly SemaphoreSlim _one = new(1);
        private int _waiting;

        public async Task<T> InTurn<T>(Func<Task<T>> execute, CancellationToken stop)
        {
            if (Interlocked.Increment(ref _waiting) > MostWaiting)
            {
                Interlocked.Decrement(ref _waiting);
                throw new TriageException($"{MostWaiting} crashes are waiting already; ask again later", TriageProblem.Unavailable);
            }

            try
            {
                await _one.WaitAsync(stop);
                try
                {
                    return await execute();
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

        public void Dispose() => _one.Dispose();
    }
}
