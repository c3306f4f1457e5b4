namespace Stress.Emulator.Wire;

/// <summary>Numbers of the PPP Protocol field (RFC 1661 section 2; IANA).</summary>
public enum PppProtocol : ushort
{
    Ipv4 = 0x0021,
    VjCompressedTcp = 0x002D,
    VjUncompressedTcp = 0x002F,
    Ipv6 = 0x0057,
    Ipcp = 0x8021,
    Ipv6cp = 0x8057,
    Ccp = 0x80FD,
    Lcp = 0xC021,
    Pap = 0xC023,
    Lqr = 0xC025,
    Chap = 0xC223,
}
