using CsCheck;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Wire;

public class PacketTests
{
    private static readonly Ipv6Address A = Ipv6Address.Parse("fe80::1"), B = Ipv6Address.Parse("ff02::9");

    [Fact]
    public void The_checksum_of_the_example_in_rfc_1071_is_its_published_sum_complemented() =>
        Assert.Equal(0x220D, InternetChecksum.Of([0x00, 0x01, 0xF2, 0x03, 0xF4, 0xF5, 0xF6, 0xF7]));

    [Fact]
    public void A_well_known_ipv4_header_is_written_byte_for_byte()
    {
        byte[] known = Convert.FromHexString("4500007300004000" + "4011b861c0a80001c0a800c7");
        var header = new Ipv4Header
        {
            PayloadLength = 95,
            Fragment = Ipv4Header.DontFragment,
            TimeToLive = 64,
            Protocol = IpProtocol.Udp,
            Source = Ipv4Address.Parse("192.168.0.1"),
            Destination = Ipv4Address.Parse("192.168.0.199"),
        };
        var packet = new byte[115];
        Assert.Equal(20, header.Write(packet));
        Assert.Equal(known, packet[..20]);
        Assert.Equal(WireError.None, Ipv4Header.TryParse(packet, out Ipv4Header read));
        Assert.Equal(95, read.Payload(packet).Length);
    }

    [Fact]
    public void A_router_alert_makes_the_ipv4_header_24_bytes_and_is_read_back()
    {
        var packet = new byte[32];
        var header = new Ipv4Header { PayloadLength = 8, TimeToLive = 1, Protocol = IpProtocol.Igmp, Destination = Ipv4Address.AllRouters, RouterAlert = true };
        int n = header.Write(packet);
        Assert.Equal(24, n);
        Assert.Equal([0x94, 0x04, 0x00, 0x00], packet[20..24]);
        Assert.Equal(WireError.None, Ipv4Header.TryParse(packet, out Ipv4Header read));
        Assert.True(read.RouterAlert);
        Assert.Equal(8, read.Payload(packet).Length);
    }

    [Fact]
    public void Igmp_messages_match_known_bytes()
    {
        Assert.Equal("1164ee9b00000000", Igmp(new IgmpMessage(IgmpType.MembershipQuery, 100, Ipv4Address.Any)));
        Assert.Equal("160009fae0000005", Igmp(new IgmpMessage(IgmpType.MembershipReportV2, 0, Ipv4Address.AllSpfRouters)));
        Assert.Equal("1100eeff00000000", Igmp(new IgmpMessage(IgmpType.MembershipQuery, 0, Ipv4Address.Any)));
        IgmpMessage.TryParse(Convert.FromHexString("1100eeff00000000"), out IgmpMessage v1);
        Assert.True(v1.IsVersion1Query);
        Assert.Equal(WireError.BadChecksum, IgmpMessage.TryParse(Convert.FromHexString("1100eefe00000000"), out _));
    }

    [Fact]
    public void An_ospf_hello_on_a_point_to_point_link_is_written_as_appendix_a_says()
    {
        var hello = new OspfHello
        {
            RouterId = Ipv4Address.Parse("10.0.0.1"),
            HelloIntervalSeconds = 10,
            DeadIntervalSeconds = 40,
            Options = OspfHello.OptionExternal,
            RouterPriority = 1,
            NetworkMask = Ipv4Address.Broadcast,
        };
        var packet = new byte[64];
        Ipv4Address heard = Ipv4Address.Parse("10.0.0.2");
        int n = hello.Write(packet, [heard]);
        Assert.Equal(
            "020100300a00000100000000" + Sum(packet.AsSpan(0, n), 12) + "00000000000000000000" + "ffffffff" + "000a0201" + "00000028" + "0000000000000000" + "0a000002",
            Convert.ToHexStringLower(packet[..n]));
        Assert.Equal(WireError.None, OspfHello.TryParse(packet.AsSpan(0, n), out OspfHello read));
        Assert.True(read.Lists(packet, heard));
        Assert.False(read.Lists(packet, hello.RouterId));
        Assert.Equal(40u, read.DeadIntervalSeconds);
        packet[30] ^= 1;
        Assert.Equal(WireError.BadChecksum, OspfHello.TryParse(packet.AsSpan(0, n), out _));
    }

