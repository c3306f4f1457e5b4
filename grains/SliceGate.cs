namespace Stress.Grains;

/// <summary>
/// Bounds how many sites a silo executes at one moment. Grains take turns on the shared thread pool; the gate keeps the rest of the pool free
/// for hand-overs, progress and the client, and makes the number of workers a plain setting. It decides when work is done, never what comes out.
/// </summary>
/// <param name="workers">Sites executed at once, at least 1.</param>
public sealed class SliceGate(int workers) : IDisposable
{
    private readonly SemaphoreSlim _free = new(workers > 0 ? workers : throw new ArgumentOutOfRangeException(nameof(workers)));
    private volatile bool _closed;

    /// <summary>Sites executed at once.</summary>
    public int Workers => workers;

    /// <summary>True once the silo leaves: a slice ends with the window that it is in.</summary>
    public bool Closed => _closed;

    /// <summary>Waits for a worker. False when the silo is leaving: there is none.</summary>
    public async Task<bool> Enter()
    {
        await _free.WaitAsync();
        if (_closed)
        {
            _free.Release();
        }

        return !_closed;
    }

    /// <summary>Gives the worker back.</summary>
    public void Leave() => _free.Release();

    /// <summary>Lets nobody in any more, and waits until everybody is out.</summary>
    public async Task Drain()
    {
        _closed = true;
        for (int i = 0; i < workers; i++)
        {
            await _free.WaitAsync();
        }

        // Those who wait must not wait for ever: they find the gate closed.
        _free.Release(workers);
    }

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();
}
