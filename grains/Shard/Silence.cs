namespace Stress.Grains;

/// <summary>
/// For how long nothing has come of a site, while somebody could have heard it. A wait that ends much later than it was set for says that the process, or its machine, stood still: that time is nobody's
/// silence, and who slept asks again before he gives a site up.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="patience">After so much silence a site is lost.</param>
public sealed class Silence(TimeProvider clock, TimeSpan patience)
{
    /// <summary>A wait that ends later than this after its end was not late because others were busy.</summary>
    public static readonly TimeSpan StoodStill = TimeSpan.FromSeconds(5);

    private TimeSpan _silent, _set;
    private long _since = clock.GetTimestamp();

    /// <summary>Patience that is left.</summary>
    public TimeSpan Left => patience - _silent;

    /// <summary>Something came.</summary>
    public void Broken() => (_silent, _set, _since) = (TimeSpan.Zero, TimeSpan.Zero, clock.GetTimestamp());

    /// <summary>A wait begins.</summary>
    /// <param name="longest">It ends by itself after this.</param>
    public void Until(TimeSpan longest) => (_set, _since) = (longest, clock.GetTimestamp());

    /// <summary>The wait has ended: counts it. True when the patience is over.</summary>
    public bool IsOver()
    {
        TimeSpan took = clock.GetElapsedTime(_since);
        _silent += took > _set + StoodStill ? TimeSpan.Zero : took;
        (_set, _since) = (TimeSpan.Zero, clock.GetTimestamp());
        return _silent >= patience;
    }
}
