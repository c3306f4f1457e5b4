using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>The site's clock, event count and trace, as everything in the site sees them.</summary>
public sealed class SiteClock : IState
{
    private VirtualTime _now;
    private long _events;

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref _now);
        pass.Field(ref _events);
    }

    /// <summary>Virtual time.</summary>
    public VirtualTime Now
    {
        get => _now;
        set => _now = value;
    }

    /// <summary>Events executed so far.</summary>
    public long Events
    {
        get => _events;
        set => _events = value;
    }

    /// <summary>The listener, or null.</summary>
    [NotSaved("whoever listens is no part of a site")]
    public ISiteTrace? Trace { get; set; }

    /// <summary>Is told every system call, or null.</summary>
    public ISystemCallTrace? Calls
    {
        get => Listener.Trace;
        set => Listener.Trace = value;
    }

    /// <summary>Where <see cref="Calls"/> is kept.</summary>
    [NotSaved("whoever listens is no part of a site")]
    public SystemCallListener Listener { get; } = new();

    /// <summary>Decides which parts of the site happen; null for all.</summary>
    [NotSaved("whoever listens is no part of a site")]
    public SiteParts? Parts { get; set; }
}
