using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>What happens to an interface before it is destroyed.</summary>
public enum InterfaceTeardown : byte
{
    /// <summary>Nothing for one that is pulled out; for others as <see cref="AddressesFirst"/>.</summary>
    Usual,

    /// <summary>Its addresses are removed and it is set down, as FreeBSD's service netif stop does (network.subr: ipv6_down, ipv4_down, ifconfig down, clone_down).</summary>
    AddressesFirst,

    /// <summary>Nothing: ifconfig destroy, or somebody pulls it out.</summary>
    AtOnce,
}

/// <summary>An interface without a line: cloned, or plugged in.</summary>
public sealed record InterfaceOptions
{
    /// <summary>The most that a role may have.</summary>
    public const int MostOfRole = 32;

    /// <summary>The name of the Ethernet that a system has from boot on.</summary>
    public const string Ethernet = "ne0";

    /// <summary>A driver's name and a number (<see cref="ClonedKind.TryParse"/>).</summary>
    public string Name { get; init; } = "";

    /// <summary>For a vlan or a session of PPP over Ethernet: the Ethernet that it is on.</summary>
    public string Parent { get; init; } = Ethernet;

    /// <summary>For an Ethernet or one end of a veth pair: the bridge that it is a member of, which is before it in the list.</summary>
    public string Bridge { get; init; } = "";

    /// <summary>For one end of a veth pair: the other end, which is before it in the list.</summary>
    public string Peer { get; init; } = "";

    /// <summary>For a tunnel: where it leads, an IPv4 address.</summary>
    public string Tunnel { get; init; } = "";

    /// <summary>What happens before it is destroyed.</summary>
    public InterfaceTeardown Teardown { get; init; }

    /// <summary>How long it is away when it is created again.</summary>
    public TimeRange Down { get; init; } = TimeRange.Seconds(5, 30);

    /// <summary>The MTU that it has besides the usual one, in bytes.</summary>
    public int OtherMtu { get; init; } = 1280;

    /// <summary>For a session of PPP over Ethernet: it comes up by discovery (RFC 2516), and stays when its Ethernet goes; otherwise it exists at once, and goes with its Ethernet.</summary>
    public bool Discovery { get; init; }

    /// <summary>How long after the kernel has taken a session down somebody sets it up again (ifwatchd).</summary>
    public TimeRange Redial { get; init; } = TimeRange.Seconds(5, 30);

    /// <summary>What goes together with others: a namespace, a jail, a hub.</summary>
    public string Group { get; init; } = "";

    /// <summary>Its addresses are removed before it goes.</summary>
    public bool TakesAddressesFirst =>
        Teardown == InterfaceTeardown.AddressesFirst || (Teardown == InterfaceTeardown.Usual && ClonedKind.TryParse(Name, out short unit) && !ClonedKind.Of(unit).IsPluggedIn);

    /// <summary>An address in the net of a role's interface.</summary>
    /// <param name="which">Its place among its role's.</param>
    /// <param name="host">Host part.</param>
    public static Ipv4Address Address(int which, byte host) => Ipv4Address.Of(10, 200, (byte)which, host);
}
