namespace Stress.Grains;

/// <summary>
/// Bounds how many sites a silo executes at one moment. Grains take turns on the shared thread pool; the gate keeps the rest of the pool free
/// for hand-overs, progress and the client, and makes the number of workers a plain setting. It decides when work is done, never what comes out.
/// </summary>
/// <param name="workers">Sites executed at once, at least 1.</param>
public sealed class SliceGate(int workers) : IDisposable
{
    private readonly SemaphoreSlim _free = new(workers > 0 ? workers : throw new ArgumentOutOfRangeException(nameof(workers)));

    /// <summary>Waits for a worker.</summary>
    public Task Enter() => _free.WaitAsync();

    /// <summary>Gives the worker back.</summary>
    public void Leave() => _free.Release();

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();
}
