using CsCheck;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Wire;

public class HdlcFramingTests
{
    private static readonly Gen<byte[]> Payload = Gen.Select(Gen.UShort, Gen.Byte.Array[0, 200], (protocol, information) =>
    {
        // RFC 1661 section 2: a protocol's low octet is odd and the low bit of its high octet is zero.
        ushort p = (ushort)((protocol | 1) & 0xFEFF);
        return (byte[])[(byte)(p >> 8), (byte)p, .. information];
    });

    [Fact]
    public void The_fcs_of_the_nine_digits_is_the_published_check_value()
    {
        Assert.Equal(0x906E, Fcs16.Add(Fcs16.Initial, "123456789"u8) ^ 0xFFFF);
    }

    [Fact]
    public void A_frame_that_ends_in_its_own_fcs_gives_the_good_final_value() => Gen.Byte.Array[0, 64].Sample(bytes =>
    {
        ushort fcs = (ushort)(Fcs16.Add(Fcs16.Initial, bytes) ^ 0xFFFF);
        Assert.Equal(0xF0B8, Fcs16.Add(Fcs16.Initial, [.. bytes, (byte)fcs, (byte)(fcs >> 8)]));
    });

    [Fact]
    public void The_table_agrees_with_the_polynomial_divided_bit_by_bit() => Gen.Byte.Array[0, 64].Sample(bytes =>
    {
        int fcs = 0xFFFF;
        foreach (byte b in bytes)
        {
            for (int bit = 0; bit < 8; bit++)
            {
                bool odd = ((fcs ^ (b >> bit)) & 1) != 0;
                fcs >>= 1;
                fcs ^= odd ? 0x8408 : 0;
            }
        }

        Assert.Equal(fcs, Fcs16.Add(Fcs16.Initial, bytes));
    });

    [Fact]
    public void A_terminate_request_has_its_control_characters_flag_and_escape_stuffed()
    {
        byte[] payload = [0xC0, 0x21, 5, 2, 0, 6, 0x7E, 0x7D];
        byte[] frame = Encode(payload, HdlcFraming.DefaultAsyncMap);
        byte[] stuffed = [0x7E, 0xFF, 0x7D, 0x23, 0xC0, 0x21, 0x7D, 0x25, 0x7D, 0x22, 0x7D, 0x20, 0x7D, 0x26, 0x7D, 0x5E, 0x7D, 0x5D];
        Assert.Equal(stuffed, frame[..stuffed.Length]);
        Assert.Equal(0x7E, frame[^1]);
    }

    [Fact]
    public void Only_mapped_control_characters_are_escaped()
    {
        byte[] frame = Encode([0x00, 0x21, 0x11, 0x13, 0x12], 1u << 0x11 | 1u << 0x13);
        Assert.Equal([0x7E, 0xFF, 0x03, 0x00, 0x21, 0x7D, 0x31, 0x7D, 0x33, 0x12], frame[..10]);
    }

    [Fact]
    public void Compressed_fields_leave_out_address_control_and_the_leading_zero_of_the_protocol()
    {
        var frame = new byte[64];
        int n = HdlcFraming.Encode([0x00, 0x21, 0x45], frame, 0, compressAddressControl: true, compressProtocol: true);
        Assert.Equal([0x7E, 0x21, 0x45], frame[..3]);
        Assert.Equal(6, n);
        Assert.Equal([0x00, 0x21, 0x45], Decode(frame[..n]));
    }

    [Fact]
    public void Any_payload_survives_any_character_map_with_and_without_compression_and_flags() =>
        Gen.Select(Payload, Gen.UInt, Gen.Bool, Gen.Bool, Gen.Bool).Sample((payload, map, acfc, pfc, flags) =>
        {
            var frame = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
            int n = HdlcFraming.Encode(payload, frame, map, acfc, pfc);
            byte[] sent = flags ? frame[..n] : frame[1..(n - 1)];
            Assert.Equal(payload, Decode(sent, map));
        });

    [Theory]
    [InlineData(new byte[] { 0x00, 0x21 })]
    [InlineData(new byte[] { 0x00, 0xFF, 0x03 })]
    [InlineData(new byte[] { 0x00, 0xFF, 0x03, 0x21 })]
    public void A_protocol_is_not_compressed_where_the_frame_would_be_too_short_or_look_like_address_and_control(byte[] payload)
    {
        var frame = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        int n = HdlcFraming.Encode(payload, frame, 0, compressAddressControl: true, compressProtocol: true);
        Assert.Equal(payload, Decode(frame[..n]));
    }

