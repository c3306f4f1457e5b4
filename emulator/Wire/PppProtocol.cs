namespace Stress.Emulator.Wire;

/// <summary>Numbers of the PPP Protocol field (RFC 1661 section 2; IANA).</summary>
public enum PppProtocol : ushort
{
    /// <summary>IPv4 (RFC 1332).</summary>
    Ipv4 = 0x0021,

    /// <summary>TCP with a compressed header (RFC 1144).</summary>
    VjCompressedTcp = 0x002D,

    /// <summary>TCP whose header begins a compressed stream (RFC 1144).</summary>
    VjUncompressedTcp = 0x002F,

    /// <summary>IPv6 (RFC 5072).</summary>
    Ipv6 = 0x0057,

    /// <summary>IPCP (RFC 1332).</summary>
    Ipcp = 0x8021,

    /// <summary>IPV6CP (RFC 5072).</summary>
    Ipv6cp = 0x8057,

    /// <summary>CCP (RFC 1962).</summary>
    Ccp = 0x80FD,

    /// <summary>LCP (RFC 1661).</summary>
    Lcp = 0xC021,

    /// <summary>PAP (RFC 1334).</summary>
    Pap = 0xC023,

    /// <summary>Link-Quality-Report (RFC 1989).</summary>
    Lqr = 0xC025,

    /// <summary>CHAP (RFC 1994).</summary>
    Chap = 0xC223,
}
