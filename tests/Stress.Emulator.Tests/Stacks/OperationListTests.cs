using Stress.Emulator.Stacks;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public class OperationListTests
{
    [Theory]
    [InlineData("crate tun0", "unknown operation 'crate'", "create, open, index")]
    [InlineData("create eth0", "unknown interface name 'eth0'", "tunN or pppN with N from 0 to 9999, gifN that over makes, or vlanN")]
    [InlineData("create tun", "unknown interface name 'tun'", "tunN or pppN")]
    [InlineData("create", "'create' has 0 arguments", "create IF")]
    [InlineData("up tun0 tun1", "'up' has 2 arguments", "up IF")]
    [InlineData("addr4 tun0 10.0.0.256 10.0.0.2", "unknown IPv4 address '10.0.0.256'", "four numbers 0-255")]
    [InlineData("addr4 tun0 224.0.0.5 10.0.0.2", "'224.0.0.5' cannot be an interface address", "unicast IPv4")]
    [InlineData("connect4 a 224.0.0.5 22", "'224.0.0.5' cannot be the peer of a TCP connection", "unicast IPv4")]
    [InlineData("connect6 a ff02::9 22 tun0", "'ff02::9' cannot be the peer of a TCP connection", "unicast IPv6")]
    [InlineData("addr6 tun0 fe80::1", "'addr6' has 2 arguments", "addr6 IF LOCAL PREFIXLEN [PEER]")]
    [InlineData("addr6 tun0 fe80::1 129", "'129' is not a valid prefix length", "1 to 128")]
    [InlineData("addr6 tun0 fe80:::1 64", "unknown IPv6 address 'fe80:::1'", "RFC 4291")]
    [InlineData("send4 o 224.0.0.5", "unknown socket 'o'", "none so far")]
    [InlineData("raw4 o 89\nmcif4 p any", "unknown socket 'p'", "(o)")]
    [InlineData("raw4 o 256", "'256' is not a valid protocol", "1 to 255")]
    [InlineData("raw4 9o 89", "malformed socket name '9o'", "a letter")]
    [InlineData("udp6 r 521\njoin6 r ff02::9 #x", "'x' is not a valid interface index", "0 to")]
    [InlineData("deliver tun0 4g", "'4g' is not a packet", "hex digits")]
    [InlineData("raw6 i 0", "'0' is not a valid protocol", "1 to 255")]
    [InlineData("enqueue ppp0 456", "'456' is not a packet", "hex digits")]
    [InlineData("pipe 60001", "'60001' is not a valid number of milliseconds", "0 to 60000")]
    [InlineData("raw6 m 58\nmif6 m 32 ppp0", "'32' is not a valid mif", "0 to 31")]
    [InlineData("raw6 m 58\nmfc6 m 2001:db8::1 ff0e::1 0 1,x", "'x' is not a valid mif", "0 to 31")]
    [InlineData("mrt6 m", "unknown socket 'm'", "none so far")]
    [InlineData("carp 9 ppp0", "malformed carp device name '9'", "a letter")]
    [InlineData("uncarp c", "unknown carp device 'c'", "a name that an earlier carp made")]
    [InlineData("bpfwrite t", "unknown bpf descriptor 't'", "a name that an earlier bpf made")]
    [InlineData("on vlan0", "'on' has 1 argument", "on IF PARENT")]
    [InlineData("enter6 t", "unknown socket 't'", "none so far")]
    [InlineData("route4 ppp0 10.0.0.0 33", "'33' is not a valid prefix length", "0 to 32")]
    [InlineData("route6 tun0 2001:db8:: 129", "'129' is not a valid prefix length", "0 to 128")]
    [InlineData("raw4 o 89\ngjoin4 o 224.0.0.5", "'gjoin4' has 2 arguments", "gjoin4 SOCKET GROUP IF|@IF|#N")]
    [InlineData("raw4 o 89\nsjoin4 o 232.1.1.1 224.0.0.1 any", "'224.0.0.1' cannot be a source", "unicast IPv4")]
    [InlineData("udp6 r 521\nsjoin6 r ff3e::1 ff02::1 tun0", "'ff02::1' cannot be a source", "unicast IPv6")]
    [InlineData("over tun1 tun0 10.0.0.1 10.0.0.2", "'tun1' cannot be a tunnel over another interface", "gifN")]
    [InlineData("route4 ppp0 10.0.0.0 24 klone", "'klone' is not a kind of route", "'clone', or nothing")]
    public void An_error_names_file_line_and_what_is_accepted(string text, string problem, string accepted)
    {
        var e = Assert.Throws<OperationListException>(() => OperationList.Parse("# a comment\n\n" + text, "lists/x.ops"));

        Assert.StartsWith($"lists/x.ops:{3 + text.Count(c => c == '\n')}: ", e.Message);
        Assert.Contains(problem, e.Message);
        Assert.Contains(accepted, e.Message);
    }

    [Fact]
    public void Names_last_indices_literals_and_any_are_read()
    {
        IReadOnlyList<Operation> list = OperationList.Parse("raw4 o 89\nudp6 r 521 # ripng\njoin4 o 224.0.0.5 any\njoin6 r ff02::9 tun0\ndrop6 r ff02::9 @tun0\nmcif6 r #3\n", "x");

        Assert.Equal("udp6 r 521", list[1].Text);
        Assert.Equal(Ipv4Address.Any, list[2].Second4);
        Assert.Equal(new InterfaceSelector(SelectorKind.Name, "tun0", 0), list[3].Selector);
        Assert.Equal(new InterfaceSelector(SelectorKind.LastIndex, "tun0", 0), list[4].Selector);
        Assert.Equal(new InterfaceSelector(SelectorKind.Literal, "", 3), list[5].Selector);
    }

    [Fact]
    public void Every_operation_that_only_a_model_can_answer_is_read_and_answered()
    {
        OperationRun run = Recordings.Run(StackCatalog.NetBsd7, null, "create tun0", "open tun0", "addr6 tun0 fe80::1 64", "tick 500", "alloc 1024", "show", "show tun0");

        Assert.All(run.Steps, step => Assert.Equal(0, step.Result.Value));
        Assert.Contains("tun0 index 2 up open fe80::1/64", run.Steps[^1].Result.Detail);
    }

    [Theory]
    [InlineData(StackCatalog.NetBsd7, "deliver tun0 45000014")]
    [InlineData(StackCatalog.Linux6, "deliver tun0 45000014")]
    public void What_a_stack_makes_of_a_packet_that_it_does_not_model_is_not_decided_and_never_clean(string stack, params string[] operations)
    {
        OperationRun run = Recordings.Run(stack, null, ["create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", .. operations]);

        Assert.Equal(operations, run.NotModelled.Select(step => step.Operation.Text));
        Assert.False(run.IsDecided);
        Assert.Equal("ENXIO", Recordings.Run(StackCatalog.NetBsd7, null, "deliver tun0 45000014").Steps[0].Result.Error?.Name);
    }

    [Theory]
    [InlineData(StackCatalog.NetBsd7)]
    [InlineData(StackCatalog.Linux6)]
    public void What_only_the_kernel_of_2005_models_another_stack_says_it_does_not(string stack)
    {
        OperationRun run = Recordings.Run(stack, null, "raw6 i 58", "softint", "pipe 100", "mrt6 i", "carp c tun0", "uncarp c", "enter6 i", "leave6 i", "route4 tun0 10.0.0.0 24 clone", "over gif0 tun0 10.0.0.1 10.0.0.2", "create vlan0", "on vlan0 aue0", "bpf t aue0", "bpfwrite t", "addm bridge0 aue0");

        Assert.All(run.Steps, step => Assert.Equal("not modelled", step.Result.Error?.Name));
    }

    [Fact]
    public void A_system_that_has_no_sources_and_no_joins_by_interface_says_so_or_takes_the_index_as_an_address()
    {
        OperationRun run = Recordings.Run(
            StackCatalog.NetBsd7, null, "raw4 o 89", "udp6 r 521", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "gjoin4 o 239.1.2.3 tun0", "gjoin4 o 239.1.2.3 #2", "gdrop4 o 239.1.2.3 #2",
            "gjoin4 o 239.1.2.3 #9", "sjoin4 o 232.1.1.1 10.9.9.9 any", "sdrop4 o 232.1.1.1 10.9.9.9 any", "sjoin6 r ff3e::1 2001:db8::1 tun0", "sdrop6 r ff3e::1 2001:db8::1 tun0", "route6 tun0 2001:db8:: 32",
            "route4 tun0 10.0.0.0 24");

        string[] expected = ["0", "-1 EADDRINUSE(48)", "0", "-1 EADDRNOTAVAIL(49)"];
        Assert.Equal(expected, run.Steps.Skip(5).Take(4).Select(s => $"{s.Result.Value} {s.Result.Error}".TrimEnd()));
        Assert.Equal(6, run.NotModelled.Count);
        Assert.False(run.IsDecided);
    }

    [Theory]
    [InlineData("netbsd-8", null, "netbsd-2005, netbsd-4.0.1, netbsd-7, linux-6")]
    [InlineData("netbsd-7", "epoch", "as-shipped, purge-flagged, netbsd-2005")]
    [InlineData("linux-6", "purge-flagged", "notifier-hold")]
    public void An_unknown_stack_or_design_is_refused_with_what_is_accepted(string stack, string? design, string accepted) =>
        Assert.Contains(accepted, Assert.Throws<UnknownStackException>(() => StackCatalog.Create(stack, design)).Message);
}
