using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Holders store the interface index; each use looks it up and goes without when the slot is empty. Source: OpenBSD if_get/if_put (netinet/in.c, if_index in holders); reference 9.6.</summary>
public sealed class IndexDesign : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "index";

    /// <inheritdoc/>
    public override string Source => "OpenBSD if_get/if_put (netinet/in.c, if_index in holders); reference 9.6";

    /// <inheritdoc/>
    public override string Summary => "Holders store the interface index; each use looks it up and goes without when the slot is empty.";

    /// <inheritdoc/>
    public override bool StoresIndex(HolderKind holder) => true;

    /// <inheritdoc/>
    public override bool Same(IfnetPtr a, IfnetPtr b) => a.Index == b.Index;

    /// <inheritdoc/>
    public override UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        kernel.Counters.TableLookups++;
        kernel.Counters.References += 2;
        slot = kernel.IfByIndex(p.Index);
        return slot < 0 ? UseCheck.Gone : UseCheck.Found;
    }
}
