using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>As index, and a slot that another interface has taken counts as empty. Source: index as OpenBSD, with a generation beside it against reuse; reference 9.6, row 16.</summary>
public sealed class IndexGeneration : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "index-generation";

    /// <inheritdoc/>
    public override string Source => "index as OpenBSD, with a generation beside it against reuse; reference 9.6, row 16";

    /// <inheritdoc/>
    public override string Summary => "As index, and a slot that another interface has taken counts as empty.";

    /// <inheritdoc/>
    public override bool StoresIndex(HolderKind holder) => true;

    /// <inheritdoc/>
    public override bool Same(IfnetPtr a, IfnetPtr b) => a.Index == b.Index && a.Generation == b.Generation;

    /// <inheritdoc/>
    public override UseCheck Check(BsdKernel kernel, IfnetPtr p, HolderKind holder, out int slot)
    {
        kernel.Counters.TableLookups++;
        kernel.Counters.PointerChecks++;
        slot = kernel.IfByIndex(p.Index);
        return slot < 0 || kernel.Interfaces[slot].Generation != p.Generation ? UseCheck.Gone : UseCheck.Found;
    }
}
