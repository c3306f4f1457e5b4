using System.Globalization;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Dial.Calls;

/// <summary>Where a chat is.</summary>
public enum ChatState
{
    /// <summary>Waits for a text, or for a delay to end.</summary>
    Waiting,

    /// <summary>Every step is done.</summary>
    Done,

    /// <summary>An expected text did not come in time.</summary>
    TimedOut,

    /// <summary>An abort text came.</summary>
    Aborted,

    /// <summary>Sending took longer than the timeout.</summary>
    SendFailed,

    /// <summary>More texts to watch for than chat(8) keeps.</summary>
    TooMany,

    /// <summary>Carrier went.</summary>
    HungUp,

    /// <summary>More bytes arrived than any banner has.</summary>
    Flooded,
}

/// <summary>Runs a chat script over bytes and given times. It keeps only the longest text and the input that arrives during a delay; a banner may be <see cref="MaxBytes"/> long.</summary>
public sealed class Chat
{
    /// <summary>Bytes after which a far side that never sends the expected text is given up.</summary>
    public const int MaxBytes = 1 << 20;

    private const int Window = ChatScript.MaxText + 1;
    private readonly ChatScript _script;
    private readonly List<string> _aborts;
    private readonly List<string> _reports = [];
    private readonly Queue<byte> _held = new();
    private readonly List<string> _notes = [];
    private readonly StringBuilder _echoed = new();
    private readonly StringBuilder _report = new();
    private readonly List<(byte[] Bytes, bool Break, bool Secret)> _due = [];
    private readonly char[] _seen = new char[2 * Window];
    private int _length;
    private int _step;
    private IReadOnlyList<ChatTry>? _tries;
    private int _try;
    private bool _expecting;
    private ChatSend? _sending;
    private int _piece;
    private bool _delayed;
    private VirtualTime _sendLimit;
    private long _bytes;
    private int _abort;
    private bool _afterReturn;
    private bool _gathering;
    private bool _echo;
    private bool _hangup = true;

    /// <summary>Starts the script.</summary>
    public Chat(ChatScript script, VirtualTime now)
    {
        _script = script;
        _aborts = [.. script.Abort];
        Run(now);
    }

    /// <summary>Where it is.</summary>
    public ChatState State { get; private set; }

    /// <summary>When the present wait ends.</summary>
    public VirtualTime Deadline { get; private set; } = VirtualTime.Never;

    /// <summary>Longest wait for one text at present.</summary>
    public VirtualTime Limit { get; private set; } = ChatScript.DefaultTimeout;

    /// <summary>The text waited for, or what ended the chat.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>What chat(8) would end with: 0 done, 1 sending failed, 2 hung up or too many texts, 3 no text in time, 4 and up the abort text by its place.</summary>
    public int ExitStatus => State switch
    {
        ChatState.Done or ChatState.Waiting => 0,
        ChatState.SendFailed => 1,
        ChatState.TooMany => 2,
        ChatState.HungUp => _hangup ? 2 : 3,
        ChatState.Aborted => 4 + _abort,
        _ => 3,
    };

    /// <summary>Returns the bytes to send now, in order; a break may follow.</summary>
    public IReadOnlyList<(byte[] Bytes, bool Break, bool Secret)> TakeSend()
    {
        (byte[], bool, bool)[] due = [.. _due];
        _due.Clear();
        return due;
    }

    /// <summary>Returns the script's messages to its user since the last call: SAY, REPORT, ECHO.</summary>
    public IReadOnlyList<string> TakeNotes()
    {
        string[] notes = [.. _notes];
        _notes.Clear();
        return notes;
    }

    /// <summary>Returns the input that arrived during a last delay, when the script is done: it belongs to PPP.</summary>
    public byte[] TakeRest()
    {
        byte[] rest = [.. _held];
        _held.Clear();
        return rest;
    }

    /// <summary>Takes bytes until the script is done.</summary>
    /// <returns>Bytes taken; the rest belongs to PPP.</returns>
    public int Input(ReadOnlySpan<byte> bytes, VirtualTime now)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (State != ChatState.Waiting)
            {
                return i;
            }

