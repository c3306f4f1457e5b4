using System.Globalization;
using System.Text;
using Stress.Emulator.Core;

namespace Stress.Dial.Calls;

/// <summary>One entry of a chat script, in the script's order.</summary>
public abstract record ChatStep;

/// <summary>Waits for a text, and says what to do when it does not come.</summary>
/// <param name="Tries">Taken in order until one comes: <c>a-b-c</c> is a, b when it does not come, then c.</param>
public sealed record ChatExpect(IReadOnlyList<ChatTry> Tries) : ChatStep;

/// <summary>One wait of an expectation.</summary>
/// <param name="Text">The text; empty is there at once.</param>
/// <param name="Otherwise">What is sent if it does not arrive in time, or null: then the script fails. After the last one the script continues.</param>
public sealed record ChatTry(string Text, ChatSend? Otherwise);

/// <summary>Sends.</summary>
/// <param name="Pieces">Text, delays and breaks in order.</param>
/// <param name="Secret">The text stays out of logs (<c>\q</c>).</param>
public sealed record ChatSend(IReadOnlyList<ChatPiece> Pieces, bool Secret = false) : ChatStep;

/// <summary>A part of what is sent.</summary>
/// <param name="Text">Bytes as Latin-1.</param>
/// <param name="Delay">Time that passes before anything more is sent.</param>
/// <param name="Break">A break condition follows the text.</param>
public readonly record struct ChatPiece(string Text, VirtualTime Delay = default, bool Break = false);

/// <summary>A directive of chat(8), which changes what follows it.</summary>
public enum ChatDirective
{
    /// <summary>A text that ends the script.</summary>
    Abort,

    /// <summary>No longer ends the script.</summary>
    ClearAbort,

    /// <summary>A text that is reported, with what follows it up to a control character, once.</summary>
    Report,

    /// <summary>No longer reported.</summary>
    ClearReport,

    /// <summary>A text for the user.</summary>
    Say,

    /// <summary>Longest wait for each text from here on, in seconds.</summary>
    Timeout,

    /// <summary>ON: input is reported to the user from here on.</summary>
    Echo,

    /// <summary>OFF: loss of carrier does not end the script from here on; it only means that no more input can arrive.</summary>
    Hangup,
}

/// <summary>A directive and its value.</summary>
/// <param name="Directive">Which.</param>
/// <param name="Value">Its word, without escapes; of a timeout the seconds.</param>
public sealed record ChatSetting(ChatDirective Directive, string Value) : ChatStep;

/// <summary>
/// The dialogue before PPP starts, in the language of chat(8) of ppp 2.4. Texts are Latin-1.
/// </summary>
/// <param name="Steps">In order.</param>
/// <param name="Abort">Texts that end the attempt at once, from the first step on.</param>
public sealed record ChatScript(IReadOnlyList<ChatStep> Steps, IReadOnlyList<string> Abort)
{
    /// <summary>Longest text and longest line of a script, in characters (chat's STR_LEN, with its end).</summary>
    public const int MaxText = 1023;

    /// <summary>Longest text of ABORT, CLR_ABORT, REPORT and CLR_REPORT.</summary>
    public const int MaxWatched = 49;

    /// <summary>Most texts of ABORT, and of REPORT, at once.</summary>
    public const int MaxAborts = 50;

    /// <summary>chat(8)'s default timeout.</summary>
    public static readonly VirtualTime DefaultTimeout = VirtualTime.FromSeconds(45);

    /// <summary>A modem's negative answers: Hayes, and V.250 section 6.3.1 as modems implement it. They count only in a script that talks to a modem.</summary>
    public static readonly IReadOnlyList<string> ModemAbort =
        ["NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE", "NO DIAL TONE", "BLACKLISTED", "DELAYED", "VOICE\r", "ERROR\r"];

    /// <summary>login's negative answer. A banner may contain any modem's word.</summary>
    public static readonly IReadOnlyList<string> DefaultAbort = ["Login incorrect"];

    /// <summary>No dialogue: PPP starts at once.</summary>
    public static readonly ChatScript None = new([], DefaultAbort);

    private static readonly VirtualTime Second = VirtualTime.FromSeconds(1);

    // A tenth of a second, as in chat(8).
    private static readonly VirtualTime Pause = new(100_000);

    /// <summary>The answering end: a PPP flag ends the script at once, for a caller that starts PPP without logging in (mgetty's AutoPPP), and CR, LF and both end a line.</summary>
    public bool EndsAtFlag { get; init; }

    /// <summary>The answering end: getty's and login's prompts. Any name and password will do; PPP's own authentication decides.</summary>
    public static readonly ChatScript Getty =
        new([Plain("\r\nlogin: "), Await("\r"), Plain("Password: "), Await("\r")], []) { EndsAtFlag = true };

    /// <summary>The script that answers getty and login.</summary>
    public static ChatScript Login(string name, string password) =>
        new([Await("ogin:"), Plain(name + "\r"), Await("assword:"), Plain(password + "\r")], DefaultAbort);