    [Fact]
    public void A_single_flipped_bit_never_yields_the_payload_or_another_one() => Gen.Select(Payload, Gen.UInt, Gen.Int[0, 1 << 20]).Sample((payload, map, where) =>
    {
        byte[] frame = Encode(payload, map)[1..^1];
        where %= frame.Length * 8;
        byte before = frame[where / 8], after = (byte)(before ^ (1 << (where % 8)));
        if (before is 0x7E or 0x7D || after is 0x7E or 0x7D || (where >= 8 && frame[(where / 8) - 1] == 0x7D))
        {
            // A flip that touches the stuffing moves a boundary: no longer a single-bit error of the frame.
            return;
        }

        frame[where / 8] = after;
        Assert.Equal(HdlcFraming.BadFcs, HdlcFraming.Decode(frame, new byte[frame.Length]));
    });

    [Fact]
    public void An_aborted_frame_a_short_one_a_long_one_and_a_bad_fcs_are_told_apart()
    {
        byte[] frame = Encode([0x00, 0x21, 1, 2, 3], 0);
        var buffer = new byte[64];
        Assert.Equal(HdlcFraming.Aborted, HdlcFraming.Decode([0x7E, 0x21, 0x45, 0x7D, 0x7E], buffer));
        Assert.Equal(HdlcFraming.Aborted, HdlcFraming.Decode([0x7E, 0x21, 0x45, 0x7D], buffer));
        Assert.Equal(HdlcFraming.TooShort, HdlcFraming.Decode([0x7E, 1, 2, 3, 0x7E], buffer));
        Assert.Equal(HdlcFraming.TooShort, HdlcFraming.Decode([], buffer));
        Assert.Equal(HdlcFraming.TooLong, HdlcFraming.Decode(frame, new byte[4]));
        frame[5] ^= 4;
        Assert.Equal(HdlcFraming.BadFcs, HdlcFraming.Decode(frame, buffer));
    }

    [Fact]
    public void Decoding_random_bytes_never_throws() => Gen.Byte.Array[0, 100].Sample(bytes =>
    {
        int n = HdlcFraming.Decode(bytes, new byte[bytes.Length]);
        Assert.InRange(n, HdlcFraming.TooLong, bytes.Length);
    });

    [Fact]
    public void A_stream_of_frames_after_a_banner_is_found_however_it_is_cut() =>
        Gen.Select(Payload.Array[1, 5], Gen.UInt, Gen.Int[1, 40]).Sample((payloads, map, piece) =>
        {
            byte[] stream = [.. "login: "u8, .. payloads.SelectMany(p => Encode(p, map))];
            var deframer = default(HdlcDeframer);
            var buffer = new byte[210];
            var found = new List<byte[]>();
            for (int at = 0; at < stream.Length; at += piece)
            {
                ReadOnlySpan<byte> bytes = stream.AsSpan(at, Math.Min(piece, stream.Length - at));
                while (!bytes.IsEmpty)
                {
                    int n = deframer.Input(bytes, buffer, out int consumed);
                    Assert.True(n >= 0);
                    bytes = bytes[consumed..];
                    if (n > 0)
                    {
                        found.Add(buffer[..n]);
                    }
                }
            }

            Assert.Equal(payloads, found);
        });

    [Fact]
    public void A_stream_recovers_after_noise_and_never_outgrows_its_buffer()
    {
        var deframer = default(HdlcDeframer);
        var buffer = new byte[32];
        byte[] good = Encode([0x00, 0x21, 9], 0);
        byte[] stream = [0x7E, .. Enumerable.Repeat((byte)0x55, 5000), .. good];
        int n = deframer.Input(stream, buffer, out int consumed);
        Assert.Equal(HdlcFraming.TooLong, n);
        n = deframer.Input(stream.AsSpan(consumed), buffer, out _);
        Assert.Equal([0x00, 0x21, 9], buffer[..n]);
    }

    private static byte[] Encode(byte[] payload, uint map)
    {
        var frame = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        return frame[..HdlcFraming.Encode(payload, frame, map)];
    }

    private static byte[] Decode(byte[] framed, uint map = 0)
    {
        var payload = new byte[framed.Length];
        int n = HdlcFraming.Decode(framed, payload, map);
        Assert.True(n > 0, $"decode gave {n}");
        return payload[..n];
    }
}
