namespace Stress.Fuzz.Lists;

/// <summary>
/// Lives of interfaces under routing daemons: what an administrator does with ip(8) and the daemons' vty while zebra, ospfd and ripngd run. What each line does is in
/// <see cref="Daemons.DaemonCommands"/>.
/// </summary>
public static class DaemonGrammar
{
    /// <summary>The name of the stack.</summary>
    public const string Stack = "daemons";

    /// <summary>The grammar.</summary>
    public static Grammar Grammar { get; } = new(
        [
            // Interfaces come, go, flap, change their names, their bridges and their namespace.
            new(14, "veth {+if} {+if}"),
            new(6, "bridge {+if:bridge}"),
            new(4, "macvlan {+if} {if}"),
            new(3, "vxlan {+if} {vni}"),
            new(6, "tun {+if}"),
            new(22, "up {if}"),
            new(12, "down {if}"),
            new(10, "flap {if} {times}"),
            new(12, "destroy {-if}"),
            new(10, "rename {-if} {+if}"),
            new(5, "master {if} {if:bridge}"),
            new(3, "nomaster {if}"),
            new(4, "mtu {if} {mtu}"),
            new(2, "mac {if} {mac}"),
            new(4, "away {-if}"),
            new(3, "back {+if}"),
            // Addresses and routes.
            new(20, "addr4 {if} {+a4}"),
            new(10, "deladdr4 {if} {-a4}", Undoes: "addr4"),
            new(5, "peer4 {if} {+a4} {far4}"),
            new(10, "addr6 {if} {+a6}"),
            new(6, "deladdr6 {if} {-a6}", Undoes: "addr6"),
            new(4, "flush {if}"),
            new(5, "route4 {net4} {if}"),
            new(3, "delroute4 {net4} {if}", Undoes: "route4"),
            // Commands for the daemons.
            new(8, "ospfnet {prefix4} {area}"),
            new(4, "noospfnet {prefix4} {area}", Undoes: "ospfnet"),
            new(12, "ospfif {if} {ospfif}"),
            new(5, "noospfif {if} {ospfif}", Undoes: "ospfif"),
            new(4, "ospf {ospf}"),
            new(2, "noospf {ospf}", Undoes: "ospf"),
            new(3, "noospfarea {area}"),
            new(3, "clear {clear}"),
            new(6, "ripngnet {ripngnet}"),
            new(4, "noripngnet {ripngnet}", Undoes: "ripngnet"),
            new(3, "ripngpassive {if}"),
            new(2, "noripngpassive {if}", Undoes: "ripngpassive"),
            new(3, "ripng {ripng}"),
            new(5, "zebraif {if} {zebraif}"),
            new(3, "nozebraif {if} {zebraif}", Undoes: "zebraif"),
            new(3, "norouter {router}"),
            new(4, "router {router}"),
            new(6, "show {show}"),
            // Time for the daemons to send Hellos and elect.
            new(10, "wait {ms}"),
        ],
        [
            new Pool("if", ["e0", "e1", "e2", "e3", "e4"]),
            new Pool("a4", ["10.0.0.1/24", "10.0.0.2/24", "10.0.1.1/24", "10.1.0.1/30", "10.2.0.1/32"]),
            new Pool("a6", ["fd00::1/64", "fd00:1::1/64", "fe80::11/64"]),
        ],
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["vni"] = ["5", "6"],
            ["times"] = ["1", "2", "5"],
            ["mtu"] = ["1280", "1400", "9000", "68"],
            ["mac"] = ["02:00:00:00:00:01", "02:00:00:00:00:02"],
            ["far4"] = ["10.3.0.1", "10.0.0.2"],
            ["net4"] = ["10.9.0.0/24", "192.0.2.0/24", "0.0.0.0/0"],
            ["prefix4"] = ["10.0.0.0/24", "10.0.0.0/8", "10.1.0.0/30", "0.0.0.0/0"],
            ["area"] = ["0", "1", "2"],
            ["ospfif"] = ["area-0", "area-1", "point-to-point", "non-broadcast", "point-to-multipoint", "broadcast", "passive", "hello-1", "dead-minimal", "cost-7", "priority-0", "mtu-ignore", "key"],
            ["ospf"] = ["redistribute-connected", "redistribute-kernel", "default-information", "passive-default", "stub-1", "nssa-2", "range-1", "virtual-link", "neighbor", "opaque", "max-metric"],
            ["clear"] = ["process", "interface"],
            ["ripngnet"] = ["{if}", "{if}", "fd00::/16", "::/0"],
            ["ripng"] = ["redistribute-connected", "redistribute-kernel", "default-information", "aggregate", "timers"],
            ["zebraif"] = ["shutdown", "address-4", "address-6", "bandwidth", "description", "link-detect"],
            ["router"] = ["ospf", "ripng"],
            ["show"] = ["ospf-interface", "ospf-neighbor", "ospf-database", "ospf-route", "ospf-border", "ripng", "ripng-status", "zebra-interface", "zebra-route", "zebra-nexthop", "ospf-run", "zebra-run"],
            ["ms"] = ["20", "100", "400", "1200"],
        },
        [
            ["veth e0 e1", "addr4 e0 10.0.0.1/24", "up e0", "up e1"],
            ["veth e0 e1", "addr4 e0 10.0.0.1/24", "addr4 e1 10.0.1.1/24", "up e0", "up e1", "wait 400"],
            ["tun e2", "peer4 e2 10.1.0.1/30 10.3.0.1", "up e2"],
            ["veth e0 e1", "addr6 e0 fd00::1/64", "up e0", "up e1"],
            ["bridge e3", "addr4 e3 10.0.1.1/24", "up e3"],
        ]);
}
