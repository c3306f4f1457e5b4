// Modelled from NetBSD sys/netinet/ip_input.c: ip_input, and the protocols' inputs that it calls.
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private void RecordInput(int slot, ReadOnlySpan<byte> packet)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.Input, slot, Packet: packet.ToArray()));
        }
    }

    /// <summary>ip_input of a packet from a ppp unit.</summary>
    public void IpInput(int slot, ReadOnlySpan<byte> packet)
    {
        RecordInput(slot, packet);
        using Frame frame = FromUser(KernelFunction.SoftNet, KernelFunction.IpInput);
        if ((_ifs[slot].Flags & Iff.Up) == 0 || Ipv4Header.TryParse(packet, out Ipv4Header ip) != WireError.None)
        {
            return;
        }

        if (DummynetIo(slot, packet))
        {
            return;
        }

        if (ip.Destination.IsMulticast)
        {
            if (InLookupMulti(ip.Destination, slot) < 0)
            {
                return; // not a member on this interface: a record in the wrong bucket counts as none (8.3 row 1 (c))
            }
        }
        else if (FindLocal(ip.Destination) < 0)
        {
            if (_options.Forwarding)
            {
                IpForward(ip, packet);
            }

            return;
        }

        if ((ip.Fragment & (Ipv4Header.MoreFragments | OffsetMask)) != 0)
        {
            IpReass(slot, ip, packet);
            return;
        }

        IpDeliver(slot, _ifs[slot].Index, ip, packet);
    }

    // To the protocols: IGMP only compares the interface; a raw socket is told its index.
    private void IpDeliver(int slot, int index, in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        if (ip.Protocol == IpProtocol.Igmp && slot >= 0)
        {
            IgmpInput(slot, ip, ip.Payload(packet));
        }

        if (ip.Protocol == IpProtocol.Tcp && !ip.Destination.IsMulticast)
        {
            TcpInput4(ip, packet);
        }

        Counters.Delivered += ip.Protocol == IpProtocol.Udp ? 1 : 0;

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Raw && _pcbs[s].Port == ip.Protocol)
            {
                _host.RawInput(s, index, packet);
            }
        }
    }

    private int FindLocal(Ipv4Address a)
    {
        for (int i = 0; i < _inIfaddrs.Length; i++)
        {
            if (_inIfaddrs[i].Used && _inIfaddrs[i].Address == a)
            {
                return i;
            }
        }

        return -1;
    }
}
