using CsCheck;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Wire;

/// <summary>OSPF's packets beyond the Hello, and its LSAs.</summary>
public sealed class OspfTests
{
    // A Router-LSA with one stub, its checksum worked out by hand from RFC 905's sums.
    private static byte[] Lsa() => Convert.FromHexString("000102010a0000010a00000180000001" + "00000024" + "00000001" + "c0a80100ffffff000300000a");

    [Fact]
    public void The_checksum_of_an_lsa_makes_both_of_fletcher_s_sums_zero_whatever_its_age()
    {
        byte[] lsa = Lsa();
        Assert.Equal(WireError.BadChecksum, OspfLsa.Check(lsa));
        ushort sum = OspfLsa.WriteChecksum(lsa);
        Assert.Equal(sum, OspfLsaHeader.Read(lsa).Checksum);
        Assert.Equal(WireError.None, OspfLsa.Check(lsa));
        int c0 = 0, c1 = 0;
        foreach (byte b in lsa.Skip(2))
        {
            c0 = (c0 + b) % 255;
            c1 = (c1 + c0) % 255;
        }

        Assert.Equal((0, 0), (c0, c1));
        lsa[0] = 0x0e;
        Assert.Equal(WireError.None, OspfLsa.Check(lsa));
        Assert.Equal(WireError.BadLength, OspfLsa.Check(lsa.AsSpan(0, 32)));
    }

    [Fact]
    public void Every_lsa_with_its_checksum_is_accepted_and_none_with_a_bit_changed() => Gen.Select(Gen.Byte.Array[4, 200], Gen.Int[0, 10_000]).Sample((body, at) =>
    {
        byte[] lsa = [.. new byte[20], .. body];
        new OspfLsaHeader { Type = OspfLsaType.Router, LinkStateId = new(5), AdvertisingRouter = new(6), Sequence = 7, Length = (ushort)lsa.Length }.Write(lsa);
        OspfLsa.WriteChecksum(lsa);
        Assert.Equal(WireError.None, OspfLsa.Check(lsa));
        int place = 20 + (at % body.Length);
        lsa[place] ^= (byte)(1 << (at % 8));
        Assert.Equal(WireError.BadChecksum, OspfLsa.Check(lsa));
    });

    [Fact]
    public void A_router_lsa_reads_as_appendix_a_4_2_has_it()
    {
        byte[] lsa = Lsa();
        var header = OspfLsaHeader.Read(lsa);
        Assert.Equal((1, OspfLsaType.Router, "10.0.0.1", OspfLsaHeader.InitialSequenceNumber, 36), (header.Age, header.Type, $"{header.LinkStateId}", header.Sequence, header.Length));
        Assert.Equal(new OspfRouterLink(Ipv4Address.Of(192, 168, 1, 0), Ipv4Address.Of(255, 255, 255, 0), OspfLinkType.Stub, 10), OspfRouterLink.Read(lsa.AsSpan(OspfRouterLink.First)));
        byte[] again = new byte[20];
        header.Write(again);
        Assert.Equal(lsa[..20], again);
    }

    [Fact]
    public void The_more_recent_instance_is_found_as_section_13_1_says()
    {
        var a = new OspfLsaHeader { Sequence = OspfLsaHeader.InitialSequenceNumber, Checksum = 5, Age = 100 };
        Assert.True(With(a, sequence: a.Sequence + 1).CompareTo(a) > 0);
        Assert.True(With(a, sequence: 1).CompareTo(a) > 0);
        Assert.True(With(a, checksum: 6).CompareTo(a) > 0);
        Assert.True(With(a, age: 3600).CompareTo(a) > 0);
        Assert.Equal(0, With(a, age: 1000).CompareTo(a));
        Assert.True(With(a, age: 1001).CompareTo(a) < 0);
        Assert.True(a.CompareTo(With(a, age: 1001)) > 0);
    }

    private static OspfLsaHeader With(OspfLsaHeader h, int? sequence = null, ushort? checksum = null, ushort? age = null)
    {
        (h.Sequence, h.Checksum, h.Age) = (sequence ?? h.Sequence, checksum ?? h.Checksum, age ?? h.Age);
        return h;
    }

    [Fact]
    public void A_database_description_is_written_as_appendix_a_3_3_says()
    {
        byte[] packet = new byte[32];
        new OspfDatabaseDescription(1500, 2, OspfDdFlags.Init | OspfDdFlags.More | OspfDdFlags.Master, 0x01020304).Write(packet.AsSpan(24));
        new OspfHeader { Type = OspfType.DatabaseDescription, RouterId = Ipv4Address.Of(192, 168, 1, 1) }.Write(packet);

        Assert.Equal("02020020c0a8010100000000304b00000000000000000000" + "05dc020701020304", Convert.ToHexStringLower(packet));
        Assert.Equal(WireError.None, OspfHeader.TryParse(packet, out OspfHeader header));
        Assert.Equal(WireError.None, OspfDatabaseDescription.TryParse(header.Body(packet), out OspfDatabaseDescription read));
        Assert.Equal(new OspfDatabaseDescription(1500, 2, (OspfDdFlags)7, 0x01020304), read);
        Assert.Equal(WireError.BadLength, OspfDatabaseDescription.TryParse(new byte[9], out _));
        packet[31] ^= 1;
        Assert.Equal(WireError.BadChecksum, OspfHeader.TryParse(packet, out _));
    }

    [Fact]
    public void Any_bytes_are_parsed_or_refused() => Gen.Byte.Array[0, 120].Sample(bytes =>
    {
        if (OspfHeader.TryParse(bytes, out OspfHeader header) == WireError.None)
        {
            OspfDatabaseDescription.TryParse(header.Body(bytes), out _);
        }

        OspfLsa.Check(bytes);
    });

    [Fact]
    public void An_entry_of_a_request_has_a_type_of_thirty_two_bits()
    {
        var key = new OspfLsaKey(OspfLsaType.Router, Ipv4Address.Of(1, 2, 3, 4), Ipv4Address.Of(5, 6, 7, 8));
        byte[] bytes = new byte[12];
        key.Write(bytes);
        Assert.Equal("000000010102030405060708", Convert.ToHexStringLower(bytes));
        Assert.Equal(key, OspfLsaKey.Read(bytes));
        bytes[0] = 1;
        Assert.Equal(OspfLsaType.None, OspfLsaKey.Read(bytes).Type);
    }

    [Fact]
    public void A_network_lsa_reads_as_it_was_written() => Gen.Select(Gen.UInt, Gen.UInt.Array[1, 65]).Sample((mask, routers) =>
    {
        Ipv4Address[] attached = [.. routers.Select(r => new Ipv4Address(r))];
        byte[] body = new byte[OspfNetworkLsa.LengthOf(attached.Length) - OspfLsaHeader.HeaderLength];
        OspfNetworkLsa.WriteBody(body, new Ipv4Address(mask), attached);

        Assert.Equal(WireError.None, OspfNetworkLsa.TryParse(body, out Ipv4Address read, out int count));
        Assert.Equal((mask, attached.Length), (read.Value, count));
        Assert.Equal(attached, Enumerable.Range(0, count).Select(i => OspfNetworkLsa.Attached(body, i)));
        Assert.Equal(WireError.BadLength, OspfNetworkLsa.TryParse([.. body, 0], out _, out _));
        Assert.Equal(WireError.TooShort, OspfNetworkLsa.TryParse(body.AsSpan(0, 4), out _, out _));
    });
}
