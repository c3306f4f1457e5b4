using System.Runtime.CompilerServices;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>What IPv4 and IPv6 have in common, asserted of both by the same lines: a rule that only one of the twins keeps fails here by its family's name.</summary>
public sealed class TwinTests
{
    // One family of a socket: how it joins, leaves, chooses, sends and what is left of it.
    private abstract record Family(Machine M)
    {
        public static Family Of(bool six, Machine m) => six ? new Six(m) : new Four(m);

        public abstract int Open();

        public abstract Errno Join(int socket, int slot);

        public abstract Errno Leave(int socket, int slot);

        public abstract Errno Choose(int socket, int slot);

        public abstract Errno SendToPeer(int socket, int slot);

        public abstract int References(int slot);

        public abstract void Spoil(int slot);

        public abstract string Name { get; }

        public abstract HolderKind Group { get; }

        public abstract HolderKind Chosen { get; }

        public abstract HolderKind Cached { get; }
    }

    private sealed record Four(Machine M) : Family(M)
    {
        private Ipv4Address Address(int slot) => M.K.InetAddresses.ToArray().First(a => a.Used && a.Ifp.Address == M.K.Interfaces[slot].Address).Address;

        public override string Name => "in_delmulti";

        public override HolderKind Group => HolderKind.InMultiIfp;

        public override HolderKind Chosen => HolderKind.IpMoptionsIfp;

        public override HolderKind Cached => HolderKind.InpRouteIfp;

        public override int Open() => M.K.OpenSocket(PcbTable.Raw, IpProtocol.Ospf);

        public override Errno Join(int socket, int slot) => M.K.IpAddMembership(socket, Ipv4Address.AllSpfRouters, Address(slot));

        public override Errno Leave(int socket, int slot) => M.K.IpDropMembership(socket, Ipv4Address.AllSpfRouters, Address(slot));

        public override Errno Choose(int socket, int slot) => M.K.IpMulticastIf(socket, Address(slot));

        public override Errno SendToPeer(int socket, int slot) => M.K.SendRaw(socket, Machine.Peer, Address(slot), IpProtocol.Ospf, new byte[24]);

        private int Record(int slot) => Array.FindIndex(M.K.InMultis.ToArray(), x => x.Used && x.Group == Ipv4Address.AllSpfRouters && x.Ifp.Address == M.K.Interfaces[slot].Address);

        public override int References(int slot) => Record(slot) is >= 0 and int at ? M.K.InMultis[at].RefCount : 0;

        public override void Spoil(int slot) => Unsafe.AsRef(in M.K.InMultis[Record(slot)]).RefCount = 0;
    }

    private sealed record Six(Machine M) : Family(M)
    {
        public override string Name => "in6_delmulti";

        public override HolderKind Group => HolderKind.In6MultiIfp;

        public override HolderKind Chosen => HolderKind.Ip6MoptionsIfp;

        public override HolderKind Cached => HolderKind.In6pRouteIfp;

        public override int Open() => M.K.OpenSocket(PcbTable.Udp6, RipngMessage.Port);

        public override Errno Join(int socket, int slot) => M.K.Ipv6JoinGroup(socket, Ipv6Address.AllRipRouters, M.Index(slot));

        public override Errno Leave(int socket, int slot) => M.K.Ipv6LeaveGroup(socket, Ipv6Address.AllRipRouters, M.Index(slot));

        public override Errno Choose(int socket, int slot) => M.K.Ipv6MulticastIf(socket, M.Index(slot));

        public override Errno SendToPeer(int socket, int slot) => M.K.SendUdp6(socket, Machine.PeerLink, RipngMessage.Port, M.Index(slot), new byte[24]);

        private int Record(int slot) => Array.FindIndex(M.K.In6Multis.ToArray(), x => x.Used && x.Group.WithEmbeddedScope(0) == Ipv6Address.AllRipRouters && x.Ifp.Address == M.K.Interfaces[slot].Address);

        public override int References(int slot) => Record(slot) is >= 0 and int at ? M.K.In6Multis[at].RefCount : 0;

        public override void Spoil(int slot) => Unsafe.AsRef(in M.K.In6Multis[Record(slot)]).RefCount = 0;
    }