    [Fact]
    public void The_ospf_checksum_leaves_out_the_authentication_field()
    {
        var packet = new byte[44];
        new OspfHello { RouterId = Ipv4Address.Parse("10.0.0.1") }.Write(packet, []);
        packet[20] = 0x55;
        Assert.Equal(WireError.None, OspfHello.TryParse(packet, out _));
    }

    [Fact]
    public void A_ripng_request_of_the_whole_table_is_one_entry_of_length_zero_and_metric_16()
    {
        var datagram = new byte[32];
        int n = RipngMessage.WriteWholeTableRequest(datagram.AsSpan(8));
        Assert.Equal(24, n);
        Assert.Equal("01010000" + new string('0', 36) + "0010", Convert.ToHexStringLower(datagram[8..]));
        Assert.Equal(32, new UdpHeader { SourcePort = 521, DestinationPort = 521, PayloadLength = 24 }.Write(datagram, A, B));
        Assert.Equal(WireError.None, UdpHeader.TryParse(datagram, A, B, out UdpHeader udp));
        Assert.Equal(WireError.None, RipngMessage.TryParse(udp.Payload(datagram), out RipngMessage message));
        Assert.True(message.AsksWholeTable(udp.Payload(datagram)));
        Assert.Equal(WireError.BadChecksum, UdpHeader.TryParse(datagram, A, A, out _));
    }

    [Fact]
    public void Ripng_entries_come_back_as_written() => Gen.Select(Gen.ULong, Gen.ULong, Gen.UShort, Gen.Byte, Gen.Byte).Array[0, 25].Sample(entries =>
    {
        RipngRoute[] routes = [.. entries.Select(e => new RipngRoute(new Ipv6Address(e.Item1, e.Item2), e.Item3, e.Item4, e.Item5))];
        var payload = new byte[4 + (20 * routes.Length)];
        RipngMessage.Write(payload, RipngMessage.Response, routes);
        Assert.Equal(WireError.None, RipngMessage.TryParse(payload, out RipngMessage message));
        Assert.Equal(routes, Enumerable.Range(0, message.RouteCount).Select(i => RipngMessage.Route(payload, i)));
    });

    [Fact]
    public void An_mld_report_sits_behind_a_hop_by_hop_router_alert()
    {
        var packet = new byte[72];
        new Ipv6Header { PayloadLength = 32, NextHeader = IpProtocol.HopByHop, HopLimit = 1, Source = A, Destination = B }.Write(packet);
        Ipv6HopByHop.WriteRouterAlert(packet.AsSpan(40), IpProtocol.Icmpv6);
        new MldMessage(Icmpv6Type.MulticastListenerReport, 0, B).Write(packet.AsSpan(48), A, B);
        Assert.Equal("3a00050200000100", Convert.ToHexStringLower(packet[40..48]));
        Assert.Equal(WireError.None, Ipv6Header.TryParse(packet, out Ipv6Header ip));
        Assert.Equal(WireError.None, Ipv6HopByHop.TryParse(ip.Payload(packet), out Ipv6HopByHop options));
        Assert.True(options.RouterAlert);
        Assert.Equal(IpProtocol.Icmpv6, options.NextHeader);
        Assert.Equal(WireError.None, MldMessage.TryParse(ip.Payload(packet)[options.HeaderLength..], A, B, out MldMessage mld));
        Assert.Equal(B, mld.Group);
        byte[] pseudo = [.. packet[8..40], 0, 0, 0, 24, 0, 0, 0, 58, .. packet[48..]];
        Assert.Equal(0, InternetChecksum.Of(pseudo));
    }

