using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Pointers everywhere; if_detach asks only the families that still have an address. Source: NetBSD sys/net/if.c 1.139.2.1.4.1; reference 1.5.</summary>
public sealed class Netbsd2005 : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "netbsd-2005";

    /// <inheritdoc/>
    public override string Source => "NetBSD sys/net/if.c 1.139.2.1.4.1; reference 1.5";

    /// <inheritdoc/>
    public override string Summary => "Pointers everywhere; if_detach asks only the families that still have an address.";

    /// <inheritdoc/>
    public override bool Ends(HolderKind holder) => false;
}
