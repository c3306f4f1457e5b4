using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ppp;

/// <content>Options of an answer held against those of the request (RFC 1661 sections 5.2 to 5.4).</content>
public sealed partial class PppEndpoint
{
    private static bool IsMagic(int layer, in PppOption o) => layer == Lcp && o.Type == (byte)LcpOptionType.MagicNumber;

    private static bool Contains(ReadOnlySpan<byte> options, byte type)
    {
        var walk = new PppOptions(options);
        while (walk.Next(out PppOption o))
        {
            if (o.Type == type)
            {
                return true;
            }
        }

        return false;
    }

    // The options of a Configure-Reject are options of the request, unchanged and in its order (RFC 1661 section 5.4).
    private static bool AreOurs(ReadOnlySpan<byte> rejected, ReadOnlySpan<byte> request)
    {
        var theirs = new PppOptions(rejected);
        var ours = new PppOptions(request);
        while (theirs.Next(out PppOption o))
        {
            bool found = false;
            while (!found && ours.Next(out PppOption mine))
            {
                found = mine.Bytes.SequenceEqual(o.Bytes);
            }

            if (!found)
            {
                return false;
            }
        }

        return !theirs.Malformed;
    }

    // A Nak names an option once, except authentication protocols, of which it may offer several, and those of the request in its order (RFC 1661 section 5.3).
    private static bool IsGoodNak(int layer, ReadOnlySpan<byte> naked, ReadOnlySpan<byte> request)
    {
        int last = 0;
        Span<byte> seen = stackalloc byte[32];
        seen.Clear();
        var walk = new PppOptions(naked);
        while (walk.Next(out PppOption o))
        {
            ref byte bits = ref seen[o.Type >> 3];
            int bit = 1 << (o.Type & 7);
            if ((bits & bit) != 0 && !(layer == Lcp && o.Type == (byte)LcpOptionType.AuthenticationProtocol))
            {
                return false;
            }

            bits |= (byte)bit;
            int place = PlaceOf(o.Type, request);
            if (place > 0 && place < last)
            {
                return false;
            }

            last = Math.Max(last, place);
        }

        return !walk.Malformed;
    }

    // Which option of a request has this type, from 1; 0 for none.
    private static int PlaceOf(byte type, ReadOnlySpan<byte> request)
    {
        int place = 1;
        for (var walk = new PppOptions(request); walk.Next(out PppOption o); place++)
        {
            if (o.Type == type)
            {
                return place;
            }
        }

        return 0;
    }

    private enum Verdict : byte
    {
        Accept,
        Nak,
        Reject,
    }
}
