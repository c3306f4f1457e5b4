using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Net;

/// <summary>if_flags (net/if.h).</summary>
[Flags]
public enum Iff : ushort
{
    /// <summary>IFF_UP.</summary>
    Up = 0x1,

    /// <summary>IFF_POINTOPOINT.</summary>
    PointToPoint = 0x10,

    /// <summary>IFF_LOOPBACK.</summary>
    Loopback = 0x8,

    /// <summary>IFF_RUNNING.</summary>
    Running = 0x40,

    /// <summary>IFF_MULTICAST.</summary>
    Multicast = 0x8000,
}

/// <summary>sc_flags of a ppp unit, as far as they decide how a frame begins (net/if_ppp.h).</summary>
[Flags]
public enum PppFlags : byte
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>SC_COMP_PROT: the protocol goes in one byte.</summary>
    CompressProtocol = 1,

    /// <summary>SC_COMP_AC: address and control are left out.</summary>
    CompressAddress = 2,
}

/// <summary>An attached interface: struct ifnet, and for a ppp unit its softc.</summary>
public struct Ifnet : ITableRow<Ifnet>
{
    /// <summary>Emulated address of the struct ifnet.</summary>
    public uint Address;

    /// <summary>Which allocation it lies in.</summary>
    public uint Generation;

    /// <summary>Generation and block of the in6_ifextra.</summary>
    public uint ExtraGeneration;

    /// <summary>Block of the in6_ifextra.</summary>
    public int ExtraBlock;

    /// <summary>Softc block, or -1 for one that is never freed.</summary>
    public int Block;

    /// <summary>if_index.</summary>
    public ushort Index;

    /// <summary>if_flags.</summary>
    public Iff Flags;

    /// <summary>if_mtu, in bytes.</summary>
    public ushort Mtu;

    /// <summary>Unit number of a ppp unit, or -1.</summary>
    public short Unit;

    /// <summary>The line whose tty is sc_devp, or -1.</summary>
    public short Line;

    /// <summary>sc_xfer: the pid that may take the unit over, or 0.</summary>
    public int Xfer;

    /// <summary>False: the slot is free.</summary>
    public bool Attached;

    /// <summary>Network protocols pass (NPMODE_PASS).</summary>
    public bool PassIp;

    /// <summary>Whether IPv6 passes (NPMODE_PASS).</summary>
    public bool PassIpv6;

    /// <summary>sc_flags.</summary>
    public PppFlags PppFlags;

    /// <inheritdoc/>
    public static TableRoom Room => new("ifnet", 4, 4, TableRoom.ShortLimit);

    readonly bool ITableRow<Ifnet>.InUse => Attached;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref Ifnet value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Address);
        pass.Field(ref value.Generation);
        pass.Field(ref value.ExtraGeneration);
        pass.Field(ref value.ExtraBlock);
        pass.Field(ref value.Block);
        pass.Field(ref value.Index);
        pass.Field(ref value.Flags);
        pass.Field(ref value.Mtu);
        pass.Field(ref value.Unit);
        pass.Field(ref value.Line);
        pass.Field(ref value.Xfer);
        pass.Field(ref value.Attached);
        pass.Field(ref value.PassIp);
        pass.Field(ref value.PassIpv6);
        pass.Field(ref value.PppFlags);
    }
}
