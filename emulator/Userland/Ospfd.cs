using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland.Ospf;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// ospfd: one raw socket for all interfaces, memberships of 224.0.0.5, and of 224.0.0.6 where it is designated, by the interface's local address, hellos, neighbours to 2-Way
/// (reference 7.2, 7.3; Quagga 0.98.2 ospfd/ospf_interface.c, ospf_network.c and 0.99.0's ospf_interface.c; RFC 2328 9.1-9.3, 10.3). Where the options say so it goes on to Full:
/// what it does then beyond its socket, its timers and zebra is in <see cref="OspfArea"/>.
/// </summary>
public sealed class Ospfd(ProcessEntry entry, OspfdOptions options) : Process(entry)
{
    private struct Oi : ITableRow<Oi>
    {
        public ushort Index;
        public short Unit;
        public Ipv4Address Address;
        public Ipv4Address Peer;
        public bool Used;

        /// <summary>The interface state machine has left Down.</summary>
        public bool PointToPoint;

        /// <summary>0.99.0's flag: the group was joined with success.</summary>
        public bool Joined;

        /// <summary>AllDRouters was joined: on this network we are Designated Router or Backup.</summary>
        public bool JoinedDesignated;

        /// <summary>The neighbour's machine ID, or any.</summary>
        public Ipv4Address Neighbor;
        public bool TwoWay;
        public VirtualTime HelloDue;
        public VirtualTime DeadDue;

        /// <inheritdoc/>
        public static TableRoom Room => new("ospf_interface", 1, 2, TableRoom.ShortLimit);

