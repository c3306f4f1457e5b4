using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel.Net;

/// <summary>What drives an interface that is there at boot.</summary>
public enum InterfaceKind : byte
{
    /// <summary>Packets come back to the machine itself. A kernel has one.</summary>
    Loopback,

    /// <summary>An Ethernet. What is sent there leaves the modelled world, unless it is at a segment of the site.</summary>
    Ethernet,

    /// <summary>A unit of the ppp driver, of a kernel whose units are static: the first is ppp0.</summary>
    PppUnit,
}

/// <summary>An address that an interface has from boot on.</summary>
/// <param name="Local">The interface's own.</param>
/// <param name="Peer">The other end's, or 0.0.0.0.</param>
public readonly record struct InterfaceAddress(Ipv4Address Local, Ipv4Address Peer = default);

/// <summary>An interface at a segment of the site that is plugged in and pulled out.</summary>
/// <param name="Unit">Its unit (<see cref="ClonedKind.TryParse"/>).</param>
/// <param name="LinkAddress">Its link-layer address, in the low 48 bits; 0 for no interface.</param>
public readonly record struct StationNic(short Unit, ulong LinkAddress);

/// <summary>An interface that autoconfiguration attaches at boot, before any process runs.</summary>
/// <param name="Name">As ifconfig prints it. Names of ppp units follow from their numbers.</param>
/// <param name="Kind">What drives it.</param>
/// <param name="Addresses">The IPv4 addresses that it has from then on.</param>
public readonly record struct BootInterface(string Name, InterfaceKind Kind, params InterfaceAddress[] Addresses)
{
    /// <summary>For an Ethernet on a segment of the site, its link-layer address, in the low 48 bits; 0 if nothing in the site is at its other end.</summary>
    public ulong LinkAddress { get; init; }

    private static readonly BootInterface Lo0 = new("lo0", InterfaceKind.Loopback, new InterfaceAddress(Ipv4Address.Of(127, 0, 0, 1), Ipv4Address.Of(127, 0, 0, 1)));

    /// <summary>A machine without a network interface of its own.</summary>
    public static IReadOnlyList<BootInterface> LoopbackAlone { get; } = [Lo0];

    /// <summary>The machines of the mail: lo0, ne0 towards the office, and the ppp units where the driver has them from boot on.</summary>
    /// <param name="ethernet">Address of ne0.</param>
    /// <param name="staticUnits">How many.</param>
    /// <param name="linkAddress">Of ne0 at a segment its link-layer address, or 0.</param>
    public static BootInterface[] Of2005(Ipv4Address ethernet, int staticUnits = 0, ulong linkAddress = 0) =>
    [
        Lo0, new("ne0", InterfaceKind.Ethernet, new InterfaceAddress(ethernet)) { LinkAddress = linkAddress },
        .. Enumerable.Range(0, staticUnits).Select(unit => new BootInterface($"ppp{unit}", InterfaceKind.PppUnit)),
    ];
}