    [Fact]
    public void Neighbour_discovery_and_echo_come_back_as_written()
    {
        var bytes = new byte[24];
        var advertisement = new Icmpv6Nd(Icmpv6Type.NeighborAdvertisement, Icmpv6Nd.SolicitedFlag | Icmpv6Nd.RouterFlag, A);
        Assert.Equal(24, advertisement.Write(bytes, A, B));
        Assert.Equal(WireError.None, Icmpv6Nd.TryParse(bytes, A, B, out Icmpv6Nd read));
        Assert.Equal(advertisement, read);
        Assert.Equal(8, new Icmpv6Nd(Icmpv6Type.RouterSolicitation, 0, default).Write(bytes, A, Ipv6Address.AllRouters));
        Assert.Equal(WireError.None, Icmpv6Nd.TryParse(bytes.AsSpan(0, 8), A, Ipv6Address.AllRouters, out read));

        var echo = new Icmpv4Echo(false, 0x1234, 7);
        Assert.Equal(11, echo.Write(bytes, "abc"u8));
        Assert.Equal(WireError.None, Icmpv4Echo.TryParse(bytes.AsSpan(0, 11), out Icmpv4Echo reply));
        Assert.Equal(echo, reply);
    }

    [Fact]
    public void The_udp_checksum_over_ipv6_agrees_with_the_pseudo_header_written_out() => Gen.Byte.Array[0, 60].Sample(payload =>
    {
        byte[] datagram = [0, 0, 0, 0, 0, 0, 0, 0, .. payload];
        new UdpHeader { SourcePort = 1, DestinationPort = 2, PayloadLength = (ushort)payload.Length }.Write(datagram, A, B);
        var addresses = new byte[32];
        A.Write(addresses);
        B.Write(addresses.AsSpan(16));
        Assert.Equal(0, InternetChecksum.Of([.. addresses, 0, 0, 0, (byte)datagram.Length, 0, 0, 0, 17, .. datagram]));
        Assert.NotEqual(0, datagram[6] | datagram[7]);
    });

    [Fact]
    public void A_single_flipped_bit_in_a_checked_message_is_always_found() => Gen.Select(Gen.UInt, Gen.Int[0, 63]).Sample((group, bit) =>
    {
        var message = new byte[8];
        new IgmpMessage(IgmpType.MembershipReportV2, 0, new Ipv4Address(group)).Write(message);
        message[bit / 8] ^= (byte)(1 << (bit % 8));
        Assert.Equal(WireError.BadChecksum, IgmpMessage.TryParse(message, out _));
    });

    [Fact]
    public void No_parser_throws_or_reads_past_the_end_of_random_bytes() => Gen.Byte.Array[0, 100].Sample(Parse, iter: 3_000);

    [Fact]
    public void No_parser_throws_on_messages_that_were_cut_or_changed() => Gen.Select(Gen.Int[0, 72], Gen.Int[0, 71], Gen.Byte).Sample((cut, at, value) =>
    {
        var packet = new byte[72];
        new Ipv6Header { PayloadLength = 32, NextHeader = IpProtocol.HopByHop, HopLimit = 1, Source = A, Destination = B }.Write(packet);
        Ipv6HopByHop.WriteRouterAlert(packet.AsSpan(40), IpProtocol.Icmpv6);
        packet[at] = value;
        Parse(packet[..cut]);
        Parse(packet.AsSpan(Math.Min(cut, 40), cut - Math.Min(cut, 40)).ToArray());
        new Ipv4Header { PayloadLength = 48, Protocol = 1, RouterAlert = true }.Write(packet);
        packet[at] = value;
        packet[10] = packet[11] = 0;
        ushort sum = InternetChecksum.Of(packet.AsSpan(0, Math.Min((packet[0] & 15) * 4, 60)));
        packet[10] = (byte)(sum >> 8);
        packet[11] = (byte)sum;
        Parse(packet[..cut]);
    });

    [Fact]
    public void Chap_md5_is_the_digest_of_identifier_secret_and_challenge()
    {
        var response = new byte[16];
        ChapPacket.Respond((byte)'a', "b"u8, "c"u8, response);
        Assert.Equal("900150983cd24fb0d6963f7d28e17f72", Convert.ToHexStringLower(response)); // MD5("abc"), RFC 1321 appendix A.5
    }

