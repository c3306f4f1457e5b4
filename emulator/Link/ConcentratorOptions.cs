using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>The access concentrator behind the Ethernets of a role that are at no segment: who answers discovery of PPP over Ethernet.</summary>
public sealed record ConcentratorOptions
{
    /// <summary>From a PADI or a PADR until its answer arrives.</summary>
    public TimeRange Answer { get; init; } = new(VirtualTime.FromMilliseconds(5), VirtualTime.FromMilliseconds(50));

    /// <summary>PADIs and PADRs of a thousand that nobody answers.</summary>
    public int UnansweredPerThousand { get; init; }

    /// <summary>How long a session lasts until the concentrator ends it with a PADT; zero for as long as the host likes.</summary>
    public TimeRange Session { get; init; } = new(VirtualTime.Zero, VirtualTime.Zero);
}
