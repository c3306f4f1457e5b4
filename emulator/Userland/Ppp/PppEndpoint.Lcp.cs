using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>LCP's options, echo and Protocol-Reject (RFC 1661 sections 5 and 6; pppd lcp.c).</content>
public sealed partial class PppEndpoint
{
    // The longest request is LCP's: MRU, ACCM, authentication, magic, PFC and ACFC make 4 + 6 + 5 + 6 + 2 + 2 bytes.
    private const int MaxRequestLength = 32;

    // At most one Nak for each of 32 option types of at most 10 bytes.
    private const int MaxNakLength = 128;
    private const ushort MinMru = 128;

    // Before a fresh negotiation everything that the options want is asked for again (pppd: lcp_resetci and its like).
    private void WantedAgain(int layer)
    {
        ref Fsm f = ref _s.Layers[layer];
        f.Naks = f.NaksReceived = 0;
        switch (layer)
        {
            case Lcp:
                ref LcpValues v = ref _s.Lcp;
                v = new LcpValues
                {
                    Mru = options.Mru,
                    AskMru = options.AlwaysAskMru || options.Mru != DefaultMru,
                    AsyncMap = options.ReceiveAsyncMap,
                    AskAsyncMap = options.ReceiveAsyncMap != HdlcFraming.DefaultAsyncMap,
                    AskMagic = options.MagicNumber,
                    AskProtocolCompression = options.ProtocolCompression,
                    AskAddressCompression = options.AddressControlCompression,
                    AskAuthentication = Strongest(options.Require),
                    HisMru = v.HisMru == 0 ? DefaultMru : v.HisMru,
                    HisAsyncMap = v.HisAsyncMap,
                    HisAddressCompression = v.HisAddressCompression,
                    HisProtocolCompression = v.HisProtocolCompression,
                    HisAuthentication = v.HisAuthentication,
                };
                break;
            case Ipcp:
                _s.AskAddress = true;
                _s.AskedHisAddress = false;
                _s.Address = options.LocalAddress;
                break;
            default:
                _s.AskIdentifier = true;
                break;
        }
    }

    private void WriteRequest(int layer, ref PppOptionWriter w)
    {
        switch (layer)
        {
            case Lcp:
                ref LcpValues v = ref _s.Lcp;
                if (v.AskMru)
                {
                    w.UInt16((byte)LcpOptionType.MaximumReceiveUnit, v.Mru);
                }

                if (v.AskAsyncMap)
                {
                    w.UInt32((byte)LcpOptionType.AsyncControlCharacterMap, v.AsyncMap);
                }

                if (v.AskAuthentication != PppAuthentication.None)
                {
                    w.Authentication(v.AskAuthentication == PppAuthentication.Pap ? PppProtocol.Pap : PppProtocol.Chap, ChapPacket.Md5Algorithm);
                }

                if (v.AskMagic)
                {
                    w.UInt32((byte)LcpOptionType.MagicNumber, _s.Magic);
                }

                if (v.AskProtocolCompression)
                {
                    w.Flag((byte)LcpOptionType.ProtocolFieldCompression);
                }

                if (v.AskAddressCompression)
                {
                    w.Flag((byte)LcpOptionType.AddressControlFieldCompression);
                }

                break;
            case Ipcp:
                if (_s.AskAddress)
                {
                    w.UInt32((byte)IpcpOptionType.IpAddress, _s.Address.Value);
                }

                break;
            default:
                if (_s.AskIdentifier)
                {
                    w.UInt64((byte)Ipv6cpOptionType.InterfaceIdentifier, _s.Identifier);
                }

                break;
        }
    }

    // A request states the whole wish: what it leaves out has its default.
    private void StartRequest(int layer)
    {
        switch (layer)
        {
            case Lcp:
                ref LcpValues v = ref _s.Lcp;
                v.HisMru = DefaultMru;
                v.HisAsyncMap = HdlcFraming.DefaultAsyncMap;
                v.HisProtocolCompression = v.HisAddressCompression = false;
                v.HisAuthentication = PppAuthentication.None;
                break;
            case Ipcp:
                _s.HisAddress = Ipv4Address.Any;
                break;
            default:
                _s.HisIdentifier = 0;
                break;
        }
    }

