namespace Stress.Fuzz.Daemons;

/// <summary>What a line of a list is: a line for sh(1), or lines for a daemon's vty.</summary>
/// <param name="Shell">The line for sh; null for a vty.</param>
/// <param name="Daemon">Whose vty.</param>
/// <param name="Vty">What is typed there, after <c>enable</c>.</param>
public sealed record DaemonCommand(string? Shell, string Daemon, IReadOnlyList<string> Vty);

/// <summary>
/// The operations of the daemons' lists in the words of ip(8) (iproute2) and of FRR's vty (its user guide: zebra, OSPFv2, RIPng). <c>$AWAY</c> is the process in the other namespace.
/// </summary>
public static class DaemonCommands
{
    /// <summary>The daemons, in the order in which they are started.</summary>
    public static IReadOnlyList<string> Names { get; } = ["zebra", "ospfd", "ripngd"];

    /// <summary>Options of unshare(1) for their machine.</summary>
    public static IReadOnlyList<string> Namespaces { get; } = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];

    /// <summary>A line of sh for their environment: freed memory is overwritten, and not immediately reused for the next block of its size.</summary>
    public const string Heap = "export GLIBC_TUNABLES=glibc.malloc.perturb=165:glibc.malloc.tcache_count=0";

    /// <summary>A line of sh that begins the other namespace.</summary>
    public const string Away = "(exec unshare --net sleep infinity) & AWAY=$!";

    /// <summary>Lines of sh that remove every interface but lo from both namespaces, and the addresses and routes that a list may have left on it.</summary>
    public static IReadOnlyList<string> RemoveInterfaces { get; } =
    [
        "for n in $(ls /sys/class/net 2> /dev/null; ip -o link | cut -d' ' -f2 | cut -d: -f1 | cut -d@ -f1); do [ $n = lo ] || ip link del dev $n; done; ip addr flush dev lo scope global; ip route flush table main",
        "nsenter -t $AWAY -n sh -c 'for n in $(ip -o link | cut -d\" \" -f2 | cut -d: -f1 | cut -d@ -f1); do [ $n = lo ] || ip link del dev $n; done'",
    ];

    /// <summary>Root's line of /etc/group: a user of a vty must be in its group, which is missing if Debian's package was only unpacked.</summary>
    public const string VtyGroup = "frrvty:x:64999:root";

    /// <summary>A line of sh that starts a daemon in the folder that it is in, with that folder's settings.</summary>
    /// <param name="daemon">The daemon.</param>
    public static string Start(string daemon) =>
        $"{DaemonSite.Folder}/{daemon} -f {daemon}.conf -z $PWD/zserv -i $PWD/{daemon}.pid --vty_socket $PWD -P 0 -u root -g root --log stdout > {daemon}.out 2>&1 &";

    /// <summary>What a line does; null for one that is not in the language.</summary>
    /// <param name="line">The line.</param>
    public static DaemonCommand? Of(string line)
    {
        string[] w = line.Split(' ');
        string one = w.ElementAtOrDefault(1) ?? "", two = w.ElementAtOrDefault(2) ?? "", three = w.ElementAtOrDefault(3) ?? "";
        return w[0] switch
        {
            "veth" => Ip($"link add {one} type veth peer name {two}"),
            "bridge" => Ip($"link add {one} type bridge"),
            "macvlan" => Ip($"link add {one} link {two} type macvlan mode bridge"),
            "vxlan" => Ip($"link add {one} type vxlan id {two} dstport 4789"),
            "tun" => Ip($"tuntap add dev {one} mode tun"),
            "up" => Ip($"link set dev {one} up"),
            "down" => Ip($"link set dev {one} down"),
            "flap" => new DaemonCommand($"for i in $(seq {two}); do ip link set dev {one} down && ip link set dev {one} up || break; done", "", []),
            "destroy" => Ip($"link del dev {one}"),
            "rename" => Ip($"link set dev {one} name {two}"),
            "master" => Ip($"link set dev {one} master {two}"),
            "nomaster" => Ip($"link set dev {one} nomaster"),
            "mtu" => Ip($"link set dev {one} mtu {two}"),
            "mac" => Ip($"link set dev {one} address {two}"),
            "away" => Ip($"link set dev {one} netns $AWAY"),
            "back" => new DaemonCommand($"nsenter -t $AWAY -n ip link set dev {one} netns $$", "", []),
            "addr4" or "addr6" => Ip($"addr add {two} dev {one}{(w[0] == "addr6" ? " nodad" : "")}"),
            "deladdr4" or "deladdr6" => Ip($"addr del {two} dev {one}"),
            "peer4" => Ip($"addr add {two.Split('/')[0]} peer {three} dev {one}"),
            "flush" => Ip($"addr flush dev {one}"),
            "route4" => Ip($"route add {one} dev {two}"),
            "delroute4" => Ip($"route del {one} dev {two}"),
            "wait" => int.TryParse(one, out int ms) ? new DaemonCommand($"sleep {ms / 1000}.{ms % 1000:000}", "", []) : null,
            "ospfnet" => Ospf($"network {one} area {two}"),
            "noospfnet" => Ospf($"no network {one} area {two}"),
            "ospfif" => OspfInterface(one, OspfInterfaceWords(two)),
            "noospfif" => OspfInterface(one, OspfInterfaceWords(two) is { } words ? $"no {words}" : null),
            "ospf" => Ospf(OspfWords(one)),
            "noospf" => Ospf(OspfWords(one) is { } words ? $"no {words}" : null),
            "noospfarea" => Ospf($"no area {one} stub"),
            "clear" => new DaemonCommand(null, "ospfd", [$"clear ip ospf {one}"]),
            "ripngnet" => Ripng($"network {one}"),
            "noripngnet" => Ripng($"no network {one}"),
            "ripngpassive" => Ripng($"passive-interface {one}"),
            "noripngpassive" => Ripng($"no passive-interface {one}"),
            "ripng" => Ripng(RipngWords(one)),
            "zebraif" => Zebra(one, ZebraWords(two)),
            "nozebraif" => Zebra(one, ZebraWords(two) is { } words ? $"no {words}" : null),
            "norouter" => Config(DaemonOf(one), $"no router {one}"),
            "router" => Config(DaemonOf(one), $"router {one}", one == "ospf" ? "network 10.0.0.0/8 area 0" : "network ::/0"),
            "show" => ShowWords(one) is { } what ? new DaemonCommand(null, what.Daemon, [what.Words]) : null,
            _ => null,
        };
    }

    /// <summary>Commands that reset the daemons' settings to those at the start, and forget interfaces that are gone.</summary>
    /// <param name="daemon">The daemon.</param>
    /// <param name="interfaces">Names that a list may have used.</param>
    public static IReadOnlyList<string> Reset(string daemon, IEnumerable<string> interfaces) =>
    [
        "configure terminal",
        .. daemon switch { "ospfd" => ["no router ospf"], "ripngd" => ["no router ripng"], _ => Array.Empty<string>() },
        .. interfaces.Select(name => $"no interface {name}"),
        "end",
    ];

    /// <summary>The settings that a daemon is started with.</summary>
    /// <param name="daemon">The daemon.</param>
    public static IReadOnlyList<string> Beginning(string daemon) => daemon switch
    {
        "ospfd" => ["router ospf", "ospf router-id 10.255.0.1", "network 10.0.0.0/8 area 0"],
        "ripngd" => ["router ripng", "network ::/0"],
        _ => [],
    };

    /// <summary>The command that lists the interfaces that a daemon works with.</summary>
    /// <param name="daemon">The daemon.</param>
    public static string Interfaces(string daemon) => daemon switch
    {
        "ospfd" => "show ip ospf interface",
        "ripngd" => "show ipv6 ripng status",
        _ => "show interface brief",
    };

    private static string DaemonOf(string protocol) => protocol == "ospf" ? "ospfd" : "ripngd";

    private static DaemonCommand Ip(string words) => new($"ip {words}", "", []);

    private static DaemonCommand Config(string daemon, params string[] words) => new(null, daemon, ["configure terminal", .. words, "end"]);

    private static DaemonCommand? Ospf(string? words) => words is null ? null : Config("ospfd", "router ospf", words);

    private static DaemonCommand? Ripng(string? words) => words is null ? null : Config("ripngd", "router ripng", words);

    private static DaemonCommand? OspfInterface(string name, string? words) => words is null ? null : Config("ospfd", $"interface {name}", words);

    private static DaemonCommand? Zebra(string name, string? words) => words is null ? null : Config("zebra", $"interface {name}", words);

    private static string? OspfInterfaceWords(string setting) => setting switch
    {
        "area-0" => "ip ospf area 0",
        "area-1" => "ip ospf area 1",
        "point-to-point" or "non-broadcast" or "point-to-multipoint" or "broadcast" => $"ip ospf network {setting}",
        "passive" => "ip ospf passive",
        "hello-1" => "ip ospf hello-interval 1",
        "dead-minimal" => "ip ospf dead-interval minimal hello-multiplier 5",
        "cost-7" => "ip ospf cost 7",
        "priority-0" => "ip ospf priority 0",
        "mtu-ignore" => "ip ospf mtu-ignore",
        "key" => "ip ospf message-digest-key 1 md5 stress",
        _ => null,
    };

    private static string? OspfWords(string setting) => setting switch
    {
        "redistribute-connected" => "redistribute connected",
        "redistribute-kernel" => "redistribute kernel",
        "default-information" => "default-information originate",
        "passive-default" => "passive-interface default",
        "stub-1" => "area 1 stub",
        "nssa-2" => "area 2 nssa",
        "range-1" => "area 1 range 10.1.0.0/16",
        "virtual-link" => "area 1 virtual-link 10.255.0.2",
        "neighbor" => "neighbor 10.0.0.2",
        "opaque" => "capability opaque",
        "max-metric" => "max-metric router-lsa administrative",
        _ => null,
    };

    private static string? RipngWords(string setting) => setting switch
    {
        "redistribute-connected" => "redistribute connected",
        "redistribute-kernel" => "redistribute kernel",
        "default-information" => "default-information originate",
        "aggregate" => "aggregate-address fd00::/16",
        "timers" => "timers basic 1 3 2",
        _ => null,
    };

    private static string? ZebraWords(string setting) => setting switch
    {
        "shutdown" => "shutdown",
        "address-4" => "ip address 10.0.2.1/24",
        "address-6" => "ipv6 address fd00:2::1/64",
        "bandwidth" => "bandwidth 100",
        "description" => "description stress",
        "link-detect" => "link-detect",
        _ => null,
    };

    private static (string Daemon, string Words)? ShowWords(string what) => what switch
    {
        "ospf-interface" => ("ospfd", "show ip ospf interface"),
        "ospf-neighbor" => ("ospfd", "show ip ospf neighbor detail all"),
        "ospf-database" => ("ospfd", "show ip ospf database self-originate"),
        "ospf-route" => ("ospfd", "show ip ospf route"),
        "ospf-border" => ("ospfd", "show ip ospf border-routers"),
        "ospf-run" => ("ospfd", "show running-config"),
        "ripng" => ("ripngd", "show ipv6 ripng"),
        "ripng-status" => ("ripngd", "show ipv6 ripng status"),
        "zebra-interface" => ("zebra", "show interface"),
        "zebra-route" => ("zebra", "show ip route"),
        "zebra-nexthop" => ("zebra", "show nexthop-group rib"),
        "zebra-run" => ("zebra", "show running-config"),
        _ => null,
    };
}
