using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>The authentication phase: PAP (RFC 1334; pppd upap.c) and CHAP with MD5 (RFC 1994; pppd chap-new.c), each direction on its own.</content>
public sealed partial class PppEndpoint
{
    private const int ChallengeLength = 16;

    private void StartAuthentication(VirtualTime now, IPppActions actions)
    {
        Enter(PppPhase.Authenticate, actions);
        _s.His = new Authentication
        {
            Protocol = _s.Lcp.AskAuthentication,
            Pending = _s.Lcp.AskAuthentication != PppAuthentication.None,
            Timer = now + AuthenticationTimeout,
        };
        _s.Ours = new Authentication
        {
            Protocol = _s.Lcp.HisAuthentication,
            Pending = _s.Lcp.HisAuthentication != PppAuthentication.None,
            Timer = now + AuthenticationTimeout,
        };
        if (_s.His.Protocol == PppAuthentication.ChapMd5)
        {
            _s.ChallengeHigh = _s.Random.Next();
            _s.ChallengeLow = _s.Random.Next();
            _s.His.Id = (byte)_s.Random.Next();
            SendChallenge(now, actions);
        }

        if (_s.Ours.Protocol == PppAuthentication.Pap)
        {
            SendPapRequest(now, actions);
        }
    }

    private void AuthenticationTimers(VirtualTime now, IPppActions actions)
    {
        if (_s.His.Pending && _s.His.Timer <= now)
        {
            if (_s.His.Protocol == PppAuthentication.Pap || _s.His.Transmits >= MaxAuthenticationTransmits)
            {
                Close(PppTermination.AuthenticationFailed, now, actions);
                return;
            }

            SendChallenge(now, actions);
        }

        if (_s.Ours.Pending && _s.Ours.Timer <= now)
        {
            if (_s.Ours.Protocol == PppAuthentication.ChapMd5 || _s.Ours.Transmits >= MaxAuthenticationTransmits)
            {
                Close(PppTermination.AuthenticationFailed, now, actions);
                return;
            }

            SendPapRequest(now, actions);
        }
    }

    private void SendPapRequest(VirtualTime now, IPppActions actions)
    {
        ReadOnlySpan<byte> name = Cut(options.Name.Span), secret = Cut(options.Secret.Span);
        _s.Ours.Transmits++;
        _s.Ours.Timer = now + options.PapRestart;
        Span<byte> data = stackalloc byte[2 + name.Length + secret.Length];
        data[0] = (byte)name.Length;
        name.CopyTo(data[1..]);
        data[1 + name.Length] = (byte)secret.Length;
        secret.CopyTo(data[(2 + name.Length)..]);
        Send(PppProtocol.Pap, (LcpCode)PapCode.AuthenticateRequest, ++_s.Ours.Id, data, actions);
    }

    private void SendChallenge(VirtualTime now, IPppActions actions)
    {
        ReadOnlySpan<byte> name = Cut(options.Name.Span);
        _s.His.Transmits++;
        _s.His.Timer = now + options.ChapRestart;
        Span<byte> data = stackalloc byte[1 + ChallengeLength + name.Length];
        data[0] = ChallengeLength;
        WriteChallenge(data[1..]);
        name.CopyTo(data[(1 + ChallengeLength)..]);
        Send(PppProtocol.Chap, (LcpCode)ChapCode.Challenge, _s.His.Id, data, actions);
    }

