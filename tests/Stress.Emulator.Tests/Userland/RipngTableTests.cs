using Stress.Emulator.Core;
using Stress.Emulator.Userland;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland;

/// <summary>The routing table of RFC 2080.</summary>
public sealed class RipngTableTests
{
    private static readonly Ipv6Address Own = Ipv6Address.Parse("2001:db8:1::"), Net = Ipv6Address.Parse("2001:db8:2::"), A = Ipv6Address.Parse("fe80::a"), B = Ipv6Address.Parse("fe80::b");
    private readonly RipngTable _table = new();

    public RipngTableTests() => _table.Open(Own, 64);

    private void Hears(int seconds, ushort index, Ipv6Address from, byte metric, Ipv6Address? prefix = null)
    {
        byte[] message = new byte[RipngMessage.HeaderLength + RipngMessage.RouteLength];
        RipngMessage.Write(message, RipngMessage.Response, [new RipngRoute(prefix ?? Net, 0, 64, metric)]);
        _table.Receive(index, from, message, VirtualTime.FromSeconds(seconds));
    }

    private string Told(ushort index, bool onlyChanged = false)
    {
        byte[] payload = new byte[1500];
        List<string> said = [];
        for (int row = 0; _table.Write(payload, index, onlyChanged, ref row) is > 0 and int n;)
        {
            Assert.Equal(WireError.None, RipngMessage.TryParse(payload.AsSpan(0, n), out RipngMessage m));
            said.AddRange(Enumerable.Range(0, m.RouteCount).Select(i => RipngMessage.Route(payload, i)).Select(r => $"{r.Prefix}/{r.PrefixLength} {r.Metric}"));
        }

        return string.Join(", ", said);
    }

    private string News() => _table.NextRoute(out RipngEntry e) ? $"{e.News} {e.Prefix} {e.NextHop} {e.Index}" : "none";

    [Fact]
    public void A_route_is_announced_a_hop_further_and_poisoned_where_it_came_from()
    {
        Hears(0, 3, A, 1);
        Assert.Equal("2001:db8:1::/64 1, 2001:db8:2::/64 2", Told(4));
        Assert.Equal("2001:db8:1::/64 1, 2001:db8:2::/64 16", Told(3));
        Assert.Equal("2001:db8:2::/64 2", Told(4, onlyChanged: true));
        _table.Updated();
        Assert.Equal("", Told(4, onlyChanged: true));
        Assert.Equal("Added 2001:db8:2:: fe80::a 3", News());
        Assert.Equal("none", News());
    }

    [Fact]
    public void A_shorter_way_is_taken_a_longer_one_is_not_and_the_router_in_use_may_say_a_longer_one()
    {
        Hears(0, 3, A, 4);
        News();
        Hears(1, 4, B, 6);
        Assert.Equal("none", News());
        Hears(2, 4, B, 2);
        Assert.Equal("Added 2001:db8:2:: fe80::b 4", News());
        Hears(3, 4, B, 9);
        Assert.Equal("2001:db8:1::/64 1, 2001:db8:2::/64 10", Told(3));
        Assert.Equal("none", News());
    }

    [Fact]
    public void A_route_is_unreachable_after_three_minutes_without_an_update_and_forgotten_two_minutes_later()
    {
        Hears(0, 3, A, 1);
        Hears(30, 3, A, 1);
        News();
        _table.Updated();
        Assert.Equal(VirtualTime.FromSeconds(210), _table.NextDue);
        _table.Timers(VirtualTime.FromSeconds(210));
        Assert.Equal("2001:db8:2::/64 16", Told(4, onlyChanged: true));
        Assert.Equal("Gone 2001:db8:2:: fe80::a 3", News());
        Assert.Equal(VirtualTime.FromSeconds(330), _table.NextDue);
        _table.Timers(VirtualTime.FromSeconds(330));
        Assert.Equal("2001:db8:1::/64 1", Told(4));
        Assert.Equal(VirtualTime.Never, _table.NextDue);
    }

    [Fact]
    public void A_route_comes_back_while_it_is_being_forgotten()
    {
        Hears(0, 3, A, 1);
        News();
        _table.InterfaceDown(3, VirtualTime.FromSeconds(10));
        Assert.Equal("Gone 2001:db8:2:: fe80::a 3", News());
        Hears(20, 4, B, 16);
        Assert.Equal("none", News());
        Hears(30, 4, B, 5);
        Assert.Equal("Added 2001:db8:2:: fe80::b 4", News());
    }

    [Fact]
    public void What_is_no_network_of_others_changes_nothing()
    {
        Hears(0, 3, A, 1, Own);
        Hears(0, 3, A, 1, Ipv6Address.Parse("fe80::"));
        Hears(0, 3, A, 1, Ipv6Address.Parse("ff02::"));
        Hears(0, 3, A, 0);
        Hears(0, 3, A, 17);
        Hears(0, 3, A, 16);
        Assert.Equal("2001:db8:1::/64 1", Told(3));
        Assert.Equal("none", News());
    }

    [Fact]
    public void A_table_of_two_hundred_routes_goes_out_in_three_messages()
    {
        for (int i = 0; i < 200; i++)
        {
            Hears(0, 3, A, 1, new Ipv6Address(0x20010DB9_0000_0000UL | (uint)i, 0));
        }

        byte[] payload = new byte[1500];
        int messages = 0;
        for (int row = 0; _table.Write(payload, 4, onlyChanged: false, ref row) is > 0 and int n; messages++)
        {
            Assert.InRange(n, 24, 1452);
        }

        Assert.Equal(3, messages);
    }
}
