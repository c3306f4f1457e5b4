namespace Stress.Fuzz.Lists;

/// <summary>
/// The operations of fuzz/lwip/driver.c with their weights: lives of lwIP's interfaces and PPP sessions through its own functions, its sockets, memberships and clients, and frames that
/// arrive before, while and after. Interface N has the address 10.N.0.1, and its far end every other one. What lwIP's API forbids at a point is not executed there
/// (the driver's first comment has each rule with its place).
/// </summary>
public static class LwipGrammar
{
    /// <summary>The name on the command line.</summary>
    public const string Stack = "lwip";

    /// <summary>The grammar.</summary>
    public static Grammar Grammar { get; } = new(
        [
            // Interfaces.
            new(16, "netif {+n:eth} eth"),
            new(5, "netif {+n:ptp} ptp"),
            new(14, "up {n}"),
            new(14, "down {n}"),
            new(3, "linkup {n}"),
            new(3, "linkdown {n}"),
            new(4, "default {n}"),
            new(16, "remove {-n}"),
            new(14, "addr4 {n} {mine4}"),
            new(6, "addr6 {n} {mine6}"),
            new(8, "linklocal {n}"),
            new(3, "deladdr6 {n} {slot6}"),
            // Memberships and clients.
            new(6, "join4 {n} {group4}"),
            new(4, "leave4 {n} {group4}", Undoes: "join4"),
            new(6, "join6 {n} {group6}"),
            new(4, "leave6 {n} {group6}", Undoes: "join6"),
            new(5, "dhcp {n:eth} start"),
            new(5, "dhcp {n} stop", Undoes: "dhcp"),
            new(2, "dhcp {n} renew", Undoes: "dhcp"),
            new(3, "dhcp {n} release", Undoes: "dhcp"),
            new(3, "dhcp6 {n} {switch}"),
            new(4, "autoip {n:eth} start"),
            new(4, "autoip {n} stop", Undoes: "autoip"),
            new(4, "mdns {n} add"),
            new(4, "mdns {n} remove", Undoes: "mdns"),
            new(3, "mdns {n} announce", Undoes: "mdns"),
            new(2, "mdns {n} restart", Undoes: "mdns"),
            new(3, "dns {host}"),
            new(8, "arp {n:eth} {resolve} {far4}"),
            new(3, "arp {n:eth} {static} {far4}"),
            // Frames from the far end of an interface.
            new(24, "frame {n} {frame4} {far4}"),
            new(4, "frame {n} {forgroup} {group4}"),
            new(20, "frame {n} {frame6} {far6}"),
            // Sockets.
            new(8, "udp {+u} {port}"),
            new(10, "send {u} {to}"),
            new(10, "sendif {u} {n} {to}"),
            new(3, "sendbig {u} {to}"),
            new(3, "on {u} {n}"),
            new(4, "shut {-u}"),
            new(4, "raw {+r} {protocol}"),
            new(5, "send {r} {to}"),
            new(2, "on {r} {n}"),
            new(3, "shut {-r}"),
            new(6, "tcp {+t}"),
            new(4, "tlisten {t}"),
            new(6, "tconnect {t} {to}"),
            new(4, "twrite {t}"),
            new(3, "tclose {t}"),
            new(3, "tabort {-t}"),
            // PPP sessions.
            new(10, "ppp {+p:os} os"),
            new(12, "ppp {+p:oe} oe {n:eth}"),
            new(10, "ppp {+p:l2tp} l2tp {n:eth}"),
            new(22, "connect {p} 0"),
            new(4, "connect {p} 5"),
            new(5, "listen {p:os}"),
            new(14, "close {p} 0"),
            new(8, "close {p} 1"),
            new(10, "free {-p}"),
            new(10, "atend {p} {atend}"),
            new(5, "auth {p} {auth}"),
            new(4, "far {p} {far}"),
            new(3, "default {p}"),
            new(24, "line {p} {line}"),
            new(8, "line {p:oe} {discovery}"),
            new(8, "line {p:l2tp} {tunnel}"),
            // Time.
            new(26, "run"),
            new(34, "time {time}"),
        ],
        [
            new Pool("n", ["n0", "n1", "n2"]),
            new Pool("p", ["p0", "p1", "p2"]),
            new Pool("u", ["u0", "u1"]),
            new Pool("r", ["r0", "r1"]),
            new Pool("t", ["t0", "t1", "t2"]),
        ],
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["mine4"] = ["10.0.0.1", "10.1.0.1", "10.2.0.1"],
            ["far4"] = ["10.0.0.7", "10.1.0.7", "10.2.0.7"],
            ["mine6"] = ["fd00::1", "fd00:1::1"],
            ["far6"] = ["fe80::9", "fd00::9", "fd00:1::9"],
            ["slot6"] = ["0", "1", "2"],
            ["group4"] = ["224.0.0.251", "239.1.2.3"],
            ["group6"] = ["ff02::fb", "ff05::99"],
            ["to"] = ["{far4}", "{far4}", "{far4}", "{mine4}", "{far6}", "{far6}", "{group4}", "{group6}", "10.9.9.9", "255.255.255.255"],
            ["switch"] = ["start", "stop"],
            ["host"] = ["a.example", "b.example"],
            ["resolve"] = ["query", "query", "request"],
            ["static"] = ["add", "del"],
            ["frame4"] = ["arp", "arp", "arpreply", "udp", "ping", "fragment", "lastfragment", "query", "syn"],
            ["forgroup"] = ["group", "mdns"],
            ["frame6"] = ["ra", "ra", "ns", "na", "dad", "redirect", "ping6", "mldquery", "toobig", "fragment6"],
            ["port"] = ["5000", "5353", "1701"],
            ["protocol"] = ["1", "17", "89"],
            ["atend"] = ["free", "free", "connect", "listen", "nothing"],
            ["auth"] = ["none", "pap", "chap", "eap", "required"],
            ["far"] = ["deaf", "hears"],
            ["line"] =
            [
                "confreq", "confack", "confnak", "confrej", "termreq", "termreq", "termack", "coderej", "protrej", "lcprej", "echoreq", "papack", "papnak", "papreq", "chap", "chapok", "chapfail",
                "eap", "eapok", "eapfail", "ipcpreq", "ipcpterm", "ipcprej", "ip6cpreq", "ip6cpterm", "ccpreq", "ccpreset", "unknown", "ip",
            ],
            ["discovery"] = ["pado", "pads", "padt"],
            ["tunnel"] = ["stopccn", "stopccn", "sccrp", "icrp"],
            ["time"] = ["10", "300", "300", "1100", "1100", "3000", "3000", "10000", "30000"],
        },
        [
            ["netif n0 eth", "addr4 n0 10.0.0.1", "up n0"],
            ["netif n1 eth", "up n1", "linklocal n1"],
            ["ppp p0 os", "connect p0 0", "time 3000"],
            ["netif n2 eth", "addr4 n2 10.2.0.1", "up n2", "ppp p1 oe n2", "connect p1 0", "time 3000"],
            ["netif n0 eth", "addr4 n0 10.0.0.1", "up n0", "ppp p2 l2tp n0", "connect p2 0", "time 10000"],
        ]);
}
