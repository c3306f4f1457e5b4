using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Wire;
using Stress.Guests.Running;

namespace Stress.Client.Capture;

/// <summary>
/// Captures the line between two real kernels as seen by the calling end, with virtual times: each PPP frame is a packet, in the order in which its last byte was sent or received;
/// the chat, modem lines and frames corrupted by noise become comments.
/// </summary>
public sealed class RealLineCapture
{
    private const int LongestFrame = 16 * 1024;

    private readonly LineCapture _capture;
    private readonly Direction _out = new(), _in = new();
    private long _number;

    private sealed class Direction
    {
        public byte[] Buffer { get; } = new byte[LongestFrame];

        // What gathers a frame is a value that is changed in place.
        public HdlcDeframer Deframer;
    }

    /// <summary>A capture of one pair's line.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="site">The site's number.</param>
    public RealLineCapture(CaptureFile file, uint site) => _capture = new LineCapture(file, site, PairTopology.Of(callers: 1));

    /// <summary>Takes an event of the line; those of the called end are the calling end's at another time.</summary>
    public void Hear(LineEvent e)
    {
        _number++;
        if (e.Role != Role.Calling)
        {
            return;
        }

        var at = new VirtualTime(e.Nanoseconds / 1_000);
        if (!e.IsData)
        {
            Say(at, $"{(e.Sent ? "sets" : "is told")} modem lines {e.Lines:x3}");
            return;
        }

        Direction way = e.Sent ? _out : _in;
        if (e.Data.All(b => b is >= 0x20 and < 0x7e or (byte)'\r' or (byte)'\n') && way.Deframer.Pending == 0)
        {
            string text = Encoding.ASCII.GetString(e.Data).Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            Say(at, $"{(e.Sent ? "sends" : "gets")} \"{text}\"");
            return;
        }

        ReadOnlySpan<byte> rest = e.Data;
        while (!rest.IsEmpty)
        {
            int length = way.Deframer.Input(rest, way.Buffer, out int taken);
            rest = rest[taken..];
            if (length > 0)
            {
                _capture.Frame(at, 0, e.Sent ? ModemLink.Calling : ModemLink.Called, way.Buffer.AsSpan(0, length));
            }
            else if (length < 0)
            {
                Say(at, $"{(e.Sent ? "sends" : "gets")} an invalid frame: {(length == HdlcFraming.BadFcs ? "its FCS is wrong" : "too short, too long or broken off")}");
            }
        }
    }

    /// <summary>The last frame is written.</summary>
    public void End() => _capture.End();

    private void Say(VirtualTime at, string words) => _capture.Step(_number, at, 1, TraceSource.Line, words, PointerStage.None);
}
