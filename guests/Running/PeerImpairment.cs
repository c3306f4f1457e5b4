using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Guests.Running;

/// <summary>What a line to a real pppd does to its frames.</summary>
/// <param name="Delay">One way.</param>
/// <param name="PerThousand">Frames per thousand that are doubled, dropped or corrupted, a third each.</param>
public sealed record PeerLine(TimeSpan Delay, int PerThousand)
{
    // pppd's Restart timer of 3 s, and a little: a packet that the line has taken comes again within the call.
    private const int AgainSeconds = 4;

    /// <summary>
    /// How long pppd's calling end leaves a link up, in whole seconds from its first network protocol on (<c>maxconnect</c>): a second, and as long as the other protocol may be behind.
    /// </summary>
    public int PppdUp => 1 + (int)Math.Ceiling(2 * Delay.TotalSeconds) + (PerThousand > 0 ? AgainSeconds : 0);
}

/// <summary>Doubles, drops and corrupts frames of one direction, by a seed. A frame ends with a flag.</summary>
/// <param name="perThousand">How many of a thousand.</param>
/// <param name="draws">Which, and how.</param>
internal sealed class PeerImpairment(int perThousand, RandomStream draws)
{
    private const int LongestFrame = 8192;

    private readonly List<byte> _frame = [];
    private RandomStream _draws = draws;

    /// <summary>Frames touched.</summary>
    public long Touched { get; private set; }

    /// <summary>Takes bytes of the line.</summary>
    /// <returns>The output: whole frames, and at once whatever is not a frame.</returns>
    public byte[] Take(ReadOnlySpan<byte> bytes)
    {
        if (perThousand == 0)
        {
            return bytes.ToArray();
        }

        var output = new List<byte>(bytes.Length);
        foreach (byte b in bytes)
        {
            _frame.Add(b);
            if (b == HdlcFraming.Flag || _frame.Count >= LongestFrame)
            {
                Put(output);
                _frame.Clear();
            }
        }

        return [.. output];
    }

    private void Put(List<byte> output)
    {
        // A flag alone is the opening one.
        if (_frame.Count < 4 || _draws.Below(1000) >= perThousand)
        {
            output.AddRange(_frame);
            return;
        }

        Touched++;
        switch (_draws.Below(3))
        {
            case 0:
                // The flag stays: it opens the next frame.
                output.Add(HdlcFraming.Flag);
                break;
            case 1:
                output.AddRange(_frame);
                output.AddRange(_frame);
                break;
            default:
                int at = 1 + (int)_draws.Below((uint)(_frame.Count - 2));
                byte broken = (byte)(_frame[at] ^ 0x01);
                _frame[at] = broken is HdlcFraming.Flag or HdlcFraming.Escape ? (byte)(broken ^ 0x02) : broken;
                output.AddRange(_frame);
                break;
        }
    }
}