    [Fact]
    public void Pap_and_chap_fields_come_back_as_written() => Gen.Select(Gen.Byte.Array[0, 30], Gen.Byte.Array[1, 30]).Sample((name, secret) =>
    {
        var packet = new byte[100];
        int n = PapPacket.WriteRequest(packet, 3, name, secret);
        Assert.Equal(WireError.None, LcpPacket.TryParse(packet.AsSpan(2, n - 2), out LcpPacket header));
        Assert.Equal(WireError.None, PapPacket.TryParseRequest(header.Data(packet.AsSpan(2)), out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> password));
        Assert.Equal(name, id.ToArray());
        Assert.Equal(secret, password.ToArray());
        n = ChapPacket.WriteValue(packet, ChapCode.Challenge, 4, secret, name);
        Assert.Equal(WireError.None, LcpPacket.TryParse(packet.AsSpan(2, n - 2), out header));
        Assert.Equal(WireError.None, ChapPacket.TryParseValue(header.Data(packet.AsSpan(2)), out ReadOnlySpan<byte> value, out ReadOnlySpan<byte> from));
        Assert.Equal(secret, value.ToArray());
        Assert.Equal(name, from.ToArray());
    });

    [Fact]
    public void Options_are_walked_until_one_has_a_wrong_length()
    {
        var walk = new PppOptions([1, 4, 5, 0xDC, 7, 2, 5, 1]);
        Assert.True(walk.Next(out PppOption mru));
        Assert.True(mru.TryUInt16(out ushort value));
        Assert.Equal(1500, value);
        Assert.False(mru.TryUInt32(out _));
        Assert.True(walk.Next(out PppOption pfc));
        Assert.Equal(0, pfc.Data.Length);
        Assert.False(walk.Next(out _));
        Assert.True(walk.Malformed);
        Assert.Equal(2, walk.Rest.Length);
    }

    private static void Parse(byte[] bytes)
    {
        if (Ipv4Header.TryParse(bytes, out Ipv4Header v4) == WireError.None)
        {
            Assert.True(v4.Payload(bytes).Length <= bytes.Length - 20);
        }

        if (Ipv6Header.TryParse(bytes, out Ipv6Header v6) == WireError.None)
        {
            Assert.True(v6.Payload(bytes).Length <= bytes.Length - 40);
        }

        Ipv6HopByHop.TryParse(bytes, out _);
        UdpHeader.TryParse(bytes, A, B, out _);
        UdpHeader.TryParse(bytes, Ipv4Address.Any, Ipv4Address.Any, out _);
        OspfHello.TryParse(bytes, out _);
        IgmpMessage.TryParse(bytes, out _);
        MldMessage.TryParse(bytes, A, B, out _);
        Icmpv6Nd.TryParse(bytes, A, B, out _);
        Icmpv4Echo.TryParse(bytes, out _);
        PapPacket.TryParseRequest(bytes, out _, out _);
        ChapPacket.TryParseValue(bytes, out _, out _);
        if (RipngMessage.TryParse(bytes, out RipngMessage rip) == WireError.None)
        {
            rip.AsksWholeTable(bytes);
        }

        if (LcpPacket.TryParse(bytes, out LcpPacket lcp) == WireError.None)
        {
            var options = new PppOptions(lcp.Data(bytes));
            while (options.Next(out PppOption option))
            {
                Assert.Equal(option.Bytes.Length - 2, option.Data.Length);
            }
        }
    }

    private static string Igmp(IgmpMessage message)
    {
        var bytes = new byte[8];
        message.Write(bytes);
        return Convert.ToHexStringLower(bytes);
    }

    // The checksum that 16-bit words summed one by one give, with the field itself taken as zero and the eight authentication bytes left out.
    private static string Sum(ReadOnlySpan<byte> packet, int field)
    {
        uint sum = 0;
        for (int i = 0; i < packet.Length; i += 2)
        {
            sum += i == field || i is >= 16 and < 24 ? 0u : (uint)((packet[i] << 8) | packet[i + 1]);
        }

        return (~(sum + (sum >> 16)) & 0xFFFF).ToString("x4");
    }
}
