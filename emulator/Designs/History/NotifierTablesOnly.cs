using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;

namespace Stress.Emulator.Designs.History;

/// <summary>As notifier-hold, but unregistering flushes tables and memberships only: a route that is in no table keeps its hold. Source: Linux before caacf05e5ad1.</summary>
public sealed class NotifierTablesOnly : PurgeNone
{
    /// <inheritdoc/>
    public override string Name => "notifier-tables-only";

    /// <inheritdoc/>
    public override string Source => "Linux before caacf05e5ad1";

    /// <inheritdoc/>
    public override string Summary => "As notifier-hold, but unregistering flushes tables and memberships only: a route that is in no table keeps its hold.";

    /// <inheritdoc/>
    public override bool CountsHolders => true;

    /// <inheritdoc/>
    public override void Hold(BsdKernel kernel, IfnetPtr p) => kernel.CountReference(p, 1);

    /// <inheritdoc/>
    public override void Release(BsdKernel kernel, IfnetPtr p) => kernel.CountReference(p, -1);

    /// <inheritdoc/>
    public override void BeforeDetach(BsdKernel kernel, IfnetPtr p)
    {
        for (PcbTable table = PcbTable.Udp; table <= PcbTable.Raw; table++)
        {
            kernel.InPcbPurgeIf0(table, p);
        }

        for (PcbTable table = PcbTable.Udp6; table <= PcbTable.Raw6; table++)
        {
            kernel.In6PcbPurgeIf0(table, p);
        }
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