    private Verdict JudgeLcp(in PppOption o, ref PppOptionWriter nak)
    {
        ref LcpValues v = ref _s.Lcp;
        switch ((LcpOptionType)o.Type)
        {
            case LcpOptionType.MaximumReceiveUnit when o.TryUInt16(out ushort mru):
                if (mru < MinMru)
                {
                    nak.UInt16(o.Type, MinMru);
                    return Verdict.Nak;
                }

                v.HisMru = mru;
                return Verdict.Accept;
            case LcpOptionType.AsyncControlCharacterMap when o.TryUInt32(out uint map):
                v.HisAsyncMap = map;
                return Verdict.Accept;
            case LcpOptionType.AuthenticationProtocol when o.Data.Length >= 2:
                return JudgeAuthentication(o, ref nak);
            case LcpOptionType.MagicNumber when o.TryUInt32(out uint magic):
                if (magic == 0 || (v.AskMagic && magic == _s.Magic))
                {
                    nak.UInt32(o.Type, DrawMagic());
                    return Verdict.Nak;
                }

                return Verdict.Accept;
            case LcpOptionType.ProtocolFieldCompression when o.Data.IsEmpty:
                v.HisProtocolCompression = true;
                return Verdict.Accept;
            case LcpOptionType.AddressControlFieldCompression when o.Data.IsEmpty:
                v.HisAddressCompression = true;
                return Verdict.Accept;
            default:
                return Verdict.Reject;
        }
    }

