using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Purges as in_ifdetach; memory is given back only when every earlier reader has left, which on one CPU is the end of the system call. Source: FreeBSD network epochs (NET_EPOCH, if_ref); reference 9.5.</summary>
public class Epoch : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "epoch";

    /// <inheritdoc/>
    public override string Source => "FreeBSD network epochs (NET_EPOCH, if_ref); reference 9.5";

    /// <inheritdoc/>
    public override string Summary => "Purges as in_ifdetach; memory is given back only when every earlier reader has left, which on one CPU is the end of the system call.";

    /// <inheritdoc/>
    public override bool InvalidatesRouteCaches => true;

    /// <inheritdoc/>
    public override bool WaitsForReaders => true;

    /// <inheritdoc/>
    public override UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        kernel.Counters.PointerChecks++;
        slot = -1;
        return UseCheck.Unchecked;
    }

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
        kernel.PurgeInetFamily(p);
        kernel.PurgeInet6Family(p);
    }
}
