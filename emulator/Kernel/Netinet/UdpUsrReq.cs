// Modelled from NetBSD sys/netinet/udp_usrreq.c (udp_output) and in_pcb.c's in_selectsrc (reference 2.9, row 5).
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>sendto(2) of a datagram on an unconnected UDP socket: udp_output, which chooses the source by the cached route, and ip_output, which takes that route.</summary>
    /// <returns>EADDRNOTAVAIL without a route or a source, EHOSTUNREACH, ENETUNREACH, ENETDOWN; EMSGSIZE for more than the interface's MTU, as fragments are not made.</returns>
    public Errno SendUdp(int s, Ipv4Address destination, ushort port, ReadOnlySpan<byte> payload)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Send, s, Address: destination));
        }

        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.UdpOutput);
        Errno error = SelectSource(s, destination, out Ipv4Address source);
        if (error != Errno.None)
        {
            return error;
        }

        int slot = IpOutputSlot(s, destination, out int route, out error);
        if (slot < 0)
        {
            return error;
        }

        Span<byte> datagram = stackalloc byte[UdpHeader.Length + payload.Length];
        if (Ipv4Header.MinLength + datagram.Length > _ifs[slot].Mtu)
        {
            return Errno.EMSGSIZE;
        }

        payload.CopyTo(datagram[UdpHeader.Length..]);
        new UdpHeader { SourcePort = _pcbs[s].Port, DestinationPort = port, PayloadLength = (ushort)payload.Length }.Write(datagram, source, destination);
        return Transmit(slot, source, destination, IpProtocol.Udp, DefaultTimeToLive, datagram, false, route);
    }

    private const byte DefaultTimeToLive = 64;
}
