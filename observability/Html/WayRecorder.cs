using System.IO.Hashing;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Wire;

namespace Stress.Observability.Html;

/// <summary>
/// Listens to a site that is executed again, and keeps the way of its crashes through the network. A packet is followed back over the nodes that forwarded it by what forwarding leaves
/// alone: addresses, protocol, identification and payload. The memory that it takes does not grow with the run.
/// </summary>
/// <param name="topology">The site's nodes and links.</param>
/// <param name="events">The numbers of the events that crash.</param>
public sealed class WayRecorder(Topology topology, IReadOnlyCollection<long> events) : ISiteTrace
{
    // Packets in a network at a time, and units of a node: enough for the ways that packets take within seconds.
    private const int FramesKept = 8_192, UnitsKept = 32, MostHops = 32;

    private readonly Ring<Sent> _sent = new();
    private readonly Dictionary<int, List<Unit>> _units = [];
    private readonly Dictionary<long, CrashWay> _ways = [];
    private readonly (int Segment, int Station, int Node)[] _stations = [.. topology.Stations];
    private Arrival _last;

    /// <summary>The ways so far, by the event that crashed.</summary>
    public IReadOnlyDictionary<long, CrashWay> Ways => _ways;

    /// <summary>Executes the sites of a run's crashes again and gives the way of each; of those that would take long, none.</summary>
    /// <param name="options">The run's options.</param>
    /// <param name="crashes">Lines of <c>crashes.ndjson</c>.</param>
    /// <param name="most">At most this many events are executed; a site that has more before its crash is left out.</param>
    public static IReadOnlyDictionary<string, CrashWay> Trace(SiteOptions options, IReadOnlyList<CrashRecord> crashes, long most)
    {
        var ways = new Dictionary<string, CrashWay>(StringComparer.Ordinal);
        foreach (IGrouping<long, CrashRecord> site in crashes.GroupBy(crash => crash.Site))
        {
            CrashRecord[] within = [.. site.Where(crash => crash.Event <= most).OrderBy(crash => crash.Event)];
            if (within.Length == 0)
            {
                continue;
            }

            most -= within[^1].Event;
            var recorder = new WayRecorder(options.Topology, [.. within.Select(crash => crash.Event)]);
            Site again = Site.Create(options, checked((uint)site.Key));
            again.Trace = recorder;
            again.RunUntil(new VirtualTime(within[^1].AtMicroseconds + 1), within[^1].Event);
            foreach (CrashRecord crash in within)
            {
                if (recorder._ways.TryGetValue(crash.Event, out CrashWay? way))
                {
                    ways[crash.Id] = way;
                }
            }
        }

        return ways;
    }

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None)
    {
        // What a way needs comes as facts.
    }

    /// <inheritdoc/>
    public void Pointer(in PointerEvent e)
    {
        if (e.Stage is not (PointerStage.Allocated or PointerStage.Detached))
        {
            return;
        }

        if (!_units.TryGetValue(e.Router, out List<Unit>? units))
        {
            _units[e.Router] = units = [];
        }

        // Allocations are numbered from the start again after a boot: the last of a number counts.
        (uint generation, string name) = (e.Generation, e.Unit.Split(' ')[0]);
        VirtualTime gone = e.Stage == PointerStage.Detached ? e.At : VirtualTime.Never;
        units.RemoveAll(unit => unit.Generation == generation);
        units.Add(new Unit(generation, name, gone));
        if (units.Count > UnitsKept)
        {
            units.RemoveAt(0);
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame) =>
        Keep(new Sent(topology.Links[link].Ends[from].Node, topology.Links[link].Ends[1 - from].Node, link, -1, KeyOf(OfPpp(frame), frame)));

    /// <inheritdoc/>
    public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame) =>
        Keep(new Sent(topology.Segments![segment].Stations[station], -1, -1, segment, KeyOf(OfEthernet(frame), frame)));

    /// <inheritdoc/>
    public void Arrived(long number, int router, int link, ReadOnlySpan<byte> frame)
    {
        IReadOnlyList<LinkEnd> ends = topology.Links[link].Ends;
        _last = new Arrival(number, router, ends[0].Node == router ? ends[1].Node : ends[0].Node, link, -1, KeyOf(OfPpp(frame), frame), NameOf(OfPpp(frame), frame));
    }

    /// <inheritdoc/>
    public void EtherArrived(long number, int router, ReadOnlySpan<byte> frame)
    {
        if (frame.Length < EthernetHeader.Length)
        {
            return;
        }

        ulong source = EthernetHeader.ReadAddress(frame[EthernetHeader.AddressLength..]);
        (int segment, _, int from) = Array.Find(_stations, station => SiteAddresses.OnEthernet(station.Node) == source);
        _last = new Arrival(number, router, from, -1, segment, KeyOf(OfEthernet(frame), frame), NameOf(OfEthernet(frame), frame));
    }

    /// <inheritdoc/>
    public void Crashed(in CrashPlace place)
    {
        if (!events.Contains(place.Number))
        {
            return;
        }

        uint generation = place.Generation;
        Unit unit = _units.GetValueOrDefault(place.Router)?.Find(unit => unit.Generation == generation) ?? new Unit(0, "", VirtualTime.Never);
        bool byFrame = place.Cause == EventCause.Frame && _last.Number == place.Number && _last.Router == place.Router;
        _ways[place.Number] = new CrashWay(
            place.Router, unit.Name, place.Link, place.Link >= 0 ? -1 : SegmentOf(place.Router, unit.Name), unit.Gone, place.At, place.Cause, byFrame ? _last.Name : place.By,
            place.Cause == EventCause.Line ? place.Through : -1, byFrame ? HopsTo(_last) : []);
    }

    private void Keep(in Sent sent)
    {
        if (_sent.Count == FramesKept)
        {
            _sent.Take();
        }

        _sent.Add(sent);
    }

    // From the last hop back to the first: each earlier one brought the same packet to the node that sent the later one.
    private List<CrashHop> HopsTo(in Arrival last)
    {
        List<CrashHop> hops = [new CrashHop(last.From, last.Router, last.Link, last.Segment)];
        int i = _sent.Count - 1;
        while (hops.Count < MostHops)
        {
            CrashHop first = hops[0];
            for (; i >= 0 && !Brought(_sent[i], first.From, last.Key); i--)
            {
            }

            if (i < 0 || hops.Exists(hop => hop.From == _sent[i].From))
            {
                break;
            }

            hops.Insert(0, new CrashHop(_sent[i].From, first.From, _sent[i].Link, _sent[i].Segment));
        }

        return hops;
    }

    private bool Brought(in Sent sent, int to, ulong key) =>
        sent.Key == key && sent.From != to && (sent.To == to || (sent.Segment >= 0 && topology.Segments![sent.Segment].Stations.Contains(to)));

    private int SegmentOf(int node, string name)
    {
        int of = Array.FindIndex(_stations, station => station.Node == node);
        return of >= 0 && topology.Segments![_stations[of].Segment].Interface == name ? _stations[of].Segment : -1;
    }

    private static (Carried What, int At) OfPpp(ReadOnlySpan<byte> frame) => !PppHeader.TryParse(frame, out PppProtocol protocol, out int length) ? (Carried.Other, 0) : protocol switch
    {
        PppProtocol.Ipv4 => (Carried.Ipv4, length),
        PppProtocol.Ipv6 => (Carried.Ipv6, length),
        PppProtocol.Lcp => (Carried.Lcp, length),
        PppProtocol.Ipcp or PppProtocol.Ipv6cp => (Carried.Ncp, length),
        _ => (Carried.Other, length),
    };

    private static (Carried What, int At) OfEthernet(ReadOnlySpan<byte> frame) => EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None ? (Carried.Other, 0) : header.Type switch
    {
        EtherType.Ipv4 => (Carried.Ipv4, EthernetHeader.Length),
        EtherType.Ipv6 => (Carried.Ipv6, EthernetHeader.Length),
        EtherType.Arp => (Carried.Arp, EthernetHeader.Length),
        _ => (Carried.Other, EthernetHeader.Length),
    };

    private static ulong KeyOf((Carried What, int At) carried, ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> packet = frame[carried.At..];
        if (carried.What == Carried.Ipv4 && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None)
        {
            return XxHash3.HashToUInt64(ip.Payload(packet), (long)(((ulong)ip.Source.Value << 32) ^ ip.Destination.Value ^ ((ulong)ip.Identification << 16) ^ ip.Protocol));
        }

        return carried.What == Carried.Ipv6 && Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None
            ? XxHash3.HashToUInt64(ip6.Payload(packet), (long)(ip6.Source.Low ^ ip6.Source.High ^ ip6.Destination.Low ^ (ip6.Destination.High * 3)))
            : XxHash3.HashToUInt64(frame);
    }

    private static string NameOf((Carried What, int At) carried, ReadOnlySpan<byte> frame)
    {
        ReadOnlySpan<byte> packet = frame[carried.At..];
        return carried.What switch
        {
            Carried.Ipv4 when Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None => $"{NameOf(ip.Protocol)} over IPv4",
            Carried.Ipv6 when Ipv6Header.TryParse(packet, out Ipv6Header ip6) == WireError.None => $"{NameOf(ip6.NextHeader)} over IPv6",
            Carried.Arp => "ARP",
            Carried.Lcp => "LCP",
            Carried.Ncp => "IPCP or IPV6CP",
            _ => "a frame of another protocol",
        };
    }

    private static string NameOf(byte protocol) => protocol switch
    {
        IpProtocol.HopByHop => "hop-by-hop options",
        IpProtocol.Icmp => "ICMP",
        IpProtocol.Igmp => "IGMP",
        IpProtocol.IpIp or IpProtocol.Ipv6 => "a tunnel's packet",
        IpProtocol.Tcp => "TCP",
        IpProtocol.Udp => "UDP",
        IpProtocol.Icmpv6 => "ICMPv6",
        IpProtocol.Ospf => "OSPF",
        _ => $"protocol {protocol}",
    };

    private enum Carried
    {
        Other,
        Ipv4,
        Ipv6,
        Arp,
        Lcp,
        Ncp,
    }

    private readonly record struct Sent(int From, int To, int Link, int Segment, ulong Key);

    private readonly record struct Arrival(long Number, int Router, int From, int Link, int Segment, ulong Key, string Name);

    private sealed record Unit(uint Generation, string Name, VirtualTime Gone);
}
