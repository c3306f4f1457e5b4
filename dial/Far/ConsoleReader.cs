using System.Text;

namespace Stress.Dial.Far;

/// <summary>
/// A console's bytes in, crash records out. Bytes may come in pieces of any size, cut anywhere; the records are the same. Memory is bounded by one line, one report and the records
/// not taken yet. No clock, no thread, no I/O: the caller says when the console is quiet.
/// </summary>
/// <param name="own">Patterns beside the systems' own (<see cref="ConsolePatterns.Load"/>).</param>
/// <example>
/// <code>
/// var reader = new ConsoleReader();
/// reader.Input(bytes);                  // as they come
/// reader.Quiet();                       // at a pause, or at the end
/// while (reader.TryTake(out FarPanic? crash)) { ... }
/// </code>
/// </example>
public sealed class ConsoleReader(params ConsolePatterns[] own)
{
    private readonly PanicDetector _detector = new(own);
    private readonly StringBuilder _line = new();
    private readonly Queue<FarPanic> _found = new();

    /// <summary>The system, if its console has identified it.</summary>
    public FarSystem System => _detector.System;

    /// <summary>A report has begun and is not complete: it is after <see cref="Quiet"/>.</summary>
    public bool Pending => _detector.Pending;

    /// <summary>Takes bytes, whatever they are.</summary>
    public void Input(ReadOnlySpan<byte> bytes)
    {
        foreach (byte b in bytes)
        {
            if (b == (byte)'\n')
            {
                EndLine();
            }
            else if (b != (byte)'\r' && _line.Length < PanicDetector.MaxLineLength)
            {
                _line.Append(b is >= 0x20 and < 0x7F or (byte)'\t' or 0x1B ? (char)b : '?');
            }
        }
    }

    /// <summary>Takes one line without its end.</summary>
    public void Line(string line)
    {
        _line.Append(line.AsSpan(0, Math.Min(line.Length, PanicDetector.MaxLineLength - Math.Min(_line.Length, PanicDetector.MaxLineLength))));
        EndLine();
    }

    /// <summary>The console pauses or has ended: what is pending is complete. A debugger's prompt ends without a newline.</summary>
    public void Quiet()
    {
        if (_line.Length > 0)
        {
            EndLine();
        }

        if (_detector.Complete() is { } panic)
        {
            _found.Enqueue(panic);
        }
    }

    /// <summary>Takes the next complete record, in the console's order.</summary>
    public bool TryTake(out FarPanic? crash) => _found.TryDequeue(out crash) || _detector.TryTake(out crash);

    private void EndLine()
    {
        if (_detector.Line(_line.ToString()) is { } panic)
        {
            _found.Enqueue(panic);
        }

        _line.Clear();
    }
}
