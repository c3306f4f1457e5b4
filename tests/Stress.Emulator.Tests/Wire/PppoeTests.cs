using CsCheck;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Wire;

/// <summary>Packets of PPP over Ethernet (RFC 2516).</summary>
public class PppoeTests
{
    private static readonly Gen<(PppoeTag Tag, byte[] Value)> OneTag =
        Gen.Select(Of(PppoeTag.ServiceName, PppoeTag.AcName, PppoeTag.HostUniq, PppoeTag.AcCookie, PppoeTag.RelaySessionId, (PppoeTag)0x0FFF), Gen.Byte.Array[0, 40]);

    private static Gen<T> Of<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    [Fact]
    public void The_PADI_of_the_RFCs_appendix_is_written_byte_by_byte()
    {
        Span<byte> bytes = stackalloc byte[PppoePacket.Length + PppoePacket.TagHeader];
        int tags = PppoePacket.WriteTag(bytes[PppoePacket.Length..], PppoeTag.ServiceName, []);
        new PppoePacket(PppoeCode.Initiation, 0, (ushort)tags).Write(bytes);

        Assert.Equal("11090000000401010000", Convert.ToHexStringLower(bytes));
    }

    [Theory]
    [InlineData(PppoeCode.Initiation, 0x09)]
    [InlineData(PppoeCode.Offer, 0x07)]
    [InlineData(PppoeCode.Request, 0x19)]
    [InlineData(PppoeCode.SessionConfirmation, 0x65)]
    [InlineData(PppoeCode.Terminate, 0xA7)]
    [InlineData(PppoeCode.Session, 0x00)]
    public void A_code_is_the_RFCs(PppoeCode code, byte value) => Assert.Equal(value, (byte)code);

    [Fact]
    public void What_was_written_is_read_again_whatever_the_tags_and_the_padding()
        => Gen.Select(Of(PppoeCode.Initiation, PppoeCode.Offer, PppoeCode.Request, PppoeCode.SessionConfirmation, PppoeCode.Terminate), Gen.UShort, OneTag.Array[0, 6], Gen.Int[0, 40])
            .Sample((code, session, tags, padding) =>
            {
                byte[] bytes = new byte[PppoePacket.Length + tags.Sum(t => PppoePacket.TagHeader + t.Value.Length) + padding];
                int at = PppoePacket.Length;
                foreach ((PppoeTag tag, byte[] value) in tags)
                {
                    at += PppoePacket.WriteTag(bytes.AsSpan(at), tag, value);
                }

                var written = new PppoePacket(code, session, (ushort)(at - PppoePacket.Length));
                written.Write(bytes);

                Assert.Equal(WireError.None, PppoePacket.TryParse(bytes, out PppoePacket read));
                Assert.Equal(written, read);
                ReadOnlySpan<byte> left = read.Payload(bytes);
                foreach ((PppoeTag tag, byte[] value) in tags)
                {
                    Assert.True(PppoePacket.NextTag(ref left, out PppoeTag readTag, out ReadOnlySpan<byte> readValue));
                    Assert.Equal(tag, readTag);
                    Assert.Equal(value, readValue.ToArray());
                }

                Assert.False(PppoePacket.NextTag(ref left, out _, out _));
                foreach (PppoeTag tag in tags.Select(t => t.Tag).Distinct())
                {
                    Assert.True(PppoePacket.TryTag(read.Payload(bytes), tag, out ReadOnlySpan<byte> first));
                    Assert.Equal(tags.First(t => t.Tag == tag).Value, first.ToArray());
                }
            });

    [Fact]
    public void Any_bytes_are_a_packet_or_an_error_and_never_more_than_there_are()
        => Gen.Byte.Array[0, 60].Sample(bytes =>
        {
            if (PppoePacket.TryParse(bytes, out PppoePacket packet) == WireError.None)
            {
                Assert.InRange(packet.PayloadLength, 0, bytes.Length - PppoePacket.Length);
            }
        });

    [Theory]
    [InlineData("1109000000", WireError.TooShort)]
    [InlineData("210900000000", WireError.BadVersion)]
    [InlineData("120900000000", WireError.BadVersion)]
    [InlineData("110900000005010100", WireError.BadLength)]
    [InlineData("11090000000401010001", WireError.BadLength)] // a value that is not there
    [InlineData("110900000003010100", WireError.BadLength)] // half a tag
    [InlineData("11090000000800000000FFFFFFFF", WireError.None)] // what follows End-Of-List is no tag
    [InlineData("1100000100020021", WireError.None)]
    [InlineData("11A700010000", WireError.None)]
    public void A_packet_whose_lengths_disagree_is_none(string hex, WireError expected)
        => Assert.Equal(expected, PppoePacket.TryParse(Convert.FromHexString(hex), out _));

    [Fact]
    public void A_tag_that_is_not_there_is_not_found_and_nothing_behind_End_Of_List_is()
    {
        byte[] tags = Convert.FromHexString("0101000000000000" + "010300020A0B");

        Assert.True(PppoePacket.TryTag(tags, PppoeTag.ServiceName, out ReadOnlySpan<byte> service));
        Assert.True(service.IsEmpty);
        Assert.False(PppoePacket.TryTag(tags, PppoeTag.HostUniq, out _));
    }
}
