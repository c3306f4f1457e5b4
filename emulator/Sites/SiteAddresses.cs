using Stress.Emulator.Link;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>
/// Addresses of a site where its topology gives none: the Ethernet of node n is 192.168.n.1 and the ends of line n are 10.0.n.1 (answers) and 10.0.n.2 (calls). Beyond 256
/// the second byte counts on, so that every address of a site is its own.
/// </summary>
public static class SiteAddresses
{
    /// <summary>Most nodes of a site: as many as there are Ethernets from 192.168.0.1 to 192.255.255.1.</summary>
    public const int MaxNodes = (256 - 168) << 8;

    /// <summary>Most links of a site: as many as there are lines from 10.0.0.1 to 10.255.255.1, of which an entity's number leaves room for half.</summary>
    public const int MaxLinks = 32_767;

    /// <summary>The Ethernet's address of a node, which is its OSPF router ID too.</summary>
    /// <param name="node">Its number.</param>
    /// <param name="host">Host part.</param>
    public static Ipv4Address Ethernet(int node, byte host = 1) => Ipv4Address.Of(192, (byte)(168 + (node >> 8)), (byte)node, host);

    /// <summary>The address of a node's NIC on an Ethernet segment, of the maker of many NE2000 (00:00:e8).</summary>
    /// <param name="node">Its number.</param>
    public static ulong OnEthernet(int node) => 0x0000_E800_0000 | (uint)(node + 1);

    /// <summary>The address of a station's interface that is plugged in, on its segment's net: 10.208.s.1 and so on for segment s, beyond 256 the second byte counting on.</summary>
    /// <param name="segment">The segment's number.</param>
    /// <param name="station">The station's number there.</param>
    public static Ipv4Address Segment(int segment, int station) => Ipv4Address.Of(10, (byte)(208 + (segment >> 8)), (byte)segment, (byte)(station + 1));

    /// <summary>The address of an end of a line.</summary>
    /// <param name="line">The line's number.</param>
    /// <param name="end">The line's end (<see cref="ModemLink"/>).</param>
    public static Ipv4Address Line(int line, int end) => Ipv4Address.Of(10, (byte)(line >> 8), (byte)line, (byte)(end == ModemLink.Called ? 1 : 2));
}
