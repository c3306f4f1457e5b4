using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>What the nodes of one label of a site are: their kernel, pppd and daemons.</summary>
public sealed record RoleOptions
{
    /// <summary>
    /// Every daemon that a role may name, one per line. Scenarios, screens, traces and the order of equal times are derived from it; add a new one at the end, with its options as
    /// a property of its own name below.
    /// </summary>
    public static readonly IReadOnlyList<DaemonKind> Known = DaemonKind.Register(
        new("zebra", 0, static (entry, role) => new Zebra(entry, role.HasRoutes)) { InEverySystem = true },
        new("ospfd", Userland.Ospfd.Timers, static (entry, role) => new Ospfd(entry, role.Ospfd)) { InEverySystem = true, Draws = RandomPurpose.Ospfd },
        new("ripngd", Userland.Ripngd.Timers, static (entry, role) => new Ripngd(entry, role.Ripngd)) { InEverySystem = true, Draws = RandomPurpose.Ripngd });

    /// <summary>The label.</summary>
    public required Role Role { get; init; }

    /// <summary>The name the scenario gives the role.</summary>
    public string Name { get; init; } = "";

    /// <summary>The role's kernel.</summary>
    public KernelOptions Kernel { get; init; } = new();

    /// <summary>The role's pppd.</summary>
    public PppdOptions Pppd { get; init; } = new();

    /// <summary>The daemons in the order in which the system starts them; zebra serves its clients in the order in which they connected.</summary>
    public IReadOnlyList<string> Daemons { get; init; } = ["zebra", "ospfd", "ripngd"];

    /// <summary>The role's zebra.</summary>
    public ZebraOptions Zebra { get; init; } = new();

    /// <summary>The role's ospfd.</summary>
    public OspfdOptions Ospfd { get; init; } = new();

    /// <summary>The role's ripngd.</summary>
    public RipngdOptions Ripngd { get; init; } = new();

    /// <summary>The role's HUP signals.</summary>
    public HupOptions Hup { get; init; } = new();

    /// <summary>The role's TERM signals.</summary>
    public TermOptions Term { get; init; } = new();

    /// <summary>The ppp local address is the Ethernet's (reference 8.4 M2).</summary>
    public bool BorrowedAddress { get; init; }

    /// <summary>The role's rtadvd.</summary>
    public RtadvdOptions Rtadvd { get; init; } = new();

    /// <summary>Large IPv6 datagrams that a program sends to the other end.</summary>
    public DatagramOptions Datagrams { get; init; } = new();

    /// <summary>sshd, and somebody who logs in to the other end of a line.</summary>
    public SshOptions Ssh { get; init; } = new();

    /// <summary>Interfaces that are created at boot and that programmes of events destroy and create again; up to <see cref="InterfaceOptions.MostOfRole"/>.</summary>
    public IReadOnlyList<InterfaceOptions> Interfaces { get; init; } = [];

    /// <summary>What answers the discovery of PPP over Ethernet sessions.</summary>
    public ConcentratorOptions Concentrator { get; init; } = new();

    /// <summary>Whether one of the role's sessions comes up by discovery.</summary>
    [JsonIgnore]
    public bool Discovers => Interfaces.Any(static i => i.Discovery);

    /// <summary>Another process's membership, for example <c>224.0.1.1</c>, or null (reference 8.4 M8).</summary>
    public string? GroupMember { get; init; }

    /// <summary>From panic until the daemons run again.</summary>
    public TimeRange Reboot { get; init; } = TimeRange.Seconds(150, 240);

    /// <summary>A daemon of the role has routes, which zebra installs.</summary>
    [JsonIgnore]
    public bool HasRoutes => Ospfd.Adjacency == OspfdAdjacency.Full || Ripngd.Routes;

    /// <summary>A daemon's place in <see cref="Daemons"/>, or -1.</summary>
    public int PlaceOf(string daemon)
    {
        for (int i = 0; i < Daemons.Count; i++)
        {
            if (Daemons[i] == daemon)
            {
                return i;
            }
        }

        return -1;
    }
}
