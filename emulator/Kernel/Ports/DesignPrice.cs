using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>What a design has cost, counted where the work is done.</summary>
public struct DesignPrice : IStateValue<DesignPrice>
{
    /// <summary>Uses of a held interface pointer, whatever the design does.</summary>
    public long Uses;

    /// <summary>Checks of a flag or generation before a use.</summary>
    public long PointerChecks;

    /// <summary>Counted references taken or dropped.</summary>
    public long References;

    /// <summary>Look-ups in the index table.</summary>
    public long TableLookups;

    /// <summary>Pcbs visited by purges.</summary>
    public long PcbsWalked;

    /// <summary>Memberships that a purge deleted.</summary>
    public long MembershipsPurged;

    /// <summary>Cached routes that an invalidation cleared.</summary>
    public long RoutesInvalidated;

    /// <summary>Detaches that had to wait for a holder.</summary>
    public long DetachWaits;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref DesignPrice value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Uses);
        pass.Field(ref value.PointerChecks);
        pass.Field(ref value.References);
        pass.Field(ref value.TableLookups);
        pass.Field(ref value.PcbsWalked);
        pass.Field(ref value.MembershipsPurged);
        pass.Field(ref value.RoutesInvalidated);
        pass.Field(ref value.DetachWaits);
    }
}
