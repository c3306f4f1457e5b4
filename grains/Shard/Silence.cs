namespace Stress.Grains;

/// <summary>
/// How long a site has been silent while this process could have heard it. A wait that ends much later than it was set for shows that the process, or its machine, was suspended:
/// that time does not count as silence, and the site is asked again before it is given up.
/// </summary>
/// <param name="clock">The clock.</param>
/// <param name="patience">After so much silence a site is lost.</param>
public sealed class Silence(TimeProvider clock, TimeSpan patience)
{
    /// <summary>A wait that is late by more than this was not late because others were busy.</summary>
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
    /// <param name="longest">It ends on its own after this.</param>
    public void Waits(TimeSpan longest) => (_longest, _began) = (longest, clock.GetTimestamp());

    /// <summary>The wait has ended, and nothing came.</summary>
    public void Waited()
    {
        TimeSpan took = clock.GetElapsedTime(_began);
        _silent += took > _longest + StoodStill ? TimeSpan.Zero : took;
    }
}
