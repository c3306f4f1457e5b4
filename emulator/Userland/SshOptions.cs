using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>Over what a login goes.</summary>
public enum SshFamily : byte
{
    /// <summary>TCP over IPv4, to the address that IPCP has given the other end.</summary>
    Ipv4,

    /// <summary>TCP over IPv6, to the link-local address of the other end.</summary>
    Ipv6,
}

/// <summary>sshd, and somebody who logs in to the other end of a line by ssh, types now and then, and is silent in between. Both have SO_KEEPALIVE, as OpenSSH has (TCPKeepAlive).</summary>
public sealed record SshOptions
{
    /// <summary>sshd listens at port 22, over IPv4 and IPv6.</summary>
    public bool Listens { get; init; }

    /// <summary>How long somebody who is not logged in waits before he tries (again); zero is nobody.</summary>
    public TimeRange Login { get; init; }

    /// <summary>Over what.</summary>
    public SshFamily Family { get; init; } = SshFamily.Ipv6;

    /// <summary>From one thing that is typed to the next.</summary>
    public TimeRange Typing { get; init; } = new(VirtualTime.FromSeconds(10), VirtualTime.FromMinutes(60));

    /// <summary>Bytes of each, which come back as often.</summary>
    public int TypedBytes { get; init; } = 48;
}