    private void WriteChallenge(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _s.ChallengeHigh);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _s.ChallengeLow);
    }

    private void Pap(ReadOnlySpan<byte> information, VirtualTime now, IPppActions actions)
    {
        if (LcpPacket.TryParse(information, out LcpPacket packet) != WireError.None)
        {
            _s.Counters.Malformed++;
            return;
        }

        ReadOnlySpan<byte> data = packet.Data(information);
        switch ((PapCode)packet.Code)
        {
            case PapCode.AuthenticateRequest when _s.His.Protocol == PppAuthentication.Pap:
                if (PapPacket.TryParseRequest(data, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> password) != WireError.None)
                {
                    _s.Counters.Malformed++;
                    return;
                }

                // A repeated request gets the first verdict again: our reply may have been lost (RFC 1334 section 2.2.1).
                bool good = _s.His.Pending ? SecretOf(name, out ReadOnlySpan<byte> secret) && secret.SequenceEqual(password) : _s.His.Passed;
                Verdicts(PppProtocol.Pap, packet.Id, good, now, actions);
                break;
            // Every request has an identifier of its own, and pppd looks at none: the answer to an earlier one counts (upap.c: upap_sauthreq, upap_rauthack, upap_rauthnak).
            case PapCode.AuthenticateAck when _s.Ours.Pending && _s.Ours.Protocol == PppAuthentication.Pap:
                WePassed(now, actions);
                break;
            case PapCode.AuthenticateNak when _s.Ours.Pending && _s.Ours.Protocol == PppAuthentication.Pap:
                Close(PppTermination.AuthenticationFailed, now, actions);
                break;
            default:
                _s.Counters.Unexpected++;
                break;
        }
    }

    private void Chap(ReadOnlySpan<byte> information, VirtualTime now, IPppActions actions)
    {
        if (LcpPacket.TryParse(information, out LcpPacket packet) != WireError.None)
        {
            _s.Counters.Malformed++;
            return;
        }

        ReadOnlySpan<byte> data = packet.Data(information);
        switch ((ChapCode)packet.Code)
        {
            case ChapCode.Challenge when _s.Ours.Protocol == PppAuthentication.ChapMd5:
                if (ChapPacket.TryParseValue(data, out ReadOnlySpan<byte> challenge, out _) != WireError.None)
                {
                    _s.Counters.Malformed++;
                    return;
                }

                // A Challenge may come at any time, also after Success (RFC 1994 section 2).
                Respond(packet.Id, challenge, actions);
                break;
            case ChapCode.Response when _s.His.Protocol == PppAuthentication.ChapMd5 && packet.Id == _s.His.Id:
                if (ChapPacket.TryParseValue(data, out ReadOnlySpan<byte> response, out ReadOnlySpan<byte> name) != WireError.None)
                {
                    _s.Counters.Malformed++;
                    return;
                }

                Verdicts(PppProtocol.Chap, packet.Id, _s.His.Pending ? IsRight(response, name) : _s.His.Passed, now, actions);
                break;
            // pppd chap-new.c, chap_handle_status: the first result counts, whatever its identifier; later ones do not.
            case ChapCode.Success when _s.Ours.Pending && _s.Ours.Protocol == PppAuthentication.ChapMd5:
                WePassed(now, actions);
                break;
            case ChapCode.Failure when _s.Ours.Pending && _s.Ours.Protocol == PppAuthentication.ChapMd5:
                Close(PppTermination.AuthenticationFailed, now, actions);
                break;
            default:
                _s.Counters.Unexpected++;
                break;
        }
    }

    private void Respond(byte id, ReadOnlySpan<byte> challenge, IPppActions actions)
    {
        ReadOnlySpan<byte> name = Cut(options.Name.Span);
        _s.Ours.Id = id;
        Span<byte> data = stackalloc byte[1 + ChapPacket.Md5Length + name.Length];
        data[0] = ChapPacket.Md5Length;
        ChapPacket.Respond(id, Cut(options.Secret.Span), challenge, data[1..]);
        name.CopyTo(data[(1 + ChapPacket.Md5Length)..]);
        Send(PppProtocol.Chap, (LcpCode)ChapCode.Response, id, data, actions);
    }

    private bool IsRight(ReadOnlySpan<byte> response, ReadOnlySpan<byte> name)
    {
        if (!SecretOf(name, out ReadOnlySpan<byte> secret))
        {
            return false;
        }

        Span<byte> challenge = stackalloc byte[ChallengeLength];
        Span<byte> expected = stackalloc byte[ChapPacket.Md5Length];
        WriteChallenge(challenge);
        ChapPacket.Respond(_s.His.Id, secret, challenge, expected);
        return response.SequenceEqual(expected);
    }

    // The verdict on the peer, on the wire; the first one counts.
    private void Verdicts(PppProtocol protocol, byte id, bool good, VirtualTime now, IPppActions actions)
    {
        if (protocol == PppProtocol.Pap)
        {
            Send(protocol, (LcpCode)(good ? PapCode.AuthenticateAck : PapCode.AuthenticateNak), id, [0], actions);
        }
        else
        {
            Send(protocol, (LcpCode)(good ? ChapCode.Success : ChapCode.Failure), id, default, actions);
        }

        if (!_s.His.Pending)
        {
            return;
        }

        _s.His.Pending = false;
        _s.His.Passed = good;
        if (good)
        {
            Authenticated(now, actions);
        }
        else
        {
            Close(PppTermination.AuthenticationFailed, now, actions);
        }
    }

    private void WePassed(VirtualTime now, IPppActions actions)
    {
        _s.Ours.Pending = false;
        _s.Ours.Passed = true;
        Authenticated(now, actions);
    }

    private void Authenticated(VirtualTime now, IPppActions actions)
    {
        if (_s.Ours.Pending || _s.His.Pending)
        {
            return;
        }

        actions.AuthenticationDone();
        NetworkPhase(now, actions);
    }

    private bool SecretOf(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> secret)
    {
        IReadOnlyList<PppSecret> secrets = options.Secrets;
        for (int i = 0; i < secrets.Count; i++)
        {
            if (name.SequenceEqual(secrets[i].Name.Span))
            {
                secret = Cut(secrets[i].Secret.Span);
                return true;
            }
        }

        secret = default;
        return false;
    }

    private static ReadOnlySpan<byte> Cut(ReadOnlySpan<byte> value) => value[..Math.Min(value.Length, ChapPacket.MaxValueLength)];
}
