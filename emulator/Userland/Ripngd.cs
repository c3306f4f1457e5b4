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
            return true;
        }

        if (_requests.Count > 0)
        {
            Answer(_requests.Take());
            return true;
        }

        if (_inbox.Count > 0)
        {
            Handle(_inbox.Take(), now);
            Rearm();
            return true;
        }

        return false;
    }

    private VirtualTime NextUpdate(VirtualTime now) =>
        now + _random.Draw(new TimeRange(options.Update - options.UpdateJitter, options.Update + options.UpdateJitter));

    private void Rearm()
    {
        VirtualTime next = _updateDue < _triggeredDue ? _updateDue : _triggeredDue;
        foreach (ref readonly RipngIf r in _ifs.AsSpan())
        {
            if (r.Used && r.WakeupDue < next)
            {
                next = r.WakeupDue;
            }
        }

        Arm(NextTimer, next);
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

    private void SendNext()
    {
        while (_sendCursor < _ifs.Length)
        {
            ref RipngIf r = ref _ifs[_sendCursor++];
            if (r.Used && r.Running && r.Up)
            {
                Span<byte> packet = stackalloc byte[RipngMessage.HeaderLength + (2 * RipngMessage.RouteLength)];
                int n = WriteTable(packet);
                long frames = Quiet.FramesSent;
                bool steady = !_triggered && Kernel.Pcbs[_socket].Route < 0;
                Errno e = Kernel.SendUdp6(_socket, Ipv6Address.AllRipRouters, RipngMessage.Port, r.Index, packet[..n]);
                Say(_triggered ? "triggered update" : "regular update", e);
                if (steady && e == Errno.None)
                {
                    // Without a cached route a multicast send leaves nothing behind in the kernel.
                    Quiet.Steady();
                    Quiet.Remember(Number, _sendCursor - 1, RepeatedKind.Update, r.Index, frames);
                }

                return;
            }
        }

        _sendCursor = -1;
        if (!_triggered)
        {
            Quiet.Steady();
        }
    }

    /// <summary>Sends the regular update that is due as the last one was sent, if nothing has changed since.</summary>
    public override bool Again(int which, VirtualTime now)
    {
        if (!_running || _sendCursor >= 0 || _updateDue > now || _triggeredDue <= now)
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
        [new RipngRoute(new Ipv6Address(0x20010DB800000000 | ((ulong)(uint)Machine.Number << 16), 0), 0, 64, 1), new RipngRoute(new Ipv6Address(0x20010DB8FFFF0000, 0), 0, 64, 2)]);

    private void Answer(in Asked a)
    {
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
    }
}
