using System.Diagnostics;
using System.Text;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>pppd's chat and this one execute the same scripts against the same far side: the bytes that are sent, the exit status and the reports are the same.</summary>
public class ChatReferenceTests
{
    // A script, and what the far side says once the texts have come, in turn; after an empty text at once. Chat waits in real time, so short waits are for what never comes.
    private static readonly (string Script, (string Heard, string Says)[] Far)[] Scripts =
    [
        ("ogin: me word: 'my secret'", [("", "\r\nlogin: "), ("me\r", "Password: ")]),
        ("TIMEOUT 4 ogin:--ogin: me TIMEOUT 45 word: pw", [("\r", "login: "), ("me\r", "word: ")]),
        ("TIMEOUT 4 ogin:-BREAK-ogin:-a\\-b-ogin: me", [("a-b\r", "login: ")]),
        ("TIMEOUT 1 a-x-b-y-c done", []),
        ("TIMEOUT 1 a-x done", []),
        ("TIMEOUT 1 a-x- done", []),
        ("TIMEOUT 1 a--b done", []),
        ("TIMEOUT 1 never done", []),
        ("TIMEOUT 1 -x-y done", []),
        ("'' ATZ OK-AT-OK ATD1 CONNECT ''", [("ATZ\r", "OK\r\n"), ("ATD1\r", "CONNECT 9600\r\n")]),
        ("TIMEOUT 4 '' ATZ OK-AT-OK ATD1", [("AT\r", "OK\r\n")]),
        ("ABORT BUSY ABORT 'NO CARRIER' '' ATZ OK x", [("ATZ\r", "NO CARRIER\r\n")]),
        ("ABORT BUSY ABORT 'NO CARRIER' ABORT RING CLR_ABORT BUSY '' ATZ OK x", [("ATZ\r", "BUSY\r\nRING\r\n")]),
        ("ABORT BUSY '' ATZ BUSY x", [("ATZ\r", "BUSY\r\n")]),
        ("ABORT BUSY '' ATZ OK x ABORT OK OK y", [("ATZ\r", "OK"), ("x\r", "OK")]),
        ("ABORT BUSY TIMEOUT 4 '' ATZ OK-AT-OK x", [("ATZ\r", "BUSY")]),
        ("'' 'a\\b\\t\\s\\n\\r\\\\\\101\\0\\N^A^d^@\\x\\-\\T\\U\\134'", []),
        ("'' \\qsecret\\c '' a\\cb '' a\\ '' ^ '' 'end\\c'", []),
        ("'' EOT '' BREAK '' '' '' a\\Kb\\pc\\dd", []),
        ("a\\sb\\r\\n x '\\101B^M' y", [("", "a b\r\n"), ("x\r", "AB\r")]),
        ("\"it's\" 'say \"x\"' 'it\\'s' y", [("", "it's"), ("say \"x\"\r", "it's")]),
        ("a\\-b x 'c\\d' y '\\q\\0' z", [("", "a-b"), ("x\r", "cd")]),
        ("# nothing of this\n'# ' logout\n\t two\n three", [("", "# "), ("logout\r", "two")]),
        ("TIMEOUT 1 ab x ba y", [("", "aba")]),
        ("TIMEOUT 1 '' 'a\\d\\db'", []),
        ("'' 'x\\d\\c' b y", [("x", "b")]),
        ("SAY 'hello\\n' REPORT RING CLR_REPORT RING REPORT CONNECT ECHO ON '' ATD CONNECT '' ECHO OFF ok", [("ATD\r", "CONNECT 9600\r\n"), ("\r", "ok\r\n")]),
        ("ogin: me", [("", "l\u00efgin: ")]),
        ("HANGUP OFF ogin: me HANGUP ON word: pw ABORT", [("", "login: "), ("me\r", "word: ")]),
        ("'' 'a'b c", [("a\r", "b")]),
    ];

    [ToolFact("chat", "ppp")]
    public async Task Every_script_sends_what_pppd_s_chat_sends_and_ends_as_it_ends()
    {
        string folder = Directory.CreateTempSubdirectory().FullName;
        (string, string, int, string)[] reference = await Task.WhenAll(Scripts.Select((script, n) => ReferenceAsync(script.Script, script.Far, Path.Combine(folder, $"{n}"))));
        Directory.Delete(folder, recursive: true);
        Assert.Equal(reference, Scripts.Select(script => Ours(script.Script, script.Far)));
    }

