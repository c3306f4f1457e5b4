using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Linux.Faults;
using Stress.Emulator.Stacks.Predictions;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

/// <summary>What the model says of each fault: the functions are those that Linux 6.12.117 reported with the same list (docs/predict.md).</summary>
public sealed class LinuxFaultTests
{
    private const string Up = "raw4 o 89\nudp6 r 521\ncreate tun0\nopen tun0\nup tun0\n";
    private static readonly RecordingConditions Agent = RecordingConditions.Default with { ThroughAgent = true };

    private static ListPrediction Said(string text, string? fault) =>
        ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6, null, Agent, fault: fault), "list", text, OperationList.Parse(text, "list"));

    [Theory]
    [InlineData(LinuxFault.TunSocketHold, "create tun0", "tun_queue_purge")]
    [InlineData(LinuxFault.IgmpRecordHold, Up + "addr4 tun0 10.0.0.1 10.0.0.2\njoin4 o 224.0.1.1 10.0.0.1\ndrop4 o 224.0.1.1 10.0.0.1\ndestroy tun0", "inet_rcu_free_ifa")]
    [InlineData(LinuxFault.MldRecordHold, Up + "join6 r ff05::99 tun0\ndrop6 r ff05::99 tun0\ndestroy tun0", "addrconf_ifdown")]
    [InlineData(LinuxFault.MldRecordHold, Up + "join6 r ff05::99 tun0\nsjoin6 r ff05::98 fd00::1 tun0\ndestroy tun0", "in6_dev_finish_destroy")]
    [InlineData(LinuxFault.AddressHold, Up + "addr6 tun0 fd00::1 64\ntick 2000\ndestroy tun0", "addrconf_ifdown")]
    [InlineData(LinuxFault.AddressHold, Up + "addr6 tun0 fd00::1 64\naddr6 tun0 fd00::2 64\ntick 2000\ndestroy tun0", "in6_dev_finish_destroy")]
    [InlineData(LinuxFault.CloneList, Up + "tcp4 l 5000\ngjoin4 l 239.1.2.3 tun0\naccept4 l c\nclose c\ntick 10\nclose l", "ip_mc_drop_socket")]
    [InlineData(LinuxFault.CloneList, Up + "tcp4 l 5000\ngjoin4 l 239.1.2.3 tun0\naccept4 l c\nclose l\ntick 10\ngjoin4 c 239.1.2.4 tun0", "__ip_mc_join_group")]
    public void A_list_dies_in_the_function_that_the_kernel_names(string fault, string text, string function)
    {
        Assert.Equal(function, Said(text, fault).FirstFunction);
        Assert.Null(Said(text, fault: null).FirstFunction);
    }

    [Theory]
    [InlineData("drop4 o 224.0.1.1 10.0.0.1\n", "6.12.117", "inet_rcu_free_ifa")]
    [InlineData("drop4 o 224.0.1.1 10.0.0.1\n", "6.1.192", "rcu_process_callbacks")]
    [InlineData("drop4 o 224.0.1.1 10.0.0.1\ndeladdr4 tun0 10.0.0.1\n", "6.12.117", "inetdev_event")]
    [InlineData("drop4 o 224.0.1.1 10.0.0.1\ndeladdr4 tun0 10.0.0.1\n", "6.1.192", "igmpv3_clear_delrec")]
    public void An_in_device_of_6_1_is_freed_at_once_and_whoever_looks_next_is_the_first_to_be_seen(string lines, string release, string function)
    {
        string text = Up + "addr4 tun0 10.0.0.1 10.0.0.2\njoin4 o 224.0.1.1 10.0.0.1\n" + lines + "destroy tun0";

        ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6, null, Agent, fault: LinuxFault.IgmpRecordHold, release: release), "list", text, OperationList.Parse(text, "list"));

        Assert.Equal(function, said.FirstFunction);
    }

    [Theory]
    [InlineData(LinuxFault.IgmpRecordHold, Up + "addr4 tun0 10.0.0.1 10.0.0.2\nsend4 o 224.0.1.1")]
    [InlineData(LinuxFault.MldRecordHold, Up + "addr6 tun0 fd00::1 64\ntick 10\nsend6 r ff05::99")]
    [InlineData(LinuxFault.AddressHold, Up + "join6 r ff05::99 tun0")]
    [InlineData(LinuxFault.CloneList, Up + "tcp4 l 5000\naccept4 l c\ngjoin4 l 239.1.2.3 tun0\nclose c\nclose l")]
    public void A_list_that_does_not_reach_the_fault_lives(string fault, string text) => Assert.Null(Said(text, fault).FirstFunction);

    [Fact]
    public void What_the_end_of_a_list_takes_away_counts_as_what_the_list_takes_away()
    {
        ListPrediction said = Said(Up + "join6 r ff05::99 tun0", LinuxFault.MldRecordHold);

        Assert.Equal("addrconf_ifdown", said.FirstFunction);
        Assert.Contains("step 7 (end)", said.Verdict);
    }

    [Fact]
    public void A_tcp_socket_joins_by_interface_alone()
    {
        ListPrediction said = Said(Up + "addr4 tun0 10.0.0.1 10.0.0.2\ntcp4 l 5000\njoin4 l 239.1.2.3 10.0.0.1\nmcif4 l 10.0.0.1\ngjoin4 l 239.1.2.3 tun0", fault: null);

        Assert.Equal(["-1 EPROTO(71)", "-1 EINVAL(22)", "0"], said.Steps.Skip(7).Select(s => s.Answer));
    }

    [Fact]
    public void A_fault_that_no_list_reaches_is_refused_with_those_that_are_known()
    {
        UnknownStackException e = Assert.Throws<UnknownStackException>(() => StackCatalog.Create(StackCatalog.Linux6, fault: "ppp-channel-hold"));

        Assert.Equal($"the model of Linux has no fault 'ppp-channel-hold'; accepted: {string.Join(", ", LinuxFault.Names)}", e.Message);
        Assert.Throws<UnknownStackException>(() => StackCatalog.Create(StackCatalog.NetBsd7, fault: LinuxFault.CloneList));
    }

    [Theory]
    [InlineData("addr6 tun0 fd00::1 64", "0")]
    [InlineData("index tun0", "-1 ENODEV(19)")]
    public void An_address_brings_the_route_to_groups_to_an_interface_without_a_carrier(string line, string answer) =>
        Assert.Equal(answer, Said($"udp6 r 521\ncreate tun0\nup tun0\n{line}\njoin6 r ff05::99 #0", fault: null).Steps[^1].Answer);

    [Fact]
    public void An_address_takes_the_route_to_itself_that_another_has_to_its_peer()
    {
        string text = Up + "addr6 tun0 fe80::1 128 fd00::9\ntick 10\naddr6 tun0 fd00::9 128\ntick 10\ndeladdr6 tun0 fd00::9\nsend6 r fd00::9";

        Assert.Equal("-1 ENETUNREACH(101)", Said(text, fault: null).Steps[^1].Answer);
    }
}
