using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>The site's clock, event count and trace, as everything in the site sees them.</summary>
public sealed class SiteClock
{
    /// <summary>Virtual time.</summary>
    public VirtualTime Now { get; set; }

    /// <summary>Events executed so far.</summary>
    public long Events { get; set; }

    /// <summary>The listener, or null.</summary>
    public ISiteTrace? Trace { get; set; }

    /// <summary>Hears every system call, or null.</summary>
    public ISystemCallTrace? Calls { get; set; }

    /// <summary>Decides which parts of the site happen; null for all.</summary>
    public SiteParts? Parts { get; set; }
}