        readonly bool ITableRow<Oi>.InUse => Used;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Oi value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Field(ref value.Unit);
            pass.Struct(ref value.Address);
            pass.Struct(ref value.Peer);
            pass.Field(ref value.Used);
            pass.Field(ref value.PointToPoint);
            pass.Field(ref value.Joined);
            pass.Field(ref value.JoinedDesignated);
            pass.Struct(ref value.Neighbor);
            pass.Field(ref value.TwoWay);
            pass.Struct(ref value.HelloDue);
            pass.Struct(ref value.DeadDue);
        }
    }

    private struct KnownIf : ITableRow<KnownIf>, IInterfaceRow
    {
        public ushort Index;
        public bool Up;
        public bool Used;

        /// <inheritdoc/>
        public static TableRoom Room => new("interface of ospfd", 2, 4, TableRoom.ShortLimit);

        readonly bool ITableRow<KnownIf>.InUse => Used;

        readonly ushort IInterfaceRow.Index => Index;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref KnownIf value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Field(ref value.Up);
            pass.Field(ref value.Used);
        }
    }

    // Of a fixed size, a Hello's place on the stack costs the same on a line as it always has.
    private const int MostNeighbors = EthernetSegment.MaxStations;

    private struct SegmentNeighbor : ITableRow<SegmentNeighbor>
    {
        public short Oi;
        public Ipv4Address RouterId;
        public bool TwoWay;
        public VirtualTime DeadDue;
        public bool Used;

        /// <inheritdoc/>
        public static TableRoom Room => new("neighbour on a segment", 0, 4, TableRoom.ShortLimit);

        readonly bool ITableRow<SegmentNeighbor>.InUse => Used;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref SegmentNeighbor value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Oi);
            pass.Struct(ref value.RouterId);
            pass.Field(ref value.TwoWay);
            pass.Struct(ref value.DeadDue);
            pass.Field(ref value.Used);
        }
    }

    private struct Heard : IStateValue<Heard>
    {
        public ushort Index;
        public Ipv4Address RouterId;
        public bool ListsUs;
        public byte Priority;
        public Ipv4Address From;
        public Ipv4Address DesignatedRouter;
        public Ipv4Address BackupDesignatedRouter;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Heard value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Struct(ref value.RouterId);
            pass.Field(ref value.ListsUs);
            pass.Field(ref value.Priority);
            pass.Struct(ref value.From);
            pass.Struct(ref value.DesignatedRouter);
            pass.Struct(ref value.BackupDesignatedRouter);
        }
    }

    /// <summary>Its timers, in the order of equal times: the next Hello or dead neighbour, the end of the core file, the watcher that starts it again.</summary>
    public const int Timers = 3;

    private const int NextTimer = 0, CoreTimer = 1, RespawnTimer = 2;

    /// <summary>Bits of the Ethernet's network mask: the router's own network, which it advertises.</summary>
    private const byte EthernetPrefix = 24;

    /// <summary>Room of a raw socket's receive buffer in bytes (rip_recvspace of raw_ip.c).</summary>
    private const int ReceiveSpace = 8192;
    private const int Mtu = 1500;

    // All of these are null where ospfd only goes to 2-Way.
    private readonly OspfArea? _area = options.Adjacency == OspfdAdjacency.Full ? new OspfArea(entry.Machine.RouterId, new OspfTimes()) : null;
    private readonly ReceiveBuffer? _received = options.Adjacency == OspfdAdjacency.Full ? new(ReceiveSpace) : null;

    // zebra has been told of the routes since it was last connected to.
    private bool _served;
    private readonly Ring<ZebraMessage> _inbox = new();
    private readonly Ring<Heard> _input = new();
    private Table<Oi> _ois = new();
    private Table<KnownIf> _ifs = new();

    /// <summary>
    /// If the Ethernet is on a segment: the neighbours there. A router that only goes to 2-Way has priority 0 on it, so it is never Designated Router (RFC 2328, 10.4).
    /// </summary>
    private Table<SegmentNeighbor> _onSegment = new();

    /// <summary>Units whose address this process has seen before: route_nodes that ospf_add_to_if finds occupied.</summary>
    private ulong _seenUnits;

    /// <summary>The same for interfaces without a line, by the last part of their address's net.</summary>
    private ulong _seenNets;
    private int _socket = -1;
    private bool _running;
    private bool _aborting;
    private bool _exitNow;
    private RandomStream _random;

    /// <summary>Neighbours in state 2-Way.</summary>
    public int TwoWayNeighbors
    {
        get
        {
            int n = 0;
            foreach (ref readonly Oi oi in _ois.AsSpan())
            {
                n += oi.Used && oi.TwoWay ? 1 : 0;
            }

            foreach (ref readonly SegmentNeighbor neighbor in _onSegment.AsSpan())
            {
                n += neighbor.Used && neighbor.TwoWay ? 1 : 0;
            }

            return n;
        }
    }

    /// <summary>The area, where it goes to Full.</summary>
    public OspfArea? Area => _area;

    /// <summary>Neighbours in state Full.</summary>
    public int FullNeighbors
    {
        get
        {
            int n = 0;
            foreach (ref readonly OspfNeighbor neighbor in _area is null ? default : _area.Neighbors)
            {
                n += neighbor.Used && neighbor.State == OspfNeighborState.Full ? 1 : 0;
            }

            return n;
        }
    }

    /// <inheritdoc/>
    public override bool AsksZebra => _running && !_aborting;

    /// <summary>The process starts: its raw socket, its connection to zebra.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        Reset();
        _random = random;
        _running = true;
        _socket = Kernel.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);
        if (_area is { } area)
        {
            area.Open(Machine.RouterId, Machine.IsStation && Machine.StationUnit < 0 ? (byte)0 : EthernetPrefix, now); // a segment's network is its interface's
            Rearm();
        }

        ConnectToZebra(now);
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        Reset();
    }

    /// <inheritdoc/>
    public override void Deliver(in ZebraMessage m)
    {
        if (_running)
        {
            _inbox.Add(m);
        }
    }

    /// <inheritdoc/>
    public override bool Receive(int socket, int ifIndex, ReadOnlySpan<byte> packet)
    {
        if (socket != _socket)
        {
            return false;
        }

        Input(ifIndex, packet);
        Wakeup();
        return true;
    }

    private void Input(int ifIndex, ReadOnlySpan<byte> packet)
    {
        if (!_running || Ipv4Header.TryParse(packet, out Ipv4Header ip) != WireError.None)
        {
            return;
        }

        ReadOnlySpan<byte> ospf = ip.Payload(packet);
        if (OspfHello.TryParse(ospf, out OspfHello hello) == WireError.None)
        {
            _input.Add(new Heard
            {
                Index = (ushort)ifIndex, RouterId = hello.RouterId, ListsUs = hello.Lists(ospf, Machine.RouterId), Priority = hello.RouterPriority, From = ip.Source,
                DesignatedRouter = hello.DesignatedRouter, BackupDesignatedRouter = hello.BackupDesignatedRouter,
            });
        }
        else
        {
            _received?.Add(ifIndex, default, ospf);
        }
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        switch (which)
        {
            case NextTimer:
                if (Admits(SitePartKind.DaemonTimer, Number))
                {
                    Wakeup();
                }

                break;
            case CoreTimer:
                // The core file is written: exit1 closes the sockets.
                Quiet.Changed();
                _exitNow |= _aborting;
                Wakeup();
                break;
            case RespawnTimer:
                if (Machine.IsUp && !_running && Admits(SitePartKind.DaemonRespawn, Number))
                {
                    Quiet.Changed();
                    Say("started again by its watcher");
                    Machine.Restart(this, now);
                }

                break;
        }
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (!_running)
        {
            return false;
        }

        if (_aborting)
        {
            if (_exitNow)
            {
                _running = false;
                int s = _socket;
                _socket = -1;
                Say("exit1 closes the raw socket");
                Machine.Zserv?.Disconnect(Number);
                if (Kernel.CloseSocketOrPanic(s, exiting: true) is { } panic)
                {
                    Machine.Panicked(panic, now);
                    return false;
                }

                Arm(RespawnTimer, now + Machine.WatcherDelay(options.Respawn));
            }

            return false;
        }

        // thread_fetch: expired timers before socket input.
        for (int i = 0; i < _ois.Length; i++)
        {
            ref Oi oi = ref _ois[i];
            if (!oi.Used)
            {
                continue;
            }

            if (oi.DeadDue <= now)
            {
                oi.DeadDue = VirtualTime.Never;
                oi.Neighbor = Ipv4Address.Any;
                oi.TwoWay = false;
                _area?.Killed(i, now);
                Rearm();
                return true;
            }

            if (oi.HelloDue <= now)
            {
                oi.HelloDue = now + options.HelloInterval;
                SendHello(i);
                Rearm();
                return true;
            }
        }

        for (int n = 0; n < _onSegment.Length; n++)
        {
            if (_onSegment[n].Used && _onSegment[n].DeadDue <= now)
            {
                _onSegment[n].Used = false;
                _area?.Lost(_onSegment[n].Oi, _onSegment[n].RouterId, now);
                Rearm();
                return true;
            }
        }

        if (_input.Count > 0)
        {
            HelloReceived(_input.Take(), now);
            Rearm();
            return true;
        }

        if (_inbox.Count > 0)
        {
            Handle(_inbox.Take(), now);
            Rearm();
            return true;
        }

        if (_area is { } area && Route(area, now))
        {
            Rearm();
            return true;
        }

        return false;
    }

    // One step of what Full needs: a timer, a packet that has arrived, one to be sent, a route for zebra.
    private bool Route(OspfArea area, VirtualTime now)
    {
        Span<byte> packet = stackalloc byte[Mtu];
        if (area.NextDue <= now)
        {
            area.Timers(now);
            return true;
        }

        if (_received!.Count > 0)
        {
            int bytes = _received.Take(packet, out ushort index, out _);
            if (bytes <= Mtu && InterfaceOf(index) is >= 0 and int oi)
            {
                int full = Machine.Clock.Trace is null ? 0 : FullNeighbors;
                Ipv4Address from = area.Receive(oi, packet[..bytes], now);
                if (Machine.Clock.Trace is not null && full != FullNeighbors)
                {
                    Say($"neighbour {from}: {area.StateOf(oi, from)}");
                }
            }

            return true;
        }

        if (Machine.IsStation && ChangesAllDRouters(area))
        {
            return true;
        }

        if (area.NextPacket(packet, now, out int to, out Ipv4Address destination) is > 0 and int length)
        {
            SendOnto(_ois[to], destination, packet[..length]);
            return true;
        }

        if (!IsServed(ref _served, out bool anew))
        {
            return false;
        }

        if (anew)
        {
            area.TellAgain();
        }

        if (!area.NextRoute(out OspfRoute route))
        {
            return false;
        }

        Machine.Zserv!.Route(new ZebraRoute
        {
            Command = ZebraRoute.Telling(route.News), Process = (byte)Number, Family = BsdKernel.AfInet, Prefix = new Ipv6Address(0, route.Prefix.Value), PrefixLength = route.PrefixLength,
            NextHop = new Ipv6Address(0, route.NextHop.Value), Index = _ois[route.Interface].Index,
        });
        return true;
    }

    private int InterfaceOf(ushort index)
    {
        for (int i = 0; i < _ois.Length; i++)
        {
            if (_ois[i].Used && _ois[i].PointToPoint && _ois[i].Index == index)
            {
                return i;
            }
        }

        return -1;
    }

    // ism_change_state: whoever becomes Designated Router or Backup joins 224.0.0.6, and leaves it when it is neither any more.
    private bool ChangesAllDRouters(OspfArea area)
    {
        for (int i = 0; i < _ois.Length; i++)
        {
            ref Oi oi = ref _ois[i];
            if (oi.Used && oi.PointToPoint && IsOnSegment(oi) && area.Interfaces[i].IsDesignated != oi.JoinedDesignated)
            {
                if (Machine.Clock.Trace is not null)
                {
                    Say($"interface state {area.Interfaces[i].State}, designated router {area.Interfaces[i].DesignatedRouter}, backup {area.Interfaces[i].BackupDesignatedRouter}");
                }

                if (oi.JoinedDesignated)
                {
                    DropDesignated(ref oi);
                }
                else
                {
                    Say("IP_ADD_MEMBERSHIP 224.0.0.6", Kernel.IpAddMembership(_socket, Ipv4Address.AllDRouters, On(oi)));
                    oi.JoinedDesignated = true;
                }

                return true;
            }
        }

        return false;
    }

    private void DropDesignated(ref Oi oi)
    {
        Say("IP_DROP_MEMBERSHIP 224.0.0.6", Kernel.IpDropMembership(_socket, Ipv4Address.AllDRouters, On(oi)));
        oi.JoinedDesignated = false;
    }

    // To a group by the interface's choice, to a neighbour with MSG_DONTROUTE.
    private void SendOnto(in Oi oi, Ipv4Address destination, ReadOnlySpan<byte> packet)
    {
        if (!destination.IsMulticast)
        {
            Say("sendmsg", Kernel.SendRaw(_socket, destination, oi.Address, IpProtocol.Ospf, packet, dontRoute: true));
            return;
        }

        Kernel.IpMulticastTtlLoop(_socket, 1, false);
        Errno e = Kernel.IpMulticastIf(_socket, On(oi));
        if (e != Errno.None)
        {
            Say("can't setsockopt IP_MULTICAST_IF", e);
        }

        Say("sendmsg", Kernel.SendRaw(_socket, destination, oi.Address, IpProtocol.Ospf, packet));
    }

    private void Rearm()
    {
        VirtualTime next = _area?.NextDue ?? VirtualTime.Never;
        foreach (ref readonly Oi oi in _ois.AsSpan())
        {
            if (oi.Used)
            {
                next = VirtualTime.Min(next, VirtualTime.Min(oi.HelloDue, oi.DeadDue));
            }
        }

        foreach (ref readonly SegmentNeighbor neighbor in _onSegment.AsSpan())
        {
            next = neighbor.Used ? VirtualTime.Min(next, neighbor.DeadDue) : next;
        }

        Arm(NextTimer, next);
    }

    private void HelloReceived(in Heard h, VirtualTime now)
    {
        for (int i = 0; i < _ois.Length; i++)
        {
            ref Oi oi = ref _ois[i];
            if (oi.Used && oi.PointToPoint && oi.Index == h.Index)
            {
                if (IsOnSegment(oi))
                {
                    HeardOnSegment(i, h, now);
                    return;
                }

                if (oi.Neighbor == h.RouterId && oi.TwoWay == h.ListsUs)
                {
                    Quiet.Heard(Number, i);
                    Quiet.Steady();
                }
                else if (_area is null)
                {
                    // The neighbour is in this interface's own Hello, and in no other.
                    Quiet.Forget(Number, i);
                    Quiet.Steady();
                }

                oi.Neighbor = h.RouterId;
                oi.TwoWay = h.ListsUs;
                oi.DeadDue = now + options.DeadInterval;
                if (h.ListsUs)
                {
                    _area?.TwoWay(i, h.RouterId, now);
                }
                else
                {
                    _area?.Killed(i, now);
                }

                return;
            }
        }
    }

    // An Ethernet on a segment; everything else has one far end.
    private bool IsOnSegment(in Oi oi) => Machine.IsStation && oi.Unit == Machine.StationUnit;

    private void HeardOnSegment(int oi, in Heard h, VirtualTime now)
    {
        int n = -1;
        for (int i = 0; i < _onSegment.Length && n < 0; i++)
        {
            n = _onSegment[i].Used && _onSegment[i].Oi == oi && _onSegment[i].RouterId == h.RouterId ? i : -1;
        }

        bool news = _area is { } area && Elects(area, oi, h, now);
        if (n >= 0 && _onSegment[n].TwoWay == h.ListsUs && !news)
        {
            Quiet.Steady();
        }
        else if (Machine.Clock.Trace is not null)
        {
            Say($"neighbour {h.RouterId} on the segment: {(h.ListsUs ? "2-Way" : "Init")}");
        }

        n = n < 0 ? _onSegment.Put(new SegmentNeighbor { Oi = (short)oi, RouterId = h.RouterId, Used = true }) : n;
        _onSegment[n].TwoWay = h.ListsUs;
        _onSegment[n].DeadDue = now + options.DeadInterval;
    }

    private static bool Elects(OspfArea area, int oi, in Heard h, VirtualTime now)
    {
        if (h.ListsUs)
        {
            return area.HelloReceived(oi, new OspfBroadcastHello(h.RouterId, h.From, h.Priority, h.DesignatedRouter, h.BackupDesignatedRouter), now);
        }

        area.Lost(oi, h.RouterId, now);
        return false;
    }

    /// <summary>The effect of a Hello that repeats the last one: the neighbour is alive.</summary>
    public override void HeardAgain(int what, VirtualTime now)
    {
        _ois[what].DeadDue = now + options.DeadInterval;
        Rearm();
    }

    /// <summary>Sends the Hellos that are due as the last ones were sent, if nothing has changed since. Those of interfaces that came up together are due together.</summary>
    public override bool Again(int which, VirtualTime now)
    {
        if (which != NextTimer || !_running || _aborting)
        {
            return false;
        }

        if (_area is { } area && area.NextDue <= now)
        {
            return false;
        }

        int first = -1;
        for (int i = _ois.Length - 1; i >= 0; i--)
        {
            ref readonly Oi oi = ref _ois[i];
            if (oi.Used && (oi.HelloDue <= now || oi.DeadDue <= now))
            {
                if (oi.DeadDue <= now || !Quiet.Remembers(Number, i))
                {
                    return false;
                }

                first = i;
            }
        }

        foreach (ref readonly SegmentNeighbor neighbor in _onSegment.AsSpan())
        {
            if (neighbor.Used && neighbor.DeadDue <= now)
            {
                return false;
            }
        }

        if (first < 0)
        {
            return false;
        }

        for (int i = first; i < _ois.Length; i++)
        {
            ref Oi oi = ref _ois[i];
            if (oi.Used && oi.HelloDue <= now)
            {
                oi.HelloDue = now + options.HelloInterval;
                Quiet.SendAgain(Number, i, Kernel.SendRawAgain(_socket, oi.Index));
            }
        }

        Rearm();
        return true;
    }

    // Before every packet to AllSPFRouters: IP_MULTICAST_IF by local address. A failure is logged and the packet is sent anyway (7.2).
    private void SendHello(int i)
    {
        ref Oi oi = ref _ois[i];
        long frames = Quiet.FramesSent;
        Ipv4Address on = options.Version == OspfdVersion.IndexForm ? new Ipv4Address(oi.Index) : oi.Address;
        Kernel.IpMulticastTtlLoop(_socket, 1, false);
        Errno e = Kernel.IpMulticastIf(_socket, on);
        bool chosen = e == Errno.None;
        if (!chosen)
        {
            Say("can't setsockopt IP_MULTICAST_IF", e);
        }

        Span<byte> packet = stackalloc byte[OspfHello.MinLength + (4 * MostNeighbors)];
        Span<Ipv4Address> neighbors = stackalloc Ipv4Address[MostNeighbors];
        int n = 0;
        if (!oi.Neighbor.IsAny)
        {
            neighbors[n++] = oi.Neighbor;
        }

        var hello = OspfHello.OnPointToPoint(Machine.RouterId, options.HelloInterval.Microseconds / 1_000_000, options.DeadInterval.Microseconds / 1_000_000);
        if (IsOnSegment(oi))
        {
            hello = hello with { NetworkMask = Ipv4Address.Mask(EthernetPrefix), RouterPriority = 0 };
            if (_area is not null && i < _area.Interfaces.Length)
            {
                ref readonly OspfInterface at = ref _area.Interfaces[i];
                hello = hello with { RouterPriority = (byte)options.Priority, DesignatedRouter = at.DesignatedRouter, BackupDesignatedRouter = at.BackupDesignatedRouter };
            }

            foreach (ref readonly SegmentNeighbor neighbor in _onSegment.AsSpan())
            {
                if (neighbor.Used && neighbor.Oi == i && n < MostNeighbors)
                {
                    neighbors[n++] = neighbor.RouterId;
                }
            }
        }

        int length = hello.Write(packet, neighbors[..n]);
        e = Kernel.SendRaw(_socket, Ipv4Address.AllSpfRouters, oi.Address, IpProtocol.Ospf, packet[..length]);
        if (e != Errno.None)
        {
            Say("sendmsg of a Hello", e);
            return;
        }

        // What it changed is the choice of the interface, which every Hello makes anew.
        Quiet.Steady();
        if (chosen && Quiet.FramesSent > frames && Kernel.PcbSendsOn(_socket, oi.Index))
        {
            Quiet.Remember(Number, i, RepeatedKind.Hello, oi.Index, frames);
        }
    }

    private void Handle(in ZebraMessage m, VirtualTime now)
    {
        Say("handles", m.Command, m.Index);
        switch (m.Command)
        {
            case ZebraCommand.InterfaceAdd:
                If(m.Index) = new KnownIf { Index = m.Index, Up = m.Up, Used = true };
                break;
            case ZebraCommand.InterfaceDelete:
                for (int i = 0; i < _ois.Length; i++)
                {
                    if (_ois[i].Used && _ois[i].Index == m.Index)
                    {
                        Free(i, now);
                    }
                }

                If(m.Index).Used = false;
                break;
            case ZebraCommand.InterfaceUp:
                If(m.Index).Up = true;
                for (int i = 0; i < _ois.Length; i++)
                {
                    if (_ois[i].Used && _ois[i].Index == m.Index)
                    {
                        Up(i, now);
                    }
                }

                break;
            case ZebraCommand.InterfaceDown:
                If(m.Index).Up = false;
                for (int i = 0; i < _ois.Length; i++)
                {
                    if (_ois[i].Used && _ois[i].Index == m.Index)
                    {
                        Down(i, now);
                    }
                }

                break;
            case ZebraCommand.AddressAdd:
                AddressAdd(m, now);
                break;
            case ZebraCommand.AddressDelete:
                for (int i = 0; i < _ois.Length; i++)
                {
                    if (_ois[i].Used && _ois[i].Index == m.Index && _ois[i].Address == m.Address)
                    {
                        Free(i, now);
                    }
                }

                break;
        }
    }

    private void AddressAdd(in ZebraMessage m, VirtualTime now)
    {
        // ospf_network_run passes over an address that some interface of its own has (ospf_if_is_configured): a zebra that comes back says again what ospfd knows.
        foreach (ref readonly Oi known in _ois.AsSpan())
        {
            if (known.Used && known.Index == m.Index && known.Address == m.Address)
            {
                return;
            }
        }

        if (m.Unit is >= 0 and < 64)
        {
            bool seen = (_seenUnits >> m.Unit & 1) != 0;
            if (seen && options.Exit == OspfdExit.AtAddressAdd)
            {
                Abort(now);
                return;
            }

            _seenUnits |= 1UL << m.Unit;
        }
        else if (ClonedKind.IsCloned(m.Unit))
        {
            ulong net = 1UL << (int)(m.Address.Value >> 8 & 63);
            if ((_seenNets & net) != 0 && options.Exit == OspfdExit.AtAddressAdd)
            {
                Abort(now);
                return;
            }

            _seenNets |= net;
        }

        int i = _ois.Put(new Oi
        {
            Index = m.Index, Unit = m.Unit, Address = m.Address, Peer = m.Peer, Used = true, HelloDue = VirtualTime.Never, DeadDue = VirtualTime.Never,
        });
        if (If(m.Index).Up)
        {
            Up(i, now);
        }
    }

    // The assertion leaves a core file.
    private void Abort(VirtualTime now)
    {
        _aborting = true;
        Machine.Probe(Probe.OspfdAborted);
        Say("assertion in ospf_add_to_if: abort, core dump");
        Arm(CoreTimer, now + _random.Draw(options.CoreDump));
    }

    private Ipv4Address On(in Oi oi) => options.Version == OspfdVersion.IndexForm ? new Ipv4Address(oi.Index) : oi.Address;

    private void Up(int i, VirtualTime now)
    {
        ref Oi oi = ref _ois[i];
        if (oi.PointToPoint)
        {
            return;
        }

        Errno e = Kernel.IpAddMembership(_socket, Ipv4Address.AllSpfRouters, On(oi));
        oi.Joined = e == Errno.None;
        Say("IP_ADD_MEMBERSHIP 224.0.0.5", e);
        oi.PointToPoint = true;
        oi.HelloDue = now + VirtualTime.FromSeconds(1);
        if (IsOnSegment(oi))
        {
            _area?.InterfaceUp(i, new OspfBroadcastNetwork(oi.Address, EthernetPrefix, (byte)options.Priority, options.DeadInterval), MtuOf(oi.Index), now);
            return;
        }

        _area?.InterfaceUp(i, oi.Address, oi.Peer, MtuOf(oi.Index), now);
    }

    private int MtuOf(ushort index) => Kernel.IfByIndex(index) is >= 0 and int slot ? Kernel.Interfaces[slot].Mtu : Mtu;

    private void Down(int i, VirtualTime now)
    {
        ref Oi oi = ref _ois[i];
        if (IsOnSegment(oi))
        {
            for (int n = 0; n < _onSegment.Length; n++)
            {
                _onSegment[n].Used &= _onSegment[n].Oi != i;
            }
        }

        _area?.InterfaceDown(i, now);
        if (oi.JoinedDesignated)
        {
            DropDesignated(ref oi);
        }

        bool drop = options.Version == OspfdVersion.Quagga0990 ? oi.Joined : oi.PointToPoint;
        oi.PointToPoint = false;
        oi.HelloDue = VirtualTime.Never;
        oi.DeadDue = VirtualTime.Never;
        oi.Neighbor = Ipv4Address.Any;
        oi.TwoWay = false;
        oi.Joined = false;
        if (drop)
        {
            Drop(ref oi);
        }
    }

    private void Drop(ref Oi oi)
    {
        Errno e = Kernel.IpDropMembership(_socket, Ipv4Address.AllSpfRouters, On(oi));
        Machine.Probe(e == Errno.None ? Probe.DropInTime : Probe.DropAfterAddressGone);
        Say("IP_DROP_MEMBERSHIP 224.0.0.5", e);
    }

    // ospf_if_free: 0.98.2 drops again, 0.99.0's flag is clear by then.
    private void Free(int i, VirtualTime now)
    {
        ref Oi oi = ref _ois[i];
        if (oi.PointToPoint)
        {
            Down(i, now);
        }
        else if (options.Version != OspfdVersion.Quagga0990)
        {
            Drop(ref oi);
        }

        oi.Used = false;
    }

    private ref KnownIf If(ushort index) => ref _ifs.Of(index, new KnownIf { Index = index, Used = true });

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _inbox.Fields(ref pass);
        _input.Fields(ref pass);
        _ois.Fields(ref pass);
        _ifs.Fields(ref pass);
        pass.Field(ref _seenUnits);
        pass.Field(ref _seenNets);
        pass.Field(ref _socket, initial: -1);
        pass.Field(ref _running);
        pass.Field(ref _aborting);
        pass.Field(ref _exitNow);
        pass.Struct(ref _random);
        if (Machine.IsStation)
        {
            _onSegment.Fields(ref pass);
        }

        if (_area is not null)
        {
            _area.Fields(ref pass);
            _received!.Fields(ref pass);
            pass.Field(ref _served);
        }
    }
}
