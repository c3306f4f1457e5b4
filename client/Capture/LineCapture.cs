using System.Buffers;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Wire;

namespace Stress.Client.Capture;

/// <summary>A pcapng file with an interface for each captured line: PPP frames in both directions, as the calling end sees them; and one for each Ethernet segment, and for the wire between a node and its access concentrator.</summary>
public sealed class CaptureFile : IDisposable
{
    private const int FlushAt = 1 << 20;

    private readonly ArrayBufferWriter<byte> _buffer = new(FlushAt + 65_536);
    private readonly Stream _stream;
    private uint _interfaces;
    private uint _segments;

    /// <summary>An empty capture.</summary>
    /// <param name="stream">Gets the bytes; closed with the capture.</param>
    public CaptureFile(Stream stream)
    {
        _stream = stream;
        Pcapng.WriteSection(_buffer);
    }

    /// <summary>Creates the file.</summary>
    /// <exception cref="UsageException">It cannot be written.</exception>
    public static CaptureFile Create(string file)
    {
        try
        {
            return new CaptureFile(File.Create(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--pcap {file}: {e.Message.TrimEnd('.')}; accepted is a file that can be written");
        }
    }

    /// <summary>Frames written.</summary>
    public long Frames { get; private set; }

    /// <summary>Lines captured.</summary>
    public int Lines => (int)(_interfaces - _segments);

    internal uint Add(string name)
    {
        Pcapng.WriteInterface(_buffer, name);
        return _interfaces++;
    }

    internal uint AddSegment(string name)
    {
        Pcapng.WriteInterface(_buffer, name, Pcapng.LinkTypeEthernet);
        _segments++;
        return _interfaces++;
    }

    internal void Write(uint line, VirtualTime at, bool? sent, ReadOnlySpan<byte> frame, string? comment)
    {
        Pcapng.WriteFrame(_buffer, at.Microseconds, sent, frame, comment, line);
        Frames++;
        if (_buffer.WrittenCount >= FlushAt)
        {
            Flush();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Flush();
        _stream.Dispose();
    }

    private void Flush()
    {
        _stream.Write(_buffer.WrittenSpan);
        _buffer.ResetWrittenCount();
    }
}

/// <summary>
/// Captures the lines of one site. What is not a frame (HUP, carrier, detach, crash) becomes a comment of the last frame before it, or of the first.
/// </summary>
public sealed class LineCapture : ISiteTrace
{
    // A line that is down for hours says little with each further attempt, and an option of a block holds 64 KiB.
    private const int MaxComments = 200;

    private readonly CaptureFile _file;
    private readonly uint _site;
    private readonly Topology _topology;
    private readonly uint[] _interfaces;
    private readonly uint[] _segments;
    private readonly Dictionary<int, uint> _concentrators = [];
    private readonly List<string> _comments = [];
    private byte[] _frame = new byte[1_600];
    private int _length = -1;
    private uint _interface;
    private int _more;
    private VirtualTime _at;
    private bool? _sent;

    /// <summary>A capture of a site's lines.</summary>
    /// <param name="file">Where to.</param>
    /// <param name="site">The site's number.</param>
    /// <param name="topology">Its nodes and lines.</param>
    public LineCapture(CaptureFile file, uint site, Topology topology)
    {
        _file = file;
        _site = site;
        _topology = topology;
        _interfaces = [.. Enumerable.Range(0, topology.Links.Count).Select(line => file.Add($"site {site} line {line}"))];
        _segments = [.. (topology.Segments ?? []).Select(segment => file.AddSegment($"site {site} segment {segment.Name}"))];
    }

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
    {
        if (stage is not (PointerStage.AddressGone or PointerStage.Detached or PointerStage.Freed or PointerStage.Used) && source != TraceSource.Line && source != TraceSource.Cron)
        {
            return;
        }

        if (_comments.Count < MaxComments)
        {
            _comments.Add($"{at} event {number} {_topology.NameOf(_topology.Nodes[router])} {source.Name}: {text}");
        }
        else
        {
            _more++;
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame) => Keep(_interfaces[link], at, from == ModemLink.Calling, frame);

    /// <inheritdoc/>
    public void EtherFrame(VirtualTime at, int segment, int station, ReadOnlySpan<byte> frame) => Keep(_segments[segment], at, null, frame);

    /// <inheritdoc/>
    public void PppoeFrame(VirtualTime at, int node, bool sent, ReadOnlySpan<byte> frame)
    {
        if (!_concentrators.TryGetValue(node, out uint place))
        {
            _concentrators.Add(node, place = _file.AddSegment($"site {_site} PPPoE of {_topology.NodeName(node)}"));
        }

        Keep(place, at, null, frame); // the addresses say who sent it
    }

    private void Keep(uint at, VirtualTime time, bool? sent, ReadOnlySpan<byte> frame)
    {
        End();
        if (frame.Length > _frame.Length)
        {
            _frame = new byte[frame.Length];
        }

        frame.CopyTo(_frame);
        _length = frame.Length;
        _interface = at;
        _at = time;
        _sent = sent;
    }

    /// <summary>Writes the last frame with the comments that came after it.</summary>
    public void End()
    {
        if (_length < 0)
        {
            return;
        }

        if (_more > 0)
        {
            _comments.Add($"and {_more} more");
        }

        _file.Write(_interface, _at, _sent, _frame.AsSpan(0, _length), _comments.Count == 0 ? null : string.Join('\n', _comments));
        _comments.Clear();
        _more = 0;
        _length = -1;
    }
}