            if (_script.EndsAtFlag && bytes[i] == HdlcFraming.Flag)
            {
                Finish(ChatState.Done, "");
                return i;
            }

            if (++_bytes > MaxBytes)
            {
                Finish(ChatState.Flooded, Detail);
                return i;
            }

            // Input that arrives while nothing is expected waits in the terminal.
            if (!_expecting)
            {
                _held.Enqueue(bytes[i]);
            }
            else if (Take(bytes[i]))
            {
                Run(now);
            }
        }

        return bytes.Length;
    }

    /// <summary>Time passes.</summary>
    public void Timeout(VirtualTime now)
    {
        if (State != ChatState.Waiting || now < Deadline)
        {
            return;
        }

        if (_expecting)
        {
            _expecting = false;
            ChatSend? otherwise = _tries![_try++].Otherwise;
            if (otherwise is null)
            {
                Finish(ChatState.TimedOut, Detail);
                return;
            }

            Send(otherwise, now);
        }

        Run(now);
    }

    /// <summary>Carrier is gone: nothing more can arrive.</summary>
    public void HangUp()
    {
        if (State == ChatState.Waiting)
        {
            Finish(ChatState.HungUp, Detail);
        }
    }

    // Does everything that needs no waiting.
    private void Run(VirtualTime now)
    {
        while (State == ChatState.Waiting)
        {
            if (_sending is not null)
            {
                if (!GoOnSending(now))
                {
                    return;
                }
            }
            else if (_tries is not null)
            {
                if (!Expect(now))
                {
                    return;
                }
            }
            else if (_step == _script.Steps.Count)
            {
                Finish(ChatState.Done, "");
            }
            else
            {
                switch (_script.Steps[_step++])
                {
                    case ChatExpect expect:
                        (_tries, _try) = (expect.Tries, 0);
                        break;
                    case ChatSend send:
                        Send(send, now);
                        break;
                    case ChatSetting setting:
                        Set(setting);
                        break;
                }
            }
        }
    }

    // False while waiting for a text.
    private bool Expect(VirtualTime now)
    {
        if (!_expecting)
        {
            if (_try == _tries!.Count || _tries[_try].Text.Length == 0)
            {
                _tries = null;
                return true;
            }

            (_expecting, _length) = (true, 0);
            (Deadline, Detail) = (now + Limit, _tries[_try].Text);
        }

        while (_held.TryDequeue(out byte held))
        {
            if (Take(held))
            {
                return true;
            }
        }

        return false;
    }

    // True when the byte ends the wait. As in chat(8) an expected text wins over the same abort text, and each wait starts with nothing seen.
    private bool Take(byte b)
    {
        // A terminal's icrnl: CR, LF and CR LF each end one line. A caller's line has seven bits: chat(8) leaves out the eighth, which may be parity.
        char c = (char)(_script.EndsAtFlag ? b : b & 0x7F);
        if (_script.EndsAtFlag)
        {
            bool second = c == '\n' && _afterReturn;
            _afterReturn = c == '\r';
            if (second)
            {
                return false;
            }

            c = c == '\n' ? '\r' : c;
        }

        if (_echo)
        {
            Echo(c);
        }

        if (_length == _seen.Length)
        {
            Array.Copy(_seen, Window, _seen, 0, Window);
            _length = Window;
        }

        _seen[_length++] = c;
        ReadOnlySpan<char> seen = _seen.AsSpan(0, _length);
        Report(c, seen);
        if (seen.EndsWith(_tries![_try].Text, StringComparison.Ordinal))
        {
            (_expecting, _tries) = (false, null);
            return true;
        }

        for (int n = 0; n < _aborts.Count; n++)
        {
            if (seen.EndsWith(_aborts[n], StringComparison.Ordinal))
            {
                _abort = n;
                Finish(ChatState.Aborted, _aborts[n]);
                return true;
            }
        }

        return false;
    }

    private void Send(ChatSend send, VirtualTime now)
    {
        (_sending, _piece, _sendLimit) = (send, 0, now + Limit);
        Deadline = VirtualTime.Never;
    }

    // False while a delay lasts. As in chat(8) the timeout applies to a text that is sent, including its delays.
    private bool GoOnSending(VirtualTime now)
    {
        if (_delayed && now < Deadline)
        {
            return false;
        }

        _delayed = false;
        while (_piece < _sending!.Pieces.Count)
        {
            ChatPiece piece = _sending.Pieces[_piece++];
            if (piece.Text.Length > 0 && now >= _sendLimit)
            {
                Finish(ChatState.SendFailed, $"sending took {Limit}");
                return true;
            }

            if (piece.Text.Length > 0 || piece.Break)
            {
                _due.Add((Encoding.Latin1.GetBytes(piece.Text), piece.Break, _sending.Secret));
            }

            if (piece.Delay > VirtualTime.Zero)
            {
                (_delayed, Deadline) = (true, now + piece.Delay);
                return false;
            }
        }

        _sending = null;
        return true;
    }

    private void Set(ChatSetting setting)
    {
        switch (setting.Directive)
        {
            case ChatDirective.Abort:
                Watch(_aborts, setting.Value, "ABORT");
                break;
            case ChatDirective.ClearAbort:
                _aborts.RemoveAll(text => text == setting.Value);
                break;
            case ChatDirective.Report:
                Watch(_reports, setting.Value, "REPORT");
                break;
            case ChatDirective.ClearReport:
                _reports.RemoveAll(text => text == setting.Value);
                break;
            case ChatDirective.Say:
                _notes.Add($"chat says: {Visible(setting.Value.TrimEnd('\r', '\n'))}");
                break;
            case ChatDirective.Timeout:
                int seconds = int.Parse(setting.Value, CultureInfo.InvariantCulture);
                Limit = seconds > 0 ? VirtualTime.FromSeconds(seconds) : ChatScript.DefaultTimeout;
                break;
            case ChatDirective.Echo:
                _echo = setting.Value == "ON";
                FlushEcho();
                break;
            case ChatDirective.Hangup:
                _hangup = setting.Value == "ON";
                break;
        }
    }

    private void Watch(List<string> texts, string text, string directive)
    {
        if (texts.Count == ChatScript.MaxAborts)
        {
            Finish(ChatState.TooMany, $"{directive} of more than {ChatScript.MaxAborts} texts");
        }
        else
        {
            texts.Add(text);
        }
    }

    private void Report(char c, ReadOnlySpan<char> seen)
    {
        if (_gathering)
        {
            if (char.IsControl(c))
            {
                FlushReport();
            }
            else if (_report.Length < ChatScript.MaxText)
            {
                _report.Append(c);
            }

            return;
        }

        foreach (string text in _reports)
        {
            if (seen.EndsWith(text, StringComparison.Ordinal))
            {
                _report.Append(text);
                _gathering = true;
                _reports.Remove(text);
                return;
            }
        }
    }

    private void FlushReport()
    {
        if (_gathering)
        {
            _notes.Add($"chat reports: {Visible(_report.ToString())}");
            _report.Clear();
            _gathering = false;
        }
    }

    private void Echo(char c)
    {
        if (c == '\n' || _echoed.Length == ChatScript.MaxText)
        {
            FlushEcho();
        }

        if (c is not ('\r' or '\n'))
        {
            _echoed.Append(c);
        }
    }

    private void FlushEcho()
    {
        if (_echoed.Length > 0)
        {
            _notes.Add($"chat hears: {Visible(_echoed.ToString())}");
            _echoed.Clear();
        }
    }

    private void Finish(ChatState state, string detail)
    {
        (State, Detail, _expecting) = (state, Visible(detail), false);
        Deadline = VirtualTime.Never;
        FlushReport();
        FlushEcho();
    }

    // One line for people: control characters as chat's log has them.
    private static string Visible(string text)
    {
        var line = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            _ = c < ' ' || c == '\x7F' ? line.Append('^').Append((char)(c ^ 0x40)) : line.Append(c);
        }

        return line.ToString();
    }
}
