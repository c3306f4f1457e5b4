using System.Text;
using Stress.Client.Capture;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;
using Stress.Guests.Running;
using Xunit;

namespace Stress.Client.Tests;

public sealed class RealLineCaptureTests
{
    [Fact]
    public void The_calling_ends_frames_are_captured_whole_with_chat_modem_lines_and_broken_frames_as_comments()
    {
        byte[] request = Frame([0xc0, 0x21, 1, 1, 0, 4]), answer = Frame([0xc0, 0x21, 2, 1, 0, 4]), broken = Frame([0xc0, 0x21, 9, 9, 0, 4]);
        broken[6] ^= 0x40;
        using var bytes = new MemoryStream();
        long frames;
        using (var file = new CaptureFile(bytes))
        {
            var capture = new RealLineCapture(file, 3);
            capture.Hear(new LineEvent(1_000, Role.Calling, Sent: true, IsData: false, 6, []));
            capture.Hear(new LineEvent(2_000, Role.Calling, Sent: true, IsData: true, 0, Encoding.ASCII.GetBytes("ATDT5550123\r")));
            capture.Hear(new LineEvent(3_000_000, Role.Calling, Sent: true, IsData: true, 0, request[..5]));
            capture.Hear(new LineEvent(3_000_500, Role.Calling, Sent: true, IsData: true, 0, request[5..]));

            // The same frame where it arrives is the called end's.
            capture.Hear(new LineEvent(3_100_000, Role.Called, Sent: false, IsData: true, 0, request));
            capture.Hear(new LineEvent(3_200_000, Role.Calling, Sent: false, IsData: true, 0, [.. answer, .. broken]));
            capture.End();
            frames = file.Frames;
        }

        string text = Encoding.Latin1.GetString(bytes.ToArray());
        Assert.Equal(2, frames);
        Assert.Contains("site 3 line 0", text);
        Assert.Contains("sets modem lines 006", text);
        Assert.Contains("sends \"ATDT5550123\\r\"", text);
        Assert.Contains("gets an invalid frame: its FCS is wrong", text);
        Assert.Contains(Encoding.Latin1.GetString([0xc0, 0x21, 1, 1, 0, 4]), text);
    }

    private static byte[] Frame(byte[] payload)
    {
        byte[] room = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        return room[..HdlcFraming.Encode(payload, room, 0, false, false)];
    }
}
