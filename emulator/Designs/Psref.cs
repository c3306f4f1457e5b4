using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Long-lived state stores an index and takes a passive reference for each use; in_multi still relies on PR_PURGEIF. Source: NetBSD 8 psref(9), pserialize and if_get_byindex; reference 9.4.</summary>
public sealed class Psref : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "psref";

    /// <inheritdoc/>
    public override string Source => "NetBSD 8 psref(9), pserialize and if_get_byindex; reference 9.4";

    /// <inheritdoc/>
    public override string Summary => "Long-lived state stores an index and takes a passive reference for each use; in_multi still relies on PR_PURGEIF.";

    /// <inheritdoc/>
    public override bool ValidatesRouteBeforeUse => true;

    /// <inheritdoc/>
    public override bool InvalidatesRouteCaches => true;

    /// <inheritdoc/>
    public override bool StoresIndex(HolderKind holder) => holder is not (HolderKind.InMultiIfp or HolderKind.In6MultiIfp);

    /// <inheritdoc/>
    public override UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        slot = -1;
        if (!StoresIndex(holder))
        {
            return UseCheck.Unchecked;
        }

        kernel.Counters.TableLookups++;
        kernel.Counters.References += 2;
        slot = kernel.IfByIndex(p.Index);
        return slot < 0 ? UseCheck.Gone : UseCheck.Found;
    }

    /// <inheritdoc/>
    public override void AtDetach(BsdKernel kernel, IfnetPtr p)
    {
        kernel.PurgeInetFamily(p);
        kernel.PurgeInet6Family(p);
    }
}
