using System.Buffers;
using Stress.Emulator.Simulation;
using Stress.Emulator.Wire;

namespace Stress.Client.Running;

/// <summary>
/// Captures one line of a site as pcapng. Events that are no frames (HUP, carrier, detach, crash) become comments of the frame before them, or of the first frame.
/// </summary>
public sealed class LineCapture : ISiteTrace
{
    private readonly ArrayBufferWriter<byte> _output = new();
    private readonly int _line;
    private readonly List<string> _comments = [];
    private byte[]? _frame;
    private VirtualTime _at;
    private bool _sent;

    /// <summary>A capture of one line, as the calling system sees it.</summary>
    /// <param name="line">Number of the line in its site.</param>
    public LineCapture(int line)
    {
        _line = line;
        Pcapng.WriteHeader(_output, $"line {line}");
    }

    /// <summary>Frames captured.</summary>
    public long Frames { get; private set; }

    /// <summary>Bytes written so far.</summary>
    public int Length => _output.WrittenCount;

    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
    {
        if (stage is PointerStage.AddressGone or PointerStage.Detached or PointerStage.Freed or PointerStage.Used || source is TraceSource.Line or TraceSource.Cron)
        {
            _comments.Add($"{at} {(router == 0 ? "called" : "calling")} {source.ToString().ToLowerInvariant()}: {text}");
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame)
    {
        if (caller != _line)
        {
            return;
        }

        if (_frame is not null)
        {
            Flush();
        }

        _frame = frame.ToArray();
        _at = at;
        _sent = from == Role.Calling;
        Frames++;
    }

    private void Flush()
    {
        if (_frame is not null)
        {
            Pcapng.WriteFrame(_output, _at.Microseconds, _sent, _frame, _comments.Count == 0 ? null : string.Join('\n', _comments));
            _comments.Clear();
            _frame = null;
        }
    }

    /// <summary>Writes the capture.</summary>
    public void Save(string path)
    {
        Flush();
        File.WriteAllBytes(path, _output.WrittenSpan);
    }
}

/// <summary>Several listeners to one site.</summary>
public sealed class Traces(params ISiteTrace[] listeners) : ISiteTrace
{
    /// <inheritdoc/>
    public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage)
    {
        foreach (ISiteTrace t in listeners)
        {
            t.Step(number, at, router, source, text, stage);
        }
    }

    /// <inheritdoc/>
    public void Pointer(in PointerEvent e)
    {
        foreach (ISiteTrace t in listeners)
        {
            t.Pointer(e);
        }
    }

    /// <inheritdoc/>
    public void Frame(VirtualTime at, int caller, Role from, ReadOnlySpan<byte> frame)
    {
        foreach (ISiteTrace t in listeners)
        {
            t.Frame(at, caller, from, frame);
        }
    }
}
