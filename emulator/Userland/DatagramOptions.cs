using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>Where a program's datagrams go.</summary>
public enum DatagramsTo : byte
{
    /// <summary>To the link-local address at the other end of each line, over IPv6.</summary>
    FarEnd,

    /// <summary>To another node's Ethernet address, drawn for each datagram, over IPv4, wherever routes lead.</summary>
    Network,

    /// <summary>To the role's <see cref="Sites.RoleOptions.GroupMember"/>, over IPv4, on the segment that the node is at.</summary>
    Group,
}

/// <summary>A program that sends datagrams: large ones over IPv6 to the other end of each line, which makes fragments, or over IPv4 through the network.</summary>
public sealed record DatagramOptions
{
    /// <summary>Largest datagram over IPv4 that needs no fragments, in bytes.</summary>
    public const int MaxOverIpv4 = 1472;

    /// <summary>Time between two; zero is off.</summary>
    public VirtualTime Interval { get; init; }

    /// <summary>Bytes of each.</summary>
    public int DatagramBytes { get; init; } = 4000;

    /// <summary>Where to.</summary>
    public DatagramsTo To { get; init; } = DatagramsTo.FarEnd;
}
