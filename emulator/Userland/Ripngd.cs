using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// ripngd: one UDP socket on port 521, every send with IPV6_PKTINFO; updates every 15 to 45 s, a Request when an interface starts, unicast answers
/// (reference 7.4-7.6; Quagga 0.98.2 ripngd/ripngd.c, ripng_interface.c; RFC 2080).
/// </summary>
public sealed class Ripngd(ProcessEntry entry, RipngdOptions options) : Process(entry)
{
    private struct RipngIf : ITableRow<RipngIf>, IInterfaceRow
    {
        public ushort Index;
        public short Unit;
        public bool Used;
        public bool Up;
        public bool HasLinkLocal;
        public bool Running;
        public VirtualTime WakeupDue;

        /// <inheritdoc/>
        public static TableRoom Room => new("interface of ripngd", 2, 4, TableRoom.ShortLimit);

        readonly bool ITableRow<RipngIf>.InUse => Used;

        readonly ushort IInterfaceRow.Index => Index;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref RipngIf value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Field(ref value.Unit);
            pass.Field(ref value.Used);
            pass.Field(ref value.Up);
            pass.Field(ref value.HasLinkLocal);
            pass.Field(ref value.Running);
            pass.Struct(ref value.WakeupDue);
        }
    }

    private struct Asked : IStateValue<Asked>
    {
        public ushort Index;
        public Ipv6Address From;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Asked value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Struct(ref value.From);
        }
    }

    /// <summary>Its timers: the next thing that is due.</summary>
    public const int Timers = 1;

    private const int NextTimer = 0;
    private const int RoomForUpdate = RipngMessage.HeaderLength + (RipngTable.MaxEntries * RipngMessage.RouteLength);

    /// <summary>Room of a UDP socket's receive buffer in bytes (udp_recvspace of udp_usrreq.c).</summary>
    private const int ReceiveSpace = 41_600;

    // All of these are null where it learns no routes.
    private readonly RipngTable? _table = options.Routes ? new() : null;
    private readonly ReceiveBuffer? _received = options.Routes ? new(ReceiveSpace) : null;

    // Where the next message to the interface under the cursor begins; and whether zebra has been told of the routes since it was last connected to.
    private int _row;
    private bool _served;
    private readonly Ring<ZebraMessage> _inbox = new();
    private readonly Ring<Asked> _requests = new();
    private Table<RipngIf> _ifs = new();
    private int _socket = -1;
    private bool _running;
    private VirtualTime _updateDue;
    private VirtualTime _triggeredDue;
    private int _sendCursor = -1;
    private bool _triggered;
    private RandomStream _random;

    /// <summary>Its routes, where it learns any.</summary>
    public RipngTable? Table => _table;

    /// <inheritdoc/>
    public override bool AsksZebra => _running;

    /// <summary>The process starts.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _random = random;
        _running = true;
        _inbox.Clear();
        _requests.Clear();
        _ifs.Clear();
        _sendCursor = -1;
        _triggeredDue = VirtualTime.Never;
        ForgetRoutes();
        _table?.Open(Network, 64);
        _socket = Kernel.OpenSocket(PcbTable.Udp6, RipngMessage.Port);
        ConnectToZebra(now);
        if (options.OnEthernet)
        {
            If(IMachine.EthernetIndex, -1) = new RipngIf { Index = IMachine.EthernetIndex, Unit = -1, Used = true, Up = true, HasLinkLocal = true, Running = true, WakeupDue = VirtualTime.Never };
            Kernel.Ipv6JoinGroup(_socket, Ipv6Address.AllRipRouters, IMachine.EthernetIndex);
        }

        _updateDue = NextUpdate(now);
        Rearm();
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _running = false;
        _socket = -1;
        _inbox.Clear();
        _requests.Clear();
        _updateDue = VirtualTime.Never;
        _triggeredDue = VirtualTime.Never;
        _ifs.Clear();
        ForgetRoutes();
    }

    // The Ethernet's network.
    private Ipv6Address Network => new(0x20010DB800000000 | ((ulong)(uint)Machine.Number << 16), 0);

    private void ForgetRoutes()
    {
        if (_table is not null)
        {
            var reset = new StateReset();
            _table.Fields(ref reset);
            _received!.Clear();
            (_row, _served) = (0, false);
        }
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
    public override bool Receive(int socket, int ifIndex, in Ipv6Header ip, ReadOnlySpan<byte> payload)
    {
        if (socket != _socket)
        {
            return false;
        }

        if (_running && RipngMessage.TryParse(payload, out RipngMessage m) == WireError.None && m.Command == RipngMessage.Request)
        {
            _requests.Add(new Asked { Index = (ushort)ifIndex, From = ip.Source });
        }
        else if (_running && _table is not null && (ip.HopLimit == 255 || !ip.Destination.IsMulticast) && ip.Source.IsLinkLocal && payload.Length <= RoomForUpdate)
        {
            _received!.Add(ifIndex, ip.Source, payload);
        }

        Wakeup();
        return true;
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (Admits(SitePartKind.DaemonTimer, Number))
        {
            Wakeup();
        }
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (!_running)
        {
            return false;
        }

        if (_sendCursor >= 0)
        {
            SendNext();
            Rearm();
            return true;
        }

        for (int i = 0; i < _ifs.Length; i++)
        {
            ref RipngIf r = ref _ifs[i];
            if (r.Used && r.WakeupDue <= now)
            {
                r.WakeupDue = VirtualTime.Never;
                if (r.Up && r.HasLinkLocal)
                {
                    Wakeup(ref r);
                }

                ChangedOwnSendsOnly();

                Rearm();
                return true;
            }
        }

        if (_updateDue <= now)
        {
            _updateDue = NextUpdate(now);
            _triggered = false;
            _sendCursor = 0;
            Rearm();
            Quiet.Steady();
            return true;
        }

        if (_triggeredDue <= now)
        {
            _triggeredDue = VirtualTime.Never;
            _triggered = true;
            _sendCursor = 0;
            Rearm();
            Quiet.Steady();
            return true;
        }

        if (_requests.Count > 0)
        {
            Answer(_requests.Take());
            ChangedOwnSendsOnly();
            return true;
        }

        if (_inbox.Count > 0)
        {
            Handle(_inbox.Take(), now);
            Rearm();
            return true;
        }

        if (_table is { } table && Route(table, now))
        {
            Rearm();
            return true;
        }

        return false;
    }

    // One step of what routes need: a timer, a response that has arrived, a route for zebra.
    private bool Route(RipngTable table, VirtualTime now)
    {
        if (table.NextDue <= now)
        {
            table.Timers(now);
            Trigger(table, now);
            return true;
        }

        if (_received!.Count > 0)
        {
            Span<byte> payload = stackalloc byte[RoomForUpdate];
            int bytes = _received.Take(payload, out ushort index, out Ipv6Address from);
            table.Receive(index, from, payload[..bytes], now);
            Trigger(table, now);
            return true;
        }

        if (!IsServed(ref _served, out bool anew))
        {
            return false;
        }

        if (anew)
        {
            table.TellAgain();
        }

        if (!table.NextRoute(out RipngEntry e))
        {
            return false;
        }

        Machine.Zserv!.Route(new ZebraRoute
        {
            Command = ZebraRoute.Telling(e.News), Process = (byte)Number, Family = BsdKernel.AfInet6, Prefix = e.Prefix, PrefixLength = e.PrefixLength, NextHop = e.NextHop, Index = e.Index,
        });
        return true;
    }

    // 2.5.1: a triggered update, one to five seconds after what it is for.
    private void Trigger(RipngTable table, VirtualTime now)
    {
        if (_triggeredDue.IsNever && table.HasChanged)
        {
            _triggeredDue = now + _random.Draw(TimeRange.Seconds(1, 5));
        }
    }

    private VirtualTime NextUpdate(VirtualTime now) =>
        now + _random.Draw(new TimeRange(options.Update - options.UpdateJitter, options.Update + options.UpdateJitter));

    private void Rearm()
    {
        VirtualTime next = VirtualTime.Min(VirtualTime.Min(_updateDue, _triggeredDue), _table?.NextDue ?? VirtualTime.Never);
        foreach (ref readonly RipngIf r in _ifs.AsSpan())
        {
            if (r.Used && r.WakeupDue < next)
            {
                next = r.WakeupDue;
            }
        }

        Arm(NextTimer, next);
    }

    // Its socket's cached route and its memberships of IPv6 decide how its own updates go, and no Hello of OSPF.
    private void ChangedOwnSendsOnly()
    {
        Quiet.Forget(Number);
        Quiet.Steady();
    }

    // 1 s after an enable: join ff02::9 by index (EADDRINUSE tolerated), then a Request for the whole table.
    private void Wakeup(ref RipngIf r)
    {
        Errno e = Kernel.Ipv6JoinGroup(_socket, Ipv6Address.AllRipRouters, r.Index);
        Say("IPV6_JOIN_GROUP ff02::9", e);
        if (e != Errno.None && e != Errno.EADDRINUSE)
        {
            return;
        }

        r.Running = true;
        Span<byte> packet = stackalloc byte[RipngMessage.HeaderLength + RipngMessage.RouteLength];
        int n = RipngMessage.WriteWholeTableRequest(packet);
        Say("multicast Request", Kernel.SendUdp6(_socket, Ipv6Address.AllRipRouters, RipngMessage.Port, r.Index, packet[..n]));
    }

    // As SendNext, in as many messages as the table needs.
    private void SendNextRoutes(RipngTable table)
    {
        Span<byte> packet = stackalloc byte[RoomForUpdate];
        for (; _sendCursor < _ifs.Length; _sendCursor++, _row = 0)
        {
            ref RipngIf r = ref _ifs[_sendCursor];
            if (r.Used && r.Running && r.Up && table.Write(packet, r.Index, _triggered, ref _row) is > 0 and int n)
            {
                Say(_triggered ? "triggered update" : "regular update", Kernel.SendUdp6(_socket, Ipv6Address.AllRipRouters, RipngMessage.Port, r.Index, packet[..n]));
                return;
            }
        }

        (_sendCursor, _row) = (-1, 0);
        table.Updated();
    }

    private void SendNext()
    {
        if (_table is { } table)
        {
            SendNextRoutes(table);
            return;
        }

        while (_sendCursor < _ifs.Length)
        {
            ref RipngIf r = ref _ifs[_sendCursor++];
            if (r.Used && r.Running && r.Up)
            {
                Span<byte> packet = stackalloc byte[RipngMessage.HeaderLength + (2 * RipngMessage.RouteLength)];
                int n = WriteTable(packet);
                long frames = Quiet.FramesSent;
                bool steady = Kernel.Pcbs[_socket].Route < 0;
                Errno e = Kernel.SendUdp6(_socket, Ipv6Address.AllRipRouters, RipngMessage.Port, r.Index, packet[..n]);
                Say(_triggered ? "triggered update" : "regular update", e);
                if (steady && e == Errno.None)
                {
                    // Without a cached route a multicast send leaves nothing behind in the kernel.
                    Quiet.Steady();
                    Quiet.Remember(Number, _sendCursor - 1, RepeatedKind.Update, r.Index, frames);
                }
                else
                {
                    ChangedOwnSendsOnly();
                }

                return;
            }
        }

        _sendCursor = -1;
        Quiet.Steady();
    }

    /// <summary>Sends the regular update that is due as the last one was sent, if nothing has changed since.</summary>
    public override bool Again(int which, VirtualTime now)
    {
        if (!_running || _table is not null || _sendCursor >= 0 || _updateDue > now || _triggeredDue <= now)
        {
            return false;
        }

        for (int i = 0; i < _ifs.Length; i++)
        {
            ref readonly RipngIf r = ref _ifs[i];
            if (r.Used && (r.WakeupDue <= now || (r.Running && r.Up && !Quiet.Remembers(Number, i))))
            {
                return false;
            }
        }

        _updateDue = NextUpdate(now);
        _triggered = false;
        for (int i = 0; i < _ifs.Length; i++)
        {
            if (_ifs[i].Used && _ifs[i].Running && _ifs[i].Up)
            {
                Quiet.SendAgain(Number, i, 0);
                Say("regular update", Errno.None);
            }
        }

        Rearm();
        return true;
    }

    private int WriteTable(Span<byte> packet) => RipngMessage.Write(
        packet, RipngMessage.Response,
        [new RipngRoute(Network, 0, 64, 1), new RipngRoute(new Ipv6Address(0x20010DB8FFFF0000, 0), 0, 64, 2)]);

    private void Answer(in Asked a)
    {
        if (_table is { } table)
        {
            Span<byte> message = stackalloc byte[RoomForUpdate];
            for (int row = 0; table.Write(message, a.Index, onlyChanged: false, ref row) is > 0 and int length;)
            {
                Say("unicast answer", Kernel.SendUdp6(_socket, a.From, RipngMessage.Port, a.Index, message[..length]));
            }

            Machine.Probe(Probe.RipngAnswerCached);
            return;
        }

        Span<byte> packet = stackalloc byte[RipngMessage.HeaderLength + (2 * RipngMessage.RouteLength)];
        int n = WriteTable(packet);
        Errno e = Kernel.SendUdp6(_socket, a.From, RipngMessage.Port, a.Index, packet[..n]);
        Machine.Probe(Probe.RipngAnswerCached);
        Say("unicast answer", e);
    }

    private void Handle(in ZebraMessage m, VirtualTime now)
    {
        Say("handles", m.Command, m.Index);
        ref RipngIf r = ref If(m.Index, m.Unit);
        switch (m.Command)
        {
            case ZebraCommand.InterfaceAdd:
                r = new RipngIf { Index = m.Index, Unit = m.Unit, Used = true, Up = m.Up, WakeupDue = VirtualTime.Never };
                break;
            case ZebraCommand.InterfaceUp:
                r.Up = true;
                Enable(ref r, now);
                break;
            case ZebraCommand.Address6Add:
                r.HasLinkLocal = true;
                Enable(ref r, now);
                break;
            case ZebraCommand.AddressAdd:
                Enable(ref r, now);
                break;
            case ZebraCommand.Address6Delete:
                r.HasLinkLocal = false;
                break;
            case ZebraCommand.InterfaceDown:
                r.Up = false;
                _table?.InterfaceDown(m.Index, now);
                if (r.Running)
                {
                    // Routes are poisoned and a triggered update follows at once on the other interfaces; the leave is skipped because the interface is down.
                    r.Running = false;
                    _triggeredDue = now;
                }

                break;
            case ZebraCommand.InterfaceDelete:
                r = default;
                break;
        }
    }

    private static void Enable(ref RipngIf r, VirtualTime now)
    {
        if (r.Up && r.HasLinkLocal && !r.Running)
        {
            r.WakeupDue = now + VirtualTime.FromSeconds(1);
        }
    }

    private ref RipngIf If(ushort index, short unit) => ref _ifs.Of(index, new RipngIf { Index = index, Unit = unit, Used = true, WakeupDue = VirtualTime.Never });

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _inbox.Fields(ref pass);
        _requests.Fields(ref pass);
        _ifs.Fields(ref pass);
        pass.Field(ref _socket, initial: -1);
        pass.Field(ref _running);
        pass.Struct(ref _updateDue);
        pass.Struct(ref _triggeredDue);
        pass.Field(ref _sendCursor, initial: -1);
        pass.Field(ref _triggered);
        pass.Struct(ref _random);
        if (_table is not null)
        {
            _table.Fields(ref pass);
            _received!.Fields(ref pass);
            pass.Field(ref _row);
            pass.Field(ref _served);
        }
    }
}
