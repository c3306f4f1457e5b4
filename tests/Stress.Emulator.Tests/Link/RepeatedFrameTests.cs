using CsCheck;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Link;

public class RepeatedFrameTests
{
    [Fact]
    public void A_repetition_is_what_the_sender_would_have_put_together() =>
        Gen.Select(Gen.Byte.Array[0, 80], Gen.UShort, Gen.UShort, Gen.Bool, Gen.Bool).Sample((payload, first, second, acfc, pfc) =>
        {
            var frame = default(RepeatedFrame);
            Assert.True(frame.Remember(Frame(payload, first, acfc, pfc), 3, 7, 5));
            byte[] expected = Frame(payload, second, acfc, pfc), again = new byte[frame.Length];
            int escapes = frame.Write(again, second);

            Assert.Equal(expected, again);
            Assert.Equal(expected.Count(b => b is HdlcFraming.Escape or HdlcFraming.Flag), escapes);
            Assert.False(frame.Remember(expected, 3, 8, 9));
            Assert.Equal((5, 8, 3), (frame.Tag, frame.Epoch, (int)frame.Line));
        });

    [Fact]
    public void Another_content_gets_another_tag()
    {
        var frame = default(RepeatedFrame);
        frame.Remember(Frame([1, 2, 3], 1, true, true), 0, 1, 5);
        Assert.True(frame.Remember(Frame([1, 2, 4], 2, true, true), 0, 1, 9));
        Assert.Equal(9, frame.Tag);
    }

    private static byte[] Frame(byte[] payload, ushort id, bool acfc, bool pfc)
    {
        byte[] ip = new byte[Ipv4Header.MinLength + payload.Length];
        int header = new Ipv4Header
        {
            PayloadLength = (ushort)payload.Length, Identification = id, TimeToLive = 1, Protocol = IpProtocol.Ospf, Source = Ipv4Address.Of(10, 0, 0, 1), Destination = Ipv4Address.AllSpfRouters,
        }.Write(ip);
        payload.CopyTo(ip, header);
        byte[] content = [.. acfc ? [] : (byte[])[0xFF, 0x03], .. pfc ? [0x21] : (byte[])[0x00, 0x21], .. ip];
        ushort fcs = (ushort)~Fcs16.Add(Fcs16.Initial, content);
        return [.. content, (byte)fcs, (byte)(fcs >> 8)];
    }
}
