using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>An in6_multi.</summary>
public struct In6Multi : ITableRow<In6Multi>, INumberedRow
{
    /// <summary>in6m_addr.</summary>
    public Ipv6Address Group;

    /// <summary>in6m_ifp.</summary>
    public IfnetPtr Ifp;

    /// <summary>in6m_ia: slot of the address whose list it is on, or -1 when parked on the kludge.</summary>
    public short Ia;

    /// <summary>in6m_refcount: memberships of it.</summary>
    public ushort RefCount;

    /// <summary>in6m_timer: fast timeouts until a report, or 0.</summary>
    public ushort Timer;

    /// <summary>MLD_IREPORTEDLAST.</summary>
    public bool LastReporter;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <summary>Which allocation of the slot it is: for the oracle.</summary>
    public uint Generation;

    /// <inheritdoc/>
    public static TableRoom Room => new("in6_multi", 8, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<In6Multi>.InUse => Used;

    uint INumberedRow.Generation
    {
        readonly get => Generation;
        set => Generation = value;
    }

    /// <inheritdoc/>
    public static void Fields<TPass>(ref In6Multi value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Group);
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Ia);
        pass.Field(ref value.RefCount);
        pass.Field(ref value.Timer);
        pass.Field(ref value.LastReporter);
        pass.Field(ref value.Used);
        pass.Field(ref value.Generation);
    }
}
