using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Holders count; unregistering notifies everybody and then waits; a leaked hold is a detach that never ends. Source: Linux dev_hold, NETDEV_UNREGISTER and netdev_wait_allrefs; reference 9.7.</summary>
public sealed class NotifierHold : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "notifier-hold";

    /// <inheritdoc/>
    public override string Source => "Linux dev_hold, NETDEV_UNREGISTER and netdev_wait_allrefs; reference 9.7";

    /// <inheritdoc/>
    public override string Summary => "Holders count; unregistering notifies everybody and then waits; a leaked hold is a detach that never ends.";

    /// <inheritdoc/>
    public override bool InvalidatesRouteCaches => true;

    /// <inheritdoc/>
    public override bool CountsHolders => true;

    /// <inheritdoc/>
    public override void Hold(BsdKernel kernel, IfnetPtr p) => kernel.CountReference(p, 1);

    /// <inheritdoc/>
    public override void Release(BsdKernel kernel, IfnetPtr p) => kernel.CountReference(p, -1);

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
        kernel.PurgeInetFamily(p);
        kernel.PurgeInet6Family(p);
    }

    /// <inheritdoc/>
    public override bool FreesAtOnce(BsdKernel kernel, IfnetPtr p)
    {
        bool free = kernel.References(p) == 0;
        if (!free)
        {
            kernel.Counters.DetachWaits++;
        }

        return free;
    }
}
