using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Stress.Emulator.Wire;

namespace Stress.Dial.Recording;

/// <summary>A PPP frame as a line that pppd's debug option would print. Any bytes are accepted; what is not recognised is shown in hexadecimal.</summary>
public static class FrameText
{
    private const int MaxHexBytes = 32, MaxOptions = 32;

    /// <summary>Describes a frame: protocol and information, with or without address and control.</summary>
    public static string Describe(ReadOnlySpan<byte> frame)
    {
        if (frame.Length >= 2 && frame[0] == 0xFF && frame[1] == 0x03)
        {
            frame = frame[2..];
        }

        if (frame.Length < 2)
        {
            return $"[{Hex(frame)}]";
        }

        var protocol = (PppProtocol)BinaryPrimitives.ReadUInt16BigEndian(frame);
        ReadOnlySpan<byte> information = frame[2..];
        return protocol switch
        {
            PppProtocol.Lcp or PppProtocol.Ipcp or PppProtocol.Ipv6cp or PppProtocol.Ccp => Control(protocol, information),
            PppProtocol.Pap => Authentication("PAP", information, ((PapCode)First(information)).ToString()),
            PppProtocol.Chap => Authentication("CHAP", information, ((ChapCode)First(information)).ToString()),
            PppProtocol.Ipv4 => Ipv4(information),
            PppProtocol.Ipv6 => Ipv6(information),
            _ => $"[proto=0x{(ushort)protocol:x}] {Hex(information)}",
        };
    }

    private static byte First(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? (byte)0 : bytes[0];

    private static string Control(PppProtocol protocol, ReadOnlySpan<byte> information)
    {
        string name = protocol.ToString().ToUpperInvariant();
        if (LcpPacket.TryParse(information, out LcpPacket packet) != WireError.None)
        {
            return $"[{name} malformed {Hex(information)}]";
        }

        ReadOnlySpan<byte> data = packet.Data(information);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"[{name} {Code(packet.Code)} id=0x{packet.Id:x}");
        if (packet.Code is LcpCode.ConfigureRequest or LcpCode.ConfigureAck or LcpCode.ConfigureNak or LcpCode.ConfigureReject)
        {
            var walk = new PppOptions(data);
            int shown = 0;
            while (walk.Next(out PppOption option))
            {
                if (++shown > MaxOptions)
                {
                    text.Append(" ...");
                    break;
                }

                text.Append(" <").Append(Option(protocol, option)).Append('>');
            }

            if (walk.Malformed)
            {
                text.Append(" malformed ").Append(Hex(walk.Rest));
            }
        }
        else if (data.Length > 0)
        {
            text.Append(' ').Append(Hex(data));
        }

        return text.Append(']').ToString();
    }

    private static string Code(LcpCode code) => code switch
    {
        LcpCode.ConfigureRequest => "ConfReq",
        LcpCode.ConfigureAck => "ConfAck",
        LcpCode.ConfigureNak => "ConfNak",
        LcpCode.ConfigureReject => "ConfRej",
        LcpCode.TerminateRequest => "TermReq",
        LcpCode.TerminateAck => "TermAck",
        LcpCode.CodeReject => "CodeRej",
        LcpCode.ProtocolReject => "ProtRej",
        LcpCode.EchoRequest => "EchoReq",
        LcpCode.EchoReply => "EchoRep",
        LcpCode.DiscardRequest => "DiscReq",
        _ => $"code=0x{(byte)code:x}",
    };

    private static string Option(PppProtocol protocol, in PppOption o)
    {
        switch (protocol)
        {
            case PppProtocol.Lcp:
                switch ((LcpOptionType)o.Type)
                {
                    case LcpOptionType.MaximumReceiveUnit when o.TryUInt16(out ushort mru):
                        return $"mru {mru}";
                    case LcpOptionType.AsyncControlCharacterMap when o.TryUInt32(out uint map):
                        return $"asyncmap 0x{map:x}";
                    case LcpOptionType.AuthenticationProtocol when o.Data.Length >= 2:
                        return BinaryPrimitives.ReadUInt16BigEndian(o.Data) switch
                        {
                            (ushort)PppProtocol.Pap => "auth pap",
                            (ushort)PppProtocol.Chap when o.Data.Length == 3 && o.Data[2] == ChapPacket.Md5Algorithm => "auth chap MD5",
                            ushort other => $"auth 0x{other:x} {Hex(o.Data[2..])}",
                        };
                    case LcpOptionType.MagicNumber when o.TryUInt32(out uint magic):
                        return $"magic 0x{magic:x}";
                    case LcpOptionType.ProtocolFieldCompression when o.Data.IsEmpty:
                        return "pcomp";
                    case LcpOptionType.AddressControlFieldCompression when o.Data.IsEmpty:
                        return "accomp";
                }

                break;
            case PppProtocol.Ipcp when o.Type == (byte)IpcpOptionType.IpAddress && o.TryUInt32(out uint address):
                return $"addr {new Ipv4Address(address)}";
            case PppProtocol.Ipcp when o.Type == (byte)IpcpOptionType.IpCompressionProtocol:
                return $"compress {Hex(o.Data)}";
            case PppProtocol.Ipv6cp when o.Type == (byte)Ipv6cpOptionType.InterfaceIdentifier && o.TryUInt64(out ulong id):
                return $"addr {Ipv6Address.LinkLocal(id)}";
        }

        return $"option {o.Type} {Hex(o.Data)}".TrimEnd();
    }

    // Names and passwords stay out of transcripts.
    private static string Authentication(string name, ReadOnlySpan<byte> information, string code) =>
        LcpPacket.TryParse(information, out LcpPacket packet) == WireError.None
            ? $"[{name} {code} id=0x{packet.Id:x} {packet.DataLength} bytes]"
            : $"[{name} malformed {information.Length} bytes]";

    private static string Ipv4(ReadOnlySpan<byte> packet)
    {
        if (Ipv4Header.TryParse(packet, out Ipv4Header h) is not WireError.None and var error)
        {
            return $"IP {error} {Hex(packet)}";
        }

        string what = h.Protocol == IpProtocol.Ospf && OspfHello.TryParse(h.Payload(packet), out OspfHello hello) == WireError.None
            ? $"OSPF Hello router {hello.RouterId} neighbors {hello.NeighborCount}"
            : $"protocol {h.Protocol}";
        return $"IP {h.Source} > {h.Destination} {what} length {h.PayloadLength}";
    }

    private static string Ipv6(ReadOnlySpan<byte> packet)
    {
        if (Ipv6Header.TryParse(packet, out Ipv6Header h) is not WireError.None and var error)
        {
            return $"IP6 {error} {Hex(packet)}";
        }

        string what = h.NextHeader == IpProtocol.Udp
            && UdpHeader.TryParse(h.Payload(packet), h.Source, h.Destination, out UdpHeader udp) == WireError.None
            && udp.DestinationPort == RipngMessage.Port
            && RipngMessage.TryParse(udp.Payload(h.Payload(packet)), out RipngMessage rip) == WireError.None
            ? $"RIPng {(rip.Command == RipngMessage.Request ? "Request" : "Response")} routes {rip.RouteCount}"
            : $"next header {h.NextHeader}";
        return $"IP6 {h.Source} > {h.Destination} {what} length {h.PayloadLength}";
    }

    private static string Hex(ReadOnlySpan<byte> bytes) =>
        bytes.Length <= MaxHexBytes ? Convert.ToHexStringLower(bytes) : $"{Convert.ToHexStringLower(bytes[..MaxHexBytes])}... ({bytes.Length} bytes)";
}
