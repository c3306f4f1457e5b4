namespace Stress.Grains;

/// <summary>
/// For how long nothing has been heard of a site, while somebody could have heard it. A wait that ends much later than it was set for says that the process, or its machine, stood still: that time is nobody's
/// silence, and who slept asks again before he gives a site up.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="patience">After so much silence a site is lost.</param>
public sealed class Silence(TimeProvider clock, TimeSpan patience)
{
    /// <summary>A wait that ends later than this after its end was not late because others were busy.</summary>
    public static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(5);

    private TimeSpan _silent, _longest;
    private long _began;

    /// <summary>Patience that is left.</summary>
    public TimeSpan Left => patience - _silent;

    /// <summary>The patience is over.</summary>
    public bool IsOver => _silent >= patience;

    /// <summary>Something came.</summary>
    public void Broken() => _silent = TimeSpan.Zero;

    /// <summary>A wait begins.</summary>
    /// <param name="longest">It ends by itself after this.</param>
    public void Waits(TimeSpan longest) => (_longest, _began) = (longest, clock.GetTimestamp());

    /// <summary>The wait has ended, and nothing came.</summary>
    public void Waited()
    {
        TimeSpan took = clock.GetElapsedTime(_began);
        _silent += took > _longest + StoodStill ? TimeSpan.Zero : took;
    }
}
