using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>if_detach sends PRU_PURGEIF to every protocol of every family, whatever addresses remain. Source: the mail's proposal a; reference 9.1.</summary>
public sealed class PurgeAll : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "purge-all";

    /// <inheritdoc/>
    public override string Source => "the mail's proposal a; reference 9.1";

    /// <inheritdoc/>
    public override string Summary => "if_detach sends PRU_PURGEIF to every protocol of every family, whatever addresses remain.";

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
        // The list of domains starts with the one added last: inet6 comes before inet (uipc_domain.c, ADDDOMAIN).
        kernel.PurgeInet6Family(p);
        kernel.PurgeInetFamily(p);
    }
}
