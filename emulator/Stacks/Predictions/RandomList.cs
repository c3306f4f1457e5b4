using Stress.Emulator.Stacks.Linux.Faults;

namespace Stress.Emulator.Stacks.Predictions;

/// <summary>
/// A freshly drawn list: one to three interfaces that share addresses, sockets, and every operation that the model of Linux has, in a random order. Interfaces are mostly made, opened and
/// brought up before they are used; the rest is drawn uniformly, so much of it fails, and how it fails is predicted too. A list for a kernel with a fault lets time pass after each operation that may
/// free something, so that deferred work is done before the next: a tick, or long enough for every report; and it closes its sockets one by one.
/// </summary>
public static class RandomList
{
    private const int LeastSteps = 25, MostSteps = 75, MostInterfaces = 3, Wait = 10, LongWait = 3_000, MostAccepted = 3, ListenPort = 5000;
    private const string Listener = "l0";

    private static readonly string[]
        Local4 = ["10.0.0.1", "10.0.0.2", "10.0.1.1", "10.1.0.1", "10.99.0.1"],
        Group4 = ["224.0.0.5", "224.0.1.1", "239.1.2.3", "224.0.0.9"],
        Source4 = ["10.9.9.1", "10.9.9.2"],
        Local6 = ["fe80::1", "fe80::2", "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:1::1", "2001:db8::2"],
        Group6 = ["ff02::9", "ff05::2", "ff0e::77", "ff02::1:3"],
        Sockets4 = ["o0", "o1"],
        Sockets6 = ["r0", "r1"],
        Freeing = ["drop4", "gdrop4", "sdrop4", "drop6", "sdrop6", "deladdr4", "deladdr6", "down", "ifclose", "destroy", "close"];

    /// <summary>The text of a list.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="number">Which of the seed's lists.</param>
    /// <param name="fault">The fault that its kernel has (<see cref="LinuxFault.Names"/>); null for none.</param>
    public static string Of(ulong seed, int number, string? fault = null)
    {
        var draw = new Chance(seed, (ulong)number);
        var lines = new List<string> { "raw4 o0 89", "udp6 r0 521", "raw4 o1 2", "udp6 r1 522" };
        var sockets4 = new List<string>(Sockets4);
        bool accepts = fault == LinuxFault.CloneList;
        if (accepts)
        {
            lines.Add($"tcp4 {Listener} {ListenPort}");
            sockets4.Add(Listener);
        }

        string[] interfaces = [.. Enumerable.Range(0, 1 + draw.Below(MostInterfaces)).Select(n => $"tun{n}")];
        var made = new SortedSet<string>(StringComparer.Ordinal);
        for (int steps = LeastSteps + draw.Below(MostSteps - LeastSteps); steps > 0; steps--)
        {
            string name = draw.Of(interfaces);
            if (!made.Contains(name) && draw.Below(2) == 0)
            {
                made.Add(name);
                lines.AddRange([$"create {name}", $"open {name}", .. draw.Below(5) > 0 ? (string[])[$"up {name}"] : []]);
                continue;
            }

            if (accepts && sockets4.Count < Sockets4.Length + 1 + MostAccepted && draw.Below(10) == 0)
            {
                if (made.Contains(name) && draw.Below(2) == 0)
                {
                    lines.Add($"gjoin4 {Listener} {draw.Of(Group4)} {name}");
                }

                string accepted = $"c{sockets4.Count - Sockets4.Length - 1}";
                lines.AddRange([$"accept4 {Listener} {accepted}", $"tick {Wait}"]);
                sockets4.Add(accepted);
                continue;
            }

            string line = Line(draw, name, interfaces, sockets4);
            lines.Add(line);
            if (line.StartsWith("destroy", StringComparison.Ordinal))
            {
                made.Remove(name);
            }
            else if (line.StartsWith("addr6", StringComparison.Ordinal))
            {
                // The kernel's deferred work is done: a list has no times.
                lines.Add($"tick {Wait}");
            }

            if (fault is not null && Freeing.Contains(line.Split(' ')[0]))
            {
                lines.Add($"tick {(draw.Below(4) == 0 ? LongWait : Wait)}");
            }
        }

        if (fault is not null)
        {
            foreach (string socket in sockets4.Concat(Sockets6))
            {
                lines.AddRange([$"close {socket}", $"tick {Wait}"]);
            }
        }

        return string.Join('\n', lines) + "\n";
    }

    private static string Line(Chance d, string name, string[] interfaces, IReadOnlyList<string> sockets4)
    {
        string s4 = d.Of(sockets4), s6 = d.Of(Sockets6), g4 = d.Of(Group4), g6 = d.Of(Group6), by4 = d.Below(6) == 0 ? "any" : d.Of(Local4), by6 = Selector(d, interfaces);
        return d.Below(34) switch
        {
            0 => $"create {name}",
            1 => $"open {name}",
            2 => $"index {name}",
            3 => $"up {name}",
            4 => $"down {name}",
            5 or 6 => $"addr4 {name} {d.Of(Local4)} {d.Of(Local4)}",
            7 => $"addr6 {name} {d.Of(Local6)} 64",
            8 => $"addr6 {name} {d.Of(Local6)} 128 {d.Of(Local6)}",
            9 => $"deladdr4 {name} {d.Of(Local4)}",
            10 => $"deladdr6 {name} {d.Of(Local6)}",
            11 => $"route4 {name} 10.{5 + d.Below(4)}.0.0 16",
            12 => $"route6 {name} 2001:db8:{5 + d.Below(4)}:: 48",
            13 => $"join4 {s4} {g4} {by4}",
            14 => $"drop4 {s4} {g4} {by4}",
            15 => $"gjoin4 {s4} {g4} {by6}",
            16 => $"gdrop4 {s4} {g4} {by6}",
            17 => $"sjoin4 {s4} {g4} {d.Of(Source4)} {by4}",
            18 => $"sdrop4 {s4} {g4} {d.Of(Source4)} {by4}",
            19 or 20 => $"join6 {s6} {g6} {by6}",
            21 => $"drop6 {s6} {g6} {by6}",
            22 => $"sjoin6 {s6} {g6} 2001:db8::9 {by6}",
            23 => $"sdrop6 {s6} {g6} 2001:db8::9 {by6}",
            24 => $"mcif4 {s4} {by4}",
            25 => $"mcif6 {s6} {by6}",
            26 => $"getmcif4 {s4}",
            27 => $"getmcif6 {s6}",
            28 => $"send4 {d.Of(Sockets4)} {(d.Below(2) == 0 ? g4 : d.Of(Local4))}",
            29 => $"send6 {s6} {(d.Below(2) == 0 ? g6 : d.Of(Local6))}",
            30 => $"sendpkt6 {s6} {(d.Below(2) == 0 ? g6 : d.Of(Local6))} {by6}",
            31 => $"destroy {name}",
            32 => $"ifclose {name}",
            _ => d.Below(8) == 0 ? $"close {(d.Below(2) == 0 ? s4 : s6)}" : $"drain {name}",
        };
    }

    private static string Selector(Chance d, string[] interfaces) => d.Below(10) switch
    {
        < 7 => d.Of(interfaces),
        < 9 => $"@{d.Of(interfaces)}",
        _ => $"#{d.Below(6)}",
    };
}
