using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>As shipped: the flagged protocols are purged unconditionally, after the per-family data of the interface was freed. Source: NetBSD sys/net/if.c 1.178 and sys/protosw.h (PR_PURGEIF); reference 1.9.</summary>
public sealed class PurgeFlagged : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "purge-flagged";

    /// <inheritdoc/>
    public override string Source => "NetBSD sys/net/if.c 1.178 and sys/protosw.h (PR_PURGEIF); reference 1.9";

    /// <inheritdoc/>
    public override string Summary => "As shipped: the flagged protocols are purged unconditionally, after the per-family data of the interface was freed.";

    /// <inheritdoc/>
    public override void AtDetach(BsdKernel kernel, IfnetPtr p)
    {
        // The list of domains starts with the one added last: inet6 comes before inet (uipc_domain.c, ADDDOMAIN).
        kernel.PurgeInet6Family(p);
        kernel.PurgeInetFamily(p);
    }
}
