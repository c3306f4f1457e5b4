using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Netinet;

/// <summary>A published ARP entry: an rtentry whose destination says SIN_PROXY.</summary>
public struct ProxyEntry : ITableRow<ProxyEntry>
{
    /// <summary>The destination.</summary>
    public Ipv4Address Host;

    /// <summary>rt_ifp: the Ethernet.</summary>
    public IfnetPtr Ifp;

    /// <summary>Whether the slot is in use.</summary>
    public bool Used;

    /// <inheritdoc/>
    public static TableRoom Room => new("published ARP entry", 0, 2, TableRoom.ShortLimit);

    readonly bool ITableRow<ProxyEntry>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref ProxyEntry value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref value.Host);
        pass.Struct(ref value.Ifp);
        pass.Field(ref value.Used);
    }
}
