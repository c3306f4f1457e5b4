using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public sealed class BootInterfaceTests
{
    private static readonly Ipv4Address Office = Ipv4Address.Of(192, 168, 7, 1), Laboratory = Ipv4Address.Of(172, 16, 0, 1), Second = Ipv4Address.Of(172, 16, 0, 2);

    private static readonly BootInterface[] Three =
    [
        new("ex0", InterfaceKind.Ethernet, new InterfaceAddress(Office)),
        new("lo0", InterfaceKind.Loopback, new InterfaceAddress(Ipv4Address.Of(127, 0, 0, 1), Ipv4Address.Of(127, 0, 0, 1))),
        new("ex1", InterfaceKind.Ethernet, new InterfaceAddress(Laboratory), new InterfaceAddress(Second)),
    ];

    [Fact]
    public void The_interfaces_of_the_list_are_attached_in_its_order_with_their_names_and_addresses()
    {
        BsdKernel kernel = new Machine(boot: Three).K;

        Assert.Equal(["ex0", "lo0", "ex1"], Enumerable.Range(0, 3).Select(kernel.NameOf));
        Assert.Equal([1, 2, 3], kernel.Interfaces.ToArray().Where(i => i.Attached).Select(i => (int)i.Index));
        Assert.Equal(3, kernel.Interfaces.ToArray().Where(i => i.Attached).Select(i => i.Address).Distinct().Count());
        (string, Ipv4Address)[] expected = [("ex0", Office), ("lo0", Ipv4Address.Of(127, 0, 0, 1)), ("ex1", Laboratory), ("ex1", Second)];
        Assert.Equal(expected, Addresses(kernel));
    }

    [Fact]
    public void A_route_to_an_IPv6_address_of_ones_own_goes_over_the_loopback_wherever_it_stands_in_the_list()
    {
        BsdKernel kernel = new Machine(boot: Three).K;
        uint loopback = kernel.Interfaces[1].Address;

        Assert.All(kernel.Routes.ToArray().Where(r => r.Up && r.Family == BsdKernel.AfInet6 && r.PrefixLength == 128), r => Assert.Equal(loopback, r.Ifp.Address));
    }

    [Fact]
    public void A_group_is_joined_and_left_on_any_of_them_and_nothing_is_stale()
    {
        var machine = new Machine(boot: Three);
        int socket = machine.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);

        Assert.Equal(Errno.None, machine.K.IpAddMembership(socket, Ipv4Address.AllSpfRouters, Second));
        Assert.Equal(Errno.None, machine.K.IpMulticastIf(socket, Office));
        Assert.Equal(Errno.None, machine.K.SendRaw(socket, Ipv4Address.AllSpfRouters, Office, IpProtocol.Ospf, [1]));
        Assert.Equal(Errno.None, machine.K.IpDropMembership(socket, Ipv4Address.AllSpfRouters, Second));
        machine.K.CloseSocket(socket, exiting: false);
        Assert.Equal(0, machine.StaleTotal());
        Assert.Equal(0, machine.Probe(Probe.StalePointerUsed));
        Assert.Empty(machine.Sent);
    }

    [Fact]
    public void Units_that_are_static_stand_after_the_others_and_are_opened_instead_of_new_ones()
    {
        BootInterface[] boot = [.. Three, .. BootInterface.Of2005(Office, 2).Where(port => port.Kind == InterfaceKind.PppUnit)];
        var machine = new Machine(staticUnits: 2, boot: boot);

        Assert.Equal(3, machine.Up());
        Assert.Equal("ppp0", machine.K.NameOf(3));
        Assert.Equal(machine.K.PointerTo(3).Address, machine.K.Interfaces[3].Address);
    }

    [Fact]
    public void A_kernel_without_a_loopback_or_with_two_is_refused_by_the_names_of_its_interfaces()
    {
        Assert.StartsWith("interfaces ex0: a kernel has one loopback", Assert.Throws<ArgumentException>(() => new Machine(boot: Three[..1])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new Machine(boot: [Three[1], Three[1]]));
    }

    private static (string, Ipv4Address)[] Addresses(BsdKernel kernel) =>
        [.. kernel.InetAddresses.ToArray().Where(a => a.Used).Select(a => (kernel.NameOf(Array.FindIndex(kernel.Interfaces.ToArray(), i => i.Attached && i.Address == a.Ifp.Address)), a.Address))];
}
