using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Guests.Running;

/// <summary>What a line to a real pppd does to its frames.</summary>
/// <param name="Delay">One way.</param>
/// <param name="PerThousand">Frames per thousand that are doubled, dropped or corrupted, a third each.</param>
public sealed record PeerLine(TimeSpan Delay, int PerThousand)
{
    private const int UsualRestart = 3;

    /// <summary>
    /// Both ends' Restart timers, in whole seconds: the usual three, and above the round trip on a slower line (RFC 1661, 4.6). Two pppds with the usual ones never open there: a request that comes again late
    /// starts the negotiation anew, at each end in turn.
    /// </summary>
    public int Restart => Math.Max(UsualRestart, 1 + (int)Math.Ceiling(2 * Delay.TotalSeconds));

    /// <summary>
    /// How long pppd's calling end leaves a link up, in whole seconds from its first network protocol on (<c>maxconnect</c>): a second, as long as the other protocol may be behind, and until a packet
    /// that the line has taken has come again.
    /// </summary>
    public int PppdUp => 1 + (int)Math.Ceiling(2 * Delay.TotalSeconds) + (PerThousand > 0 ? Restart + 1 : 0);
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
