using Stress.Emulator.Stacks;
using Stress.Fuzz.Daemons;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Fuzz.Tests;

public sealed class DaemonTests
{
    [Fact]
    public void Every_line_that_the_grammar_writes_is_a_line_for_a_shell_or_for_a_vty()
    {
        var generator = new Generator(DaemonGrammar.Grammar);
        string[] lines = [.. Enumerable.Range(1, 500).SelectMany(n => generator.Generate(new Chance(1, (ulong)n)))];

        Assert.All(lines, line => Assert.True(DaemonCommands.Of(line) is { } command && (command.Shell is not null || command.Vty.Count > 0), line));
        Assert.Equal(DaemonGrammar.Grammar.Productions.Select(p => p.Word).Distinct().Order(), lines.Select(line => line.Split(' ')[0]).Distinct().Order());
    }

    [Fact]
    public void A_daemon_that_a_signal_ended_has_the_functions_below_the_handler_in_its_title()
    {
        const string Said = """
            2026/11/30 02:33:19 OSPF: [T83RR-8SM5G] ospfd 8.4.4 starting: vty@0
            OSPF: Received signal 11 at 1796006024 (si_addr 0xf11, PC 0x7f03c126f308); aborting...
            OSPF: /usr/lib/x86_64-linux-gnu/frr/libfrr.so.0(zlog_backtrace_sigsafe+0x6f) [0x7f03c141251f]
            OSPF: /usr/lib/x86_64-linux-gnu/frr/libfrr.so.0(zlog_signal+0xf5) [0x7f03c1412725]
            OSPF: /usr/lib/x86_64-linux-gnu/frr/libfrr.so.0(+0xce791) [0x7f03c143f791]
            OSPF: /lib/x86_64-linux-gnu/libc.so.6(+0x3c050) [0x7f03c11af050]
            OSPF: /lib/x86_64-linux-gnu/libc.so.6(ppoll+0x48) [0x7f03c126f308]
            OSPF: /usr/lib/x86_64-linux-gnu/frr/libfrr.so.0(thread_fetch+0x319) [0x7f03c1450c89]
            OSPF: /usr/lib/x86_64-linux-gnu/frr/libfrr.so.0(+0xf3) [0x7f03c140a813]
            OSPF: no thread information available
            """;

        Assert.Equal("ospfd: signal 11 in thread_fetch < libfrr.so.0+0xf3", DaemonReport.TitleOf("ospfd", 139, Said));
        Assert.Equal("zebra: signal 9", DaemonReport.TitleOf("zebra", 137, ""));
        Assert.Equal("zebra: ended with exit code 1", DaemonReport.TitleOf("zebra", 1, ""));
        Assert.Equal("ripngd: f(): assertion (ifp != ((void *)0)) failed", DaemonReport.TitleOf("ripngd", 134, "RIPNG: [X] lib/if.c:12: f(): assertion (ifp != ((void *)0)) failed"));
    }

    [Fact]
    public void A_script_of_a_list_has_each_line_in_the_words_of_its_tool()
    {
        string script = DaemonExport.ToShell("finding-01", "ospfd: signal 11", ["veth e0 e1", "ospfif e0 passive", "back e0"]);

        Assert.Contains("\nip link add e0 type veth peer name e1\nvty ospfd 'configure terminal' 'interface e0' 'ip ospf passive' 'end'\nnsenter -t $AWAY -n ip link set dev e0 netns 1\n", script, StringComparison.Ordinal);
        string end = script[script.IndexOf("\n# After the list", StringComparison.Ordinal)..];
        Assert.Contains("\n" + string.Join('\n', DaemonCommands.RemoveInterfaces) + "\n", end, StringComparison.Ordinal);
        Assert.Contains("; ip addr flush dev lo scope global; ip route flush table main\nnsenter -t $AWAY ", end, StringComparison.Ordinal);
    }

    [ToolFact("/usr/lib/frr/ripngd", "frr", And = "unshare", AndPackage = "util-linux")]
    public void Lists_share_a_machine_and_what_one_has_made_and_set_is_gone_before_the_next()
    {
        using var stack = new DaemonStack();
        string[] first = ["veth e0 e1", "addr4 e0 10.0.0.1/24", "up e0", "up e1", "ospfif e0 passive", "norouter ripng", "away e1", "down e0", "rename e0 e3"], second = ["veth e0 e1", "addr4 e0 10.0.0.1/24", "show ospf-interface", "router ripng"];

        IReadOnlyList<ListOutcome> outcomes = stack.Run([first, second], 1, CancellationToken.None);

        Assert.All(outcomes, outcome => Assert.Empty(outcome.Titles));
        Assert.All(outcomes.SelectMany(outcome => outcome.Steps), step => Assert.Equal("", step.Error));
        Assert.StartsWith("2 executions of lists on 1 machines", stack.Shared, StringComparison.Ordinal);
    }
}
