using Stress.Emulator.Stacks;

namespace Stress.Fuzz.Lists;

/// <summary>
/// The operations of docs/operations.md with their weights: lives of interfaces, their addresses and routes, sockets and memberships, packets, time. What a stack has is
/// what the reference says; <see cref="Agent"/> stands for every real kernel.
/// </summary>
public static class KernelGrammar
{
    /// <summary>The name of real kernels among the stacks of a production.</summary>
    public const string Agent = "agent";

    private static readonly string[]
        Bsd = [StackCatalog.NetBsd2005, StackCatalog.NetBsd401],
        NoBsd7 = [StackCatalog.NetBsd2005, StackCatalog.NetBsd401, StackCatalog.Linux6, Agent],
        Sourced = [StackCatalog.Linux6, Agent],
        Raw6 = [StackCatalog.NetBsd2005, StackCatalog.NetBsd401, Agent],
        Models = [StackCatalog.NetBsd2005, StackCatalog.NetBsd401, StackCatalog.NetBsd7, StackCatalog.Linux6],
        Real = [Agent];

    /// <summary>The grammar.</summary>
    public static Grammar Grammar { get; } = new(
        [
            // Lives of interfaces. A device is opened soon after it is made, since otherwise nothing that is sent gets out.
            new(20, "create {+if:tun}"),
            new(18, "open {if:tun}"),
            new(20, "up {if}"),
            new(12, "down {if}"),
            new(8, "index {if}"),
            new(6, "ifclose {if:tun}"),
            new(12, "destroy {-if}"),
            new(6, "drain {if:tun}"),
            new(10, "over {+if:gif} {if:tun} {a4} {peer4}", Real),
            // Addresses and routes.
            new(22, "addr4 {if} {+a4} {peer4}"),
            new(12, "deladdr4 {if} {-a4}", Undoes: "addr4"),
            new(20, "addr6 {if} {+a6} {prefix6}"),
            new(12, "deladdr6 {if} {-a6}", Undoes: "addr6"),
            new(8, "route4 {if} {net4} {prefix4}", NoBsd7),
            new(6, "route4 {if} {net4} {prefix4} clone", Bsd),
            new(8, "route6 {if} {net6} {prefix6}", Sourced),
            // Sockets.
            new(22, "raw4 {+s:r4} {protocol}"),
            new(22, "udp6 {+s:u6} {port}"),
            new(10, "raw6 {+s:r6} {protocol}", Raw6),
            new(10, "tcp4 {+s:t4} {port}", Real),
            new(40, "accept4 {s:t4} {+s:c4}", Real),
            new(12, "close {-s}"),
            // TCP whose route is cached: only in the kernel of the 2005 mail. Its tick has to pass two hours for a keepalive probe.
            new(6, "tcp6 {+s:t6} {port}", [StackCatalog.NetBsd2005]),
            new(8, "connect4 {+s:o4} {peer4} {port}", [StackCatalog.NetBsd2005]),
            new(8, "connect6 {+s:o6} {peer6} {port} {selector}", [StackCatalog.NetBsd2005]),
            // Memberships, by address, by interface, of a source.
            new(24, "join4 {s:r4|t4|c4} {group4} {a4}"),
            new(3, "join4 {s:r4|t4|c4} {group4} any"),
            new(12, "drop4 {s:r4|t4|c4} {group4} {a4}", Undoes: "join4"),
            new(1, "drop4 {s:r4|t4|c4} {group4} any", Undoes: "join4"),
            new(16, "gjoin4 {s:r4|t4|c4} {group4} {selector}"),
            new(8, "gdrop4 {s:r4|t4|c4} {group4} {selector}", Undoes: "gjoin4"),
            new(12, "sjoin4 {s:r4|t4|c4} {group4} {source4} {a4}", Sourced),
            new(1, "sjoin4 {s:r4|t4|c4} {group4} {source4} any", Sourced),
            new(8, "sdrop4 {s:r4|t4|c4} {group4} {source4} {a4}", Sourced, "sjoin4"),
            new(1, "sdrop4 {s:r4|t4|c4} {group4} {source4} any", Sourced, "sjoin4"),
            new(24, "join6 {s:u6|r6} {group6} {selector}"),
            new(12, "drop6 {s:u6|r6} {group6} {selector}", Undoes: "join6"),
            new(12, "sjoin6 {s:u6|r6} {group6} {source6} {selector}", Sourced),
            new(8, "sdrop6 {s:u6|r6} {group6} {source6} {selector}", Sourced, "sjoin6"),
            new(10, "mcif4 {s:r4} {a4}"),
            new(1, "mcif4 {s:r4} any"),
            new(10, "mcif6 {s:u6|r6} {selector}"),
            new(4, "getmcif4 {s:r4}"),
            new(4, "getmcif6 {s:u6|r6}"),
            // Multicast routing, carp, threads in a read section: only in the kernel of the 2005 mail.
            new(4, "mrt6 {s:r6}", Bsd),
            new(4, "mif6 {s:r6} {mif} {selector}", Bsd),
            new(4, "mfc6 {s:r6} {source6} {group6} {mif} {mif}", Bsd),
            new(4, "carp {+carp} {if:tun}", [StackCatalog.NetBsd2005]),
            new(6, "uncarp {-carp}", [StackCatalog.NetBsd2005]),
            new(4, "enter6 {s:u6}", [StackCatalog.NetBsd2005]),
            new(6, "leave6 {s:u6}", [StackCatalog.NetBsd2005]),
            // Interfaces without a line, and who names them: only in the kernel of the 2005 mail.
            new(6, "create {+cloned}", [StackCatalog.NetBsd2005]),
            new(4, "on {cloned} {cloned}", [StackCatalog.NetBsd2005]),
            new(4, "addr4 {cloned} {+a4} {peer4}", [StackCatalog.NetBsd2005]),
            new(6, "up {cloned}", [StackCatalog.NetBsd2005]),
            new(3, "destroy {-cloned}", [StackCatalog.NetBsd2005]),
            new(3, "bpf {+bpf} {cloned}", [StackCatalog.NetBsd2005]),
            new(4, "bpfwrite {bpf}", [StackCatalog.NetBsd2005]),
            new(3, "addm {cloned} {cloned}", [StackCatalog.NetBsd2005]),
            // Packets.
            new(14, "send4 {s:r4} {to4}"),
            new(14, "send6 {s:u6} {to6}"),
            new(10, "sendpkt6 {s:u6} {to6} {selector}"),
            new(8, "deliver {if:tun} {packet}", [StackCatalog.NetBsd2005, StackCatalog.NetBsd401, Agent]),
            new(4, "enqueue {if:tun} {packet}", Bsd),
            new(4, "softint", Bsd),
            new(2, "pipe {delay}", [StackCatalog.NetBsd2005]),
            // Time, memory, sight.
            new(16, "tick {time}"),
            new(4, "alloc {bytes}", Models),
            new(2, "state", [StackCatalog.NetBsd7, StackCatalog.Linux6, Agent]),
        ],
        [
            new Pool("if", ["tun0", "tun1", "tun2", "gif0", "gif1"]),
            new Pool("a4", ["10.0.0.1", "10.0.1.1", "10.0.2.1"]),
            new Pool("a6", ["fd00::1", "fd00:1::1", "fe80::11", "fe80::12"]),
            new Pool("s", ["a", "b", "c", "d", "e", "f"], MustExist: true),
            new Pool("carp", ["carp0", "carp1"], MustExist: true),
            new Pool("cloned", ["aue0", "vlan0", "pppoe0", "bridge0"]),
            new Pool("bpf", ["bpf0", "bpf1"], MustExist: true),
        ],
        new Dictionary<string, IReadOnlyList<string>>
        {
            ["peer4"] = ["10.0.0.2", "10.0.1.2", "10.0.2.2"],
            ["net4"] = ["10.9.0.0", "192.0.2.0", "224.0.0.0"],
            ["prefix4"] = ["24", "16", "8"],
            ["net6"] = ["fd09::", "2001:db8::", "ff00::"],
            ["prefix6"] = ["64", "128"],
            ["protocol"] = ["89", "2", "17"],
            ["port"] = ["521", "5000", "5353"],
            ["group4"] = ["224.0.0.5", "224.0.0.9", "224.0.1.1", "239.1.2.3", "232.1.1.1"],
            ["source4"] = ["10.0.0.2", "192.0.2.7"],
            ["group6"] = ["ff02::5", "ff02::9", "ff05::99", "ff3e::1234"],
            ["peer6"] = ["fd00::2", "fd00:1::2", "fe80::2", "2001:db8::7"],
            ["source6"] = ["fd00::2", "2001:db8::7"],
            ["selector"] = ["{if}", "{if}", "{if}", "{if}", "{if}", "{if}", "{if}", "@{if}", "@{if}", "#{number}"],
            ["number"] = ["0", "1", "2", "3", "4", "9"],
            ["to4"] = ["224.0.0.5", "224.0.0.9", "239.1.2.3", "{peer4}", "{peer4}", "{peer4}", "192.0.2.7"],
            ["to6"] = ["ff02::9", "ff05::99", "fd00::2", "fe80::2", "2001:db8::7"],
            ["mif"] = ["0", "1", "2"],
            ["delay"] = ["0", "10", "200"],
            ["time"] = ["10", "300", "1000", "2500", "12000"],
            ["bytes"] = ["64", "256", "1024", "2048"],
            ["packet"] = Packets,
        },
        [
            ["create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "addr6 tun0 fd00::1 64", "up tun0"],
            ["create tun1", "open tun1", "addr4 tun1 10.0.1.1 10.0.1.2", "up tun1"],
            ["create tun1", "open tun1", "up tun1", "addr6 tun1 fd00:1::1 64"],
            ["create tun0", "open tun0", "up tun0"],
            ["create tun2", "open tun2", "up tun2", "addr4 tun2 10.0.2.1 10.0.2.2"],
        ]);

    // An IGMP query for all groups and for one, an MLD query, and a datagram to a group.
    private static string[] Packets =>
    [
        "46c000200000000001023a150a000002e0000001940400001164ee9b00000000",
        "46c0002000000000010229120a000002ef010203940400001164fd96ef010203",
        "6000000000200001fe800000000000000000000000000002ff0200000000000000000000000000013a0005020000010082007c3e03e8000000000000000000000000000000000000",
        "45c00021000000000111be060a000002ef01020302090209000d000068656c6c6f",
    ];
}