    // Two units, each with addresses of both families.
    private static (Family Twin, int First, int Second) Two(bool six)
    {
        var m = new Machine();
        int first = m.Up(0), second = m.Up(1, Ipv4Address.Of(10, 0, 1, 1), Ipv4Address.Of(10, 0, 1, 2));
        return (Family.Of(six, m), first, second);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_counts_the_sockets_that_have_joined_and_goes_with_the_last(bool six)
    {
        (Family twin, int slot, _) = Two(six);
        int one = twin.Open(), other = twin.Open();
        Assert.Equal((Errno.None, Errno.None), (twin.Join(one, slot), twin.Join(other, slot)));
        Assert.Equal(2, twin.References(slot));
        Assert.Equal(Errno.None, twin.Leave(one, slot));
        Assert.Equal(1, twin.References(slot));
        Assert.Equal(Errno.None, twin.Leave(other, slot));
        Assert.Equal(0, twin.References(slot));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Closing_a_socket_leaves_its_groups_on_every_interface_and_nobody_elses(bool six)
    {
        (Family twin, int first, int second) = Two(six);
        int one = twin.Open(), other = twin.Open();
        twin.Join(one, first);
        twin.Join(one, second);
        twin.Join(other, second);
        twin.M.K.CloseSocket(one, exiting: true);

        Assert.Equal((0, 1), (twin.References(first), twin.References(second)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_record_that_nobody_refers_to_is_given_up_by_nobody(bool six)
    {
        // No system call leads there: the count is spoilt, as a fault of the model would spoil it, and must not wrap to 65,535.
        (Family twin, int slot, _) = Two(six);
        int socket = twin.Open();
        twin.Join(socket, slot);
        twin.Spoil(slot);

        Assert.Contains(twin.Name, Assert.Throws<InvalidOperationException>(() => twin.Leave(socket, slot)).Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_detach_with_addresses_takes_what_names_its_interface_and_nothing_that_names_another(bool six)
    {
        (Family twin, int first, int second) = Two(six);
        int one = twin.Open(), other = twin.Open();
        twin.Join(one, first);
        twin.Join(one, second);
        twin.Choose(one, first);
        twin.Choose(other, second);
        twin.M.Close(first);

        Assert.Equal(1, twin.References(second));
        Assert.Equal((0, 0, 0), (twin.M.Stale(twin.Group), twin.M.Stale(twin.Chosen), twin.M.Stale(twin.Cached)));
        Assert.Equal(Errno.EADDRINUSE, twin.Join(one, second));
        Assert.Equal(Errno.None, twin.Leave(one, second));
        Assert.False(twin.M.K.Pcbs[other].MulticastIfp.IsNull);
        Assert.True(twin.M.K.Pcbs[one].MulticastIfp.IsNull);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_detach_without_addresses_leaves_the_group_the_choice_and_the_cached_route(bool six)
    {
        (Family twin, int slot, _) = Two(six);
        int socket = twin.Open();
        twin.Join(socket, slot);
        twin.Choose(socket, slot);
        Assert.Equal(Errno.None, twin.SendToPeer(socket, slot));
        twin.M.Down(slot);

        Assert.Equal((1, 1, 1), (twin.M.Stale(twin.Group), twin.M.Stale(twin.Chosen), twin.M.Stale(twin.Cached)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_route_in_a_sockets_cache_goes_with_its_unit_and_one_of_another_unit_stays(bool six)
    {
        (Family twin, int first, int second) = Two(six);
        int one = twin.Open();
        Assert.Equal(Errno.None, twin.SendToPeer(one, first));
        Assert.True(twin.M.K.Pcbs[one].Route >= 0);
        twin.M.Close(second);
        Assert.True(twin.M.K.Pcbs[one].Route >= 0);
        twin.M.Close(first);
        Assert.True(twin.M.K.Pcbs[one].Route < 0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_addresses_of_one_family_purge_nothing_of_the_other(bool six)
    {
        // Only the other family's addresses are left when the unit goes.
        (Family twin, int slot, _) = Two(six);
        int socket = twin.Open();
        twin.Join(socket, slot);
        if (six)
        {
            twin.M.K.SiocDifAddr6(slot, Machine.LocalLink);
        }
        else
        {
            twin.M.K.SiocDifAddr(slot, Ipv4Address.Any);
        }

        twin.M.Close(slot);

        Assert.Equal(1, twin.M.Stale(twin.Group));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Leaving_what_was_not_joined_changes_no_count(bool six)
    {
        (Family twin, int slot, _) = Two(six);
        int one = twin.Open(), other = twin.Open();
        twin.Join(one, slot);

        Assert.Equal(Errno.EADDRNOTAVAIL, twin.Leave(other, slot));
        Assert.Equal(Errno.EADDRINUSE, twin.Join(one, slot));
        Assert.Equal(1, twin.References(slot));
    }
}