    // The peer wants us to authenticate: take its protocol when it is allowed, else offer the strongest that is.
    private Verdict JudgeAuthentication(in PppOption o, ref PppOptionWriter nak)
    {
        if (options.Allow == PppAuthentication.None)
        {
            return Verdict.Reject;
        }

        // pppd lcp.c, lcp_reqci: of two protocols in one request the second is rejected, and so is one whose option has not its length.
        var protocol = (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(o.Data);
        if ((protocol == PppProtocol.Pap && (o.Data.Length != 2 || _s.Lcp.HisAuthentication == PppAuthentication.ChapMd5))
            || (protocol == PppProtocol.Chap && (o.Data.Length != 3 || _s.Lcp.HisAuthentication == PppAuthentication.Pap)))
        {
            return Verdict.Reject;
        }

        PppAuthentication asked = protocol switch
        {
            PppProtocol.Pap => PppAuthentication.Pap,
            PppProtocol.Chap when o.Data[2] == ChapPacket.Md5Algorithm => PppAuthentication.ChapMd5,
            _ => PppAuthentication.None,
        };
        if (asked != PppAuthentication.None && (options.Allow & asked) != 0)
        {
            _s.Lcp.HisAuthentication = asked;
            return Verdict.Accept;
        }

        nak.Authentication(Strongest(options.Allow) == PppAuthentication.Pap ? PppProtocol.Pap : PppProtocol.Chap, ChapPacket.Md5Algorithm);
        return Verdict.Nak;
    }

    private static PppAuthentication Strongest(PppAuthentication set) =>
        (set & PppAuthentication.ChapMd5) != 0 ? PppAuthentication.ChapMd5 : set & PppAuthentication.Pap;

    // The peer refuses or changes one of our options. A reason comes back when we cannot live with that.
    private PppTermination? LcpRefused(in PppOption o, bool reject)
    {
        ref LcpValues v = ref _s.Lcp;
        switch ((LcpOptionType)o.Type)
        {
            case LcpOptionType.MaximumReceiveUnit:
                if (!reject && o.TryUInt16(out ushort mru) && mru >= MinMru && mru < v.Mru)
                {
                    v.Mru = mru;
                }
                else
                {
                    v.AskMru = false;
                }

                break;
            case LcpOptionType.AsyncControlCharacterMap:
                if (!reject && o.TryUInt32(out uint map))
                {
                    v.AsyncMap |= map;
                }
                else
                {
                    v.AskAsyncMap = false;
                }

                break;
            case LcpOptionType.AuthenticationProtocol:
                PppAuthentication rest = options.Require & ~v.AskAuthentication;
                if (!reject && v.AskAuthentication == PppAuthentication.ChapMd5 && (rest & PppAuthentication.Pap) != 0)
                {
                    v.AskAuthentication = PppAuthentication.Pap;
                }
                else if (reject && v.AskAuthentication != PppAuthentication.None)
                {
                    return PppTermination.AuthenticationFailed;
                }

                break;
            case LcpOptionType.MagicNumber:
                if (reject)
                {
                    v.AskMagic = false;
                }
                else if (++v.Loops >= MaxLoops)
                {
                    return PppTermination.LoopbackDetected;
                }
                else
                {
                    _s.Magic = DrawMagic();
                }

                break;
            case LcpOptionType.ProtocolFieldCompression:
                v.AskProtocolCompression = false;
                break;
            case LcpOptionType.AddressControlFieldCompression:
                v.AskAddressCompression = false;
                break;
        }

        return null;
    }

    private uint DrawMagic() => (uint)_s.Random.Next() | 1;

    // lcp_up, then link_established.
    private void LcpOpened(VirtualTime now, IPppActions actions)
    {
        _s.ReceiveMap = _s.Lcp.AskAsyncMap ? _s.Lcp.AsyncMap : HdlcFraming.DefaultAsyncMap;
        actions.LcpUp();
        if (options.EchoInterval > VirtualTime.Zero && !_s.EchoRefused)
        {
            _s.EchoDue = now + options.EchoInterval;
            _s.EchoesMissed = 0;
        }

        if (_s.Lcp.HisAuthentication == PppAuthentication.None && _s.Lcp.AskAuthentication == PppAuthentication.None)
        {
            if (options.Require != PppAuthentication.None)
            {
                Close(PppTermination.AuthenticationFailed, now, actions);
                return;
            }

            NetworkPhase(now, actions);
            return;
        }

        StartAuthentication(now, actions);
    }

    private void EchoDue(VirtualTime now, IPppActions actions)
    {
        _s.EchoDue = now + options.EchoInterval;
        if (_s.EchoesMissed++ >= options.EchoFailure && options.EchoFailure > 0)
        {
            Close(PppTermination.PeerNotResponding, now, actions);
            return;
        }

        SendEcho(LcpCode.EchoRequest, ++_s.Layers[Lcp].Id, [0, 0, 0, 0], actions);
    }

    // The first four bytes become our magic number, or zero when none is in force (RFC 1661 section 5.8); the rest is the sender's.
    private void SendEcho(LcpCode code, byte id, ReadOnlySpan<byte> data, IPppActions actions)
    {
        data = data[..Math.Min(data.Length, TransmitMru - LcpPacket.HeaderLength)];
        Span<byte> copy = stackalloc byte[data.Length];
        data.CopyTo(copy);
        BinaryPrimitives.WriteUInt32BigEndian(copy, _s.Lcp.AskMagic ? _s.Magic : 0);
        Send(PppProtocol.Lcp, code, id, copy, actions);
    }

    private void EchoReplied(ReadOnlySpan<byte> data)
    {
        // Our own magic number in a reply is our own request come back from a loop: no sign of life. Any other is (pppd lcp.c: lcp_received_echo_reply).
        bool looped = _s.Lcp.AskMagic && BinaryPrimitives.TryReadUInt32BigEndian(data, out uint magic) && magic == _s.Magic;
        if (data.Length < 4 || looped)
        {
            _s.Counters.Unexpected++;
            return;
        }

        _s.EchoesMissed = 0;
    }

    private void RejectProtocol(PppProtocol protocol, ReadOnlySpan<byte> information, IPppActions actions)
    {
        // RFC 1661 section 5.7: the rejected packet is cut to the peer's MRU.
        _s.Counters.ProtocolRejects++;
        information = information[..Math.Min(information.Length, TransmitMru - LcpPacket.HeaderLength - LcpPacket.ProtocolLength)];
        Span<byte> data = stackalloc byte[LcpPacket.ProtocolLength + information.Length];
        BinaryPrimitives.WriteUInt16BigEndian(data, (ushort)protocol);
        information.CopyTo(data[LcpPacket.ProtocolLength..]);
        Send(PppProtocol.Lcp, LcpCode.ProtocolReject, ++_s.Layers[Lcp].Id, data, actions);
    }

    private void ProtocolRejected(ReadOnlySpan<byte> data, VirtualTime now, IPppActions actions)
    {
        if (!BinaryPrimitives.TryReadUInt16BigEndian(data, out ushort number))
        {
            _s.Counters.Malformed++;
            return;
        }

        if (!IsOpen)
        {
            // RFC 1661 section 5.7: Protocol-Rejects outside Opened are discarded.
            _s.Counters.OutOfPhase++;
            return;
        }

        // Only control protocols have somebody to tell (pppd lcp.c: lcp_rprotrej); of an authentication protocol only one that is under way fails
        // (upap.c: upap_protrej, chap-new.c: chap_protrej), and one that had to pass CHAP fails even after it has.
        switch ((PppProtocol)number)
        {
            case PppProtocol.Lcp:
                Fatal(Lcp, now, actions);
                break;
            case PppProtocol.Ipcp:
                Refused(Ipcp, now, actions);
                break;
            case PppProtocol.Ipv6cp:
                Refused(Ipv6cp, now, actions);
                break;
            case PppProtocol.Pap when Awaits(PppAuthentication.Pap):
            case PppProtocol.Chap when Awaits(PppAuthentication.ChapMd5) || _s.His.Protocol == PppAuthentication.ChapMd5:
                Close(PppTermination.AuthenticationFailed, now, actions);
                break;
        }
    }

    private bool Awaits(PppAuthentication protocol) => (_s.Ours.Pending && _s.Ours.Protocol == protocol) || (_s.His.Pending && _s.His.Protocol == protocol);

    // The peer does not know a network protocol: the lower layer goes from under its automaton, which hears nothing more (pppd ipcp.c: ipcp_protrej, ipv6cp.c:
    // ipv6cp_protrej, both fsm_lowerdown). With the last one the link ends, where pppd would keep a link that carries nothing.
    private void Refused(int layer, VirtualTime now, IPppActions actions)
    {
        ref Fsm f = ref _s.Layers[layer];
        Raise(layer, FsmEvent.Down, now, actions);
        f.Timer = VirtualTime.Never;
        NetworkFinished(now, actions);
    }
}
