using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Netinet6;

/// <summary>A dadq: the duplicate address detection of an address.</summary>
public struct Dadq : ITableRow<Dadq>
{
    /// <summary>dad_ifa->ifa_ifp: the address's interface.</summary>
    public IfnetPtr Ifp;

    /// <summary>dad_ifa: the address.</summary>
    public short Ifa;

    /// <summary>Ticks of 200 ms until nd6_dad_timer.</summary>
    public byte Ticks;

    /// <summary>dad_ns_ocount: solicitations sent.</summary>
    public byte Sent;

    /// <summary>dad_ns_icount: solicitations of others who are about to use the address.</summary>
    public byte Heard;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("dadq", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<Dadq>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Dadq value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Ifa);
        pass.Field(ref value.Ticks);
        pass.Field(ref value.Sent);
        pass.Field(ref value.Heard);
        pass.Field(ref value.Used);
    }
}