    /// <summary>Reads a script file of chat(8).</summary>
    /// <exception cref="FormatException">It cannot be read, or is not a script; the message names the file and the line.</exception>
    public static ChatScript Load(string file)
    {
        try
        {
            return Parse(File.ReadAllText(file, Encoding.Latin1), file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new FormatException($"{file}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>
    /// Parses alternating expect and send words as a script file of chat(8) has them: words are separated by blanks and line ends or stand in quotes, in which a backslash keeps the
    /// next character; a line that begins with <c>#</c> is a comment. Expected are texts with sub-expectations (<c>a-b-c</c>) or one of ABORT, CLR_ABORT, REPORT, CLR_REPORT, SAY,
    /// TIMEOUT, ECHO and HANGUP with its value; sent are texts, EOT, BREAK and <c>@FILE</c>.
    /// </summary>
    /// <param name="text">The script.</param>
    /// <param name="source">What errors name it.</param>
    /// <exception cref="FormatException">A quote that is not closed, or a word that is too long or no value of its directive.</exception>
    public static ChatScript Parse(string text, string source = "chat script")
    {
        List<ChatStep> steps = [];
        ChatDirective? directive = null;
        bool sends = false;
        foreach ((string word, string at) in Words(text, source))
        {
            if (!sends)
            {
                directive = DirectiveOf(word);
                if (directive is null && word.Length > 0)
                {
                    steps.Add(Expectation(word, at));
                }
            }
            else
            {
                steps.Add(directive is { } d ? Setting(d, word, at) : Sending(word, at));
            }

            sends = !sends;
        }

        bool own = steps.Any(step => step is ChatSetting { Directive: ChatDirective.Abort });
        bool modem = steps.Any(step => IsModem(step as ChatSend) || (step is ChatExpect e && e.Tries.Any(t => IsModem(t.Otherwise))));
        return new ChatScript(steps, own ? [] : modem ? [.. ModemAbort, .. DefaultAbort] : DefaultAbort);
    }

    private static ChatSend Plain(string text) => new([new ChatPiece(text)]);

    private static ChatExpect Await(string text) => new([new ChatTry(text, null)]);

    private static bool IsModem(ChatSend? send) => send is not null
        && string.Concat(send.Pieces.Select(piece => piece.Text)).TrimStart('\r', '\n').StartsWith("AT", StringComparison.OrdinalIgnoreCase);

    private static ChatDirective? DirectiveOf(string word) => word switch
    {
        "ABORT" => ChatDirective.Abort,
        "CLR_ABORT" => ChatDirective.ClearAbort,
        "REPORT" => ChatDirective.Report,
        "CLR_REPORT" => ChatDirective.ClearReport,
        "SAY" => ChatDirective.Say,
        "TIMEOUT" => ChatDirective.Timeout,
        "ECHO" => ChatDirective.Echo,
        "HANGUP" => ChatDirective.Hangup,
        _ => null,
    };

    private static ChatSetting Setting(ChatDirective directive, string word, string at)
    {
        switch (directive)
        {
            case ChatDirective.Timeout:
                if (!int.TryParse(word, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int seconds) || seconds > 1_000_000)
                {
                    throw new FormatException($"{at}: TIMEOUT {word}: accepted is a number of seconds up to 1000000, or 0 for {DefaultTimeout.Microseconds / 1_000_000}");
                }

                return new ChatSetting(directive, word);
            case ChatDirective.Echo or ChatDirective.Hangup:
                return word is "ON" or "OFF" ? new ChatSetting(directive, word) : throw new FormatException($"{at}: {directive.ToString().ToUpperInvariant()} {word}: accepted are ON and OFF");
            case ChatDirective.Say:
                return new ChatSetting(directive, Expected(word));
            default:
                string text = Expected(word);
                return text.Length <= MaxWatched
                    ? new ChatSetting(directive, text)
                    : throw new FormatException($"{at}: a text to watch for of {text.Length} characters: accepted are {MaxWatched}");
        }
    }

    // The dash ends a part unless a backslash stands before it. A part that ends the word with its dash is followed by none.
    private static ChatExpect Expectation(string word, string at)
    {
        List<string> parts = [];
        for (int i = 0; i < word.Length;)
        {
            int start = i;
            while (i < word.Length && word[i] != '-')
            {
                i += word[i] == '\\' && i + 1 < word.Length ? 2 : 1;
            }

            parts.Add(word[start..i]);
            i++;
        }

        List<ChatTry> tries = [];
        for (int n = 0; n < parts.Count; n += 2)
        {
            tries.Add(new ChatTry(Expected(parts[n]), n + 1 < parts.Count ? Sending(parts[n + 1], at) : null));
        }

        return new ChatExpect(tries);
    }

    private static ChatSend Sending(string word, string at)
    {
        if (word.StartsWith('@') && word[1..].TrimStart(' ', '\t') is { Length: > 0 } file)
        {
            try
            {
                word = File.ReadAllText(file, Encoding.Latin1);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new FormatException($"{at}: {word}: cannot be read: {e.Message}", e);
            }

            word = word.EndsWith('\n') ? word[..^1] : word;
            if (word.Length > MaxText)
            {
                throw new FormatException($"{at}: {file} has {word.Length} characters: accepted are {MaxText}");
            }
        }

        return word switch
        {
            "EOT" => Plain("\u0004"),
            "BREAK" => new ChatSend([new ChatPiece("", Break: true)]),
            _ => Sent(word),
        };
    }

    private static IEnumerable<(string Word, string At)> Words(string text, string source)
    {
        string[] lines = text.Split('\n');
        for (int n = 0; n < lines.Length; n++)
        {
            string line = lines[n], at = lines.Length == 1 ? source : $"{source}:{n + 1}";
            if (line.Length > MaxText)
            {
                throw new FormatException($"{at}: a line of {line.Length} characters: accepted are {MaxText}");
            }

            if (line.StartsWith('#'))
            {
                continue;
            }

            for (int i = 0; i < line.Length;)
            {
                if (line[i] is ' ' or '\t')
                {
                    i++;
                    continue;
                }

                int start = i;
                if (line[i] is '\'' or '"')
                {
                    char quote = line[i++];
                    while (i < line.Length && line[i] != quote)
                    {
                        i += line[i] == '\\' ? 2 : 1;
                    }

                    if (i >= line.Length)
                    {
                        throw new FormatException($"{at}: the quote at character {start + 1} is not closed");
                    }

                    yield return (line[(start + 1)..i++], at);
                }
                else
                {
                    while (i < line.Length && line[i] is not (' ' or '\t'))
                    {
                        i++;
                    }

                    yield return (line[start..i], at);
                }
            }
        }
    }

    // How chat interprets an expected text: an escape that can only be sent stands for its letter, a null for nothing.
    private static string Expected(string word)
    {
        var text = new StringBuilder(word.Length);
        for (int i = 0; i < word.Length;)
        {
            char c = word[i++];
            if (c == '^')
            {
                Control(word, ref i, text);
            }
            else if (c != '\\')
            {
                text.Append(c);
            }
            else if (i < word.Length)
            {
                c = word[i++];
                if (c is >= '0' and <= '7')
                {
                    char octal = Octal(word, ref i, c);
                    _ = octal == 0 ? text : text.Append(octal);
                }
                else if (c is 'T' or 'U')
                {
                    // Without a number to insert they stand for themselves.
                    text.Append('\\').Append(c);
                }
                else if (c != 'q')
                {
                    text.Append(Simple(c));
                }
            }
        }

        return text.ToString();
    }

    private static ChatSend Sent(string word)
    {
        List<ChatPiece> pieces = [];
        var text = new StringBuilder(word.Length + 1);
        bool secret = false, ends = true;
        void Cut(VirtualTime delay, bool breaks)
        {
            pieces.Add(new ChatPiece(text.ToString(), delay, breaks));
            text.Clear();
        }

        for (int i = 0; i < word.Length;)
        {
            char c = word[i++];
            if (c == '^')
            {
                Control(word, ref i, text);
                continue;
            }

            if (c != '\\' || i == word.Length)
            {
                text.Append(c);
                continue;
            }

            c = word[i++];
            switch (c)
            {
                case 'c' when i == word.Length:
                    ends = false;
                    break;
                case 'd':
                    Cut(Second, false);
                    break;
                case 'p':
                    Cut(Pause, false);
                    break;
                case 'K':
                    Cut(VirtualTime.Zero, true);
                    break;
                case 'q':
                    secret = true;
                    break;
                case 'N':
                    text.Append('\0');
                    break;
                case >= '0' and <= '7':
                    text.Append(Octal(word, ref i, c));
                    break;
                default:
                    text.Append(Simple(c));
                    break;
            }
        }

        if (ends)
        {
            text.Append('\r');
        }

        if (text.Length > 0)
        {
            pieces.Add(new ChatPiece(text.ToString()));
        }

        return new ChatSend(pieces, secret);
    }

    private static char Simple(char c) => c switch
    {
        'b' => '\b',
        'n' => '\n',
        'r' => '\r',
        's' => ' ',
        't' => '\t',
        _ => c,
    };

    private static void Control(string word, ref int i, StringBuilder text)
    {
        if (i == word.Length)
        {
            text.Append('^');
        }
        else if ((word[i++] & 0x1F) is not 0 and int c)
        {
            text.Append((char)c);
        }
    }

    private static char Octal(string word, ref int i, char first)
    {
        int value = first - '0';
        for (int n = 0; n < 2 && i < word.Length && word[i] is >= '0' and <= '7'; n++)
        {
            value = (value << 3) | (word[i++] - '0');
        }

        return (char)(value & 0xFF);
    }
}
