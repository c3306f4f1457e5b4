using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

/// <summary>
/// The emulated kernel, as a design sees it. A hook gets it and must not keep it: one design serves every router. The cost of a purge is counted automatically; a check adds its
/// own cost to <see cref="Counters"/>.
/// </summary>
public sealed class BsdKernel
{
    private BsdKernel()
    {
    }

    /// <summary>The machine's counters, for a design to add to.</summary>
    public ref Counters Counters => throw null!;

    /// <summary>The slots of the interface table, in the order of their numbers; a slot is in use when it is <see cref="Ifnet.Attached"/>.</summary>
    public ReadOnlySpan<Ifnet> Interfaces => throw null!;

    /// <summary>The check of ifindex2ifnet.</summary>
    /// <param name="index">An if_index, 0 to 65535; any other names no interface.</param>
    /// <returns>The slot of the interface in <see cref="Interfaces"/>, or -1 where no attached interface has the index.</returns>
    public int IfByIndex(int index) => throw null!;

    /// <summary>PRU_PURGEIF to UDP, TCP and raw of IPv4, in protosw order: memberships, multicast interface, addresses and cached routes of each.</summary>
    /// <param name="p">The interface.</param>
    public void PurgeInetFamily(IfnetPtr p) => throw null!;

    /// <summary>PRU_PURGEIF to UDP, TCP and raw of IPv6.</summary>
    /// <param name="p">The interface.</param>
    public void PurgeInet6Family(IfnetPtr p) => throw null!;

    /// <summary>in_pcbpurgeif0: nulls imo_multicast_ifp and deletes the memberships that name the interface, in every pcb of a table of IPv4.</summary>
    /// <param name="table">Udp, Tcp or Raw.</param>
    /// <param name="p">The interface.</param>
    public void InPcbPurgeIf0(PcbTable table, IfnetPtr p) => throw null!;

    /// <summary>in6_pcbpurgeif0: the same for im6o_multicast_ifp and the memberships of IPv6.</summary>
    /// <param name="table">Udp6, Tcp6 or Raw6.</param>
    /// <param name="p">The interface.</param>
    public void In6PcbPurgeIf0(PcbTable table, IfnetPtr p) => throw null!;

    /// <summary>in_pcbpurgeif and in6_pcbpurgeif: frees the cached routes over the interface, in every pcb of a table.</summary>
    /// <param name="table">Any table.</param>
    /// <param name="p">The interface.</param>
    public void InPcbPurgeIf(PcbTable table, IfnetPtr p) => throw null!;

    /// <summary>Clears the cached route of every socket of a family, whatever interface it leads over.</summary>
    /// <param name="ipv6">The family: IPv6, or IPv4.</param>
    public void ClearRouteCaches(bool ipv6) => throw null!;

    /// <summary>Counted references to an interface: what <see cref="CountReference"/> has come to.</summary>
    /// <param name="p">The interface, attached or not.</param>
    public int References(IfnetPtr p) => throw null!;

    /// <summary>Takes or drops references. The last one of a detached interface, whose memory <see cref="TeardownDesign.FreesAtOnce"/> has left, frees it.</summary>
    /// <param name="p">The interface.</param>
    /// <param name="change">How many: 1 for one that is taken, -1 for one that is dropped.</param>
    public void CountReference(IfnetPtr p, int change) => throw null!;
}
