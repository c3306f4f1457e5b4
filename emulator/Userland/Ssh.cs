using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// sshd and ssh, as far as their sockets go: sshd accepts who comes and sends back what it reads; somebody logs in to the other end of a line, types now and then, and logs in again when the connection has
/// ended. No other program of the machine has TCP sockets.
/// </summary>
public sealed class Ssh : Process
{
    /// <summary>Timers: the next login, and what is typed next.</summary>
    public const int Timers = 2;

    private const int Login = 0, Typing = 1;
    private const ushort Port = 22;
    private readonly SshOptions _options;
    private RandomStream _random;
    private int _listens4 = -1, _listens6 = -1, _session = -1;
    private int _lastUnit = -1;
    private bool _wantsLogin, _types, _typesNow;

    /// <summary>Programs that have not started.</summary>
    /// <param name="entry">Their entry in the table.</param>
    /// <param name="options">Who listens, and who logs in.</param>
    public Ssh(ProcessEntry entry, SshOptions options)
        : base(entry) => _options = options;

    private bool LogsIn => _options.Login.Max > VirtualTime.Zero;

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _random = random;
        if (_options.Listens)
        {
            _listens4 = Kernel.TcpListen(inet6: false, Port, keepAlive: true);
            _listens6 = Kernel.TcpListen(inet6: true, Port, keepAlive: true);
        }

        if (LogsIn)
        {
            Arm(Login, now + _random.Draw(_options.Login));
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _listens4 = _listens6 = _session = _lastUnit = -1;
        _wantsLogin = _types = _typesNow = false;
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        _wantsLogin |= which == Login;
        _typesNow |= which == Typing;
        Wakeup();
    }

    /// <inheritdoc/>
    public override void TcpReady(int socket) => Wakeup();

    /// <inheritdoc/>
    public override bool Step(VirtualTime now) => Accepts() || Serves() || LooksAtSession(now) || LogsInNow(now);

    private bool Accepts()
    {
        int s = _listens4 < 0 ? -1 : Kernel.TcpAccept(_listens4);
        s = s < 0 && _listens6 >= 0 ? Kernel.TcpAccept(_listens6) : s;
        if (s >= 0)
        {
            Say("sshd: accept");
        }

        return s >= 0;
    }

    // sshd's children: what is read goes back; at the end of it, or where the connection is over, the socket is closed.
    private bool Serves()
    {
        foreach (ref readonly TcpCb tp in Kernel.TcpCbs)
        {
            int s = tp.Pcb;
            if (!tp.Used || tp.NoFdRef || tp.Head >= 0 || tp.State == TcpState.Listen || s == _session)
            {
                continue;
            }

            if (tp.RcvCc > 0)
            {
                Say("sshd: write", Kernel.TcpWrite(s, Kernel.TcpRead(s)));
                return true;
            }

            if (tp.State is TcpState.Closed or TcpState.CloseWait)
            {
                Say("sshd: the session is over", tp.Error);
                Kernel.CloseSocket(s, exiting: true);
                return true;
            }
        }

        return false;
    }

    private bool LooksAtSession(VirtualTime now)
    {
        if (_session < 0)
        {
            return false;
        }

        TcpCb tp = Kernel.TcpCbOf(_session);
        if (tp.RcvCc > 0)
        {
            Kernel.TcpRead(_session);
            return true;
        }

        if (tp.State is TcpState.Closed or TcpState.CloseWait)
        {
            Say("ssh: the connection is over", tp.Error);
            Kernel.CloseSocket(_session, exiting: true);
            _session = -1;
            _types = _typesNow = false;
            Arm(Typing, VirtualTime.Never);
            Arm(Login, now + _random.Draw(_options.Login));
            return true;
        }

        if (tp.State == TcpState.Established && !_types)
        {
            _types = _typesNow = true; // each end says its version at once
        }

        if (!_typesNow)
        {
            return false;
        }

        _typesNow = false;
        Arm(Typing, now + _random.Draw(_options.Typing));
        Say("ssh: write", Kernel.TcpWrite(_session, _options.TypedBytes));
        return true;
    }

    // To the other end of the next unit that is up; in a while where there is none.
    private bool LogsInNow(VirtualTime now)
    {
        if (!_wantsLogin || _session >= 0)
        {
            return false;
        }

        _wantsLogin = false;
        Ipv6Address peer = NextPeer();
        if (peer.IsAny)
        {
            Arm(Login, now + _random.Draw(_options.Login));
            return true;
        }

        Errno error = Kernel.TcpConnect(_options.Family == SshFamily.Ipv6, peer, Port, keepAlive: true, out _session);
        Say("ssh: connect", error);
        if (_session < 0)
        {
            Arm(Login, now + _random.Draw(_options.Login));
        }

        return true;
    }

    private Ipv6Address NextPeer()
    {
        ReadOnlySpan<Ifnet> ifs = Kernel.Interfaces;
        for (int n = 1; n <= ifs.Length; n++)
        {
            int slot = (Math.Max(_lastUnit, 0) + n) % ifs.Length;
            ref readonly Ifnet ifp = ref ifs[slot];
            if (ifp.Attached && ifp.Line >= 0 && (ifp.Flags & Iff.Up) != 0 && PeerOf(ifp.Address) is { IsAny: false } peer)
            {
                _lastUnit = slot;
                return peer;
            }
        }

        return default;
    }

    // The far end of a unit's address: of IPv6 with the unit's index in it, of IPv4 in the low 32 bits.
    private Ipv6Address PeerOf(uint address)
    {
        if (_options.Family == SshFamily.Ipv4)
        {
            foreach (ref readonly InIfaddr a in Kernel.InetAddresses)
            {
                if (a.Used && a.Ifp.Address == address && !a.Destination.IsAny)
                {
                    return new Ipv6Address(0, a.Destination.Value);
                }
            }

            return default;
        }

        foreach (ref readonly var a in Kernel.Inet6Addresses)
        {
            if (a.Used && a.Ifp.Address == address && a.Destination.IsLinkLocal)
            {
                return a.Destination;
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Field(ref _listens4, initial: -1);
        pass.Field(ref _listens6, initial: -1);
        pass.Field(ref _session, initial: -1);
        pass.Field(ref _lastUnit, initial: -1);
        pass.Field(ref _wantsLogin);
        pass.Field(ref _types);
        pass.Field(ref _typesNow);
        pass.Struct(ref _random);
    }
}
