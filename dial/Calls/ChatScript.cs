using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Dial.Calls;

/// <summary>One line of a chat script: wait for a text, then send one.</summary>
/// <param name="Expect">Text to wait for; empty waits for nothing.</param>
/// <param name="Send">Text to send, with what ends it; empty sends nothing.</param>
public sealed record ChatStep(string Expect, string Send);

/// <summary>
/// The words that are exchanged before PPP starts, as chat(8) has them. Bytes are Latin-1: a login prompt may hold anything.
/// </summary>
/// <param name="Steps">In order.</param>
/// <param name="Timeout">Longest wait for one expected text.</param>
/// <param name="Abort">Texts that end the attempt at once.</param>
public sealed record ChatScript(IReadOnlyList<ChatStep> Steps, VirtualTime Timeout, IReadOnlyList<string> Abort)
{
    /// <summary>chat(8)'s default timeout.</summary>
    public static readonly VirtualTime DefaultTimeout = VirtualTime.FromSeconds(45);

    /// <summary>A modem's ways of saying no.</summary>
    public static readonly IReadOnlyList<string> DefaultAbort = ["NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "Login incorrect"];

    /// <summary>No words: PPP starts at once.</summary>
    public static readonly ChatScript None = new([], DefaultTimeout, DefaultAbort);

    /// <summary>A PPP flag ends the script at once: a caller that starts PPP without logging in (mgetty's AutoPPP).</summary>
    public bool EndsAtFlag { get; init; }

    /// <summary>The answering end: getty's and login's prompts. Any name and password will do; PPP's own authentication decides.</summary>
    public static readonly ChatScript Getty =
        new([new ChatStep("", "\r\nlogin: "), new ChatStep("\r", "Password: "), new ChatStep("\r", "")], DefaultTimeout, []) { EndsAtFlag = true };

    /// <summary>The script that answers getty and login.</summary>
    public static ChatScript Login(string name, string password) =>
        new([new ChatStep("ogin:", name + "\r"), new ChatStep("assword:", password + "\r")], DefaultTimeout, DefaultAbort);

    /// <summary>
    /// Parses alternating expect and send words, as on chat(8)'s command line: words are separated by blanks or quoted, <c>''</c> is empty, <c>\r \n \t \s
    /// \\ \d</c> are known (<c>\d</c> is dropped), <c>\c</c> at the end of a send suppresses the carriage return. <c>ABORT</c> and <c>TIMEOUT</c> take the next word.
    /// </summary>
    /// <exception cref="FormatException">A quote that is not closed, or a timeout that is no number of seconds.</exception>
    public static ChatScript Parse(string text)
    {
        List<string> words = Words(text);
        List<ChatStep> steps = [];
        List<string> abort = [];
        VirtualTime timeout = DefaultTimeout;
        string? expect = null;
        for (int i = 0; i < words.Count; i++)
        {
            if (expect is null && words[i] is "ABORT" or "TIMEOUT" && i + 1 < words.Count)
            {
                string value = words[++i];
                if (words[i - 1] == "ABORT")
                {
                    abort.Add(Unescape(value, out _));
                }
                else
                {
                    timeout = int.TryParse(value, out int seconds) && seconds > 0
                        ? VirtualTime.FromSeconds(seconds)
                        : throw new FormatException($"chat script: TIMEOUT {value}: accepted is a number of seconds");
                }
            }
            else if (expect is null)
            {
                expect = Unescape(words[i], out _);
            }
            else
            {
                string send = Unescape(words[i], out bool bare);
                steps.Add(new ChatStep(expect, bare ? send : send + "\r"));
                expect = null;
            }
        }

        if (expect is not null)
        {
            steps.Add(new ChatStep(expect, ""));
        }

        return new ChatScript(steps, timeout, abort.Count == 0 ? DefaultAbort : abort);
    }

    private static List<string> Words(string text)
    {
        List<string> words = [];
        for (int i = 0; i < text.Length;)
        {
            if (char.IsWhiteSpace(text[i]))
            {
                i++;
            }
            else if (text[i] is '\'' or '"')
            {
                int end = text.IndexOf(text[i], i + 1);
                if (end < 0)
                {
                    throw new FormatException($"chat script: the quote at character {i + 1} is not closed");
                }

                words.Add(text[(i + 1)..end]);
                i = end + 1;
            }
            else
            {
                int start = i;
                while (i < text.Length && !char.IsWhiteSpace(text[i]))
                {
                    i++;
                }

                words.Add(text[start..i]);
            }
        }

        return words;
    }

    private static string Unescape(string word, out bool bare)
    {
        bare = false;
        var result = new StringBuilder(word.Length);
        for (int i = 0; i < word.Length; i++)
        {
            if (word[i] != '\\' || i + 1 == word.Length)
            {
                result.Append(word[i]);
                continue;
            }

            switch (word[++i])
            {
                case 'r':
                    result.Append('\r');
                    break;
                case 'n':
                    result.Append('\n');
                    break;
                case 't':
                    result.Append('\t');
                    break;
                case 's':
                    result.Append(' ');
                    break;
                case 'd':
                    break;
                case 'c':
                    bare = true;
                    break;
                default:
                    result.Append(word[i]);
                    break;
            }
        }

        return result.ToString();
    }
}

/// <summary>Where a chat is.</summary>
public enum ChatState
{
    /// <summary>Waits for a text.</summary>
    Waiting,

