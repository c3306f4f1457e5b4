// Modelled from NetBSD sys/netinet/raw_ip.c (reference 2.8): rip_output, and its repetition on the short path.
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>sendto(2) on a raw socket with IP_HDRINCL: rip_output, ip_output.</summary>
    /// <param name="s">The socket.</param>
    /// <param name="destination">The destination.</param>
    /// <param name="source">The source address in the header.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="payload">What follows the header.</param>
    /// <param name="dontRoute">MSG_DONTROUTE: the destination is on a link of ours, and no route is looked up or cached (IP_ROUTETOIF).</param>
    /// <param name="routerAlert">The header has a Router Alert option (RFC 2113).</param>
    /// <returns>ENETDOWN, ENETUNREACH, EHOSTUNREACH or EADDRNOTAVAIL.</returns>
    public Errno SendRaw(int s, Ipv4Address destination, Ipv4Address source, byte protocol, ReadOnlySpan<byte> payload, bool dontRoute = false, bool routerAlert = false)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Send, s, Address: destination));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.RipOutput);
        ref Pcb pcb = ref _pcbs[s];
        if (destination.IsMulticast && !pcb.MulticastIfp.IsNull)
        {
            return IpOutputMulticast(pcb.MulticastIfp, HolderKind.IpMoptionsIfp, UseSite.IpOutput, destination, source, protocol, pcb.MulticastTtl, payload, routerAlert);
        }

        if (dontRoute)
        {
            return IpOutputToIf(destination, source, protocol, payload);
        }

        int slot = IpOutputSlot(s, destination, out int route, out Errno error);
        return slot < 0 ? error : Transmit(slot, source, destination, protocol, destination.IsMulticast ? (byte)1 : DefaultTimeToLive, payload, false, route);
    }

    /// <summary>Whether the socket's multicast interface is the one with this index, attached.</summary>
    public bool PcbSendsOn(int s, int index) => IfByIndex(index) is >= 0 and int slot && _pcbs[s].MulticastIfp == PointerTo(slot);

    /// <summary>
    /// IP_MULTICAST_IF and <see cref="SendRaw"/> to a group, except for the packet: their effect on the kernel when they did the same before and no process has done anything else since.
    /// </summary>
    /// <returns>ip_id of the packet.</returns>
    public ushort SendRawAgain(int s, int index)
    {
        IfnetPtr p = PointerTo(IfByIndex(index));
        ForgetMulticastIfp(s);
        _pcbs[s].MulticastIfp = p;
        _design.Hold(this, p);
        Counters.Uses++;
        _design.Check(this, p, HolderKind.IpMoptionsIfp, out _);
        return ++_ipId;
    }
}
