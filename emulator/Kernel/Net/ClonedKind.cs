using System.Globalization;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel.Net;

/// <summary>What happens to a packet sent through an interface without a line.</summary>
public enum ClonedWay : byte
{
    /// <summary>Nobody gets it.</summary>
    Nowhere,

    /// <summary>It leaves the modelled world, as by the Ethernet of boot.</summary>
    Out,

    /// <summary>The interface that it is on sends it.</summary>
    Parent,

    /// <summary>It becomes the payload of another packet, which is routed in turn.</summary>
    Tunnel,

    /// <summary>Every member of the bridge sends it.</summary>
    Members,

    /// <summary>It comes out at the other end of the pair, whose namespace has no process that is modelled.</summary>
    Peer,
}

/// <summary>
/// A kind of interface that comes and goes without a line: cloned, or plugged in. A new one is its line in <see cref="Known"/>; names of interfaces, scenarios and reports follow from that.
/// </summary>
/// <param name="Name">The driver's, before the unit's number.</param>
/// <param name="Way">What becomes of what it sends.</param>
/// <param name="Flags">if_flags when it is attached.</param>
/// <param name="Mtu">if_mtu when it is attached, in bytes.</param>
public sealed record ClonedKind(string Name, ClonedWay Way, Iff Flags, ushort Mtu)
{
    /// <summary>The first unit number that is not a ppp unit's, and how many each kind has.</summary>
    public const short FirstUnit = 1024;

    /// <summary>Every kind, in the order of the numbers of their units.</summary>
    public static IReadOnlyList<ClonedKind> Known { get; } =
    [
        new("vlan", ClonedWay.Parent, Iff.Multicast, 1500),
        new("gif", ClonedWay.Tunnel, Iff.PointToPoint | Iff.Multicast, 1280),
        new("lo", ClonedWay.Nowhere, Iff.Loopback | Iff.Running | Iff.Multicast, 33192),
        new("aue", ClonedWay.Out, Iff.Running | Iff.Multicast, 1500) { IsPluggedIn = true },
        new("pppoe", ClonedWay.Parent, Iff.PointToPoint | Iff.Multicast, 1492) { ParentHolder = HolderKind.PppoeEthIfp, ParentUse = UseSite.PppoeOutput },
        new("dummy", ClonedWay.Nowhere, Iff.Running | Iff.Multicast, 1500),
        new("bridge", ClonedWay.Members, Iff.Running | Iff.Multicast, 1500),
        new("veth", ClonedWay.Peer, Iff.Running | Iff.Multicast, 1500) { ParentHolder = HolderKind.VethPeerIfp, ParentUse = UseSite.VethXmit },
    ];

    /// <summary>A device on a bus: nothing shuts it down before it goes.</summary>
    public bool IsPluggedIn { get; init; }

    /// <summary>Where the pointer to what it is on, or to the other end of its pair, is stored.</summary>
    public HolderKind ParentHolder { get; init; } = HolderKind.VlanParentIfp;

    /// <summary>The function that sends through that pointer.</summary>
    public UseSite ParentUse { get; init; } = UseSite.VlanStart;

    /// <summary>Whether it has a far end, and addresses for that.</summary>
    public bool IsPointToPoint => Flags.HasFlag(Iff.PointToPoint);

    /// <summary>Whether addresses on it are looked for on the link before they are used: an Ethernet, or what is on one and no session of two.</summary>
    public bool DetectsDuplicates => Way is ClonedWay.Out or ClonedWay.Peer or ClonedWay.Parent && !IsPointToPoint;

    /// <summary>Whether two of it are a pair, which is created and goes together.</summary>
    public bool IsPaired => Way == ClonedWay.Peer;

    /// <summary>Whether it can be a member of a bridge.</summary>
    public bool CanBeMember => IsEthernet || IsPaired;

    /// <summary>Whether vlans can be on it.</summary>
    public bool IsEthernet => Way == ClonedWay.Out;

    /// <summary>Whether a unit's number is of one of these kinds.</summary>
    public static bool IsCloned(short unit) => unit >= FirstUnit;

    /// <summary>The kind of a unit.</summary>
    /// <param name="unit">A number of one of these kinds (<see cref="IsCloned"/>).</param>
    public static ClonedKind Of(short unit) => Known[(unit / FirstUnit) - 1];

    /// <summary>A unit's name as ifconfig prints it; of a number below all of these the ppp unit's.</summary>
    public static string NameOf(short unit) => IsCloned(unit) ? $"{Of(unit).Name}{unit % FirstUnit}" : $"ppp{unit}";

    /// <summary>The unit that a name names.</summary>
    /// <param name="name">A driver's name and a number, as vlan0. lo0 is the kernel's own.</param>
    /// <param name="unit">Its number.</param>
    /// <returns>False where it is none of these kinds.</returns>
    public static bool TryParse(string name, out short unit)
    {
        string driver = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'), digits = name[driver.Length..];
        unit = -1;
        for (int kind = 0; kind < Known.Count; kind++)
        {
            if (Known[kind].Name == driver && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < FirstUnit
                && digits == number.ToString(CultureInfo.InvariantCulture) && (number > 0 || !Known[kind].Flags.HasFlag(Iff.Loopback)))
            {
                unit = (short)((FirstUnit * (kind + 1)) + number);
                return true;
            }
        }

        return false;
    }
}
