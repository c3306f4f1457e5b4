using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// Limits how many sites a silo executes at once, and how many it has open: a few more, so that a worker finds the next image ready while the last one is on its way back. Grains
/// take turns on the shared thread pool; the gate keeps the rest of the pool free for hand-overs, progress and the client, and makes the number of workers a simple setting. It
/// decides when work is done, never the result.
/// </summary>
/// <param name="workers">Sites executed at once, at least 1.</param>
public sealed class SliceGate(int workers) : IDisposable
{
    private const int OpenForEachWorker = 4;

    private readonly int _openSites = workers > 0 ? OpenForEachWorker * workers : throw new ArgumentOutOfRangeException(nameof(workers));
    private readonly SemaphoreSlim _open = new(OpenForEachWorker * workers);
    private readonly SemaphoreSlim _free = new(workers);
    private readonly CancellationTokenSource _leaving = new();
    private volatile bool _closed;

    /// <summary>Sites executed at once.</summary>
    public int Workers => workers;

    /// <summary>True once the silo leaves: a slice ends with the window that it is in.</summary>
    public bool Closed => _closed;

    /// <summary>Cancelled once the silo leaves.</summary>
    public CancellationToken Leaving => _leaving.Token;

    /// <summary>Waits until a site may be opened. False when the silo is leaving: none may.</summary>
    public async Task<bool> Enter()
    {
        await _open.WaitAsync();
        if (_closed)
        {
            _open.Release();
        }

        return !_closed;
    }

    /// <summary>The site that was opened is back at its router.</summary>
    public void Leave() => _open.Release();

    /// <summary>Waits for a worker.</summary>
    public Task Take() => _free.WaitAsync();

    /// <summary>Gives the worker back.</summary>
    public void Free() => _free.Release();

    /// <summary>Admits no more sites, and waits until all are closed.</summary>
    public async Task Drain()
    {
        _closed = true;
        await _leaving.CancelAsync();
        for (int i = 0; i < _openSites; i++)
        {
            await _open.WaitAsync();
        }

        // Waiters must not wait forever: they find the gate closed.
        _open.Release(_openSites);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _open.Dispose();
        _free.Dispose();
        _leaving.Dispose();
    }
}
