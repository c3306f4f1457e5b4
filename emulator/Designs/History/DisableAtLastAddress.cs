using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs.History;

/// <summary>Taking the last IPv6 address away switches IPv6 off on the interface, with every record of it. Source: VPP 7bc731047d87 (ip6_neighbor.c).</summary>
public sealed class DisableAtLastAddress : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "disable-at-last-address";

    /// <inheritdoc/>
    public override string Source => "VPP 7bc731047d87 (ip6_neighbor.c)";

    /// <inheritdoc/>
    public override string Summary => "Taking the last IPv6 address away switches IPv6 off on the interface, with every record of it.";

    /// <inheritdoc/>
    public override void AtLastInet6Address(BsdKernel kernel, IfnetPtr p) => kernel.PurgeInet6Family(p);
}
