using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Removing the last address of a family drops the family's memberships and clears its cached routes. Source: the mail's proposal b; reference 9.2.</summary>
public sealed class PurgeLastAddress : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "purge-last-address";

    /// <inheritdoc/>
    public override string Source => "the mail's proposal b; reference 9.2";

    /// <inheritdoc/>
    public override string Summary => "Removing the last address of a family drops the family's memberships and clears its cached routes.";

    /// <inheritdoc/>
    public override void AtLastInetAddress(BsdKernel kernel, IfnetPtr p)
    {
        kernel.InPcbPurgeIf0(PcbTable.Udp, p);
        kernel.InPcbPurgeIf0(PcbTable.Tcp, p);
        kernel.InPcbPurgeIf0(PcbTable.Raw, p);
        kernel.ClearRouteCaches(ipv6: false);
    }

    /// <inheritdoc/>
    public override void AtLastInet6Address(BsdKernel kernel, IfnetPtr p)
    {
        kernel.In6PcbPurgeIf0(PcbTable.Udp6, p);
        kernel.In6PcbPurgeIf0(PcbTable.Raw6, p);
        kernel.ClearRouteCaches(ipv6: true);
    }
}
