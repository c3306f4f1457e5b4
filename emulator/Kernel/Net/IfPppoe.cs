// Modelled from NetBSD sys/net/if_pppoe.c (2.0 branch): pppoe_connect, pppoe_timeout, pppoe_disc_input, pppoe_tlf, pppoe_disconnect, pppoe_clear_softc, pppoe_output, pppoe_send_padi, _padr, _padt.
// With it if_spppsubr.c's sppp_keepalive for these sessions. Two things differ. Of LCP there is only the echo: a session is up at its PADS, and ends when the interface is set down.
// And a PADT is looked up by its session, as later revisions do: 2.0's looks for the Host-Uniq of a discovery that is under way, so that the keepalive has to notice half a minute later.
using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // PPPOE_DISC_TIMEOUT, PPPOE_SLOW_RETRY and the hz / 50 of pppoe_tlf, in ticks of 200 ms: the last is the next tick.
    private const int PppoeDiscTicks = 25, PppoeSlowRetryTicks = 300, PppoeTlfTicks = 1;
    // sppp_keepalive comes each ten seconds, and closes after MAXALIVECNT requests without an answer.
    private const int PppoeKeepaliveTicks = 50, MaxAliveCount = 3;
    private const int PppoeDiscMaxPadi = 4, PppoeDiscMaxPadr = 2;
    private const int MaxCookie = 16;
    private const ulong PppoeLinkAddress = 0x0250_0000_0000;
    private Table<PppoeSoftc> _pppoes = new();

    [KernelState]
    private void IfPppoeFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _pppoes.Fields(ref pass);
    }

    /// <summary>Sessions of PPP over Ethernet that come up by discovery.</summary>
    public ReadOnlySpan<PppoeSoftc> PppoeSoftcs => _pppoes.AsSpan();

    /// <summary>A callout of such a session is set.</summary>
    public bool PppoeTimersRun => PppoeQuietTicks() != int.MaxValue;

    // The softc of a session that discovers, or -1.
    private int PppoeOf(int slot)
    {
        for (int i = 0; i < _pppoes.Length; i++)
        {
            if (_pppoes[i].Used && _pppoes[i].Slot == slot)
            {
                return i;
            }
        }

        return -1;
    }

    private void PppoeSetParms(int slot)
    {
        if (PppoeOf(slot) < 0)
        {
            _pppoes.Put(new PppoeSoftc { Slot = (short)slot, Destination = EthernetHeader.Broadcast, Used = true });
        }
    }

    // pppoe_clone_destroy: callout_stop, and the softc is off the list.
    private void PppoeStop(int slot)
    {
        if (PppoeOf(slot) is >= 0 and int i)
        {
            _pppoes[i].Used = false;
        }
    }

    // pppoe_ioctl, SIOCSIFFLAGS: up is pppoe_tls; down stops discovery, and ends a session by pppoe_tlf.
    private void PppoeFlags(int slot, bool up)
    {
        if (PppoeOf(slot) is not (>= 0 and int i))
        {
            return;
        }

        ref PppoeSoftc sc = ref _pppoes[i];
        if (up && sc.State == PppoeState.Initial)
        {
            PppoeConnect(ref sc);
        }
        else if (!up && sc.State is PppoeState.PadiSent or PppoeState.PadrSent)
        {
            sc.PadiRetried = sc.PadrRetried = 0;
            PppoeInitial(ref sc);
        }
        else if (!up && sc.State == PppoeState.Session)
        {
            sc.State = PppoeState.Closing;
            PppoeCallout(ref sc, PppoeTlfTicks);
        }
    }

    private void PppoeConnect(ref PppoeSoftc sc)
    {
        sc.State = PppoeState.PadiSent;
        sc.PadrRetried = 0;
        PppoeSend(ref sc, PppoeCode.Initiation);
        PppoeCallout(ref sc, PppoeDiscTicks);
    }

    private void PppoeCallout(ref PppoeSoftc sc, int ticks)
    {
        sc.Ticks = (ushort)ticks;
        _host.FastTimerWanted();
    }

    private static void PppoeInitial(ref PppoeSoftc sc)
    {
        sc.Ticks = 0;
        sc.State = PppoeState.Initial;
        sc.Destination = EthernetHeader.Broadcast;
        sc.CookieLength = 0;
        sc.Session = 0;
    }

    // pppoe_clear_softc; pp_down is sppp_lcp_down's if_down of an interface that is no dial-on-demand one.
    private void PppoeClear(int slot)
    {
        if (PppoeOf(slot) is not (>= 0 and int i))
        {
            return;
        }

        PppoeInitial(ref _pppoes[i]);
        if ((_ifs[slot].Flags & Iff.Up) != 0)
        {
            IfDown(slot);
        }

        _host.PppoeWentDown(slot);
    }

    /// <summary>A tick of 200 ms: pppoe_timeout of each session whose callout runs out.</summary>
    public void PppoeTimo()
    {
        for (int i = 0; i < _pppoes.Length; i++)
        {
            if (_pppoes[i].Used && _pppoes[i].Ticks > 0 && --_pppoes[i].Ticks == 0)
            {
                PppoeTimeout(ref _pppoes[i]);
            }
        }
    }

    // After the first PADI others 5, 5, 10 and 15 s apart, then one a minute for ever: IFF_LINK1 is not set. As in the original, a session does not reset the count.
    private void PppoeTimeout(ref PppoeSoftc sc)
    {
        using Frame frame = Enter(KernelFunction.PppoeTimeout);
        switch (sc.State)
        {
            case PppoeState.PadiSent:
                int wait = PppoeDiscTicks * (1 + sc.PadiRetried);
                sc.PadiRetried++;
                if (sc.PadiRetried >= PppoeDiscMaxPadi)
                {
                    wait = PppoeSlowRetryTicks;
                }

                if (PppoeSend(ref sc, PppoeCode.Initiation) != Errno.None || sc.PadiRetried == byte.MaxValue)
                {
                    sc.PadiRetried--;
                }

                PppoeCallout(ref sc, wait);
                break;
            case PppoeState.PadrSent:
                sc.PadrRetried++;
                if (sc.PadrRetried >= PppoeDiscMaxPadr)
                {
                    sc.Destination = EthernetHeader.Broadcast;
                    sc.State = PppoeState.PadiSent;
                    sc.PadrRetried = 0;
                    PppoeSend(ref sc, PppoeCode.Initiation);
                    PppoeCallout(ref sc, PppoeDiscTicks * (1 + sc.PadiRetried));
                    break;
                }

                if (PppoeSend(ref sc, PppoeCode.Request) != Errno.None)
                {
                    sc.PadrRetried--;
                }

                PppoeCallout(ref sc, PppoeDiscTicks * (1 + sc.PadrRetried));
                break;
            case PppoeState.Session:
                SpppKeepalive(ref sc);
                break;
            case PppoeState.Closing:
                PppoeSendPadt(ref sc);
                PppoeClear(sc.Slot);
                break;
        }
    }

    // sppp_keepalive: an LCP Echo-Request; where none was answered, if_down and pppoe_tlf.
    private void SpppKeepalive(ref PppoeSoftc sc)
    {
        using Frame frame = Enter(KernelFunction.SpppKeepalive);
        if (sc.AliveCount == MaxAliveCount)
        {
            sc.AliveCount = 0;
            IfDown(sc.Slot);
            sc.State = PppoeState.Closing;
            PppoeCallout(ref sc, PppoeTlfTicks);
            return;
        }

        sc.AliveCount++;
        Span<byte> request = stackalloc byte[LcpPacket.ProtocolLength + LcpPacket.HeaderLength + sizeof(uint)];
        ReadOnlySpan<byte> magic = stackalloc byte[sizeof(uint)];
        LcpPacket.Write(request, PppProtocol.Lcp, LcpCode.EchoRequest, sc.AliveCount, magic); // no magic number was negotiated
        PppoeStart(PppoeOf(sc.Slot), PppProtocol.Lcp, request[LcpPacket.ProtocolLength..]);
        PppoeCallout(ref sc, PppoeKeepaliveTicks);
    }

    // How many ticks only count down, or int.MaxValue.
    private int PppoeQuietTicks()
    {
        int least = int.MaxValue;
        foreach (ref readonly PppoeSoftc sc in _pppoes.AsSpan())
        {
            least = sc.Used && sc.Ticks > 0 ? Math.Min(least, sc.Ticks) : least;
        }

        return least;
    }

    private void PppoeCountDown(int ticks)
    {
        foreach (ref PppoeSoftc sc in _pppoes.AsSpan())
        {
            if (sc.Used && sc.Ticks > 0)
            {
                sc.Ticks -= (ushort)ticks;
            }
        }
    }

    // Host-Uniq is the softc's address as the machine stores it: little-endian.
    private int HostUniq(int slot, Span<byte> bytes)
    {
        int length = _options.Abi == Abi.Ilp32 ? sizeof(uint) : sizeof(ulong);
        bytes[..length].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, _ifs[slot].Address);
        return length;
    }

    // pppoe_send_padi, pppoe_send_padr: any service of any concentrator.
    private Errno PppoeSend(ref PppoeSoftc sc, PppoeCode code)
    {
        Span<byte> frame = stackalloc byte[EthernetHeader.MinFrame + MaxCookie], value = stackalloc byte[MaxCookie];
        frame.Clear();
        Span<byte> tags = frame[(EthernetHeader.Length + PppoePacket.Length)..];
        int length = PppoePacket.WriteTag(tags, PppoeTag.ServiceName, []);
        if (code == PppoeCode.Request && sc.CookieLength > 0)
        {
            BinaryPrimitives.WriteUInt64BigEndian(value, sc.CookieHead);
            BinaryPrimitives.WriteUInt64BigEndian(value[sizeof(ulong)..], sc.CookieTail);
            length += PppoePacket.WriteTag(tags[length..], PppoeTag.AcCookie, value[..sc.CookieLength]);
        }

        length += PppoePacket.WriteTag(tags[length..], PppoeTag.HostUniq, value[..HostUniq(sc.Slot, value)]);
        new PppoePacket(code, 0, (ushort)length).Write(frame[EthernetHeader.Length..]);
        return PppoeOutput(ref sc, EtherType.PppoeDiscovery, frame[..Math.Max(EthernetHeader.MinFrame, EthernetHeader.Length + PppoePacket.Length + length)]);
    }

    // sppp_output and pppoe_start: before the session is there, packets are dropped.
    private Errno PppoeStart(int i, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        ref PppoeSoftc sc = ref _pppoes[i];
        if (sc.State != PppoeState.Session)
        {
            return Errno.ENETDOWN;
        }

        const int Headers = EthernetHeader.Length + PppoePacket.Length + LcpPacket.ProtocolLength;
        Span<byte> frame = stackalloc byte[Math.Max(EthernetHeader.MinFrame, Headers + packet.Length)];
        frame.Clear();
        new PppoePacket(PppoeCode.Session, sc.Session, (ushort)(LcpPacket.ProtocolLength + packet.Length)).Write(frame[EthernetHeader.Length..]);
        BinaryPrimitives.WriteUInt16BigEndian(frame[(Headers - LcpPacket.ProtocolLength)..], (ushort)protocol);
        packet.CopyTo(frame[Headers..]);
        return PppoeOutput(ref sc, EtherType.PppoeSession, frame);
    }

    // pppoe_output asks whether the Ethernet is up before it calls its if_output.
    private Errno PppoeOutput(ref PppoeSoftc sc, EtherType type, Span<byte> frame)
    {
        using Frame entered = Enter(KernelFunction.PppoeOutput);
        IfnetPtr p = _cloned[ClonedOf(sc.Slot)].Parent;
        if (p.IsNull)
        {
            return Errno.ENETDOWN;
        }

        int parent = Use(p, HolderKind.PppoeEthIfp, UseSite.PppoeOutput);
        if (parent == Dangling)
        {
            return ((Iff)ReadWord(p, KernelWord.IfFlags) & (Iff.Up | Iff.Running)) == (Iff.Up | Iff.Running) ? StaleOutput(p, HolderKind.PppoeEthIfp, UseSite.PppoeOutput) : Errno.ENETDOWN;
        }

        return PppoeLeave(parent, sc.Destination, type, frame);
    }

    // pppoe_send_padt asks nothing: it calls if_output.
    private void PppoeSendPadt(ref PppoeSoftc sc)
    {
        using Frame entered = Enter(KernelFunction.PppoeSendPadt);
        IfnetPtr p = _cloned[ClonedOf(sc.Slot)].Parent;
        if (p.IsNull)
        {
            return;
        }

        int parent = Use(p, HolderKind.PppoeEthIfp, UseSite.PppoeSendPadt);
        if (parent == Dangling)
        {
            StaleOutput(p, HolderKind.PppoeEthIfp, UseSite.PppoeSendPadt);
            return;
        }

        Span<byte> frame = stackalloc byte[EthernetHeader.MinFrame];
        frame.Clear();
        new PppoePacket(PppoeCode.Terminate, sc.Session, 0).Write(frame[EthernetHeader.Length..]);
        PppoeLeave(parent, sc.Destination, EtherType.PppoeDiscovery, frame);
    }

    // ether_output of AF_UNSPEC. A station's frame goes to its segment, where nothing answers.
    private Errno PppoeLeave(int parent, ulong destination, EtherType type, Span<byte> frame)
    {
        if (parent < 0 || !IsEthernet(parent) || !IsRunning(parent))
        {
            return Errno.ENETDOWN;
        }

        new EthernetHeader(destination, parent == _station ? StationAddress : PppoeAddressOf(_ifs[parent].Unit), type).Write(frame);
        if (parent == _station)
        {
            _host.EtherOutput(frame);
        }
        else
        {
            _host.PppoeOutput(_ifs[parent].Unit < 0 ? (short)-1 : _ifs[parent].Unit, frame);
        }

        return Errno.None;
    }

    // An Ethernet on no segment shares its wire only with a concentrator: any address will do.
    private static ulong PppoeAddressOf(short unit) => PppoeLinkAddress | (uint)Math.Max(0, unit + 1);

    /// <summary>A frame of discovery or of a session arrives at an Ethernet that is at no segment (pppoe_disc_input, pppoe_data_input). One that is not there, or not up, hears nothing.</summary>
    /// <param name="unit">The Ethernet's unit; -1 for the Ethernet of boot.</param>
    /// <param name="frame">From Ethernet's header on, without FCS.</param>
    public void PppoeInput(short unit, ReadOnlySpan<byte> frame)
    {
        int rcvif = -1;
        for (int slot = 0; slot < _ifs.Length; slot++)
        {
            rcvif = _ifs[slot].Attached && slot != _station && (unit < 0 ? _ifs[slot].Unit < 0 && IsEthernet(slot) : _ifs[slot].Unit == unit) ? slot : rcvif;
        }

        if (rcvif < 0 || !IsRunning(rcvif) || EthernetHeader.TryParse(frame, out EthernetHeader header) != WireError.None || header.Type is not (EtherType.PppoeDiscovery or EtherType.PppoeSession)
            || PppoePacket.TryParse(frame[EthernetHeader.Length..], out PppoePacket packet) != WireError.None)
        {
            return;
        }

        using Frame entered = Enter(KernelFunction.PppoeDiscInput);
        ReadOnlySpan<byte> tags = packet.Payload(frame[EthernetHeader.Length..]);
        if (packet.Code is PppoeCode.Terminate or PppoeCode.Session)
        {
            if (PppoeBySession(packet.SessionId, rcvif) is not (>= 0 and int session))
            {
                return;
            }

            if (packet.Code == PppoeCode.Terminate)
            {
                PppoeClear(_pppoes[session].Slot);
            }
            else if (LcpPacket.TryParseLcp(tags, out LcpPacket lcp, out _) && lcp.Code == LcpCode.EchoReply)
            {
                _pppoes[session].AliveCount = 0;
            }

            return;
        }

        if (HasError(tags) || PppoeByHostUniq(tags, rcvif) is not (>= 0 and int i))
        {
            return;
        }

        ref PppoeSoftc sc = ref _pppoes[i];
        if (packet.Code == PppoeCode.Offer && sc.State == PppoeState.PadiSent)
        {
            if (PppoePacket.TryTag(tags, PppoeTag.AcCookie, out ReadOnlySpan<byte> cookie))
            {
                if (cookie.Length > MaxCookie)
                {
                    return; // this program's limit: the original's is its memory
                }

                Span<byte> room = stackalloc byte[MaxCookie];
                room.Clear();
                cookie.CopyTo(room);
                sc.CookieLength = (byte)cookie.Length;
                sc.CookieHead = BinaryPrimitives.ReadUInt64BigEndian(room);
                sc.CookieTail = BinaryPrimitives.ReadUInt64BigEndian(room[sizeof(ulong)..]);
            }

            sc.Destination = header.Source;
            sc.PadrRetried = 0;
            sc.State = PppoeState.PadrSent;
            PppoeSend(ref sc, PppoeCode.Request);
            PppoeCallout(ref sc, PppoeDiscTicks);
        }
        else if (packet.Code == PppoeCode.SessionConfirmation)
        {
            sc.Session = packet.SessionId;
            sc.State = PppoeState.Session;
            sc.AliveCount = 0;
            PppoeCallout(ref sc, PppoeKeepaliveTicks);
        }
    }

    // pppoe_find_softc_by_session.
    private int PppoeBySession(ushort session, int rcvif)
    {
        for (int i = 0; i < _pppoes.Length; i++)
        {
            ref readonly PppoeSoftc sc = ref _pppoes[i];
            if (sc.Used && sc.State == PppoeState.Session && session != 0 && sc.Session == session && _cloned[ClonedOf(sc.Slot)].Parent.Address == _ifs[rcvif].Address)
            {
                return i;
            }
        }

        return -1;
    }

    private static bool HasError(ReadOnlySpan<byte> tags) =>
        PppoePacket.TryTag(tags, PppoeTag.ServiceNameError, out _) || PppoePacket.TryTag(tags, PppoeTag.AcSystemError, out _) || PppoePacket.TryTag(tags, PppoeTag.GenericError, out _);

    // pppoe_find_softc_by_hunique: of a discovery that is under way, on the interface that the packet came from. Only the address counts, whichever session had it when the request was sent.
    private int PppoeByHostUniq(ReadOnlySpan<byte> tags, int rcvif)
    {
        if (!PppoePacket.TryTag(tags, PppoeTag.HostUniq, out ReadOnlySpan<byte> asked))
        {
            return -1;
        }

        Span<byte> ours = stackalloc byte[sizeof(ulong)];
        for (int i = 0; i < _pppoes.Length; i++)
        {
            ref readonly PppoeSoftc sc = ref _pppoes[i];
            if (sc.Used && sc.State is PppoeState.PadiSent or PppoeState.PadrSent && asked.SequenceEqual(ours[..HostUniq(sc.Slot, ours)])
                && _cloned[ClonedOf(sc.Slot)].Parent.Address == _ifs[rcvif].Address)
            {
                return i;
            }
        }

        return -1;
    }
}
