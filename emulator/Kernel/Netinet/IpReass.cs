// Modelled from NetBSD sys/netinet/ip_input.c (ip_reass, ip_slowtimo): fragments wait up to 30 s and keep the interface they came from (reference 8.3, row 14).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int IpFragmentTicks = 150;
    private const ushort OffsetMask = 0x1FFF;
    private const int OffsetUnit = 8;
    private readonly List<Mbuf> _ipq = [];

    [KernelState]
    private void IpReassFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        MbufQueues.Fields(_ipq, ref pass);
    }

    /// <summary>Fragments that wait.</summary>
    public int FragmentsWaiting => _ipq.Count;

    /// <summary>ip_slowtimo's part: fragments that waited too long are dropped. A tick of 200 ms.</summary>
    public void IpReassemblyTimeout() => MbufQueues.TakeDue(_ipq);

    // ip_reass: the packet is complete when its fragments follow each other from 0 to one without MF; rcvif is the first one's, and nothing purges it.
    private void IpReass(int slot, in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        _ipq.Add(new Mbuf(PointerTo(slot), packet.ToArray(), IpFragmentTicks));
        (Ipv4Address source, Ipv4Address destination, ushort id, byte protocol) = (ip.Source, ip.Destination, ip.Identification, ip.Protocol);
        List<(int Offset, bool More, byte[] Payload, Mbuf M)> parts = [];
        foreach (Mbuf m in _ipq)
        {
            if (Ipv4Header.TryParse(m.Data, out Ipv4Header h) == WireError.None && h.Source == source && h.Destination == destination && h.Identification == id && h.Protocol == protocol)
            {
                parts.Add(((h.Fragment & OffsetMask) * OffsetUnit, (h.Fragment & Ipv4Header.MoreFragments) != 0, h.Payload(m.Data).ToArray(), m));
            }
        }

        parts.Sort((a, b) => a.Offset.CompareTo(b.Offset));
        var payload = new List<byte>();
        bool whole = false;
        foreach ((int offset, bool more, byte[] bytes, _) in parts)
        {
            if (offset > payload.Count)
            {
                return;
            }

            payload.RemoveRange(offset, payload.Count - offset);
            payload.AddRange(bytes);
            whole = !more;
        }

        if (!whole)
        {
            return;
        }

        IfnetPtr rcvIf = parts[0].M.RcvIf;
        foreach ((_, _, _, Mbuf m) in parts)
        {
            _ipq.Remove(m);
        }

        byte[] joined = new byte[Ipv4Header.MinLength + payload.Count];
        var header = new Ipv4Header { PayloadLength = (ushort)payload.Count, Identification = id, TimeToLive = ip.TimeToLive, Protocol = protocol, Source = source, Destination = destination };
        header.Write(joined);
        payload.CopyTo(joined, Ipv4Header.MinLength);
        int from = Use(rcvIf, HolderKind.RcvIf, UseSite.IpInput);
        Ipv4Header.TryParse(joined, out header);
        IpDeliver(from, from >= 0 ? _ifs[from].Index : from == Dangling ? (ushort)ReadWord(rcvIf, KernelWord.IfIndex) : 0, header, joined);
    }
}