    [ToolFact("chat", "ppp")]
    public async Task What_is_sent_from_a_file_is_what_pppd_s_chat_sends()
    {
        string folder = Directory.CreateTempSubdirectory().FullName, file = Path.Combine(folder, "password");
        await File.WriteAllTextAsync(file, "pass\\tword\n");
        string script = $"'' @{file}";
        (string, string, int, string) reference = await ReferenceAsync(script, [], Path.Combine(folder, "line"));
        (string, string, int, string) ours = Ours(script, []);
        Directory.Delete(folder, recursive: true);
        Assert.Equal(reference, ours);
    }

    private static (string Script, string Sent, int Status, string Reports) Ours(string script, (string, string)[] steps)
    {
        var far = new FarSide(steps);
        VirtualTime now = VirtualTime.Zero;
        var chat = new Chat(ChatScript.Parse(script), now);
        string says = far.Hears("");
        while (true)
        {
            says += far.Hears(string.Concat(chat.TakeSend().Select(sent => Encoding.Latin1.GetString(sent.Bytes))));
            if (chat.State != ChatState.Waiting)
            {
                const string reports = "chat reports: ";
                return (script, far.Heard, chat.ExitStatus, string.Join('\n', chat.TakeNotes().Where(note => note.StartsWith(reports, StringComparison.Ordinal)).Select(note => note[reports.Length..])));
            }

            if (says.Length > 0)
            {
                chat.Input(Encoding.Latin1.GetBytes(says), now);
                says = "";
            }
            else
            {
                now = chat.Deadline;
                chat.Timeout(now);
            }
        }
    }

    private static async Task<(string Script, string Sent, int Status, string Reports)> ReferenceAsync(string script, (string, string)[] steps, string path)
    {
        await File.WriteAllTextAsync(path + ".chat", script + "\n", Encoding.Latin1);
        await using ILineListener listener = LineTarget.Parse($"pty:{path}").Listen();
        var start = new ProcessStartInfo("sh", ["-c", "exec \"$0\" -s -r \"$1.report\" -f \"$1.chat\" <>\"$1\" >&0", Tools.Find("chat")!, path]) { RedirectStandardError = true };
        using Process chat = Process.Start(start)!;
        Task<string> said = chat.StandardError.ReadToEndAsync();
        await using ILine? line = await AcceptAsync(listener, chat.WaitForExitAsync());
        var far = new FarSide(steps);
        byte[] buffer = new byte[256];
        string says = far.Hears("");
        while (line is not null)
        {
            if (says.Length > 0)
            {
                await line.WriteAsync(Encoding.Latin1.GetBytes(says), CancellationToken.None);
            }

            int read = await line.ReadAsync(buffer);
            if (read == 0)
            {
                break;
            }

            says = far.Hears(Encoding.Latin1.GetString(buffer, 0, read));
        }

        await chat.WaitForExitAsync();
        await said;

        // "chat:  Nov 28 20:48:00 CONNECT 9600"
        const int stamp = 23;
        string[] reports = await File.ReadAllLinesAsync(path + ".report");
        return (script, far.Heard, chat.ExitCode, string.Join('\n', reports.Where(report => report.StartsWith("chat:", StringComparison.Ordinal)).Select(report => report[stamp..])));
    }

    // On a busy machine a chat may be over before anybody looks: what it has sent is found then, and one that has sent nothing has no line.
    private static async Task<ILine?> AcceptAsync(ILineListener listener, Task ended)
    {
        using var over = new CancellationTokenSource();
        Task<ILine> accepting = listener.AcceptAsync(over.Token).AsTask();
        await Task.WhenAny(accepting, ended);
        await over.CancelAsync();
        try
        {
            return await accepting;
        }
        catch (OperationCanceledException)
        {
        }

        try
        {
            return await listener.AcceptAsync(over.Token);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
    }

    private sealed class FarSide((string Heard, string Says)[] steps)
    {
        private int _step;
        private int _from;

        public string Heard { get; private set; } = "";

        public string Hears(string sent)
        {
            Heard += sent;
            string says = "";
            while (_step < steps.Length && Heard.IndexOf(steps[_step].Heard, _from, StringComparison.Ordinal) is >= 0 and int at)
            {
                _from = at + steps[_step].Heard.Length;
                says += steps[_step++].Says;
            }

            return says;
        }
    }
}
