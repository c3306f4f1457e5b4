using System.Text.Json.Serialization;
using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

public enum OspfdVersion : byte
{
    /// <summary>Quagga 0.98.2: join at once, drop at INTERFACE_DOWN and again at ADDRESS_DELETE.</summary>
    Quagga0982,

    /// <summary>Quagga 0.99.0: join when the state machine leaves Down, one drop attempt.</summary>
    Quagga0990,

    /// <summary>From 2005-05-07: memberships by interface index.</summary>
    IndexForm,
}

/// <summary>Why ospfd's process ends by itself. A cause of a closed socket, never of a kernel crash (reference 7.3, 8.4 M5).</summary>
public enum OspfdExit : byte
{
    Never,

    /// <summary>The assertion in ospf_add_to_if when an address comes back (reports fixed 2005-05-18, a3387a44).</summary>
    AtAddressAdd,

    /// <summary>The packet queue used after ospf_if_stream_unset (made a logged error 2005-01-29, c3eab871).</summary>
    AtInterfaceDown,
}

/// <summary>ospfd's options (reference 7.2, 7.3).</summary>
public sealed record OspfdOptions
{
    /// <summary>Whose joins and drops of ospfd's groups.</summary>
    public OspfdVersion Version { get; init; } = OspfdVersion.Quagga0982;

    /// <summary>Time between ospfd's Hello packets.</summary>
    public VirtualTime HelloInterval { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>Time without a Hello until the neighbour is taken for dead.</summary>
    public VirtualTime DeadInterval { get; init; } = VirtualTime.FromSeconds(40);

    /// <summary>Where ospfd ends by an assertion of its own.</summary>
    public OspfdExit Exit { get; init; } = OspfdExit.Never;

    /// <summary>Writing the core file after an abort; the process's sockets are closed only after that.</summary>
    public TimeRange CoreDump { get; init; } = TimeRange.Milliseconds(500, 2500);

    /// <summary>Time until a watcher starts the daemon again.</summary>
    public TimeRange Respawn { get; init; } = TimeRange.Seconds(3, 8);
}