    /// <summary>Every step is done.</summary>
    Done,

    /// <summary>An expected text did not come in time.</summary>
    TimedOut,

    /// <summary>An abort text came.</summary>
    Aborted,

    /// <summary>More bytes came than any banner has.</summary>
    Flooded,
}

/// <summary>Runs a chat script over bytes and given times. Its memory is the longest expected text; a banner may be <see cref="MaxBytes"/> long.</summary>
public sealed class Chat
{
    /// <summary>Bytes after which a far side that never says what is expected is given up.</summary>
    public const int MaxBytes = 1 << 20;

    private const int Window = 256;
    private readonly ChatScript _script;
    private readonly char[] _seen = new char[2 * Window];
    private int _length;
    private int _step;
    private long _bytes;
    private string? _due;

    /// <summary>Starts the script.</summary>
    public Chat(ChatScript script, VirtualTime now)
    {
        _script = script;
        Deadline = now + script.Timeout;
        Advance(now, matched: false);
    }

    /// <summary>Where it is.</summary>
    public ChatState State { get; private set; }

    /// <summary>When the present wait ends.</summary>
    public VirtualTime Deadline { get; private set; }

    /// <summary>The text waited for, or what ended the chat.</summary>
    public string Detail { get; private set; } = "";

    /// <summary>Takes what is to be sent now.</summary>
    public bool TakeSend(out byte[] bytes)
    {
        bytes = _due is null ? [] : Encoding.Latin1.GetBytes(_due);
        _due = null;
        return bytes.Length > 0;
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
                State = ChatState.Done;
                return i;
            }

            if (++_bytes > MaxBytes)
            {
                State = ChatState.Flooded;
                return i;
            }

            if (_length == _seen.Length)
            {
                Array.Copy(_seen, Window, _seen, 0, Window);
                _length = Window;
            }

            _seen[_length++] = (char)bytes[i];
            ReadOnlySpan<char> seen = _seen.AsSpan(0, _length);
            foreach (string abort in _script.Abort)
            {
                if (seen.EndsWith(abort, StringComparison.Ordinal))
                {
                    State = ChatState.Aborted;
                    Detail = abort;
                    return i + 1;
                }
            }

            if (seen.EndsWith(_script.Steps[_step].Expect, StringComparison.Ordinal))
            {
                Advance(now, matched: true);
            }
        }

        return bytes.Length;
    }

    /// <summary>Time passes.</summary>
    public void Timeout(VirtualTime now)
    {
        if (State == ChatState.Waiting && now >= Deadline)
        {
            State = ChatState.TimedOut;
        }
    }

    // Sends what follows the matched text, and everything that waits for nothing.
    private void Advance(VirtualTime now, bool matched)
    {
        while (_step < _script.Steps.Count && (matched || _script.Steps[_step].Expect.Length == 0))
        {
            _due += _script.Steps[_step++].Send;
            matched = false;
        }

        _length = 0;
        Deadline = now + _script.Timeout;
        State = _step == _script.Steps.Count ? ChatState.Done : ChatState.Waiting;
        Detail = State == ChatState.Done ? "" : _script.Steps[_step].Expect;
    }
}
