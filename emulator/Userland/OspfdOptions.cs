using System.ComponentModel;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>When ospfd joins and leaves 224.0.0.5, and whether it names the interface by address or by index (reference 7.2).</summary>
public enum OspfdVersion : byte
{
    /// <summary>Quagga 0.98.2: join at once, drop at INTERFACE_DOWN and again at ADDRESS_DELETE.</summary>
    Quagga0982,

    /// <summary>Quagga 0.99.0: join when the state machine leaves Down, one drop attempt.</summary>
    Quagga0990,

    /// <summary>From 2005-05-07: memberships by interface index.</summary>
    IndexForm,
}

/// <summary>Why ospfd's process ends on its own: a cause of a closed socket, never of a kernel crash (reference 7.3, 8.4 M5).</summary>
public enum OspfdExit : byte
{
    /// <summary>It runs until it is stopped.</summary>
    Never,

    /// <summary>The assertion in ospf_add_to_if when an address comes back (reports fixed 2005-05-18, a3387a44).</summary>
    AtAddressAdd,
}

/// <summary>How far ospfd goes with a neighbour (RFC 2328, 10.1).</summary>
public enum OspfdAdjacency : byte
{
    /// <summary>To 2-Way: Hellos and nothing else, which is all that the mail's crashes need.</summary>
    TwoWay,

    /// <summary>To Full: databases are exchanged and kept the same, and the routes that follow go to zebra.</summary>
    Full,
}

/// <summary>ospfd's options (reference 7.2, 7.3).</summary>
[Description("ospfd's options (reference 7.2, 7.3).")]
public sealed record OspfdOptions
{
    /// <summary>Which version's joins and drops of ospfd's groups.</summary>
    [Description("When it joins and leaves 224.0.0.5, and by address or by index.")]
    public OspfdVersion Version { get; init; } = OspfdVersion.Quagga0982;

    /// <summary>Time between ospfd's Hello packets.</summary>
    [Description("HelloInterval (RFC 2328, 9.5).")]
    public VirtualTime HelloInterval { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>Time without a Hello until the neighbour is considered dead.</summary>
    [Description("RouterDeadInterval (RFC 2328, 9).")]
    public VirtualTime DeadInterval { get; init; } = VirtualTime.FromSeconds(40);

    /// <summary>Where ospfd ends by an assertion of its own.</summary>
    [Description("Why its process ends on its own, if it does: a cause of a closed socket (reference 7.3, 8.4 M5).")]
    public OspfdExit Exit { get; init; } = OspfdExit.Never;

    /// <summary>Writing the core file after an abort; the process's sockets are closed only after that.</summary>
    [Description("Writing the core file after an abort; the process's sockets are closed only after that.")]
    public TimeRange CoreDump { get; init; } = TimeRange.Milliseconds(500, 2500);

    /// <summary>Time until a watcher starts the daemon again.</summary>
    [Description("Time until a watcher starts it again.")]
    public TimeRange Respawn { get; init; } = TimeRange.Seconds(3, 8);

    /// <summary>How far it goes with a neighbour.</summary>
    [Description("How far it goes with a neighbour (RFC 2328, 10.1): full exchanges link state databases, and hands routes to zebra.")]
    public OspfdAdjacency Adjacency { get; init; } = OspfdAdjacency.TwoWay;

    /// <summary>Router Priority on an Ethernet segment, from 0 to 255, where <see cref="Adjacency"/> is full.</summary>
    [Description("Router Priority on an Ethernet segment (RFC 2328, C.3; Quagga's default): the highest that is there when an election is held becomes Designated Router, 0 never does. Where adjacency is two-way it is 0.")]
    public int Priority { get; init; } = 1;
}
