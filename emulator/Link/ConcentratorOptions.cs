using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>The access concentrator behind a role's Ethernets that belong to no segment: it answers the discovery of PPP over Ethernet.</summary>
public sealed record ConcentratorOptions
{
    /// <summary>From a PADI or a PADR until its answer arrives.</summary>
    public TimeRange Answer { get; init; } = new(VirtualTime.FromMilliseconds(5), VirtualTime.FromMilliseconds(50));

    /// <summary>PADIs and PADRs per thousand that get no answer.</summary>
    public int UnansweredPerThousand { get; init; }

    /// <summary>How long a session lasts until the concentrator ends it with a PADT; zero if it never does.</summary>
    public TimeRange Session { get; init; } = new(VirtualTime.Zero, VirtualTime.Zero);
}
