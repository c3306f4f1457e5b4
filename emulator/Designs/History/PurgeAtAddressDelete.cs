using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Designs.History;

/// <summary>The purge of IPv4 sockets depends on SIOCDIFADDR and not on if_detach. Source: FreeBSD in_control before r150296 (2005-09-18).</summary>
public sealed class PurgeAtAddressDelete : PurgeNone
{
    /// <inheritdoc/>
    public override string Name => "purge-at-address-delete";

    /// <inheritdoc/>
    public override string Source => "FreeBSD in_control before r150296";

    /// <inheritdoc/>
    public override string Summary => "SIOCDIFADDR purges the IPv4 sockets, whether the interface goes or not; if_detach asks no socket.";

    /// <inheritdoc/>
    public override void AtInetAddressDelete(BsdKernel kernel, IfnetPtr p)
    {
        kernel.InPcbPurgeIf0(PcbTable.Raw, p);
        kernel.InPcbPurgeIf0(PcbTable.Udp, p);
    }
}
