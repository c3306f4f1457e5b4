using System.CommandLine;
using Stress.Dial.Calls;
using Stress.Emulator.Core;

namespace Stress.Client.Dialling;

/// <summary>The options that <c>dial</c> and <c>answer</c> share: how a call ends, what is watched, and where the results go.</summary>
public sealed class RealCallOptions
{
    private readonly Option<IReadOnlyList<CallEnd>?> _end = DialNumbers.Ends("--end", "How links are ended, in turn: hup, carrier, silence, separated by commas (default: the scenario's, else hup).");
    private readonly Option<VirtualTime?> _silence = DialNumbers.Seconds("--silence", "Seconds that a silent end stays silent (default: 30).");
    private readonly Option<VirtualTime?> _establish = DialNumbers.Seconds("--establish", "Seconds in which PPP must be up after the login (default: 90).");
    private readonly Option<bool> _noIpv6 = new("--no-ipv6") { Description = "Do not negotiate IPV6CP." };
    private readonly Option<VirtualTime?> _lcpRestart = DialNumbers.Restart("--lcp-restart", "Seconds until LCP repeats a request (default: the scenario's, else 3).");
    private readonly Option<int?> _lcpMaxConfigure = DialNumbers.Packets("--lcp-max-configure", "LCP requests without an answer before the link is given up (default: the scenario's, else 10).");
    private readonly Option<int?> _ipcpMaxFailure = DialNumbers.Packets("--ipcp-max-failure", "Naks of IPCP before an option is rejected or given up (default: the scenario's, else 5).");
    private readonly Option<VirtualTime?> _ipcpRestart = DialNumbers.Restart("--ipcp-restart", "Seconds until IPCP repeats a request (default: the scenario's, else 3).");
    private readonly Option<int?> _ipcpMaxConfigure = DialNumbers.Packets("--ipcp-max-configure", "IPCP requests without an answer before it is given up (default: the scenario's, else 10).");
    private readonly Option<VirtualTime?> _ipv6cpRestart = DialNumbers.Restart("--ipv6cp-restart", "Seconds until IPV6CP repeats a request (default: the scenario's, else 3).");
    private readonly Option<VirtualTime?> _papRestart = DialNumbers.Restart("--pap-restart", "Seconds until PAP repeats a request (default: the scenario's, else 3).");
    private readonly Option<VirtualTime?> _chapRestart = DialNumbers.Restart("--chap-restart", "Seconds until CHAP repeats a challenge (default: the scenario's, else 3).");
    private readonly Option<bool> _silent = new("--silent") { Description = "Send nothing in LCP until the far side has begun." };
    private readonly Option<bool> _passive = new("--passive") { Description = "Wait for the far side after LCP's own requests have gone unanswered." };
    private readonly Option<bool> _receiveAll = new("--receive-all") { Description = "Accept unescaped control characters, whatever the map says." };
    private readonly Option<uint?> _asyncmap = DialNumbers.ControlCharacters("--asyncmap", "Control characters that the far side must escape, 32 bits in hexadecimal (default: the scenario's, else 0).");
    private readonly Option<string?> _console = new("--console") { Description = "Watch the far system's console for panics: tcp://HOST:PORT, file:PATH, pty:PATH or exec:COMMAND." };
    private readonly Option<string?> _patterns = new("--patterns") { Description = "Further messages of the console: a file of patterns (docs/dial.md)." };
    private readonly Option<VirtualTime?> _settle = DialNumbers.Seconds("--settle", "Seconds that the console is watched after the last call (default: 5).");
    private readonly Option<string?> _transcript = new("--transcript") { Description = "Write a transcript and a pcapng of each call into this folder." };
    private readonly Option<double?> _maxCrash = DialNumbers.Percent("--max-crash", "Crashes per disconnect in percent that are accepted (default: 0).");
    private readonly Option<ulong?> _seed = SharedOptions.Seed("the scenario's, else 1");
    private readonly Option<string?> _output = SharedOptions.Out();
    private readonly Option<string?> _json = SharedOptions.Json();
    private readonly Option<bool> _quiet = SharedOptions.NoProgress();

    /// <summary>Gives the options to a command.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_end, _silence, _establish, _noIpv6, _lcpRestart, _lcpMaxConfigure, _ipcpMaxFailure, _ipcpRestart, _ipcpMaxConfigure, _ipv6cpRestart, _papRestart, _chapRestart, _silent, _passive, _receiveAll, _asyncmap, _console, _patterns, _settle, _transcript, _maxCrash, _seed, _output, _json, _quiet])
        {
            command.Add(option);
        }
    }

    /// <summary>The calls that a command line asks for.</summary>
    /// <param name="terminal">Where they are shown.</param>
    /// <param name="line">The command line.</param>
    /// <param name="own">What the command's own options say.</param>
    public DialRun Read(Terminal terminal, ParseResult line, DialSettings own) => new(
        terminal,
        own with
        {
            Ends = line.GetValue(_end),
            Silence = line.GetValue(_silence),
            Establish = line.GetValue(_establish),
            NoIpv6 = line.GetValue(_noIpv6),
            LcpRestart = line.GetValue(_lcpRestart),
            LcpMaxConfigure = line.GetValue(_lcpMaxConfigure),
            IpcpMaxFailure = line.GetValue(_ipcpMaxFailure),
            IpcpRestart = line.GetValue(_ipcpRestart),
            IpcpMaxConfigure = line.GetValue(_ipcpMaxConfigure),
            Ipv6cpRestart = line.GetValue(_ipv6cpRestart),
            PapRestart = line.GetValue(_papRestart),
            ChapRestart = line.GetValue(_chapRestart),
            Silent = line.GetValue(_silent),
            Passive = line.GetValue(_passive),
            ReceiveAll = line.GetValue(_receiveAll),
            Asyncmap = line.GetValue(_asyncmap),
            Console = line.GetValue(_console),
            Patterns = line.GetValue(_patterns),
            Settle = line.GetValue(_settle),
            Transcript = line.GetValue(_transcript),
            Seed = line.GetValue(_seed),
        },
        line.GetValue(_maxCrash) ?? 0,
        line.GetValue(_output),
        line.GetValue(_json),
        progress: !line.GetValue(_quiet),
        DialRun.Repeat(line.Tokens.Select(token => token.Value)));
}
