namespace Stress.Fuzz.Lists;

/// <summary>Lives of interfaces under pppd: sessions of two pppds on a pty in a guest, whose units, terminal and other end come and go. What each line does is in <c>pppd/list.sh</c>.</summary>
public static class PppdGrammar
{
    /// <summary>What productions call it.</summary>
    public const string Language = "pppd";

    /// <summary>The grammar.</summary>
    public static Grammar Grammar { get; } = new(
        [
            // Sessions: their ends are told to end, to hang up, to agree on compression again, or end without a word; the terminal of the far one is closed.
            new(14, "start {+session} {options}"),
            new(8, "term {session} {end}"),
            new(8, "kill {session} {end}"),
            new(6, "hup {session} {end}"),
            new(3, "usr {session} {end}"),
            new(8, "cut {session}"),
            // Units: those of session n are pppN and pppN+1, twice n and one more.
            new(8, "up {if}"),
            new(10, "down {if}"),
            new(8, "flap {if} {times}"),
            new(14, "destroy {if}"),
            new(12, "rename {if} {to}"),
            new(4, "dummy {to}"),
            new(5, "mtu {if} {mtu}"),
            // Addresses and routes.
            new(6, "addr4 {if} {a4}"),
            new(5, "deladdr4 {if} {own4}"),
            new(3, "addr6 {if} {a6}"),
            new(5, "flush {if}"),
            new(4, "route4 {net4} {if}"),
            new(2, "delroute4 {net4} {if}", Undoes: "route4"),
            new(4, "send {far4}"),
            new(12, "wait {seconds}"),
        ],
        [new Pool("session", ["s0", "s1"])],
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["options"] = ["plain", "v6", "v6", "persist", "persist", "echo", "demand", "multilink", "ifname", "route", "proxyarp"],
            ["end"] = ["near", "far"],
            ["if"] = ["ppp0", "ppp0", "ppp0", "ppp1", "ppp1", "ppp2", "ppp3", "x0", "x1"],
            ["to"] = ["x0", "x1", "ppp0", "ppp2"],
            ["times"] = ["1", "2", "5"],
            ["mtu"] = ["1280", "1400", "68", "1500"],
            ["a4"] = ["10.9.0.1/24", "10.0.0.1/32", "10.0.0.2/32"],
            ["own4"] = ["10.0.0.1", "10.0.0.2", "10.9.0.1/24"],
            ["a6"] = ["fd00::1/64", "fe80::11/64"],
            ["net4"] = ["192.0.2.0/24", "0.0.0.0/0", "10.0.0.2/32"],
            ["far4"] = ["10.0.0.2", "10.0.0.1", "10.1.0.2"],
            ["seconds"] = ["1", "2", "5", "20"],
        },
        [
            ["start s0 v6"],
            ["start s0 persist"],
            ["start s0 v6", "start s1 echo"],
            ["start s0 demand", "send 10.0.0.2"],
        ]);
}
