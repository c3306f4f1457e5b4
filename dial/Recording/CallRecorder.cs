using System.Buffers;
using System.Globalization;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Dial.Recording;

/// <summary>What a call reports to its recorder.</summary>
public interface ICallLog
{
    /// <summary>A frame, protocol first.</summary>
    void Frame(VirtualTime now, bool sent, ReadOnlySpan<byte> frame);

    /// <summary>Bytes outside PPP: the chat.</summary>
    void Text(VirtualTime now, bool sent, ReadOnlySpan<byte> bytes);

    /// <summary>Something happened.</summary>
    void Note(VirtualTime now, string note);
}

/// <summary>Writes nothing.</summary>
public sealed class NoCallLog : ICallLog
{
    /// <summary>The one that is needed.</summary>
    public static readonly NoCallLog Instance = new();

    /// <inheritdoc/>
    public void Frame(VirtualTime now, bool sent, ReadOnlySpan<byte> frame)
    {
    }

    /// <inheritdoc/>
    public void Text(VirtualTime now, bool sent, ReadOnlySpan<byte> bytes)
    {
    }

    /// <inheritdoc/>
    public void Note(VirtualTime now, string note)
    {
    }
}

/// <summary>
/// Keeps a call in memory, and writes it as a readable transcript (<c>.txt</c>) and as pcapng. Its size is bounded; the rest is counted and reported at the end.
/// </summary>
public sealed class CallRecorder : ICallLog
{
    /// <summary>Longest transcript in characters.</summary>
    public const int MaxText = 1 << 20;

    /// <summary>Longest capture in bytes.</summary>
    public const int MaxCapture = 4 << 20;

    private const int MaxChatBytes = 200;
    private readonly StringBuilder _text = new();
    private readonly ArrayBufferWriter<byte> _capture = new();
    private readonly long _startMicroseconds;
    private string? _comment;
    private long _left;

    /// <summary>Starts a record.</summary>
    /// <param name="title">First line of the transcript, and the capture's interface name.</param>
    /// <param name="start">Wall time of the call's start.</param>
    public CallRecorder(string title, DateTimeOffset start)
    {
        _startMicroseconds = (start.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / TimeSpan.TicksPerMicrosecond;
        _text.Append(title).Append('\n');
        Pcapng.WriteHeader(_capture, title);
    }

    /// <summary>The transcript so far.</summary>
    public string Transcript => _left == 0 ? _text.ToString() : $"{_text}({_left} further entries were left out)\n";

    /// <summary>The capture so far.</summary>
    public ReadOnlyMemory<byte> Capture => _capture.WrittenMemory;

    /// <inheritdoc/>
    public void Frame(VirtualTime now, bool sent, ReadOnlySpan<byte> frame)
    {
        Line(now, sent ? "sent" : "rcvd", FrameText.Describe(frame));
        if (_capture.WrittenCount < MaxCapture)
        {
            Pcapng.WriteFrame(_capture, _startMicroseconds + now.Microseconds, sent, frame, _comment);
            _comment = null;
        }
    }

    /// <inheritdoc/>
    public void Text(VirtualTime now, bool sent, ReadOnlySpan<byte> bytes)
    {
        var shown = new StringBuilder();
        foreach (byte b in bytes[..Math.Min(bytes.Length, MaxChatBytes)])
        {
            _ = b switch
            {
                (byte)'\r' => shown.Append("\\r"),
                (byte)'\n' => shown.Append("\\n"),
                >= 0x20 and < 0x7F => shown.Append((char)b),
                _ => shown.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }

        Line(now, sent ? "send" : "read", $"\"{shown}\"{(bytes.Length > MaxChatBytes ? $" ... {bytes.Length} bytes" : "")}");
    }

    /// <inheritdoc/>
    public void Note(VirtualTime now, string note)
    {
        Line(now, "--", note);

        // The next frame carries it as a packet comment.
        _comment = _comment is null ? note : $"{_comment}\n{note}";
        if (_comment.Length > MaxChatBytes)
        {
            _comment = _comment[..MaxChatBytes];
        }
    }

    /// <summary>Writes <c>NAME.txt</c> and <c>NAME.pcapng</c>, both or neither.</summary>
    /// <returns>Why they could not be written, or null: a full disk does not end a run.</returns>
    public Exception? Save(string folder, string name)
    {
        string text = Path.Combine(folder, name + ".txt"), capture = Path.Combine(folder, name + ".pcapng");
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText(text, Transcript);
            File.WriteAllBytes(capture, Capture.ToArray());
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Remove(text);
            Remove(capture);
            return e;
        }
    }

    private static void Remove(string file)
    {
        try
        {
            File.Delete(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // What cannot be written often cannot be deleted either; the run reports that it is missing.
        }
    }

    private void Line(VirtualTime now, string what, string text)
    {
        if (_text.Length >= MaxText)
        {
            _left++;
            return;
        }

        _text.Append(CultureInfo.InvariantCulture, $"{now} {what,-4} {text}\n");
    }
}
