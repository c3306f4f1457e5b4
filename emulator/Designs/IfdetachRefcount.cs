using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>in_ifdetach purges early in if_detach; holders count the interface and its memory waits for the last of them. Source: FreeBSD in_ifdetach and if_ref (svn r150296 and 2007); reference 9.5.</summary>
public sealed class IfdetachRefcount : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "ifdetach-refcount";

    /// <inheritdoc/>
    public override string Source => "FreeBSD in_ifdetach and if_ref (svn r150296 and 2007); reference 9.5";

    /// <inheritdoc/>
    public override string Summary => "in_ifdetach purges early in if_detach; holders count the interface and its memory waits for the last of them.";

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
    public override bool FreesAtOnce(BsdKernel kernel, IfnetPtr p) => kernel.References(p) == 0;
}
