using System.Buffers.Binary;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Link;

/// <summary>What a receiver may know of a repeated frame before it looks at its bytes.</summary>
public enum RepeatedKind : byte
{
    /// <summary>No frame of a kind that is repeated.</summary>
    None,

    /// <summary>An OSPF Hello of a neighbour whose view of the link has not changed.</summary>
    Hello,

    /// <summary>A RIPng Response: ripngd here learns no routes, so it changes nothing at the receiver.</summary>
    Update,
}

/// <summary>
/// A frame that a daemon sends repeatedly while nothing around it changes. It is taken from one that was built in full; a repetition differs from it only in the IPv4
/// identification, header checksum and FCS, all of which follow from the identification.
/// </summary>
public struct RepeatedFrame
{
    private const int IdAt = 4, ChecksumAt = 10;
    private byte[]? _bytes;
    private ushort _fcs;
    private ushort _escapes;
    private sbyte _header;

    /// <summary>The sender's epoch (a count of what may change how a frame goes) in which it was sent in full; it may be repeated only in the same one.</summary>
    public int Epoch { get; private set; }

    /// <summary>Names the content within the site, or 0: two frames with the same number differ only as this type says.</summary>
    public int Tag { get; private set; }

    /// <summary>The port that it leaves through, or -1 for an interface that leads out of the modelled world.</summary>
    public short Line { get; private set; }

    /// <summary>Length with the FCS, in bytes.</summary>
    public readonly int Length => _bytes!.Length;

    /// <summary>The tag that follows the last one given.</summary>
    public static int TagAfter(int lastTag, RepeatedKind kind) => lastTag + 4 - (lastTag & 3) + (int)kind;

    /// <summary>Which kind of frame a tag names.</summary>
    public static RepeatedKind KindOf(int tag) => (RepeatedKind)(tag & 3);

    /// <summary>It may not be repeated before it has been sent in full again; its content stays known.</summary>
    public void Forget() => Epoch = 0;

    /// <summary>A send that put nothing on a line.</summary>
    public void RememberNothingSent(int epoch)
    {
        Epoch = epoch;
        Line = -1;
    }

    /// <summary>Takes the content of a frame that was just sent.</summary>
    /// <param name="sent">HDLC content with its FCS.</param>
    /// <param name="line">The line it went to.</param>
    /// <param name="epoch">The sender's epoch.</param>
    /// <param name="newTag">The tag to use when the content is not the one remembered.</param>
    /// <returns>Whether <paramref name="newTag"/> was used.</returns>
    public bool Remember(ReadOnlySpan<byte> sent, int line, int epoch, int newTag)
    {
        Epoch = epoch;
        Line = (short)line;
        Span<byte> again = stackalloc byte[sent.Length];
        if (_bytes is not null && _bytes.Length == sent.Length)
        {
            Write(again, Identification(sent));
            if (again.SequenceEqual(sent))
            {
                return false;
            }
        }

        if (_bytes is null || _bytes.Length != sent.Length)
        {
            _bytes = new byte[sent.Length];
        }

        sent.CopyTo(_bytes);
        Span<byte> content = _bytes.AsSpan(..^2);
        int ip = sent[0] == 0xFF ? 2 : 0;
        ip += (sent[ip] & 1) != 0 ? 1 : 2;
        _header = (sbyte)(sent[ip] >> 4 == 4 ? ip : -1);
        if (_header >= 0)
        {
            content.Slice(ip + IdAt, 2).Clear();
            content.Slice(ip + ChecksumAt, 2).Clear();
            _fcs = Fcs16.Add(Fcs16.Initial, content);
            _escapes = (ushort)(Escapes(content) - Escapes(content.Slice(ip + IdAt, 2)) - Escapes(content.Slice(ip + ChecksumAt, 2)));
        }
        else
        {
            _escapes = (ushort)Escapes(_bytes);
        }

        Tag = newTag;
        Write(again, Identification(sent));
        if (!again.SequenceEqual(sent))
        {
            throw new InvalidOperationException("a repeated frame does not come out as it was sent");
        }

        return true;
    }

    /// <summary>Writes a repetition.</summary>
    /// <param name="destination"><see cref="Length"/> bytes.</param>
    /// <param name="identification">ip_id, where the frame is IPv4.</param>
    /// <returns>The number of bytes that must be escaped on the line.</returns>
    public readonly int Write(Span<byte> destination, ushort identification)
    {
        ReadOnlySpan<byte> bytes = _bytes;
        bytes.CopyTo(destination);
        if (_header < 0)
        {
            return _escapes;
        }

        Span<byte> ip = destination[_header..];
        BinaryPrimitives.WriteUInt16BigEndian(ip[IdAt..], identification);
        ushort checksum = InternetChecksum.Of(ip[..Ipv4Header.MinLength]);
        BinaryPrimitives.WriteUInt16BigEndian(ip[ChecksumAt..], checksum);

        // The FCS is linear: what the four bytes add to it is their own FCS from zero, carried over the bytes behind them.
        ushort change = Fcs16.Add(Fcs16.Add(0, (byte)(identification >> 8)), (byte)identification);
        change = Fcs16.AddZeros(change, ChecksumAt - IdAt - 2);
        change = Fcs16.Add(Fcs16.Add(change, (byte)(checksum >> 8)), (byte)checksum);
        change = Fcs16.AddZeros(change, bytes.Length - 2 - _header - ChecksumAt - 2);
        ushort fcs = (ushort)~(_fcs ^ change);
        BinaryPrimitives.WriteUInt16LittleEndian(destination[^2..], fcs);
        return _escapes + Escapes(identification) + Escapes(checksum) + Escapes(fcs);
    }

    private readonly ushort Identification(ReadOnlySpan<byte> sent) => _header < 0 ? (ushort)0 : BinaryPrimitives.ReadUInt16BigEndian(sent[(_header + IdAt)..]);

    private static int Escapes(ReadOnlySpan<byte> bytes) => bytes.Count(HdlcFraming.Escape) + bytes.Count(HdlcFraming.Flag);

    private static int Escapes(ushort two) => IsEscaped((byte)two) + IsEscaped((byte)(two >> 8));

    private static int IsEscaped(byte b) => b is HdlcFraming.Escape or HdlcFraming.Flag ? 1 : 0;
}
