using System.Globalization;
using System.Text;
using Stress.Client.Launching;
using Stress.Dial;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Stress.Scenarios;

namespace Stress.Client.Dialling;

/// <summary>What the command line of <c>dial</c> or <c>answer</c> says, as it was typed; <see cref="Apply"/> says what is accepted.</summary>
public sealed record DialSettings
{
    /// <summary>Most lines at once.</summary>
    public const int MaxLines = 1024;

    /// <summary>Most calls on a line.</summary>
    public const int MaxCycles = 1_000_000_000;

    private static readonly VirtualTime LeastRestart = VirtualTime.FromMilliseconds(100);
    private static readonly VirtualTime MostRestart = VirtualTime.FromMinutes(10);
    private static readonly VirtualTime DefaultSettle = VirtualTime.FromSeconds(5);

    /// <summary>True for <c>dial</c>, false for <c>answer</c>.</summary>
    public required bool Calling { get; init; }

    /// <summary>Where the line is.</summary>
    public required string Target { get; init; }

    /// <summary>A scenario file whose programme and options are used, or null.</summary>
    public string? Scenario { get; init; }

    /// <summary>Lines at once.</summary>
    public string? Lines { get; init; }

    /// <summary>Calls on each line (dial), or in all (answer).</summary>
    public string? Cycles { get; init; }

    /// <summary>Seconds that a link stays up: a number or <c>MIN-MAX</c>.</summary>
    public string? Up { get; init; }

    /// <summary>Seconds between calls.</summary>
    public string? Holdoff { get; init; }

    /// <summary>Ends, with commas.</summary>
    public string? Ends { get; init; }

    /// <summary>Seconds of a silent end.</summary>
    public string? Silence { get; init; }

    /// <summary>Seconds from the login to both network protocols.</summary>
    public string? Establish { get; init; }

    /// <summary>Login name; also the name for PAP and CHAP unless that is given.</summary>
    public string? Login { get; init; }

    /// <summary>Password of the login; also the secret for PAP and CHAP unless that is given.</summary>
    public string? Password { get; init; }

    /// <summary>Name for PAP and CHAP.</summary>
    public string? Name { get; init; }

    /// <summary>Secret for PAP and CHAP.</summary>
    public string? Secret { get; init; }

    /// <summary>A chat script in place of the login.</summary>
    public string? Chat { get; init; }

    /// <summary>A file with a chat script in place of the login.</summary>
    public string? ChatFile { get; init; }

    /// <summary>Authentication that the far side must pass.</summary>
    public string? Require { get; init; }

    /// <summary>Our IPv4 address, or <c>ask</c>.</summary>
    public string? Address { get; init; }

    /// <summary>No IPV6CP.</summary>
    public bool NoIpv6 { get; init; }

    /// <summary>Seconds until LCP repeats a request.</summary>
    public string? LcpRestart { get; init; }

    /// <summary>LCP requests without an answer.</summary>
    public string? LcpMaxConfigure { get; init; }

    /// <summary>Naks of IPCP before an option is given up.</summary>
    public string? IpcpMaxFailure { get; init; }

    /// <summary>Seconds until IPCP repeats a request.</summary>
    public string? IpcpRestart { get; init; }

    /// <summary>IPCP requests without an answer.</summary>
    public string? IpcpMaxConfigure { get; init; }

    /// <summary>Seconds until IPV6CP repeats a request.</summary>
    public string? Ipv6cpRestart { get; init; }

    /// <summary>Seconds until PAP repeats a request.</summary>
    public string? PapRestart { get; init; }

    /// <summary>Seconds until CHAP repeats a challenge.</summary>
    public string? ChapRestart { get; init; }

    /// <summary>LCP waits for the far side to begin.</summary>
    public bool Silent { get; init; }

    /// <summary>LCP waits for the far side after its own requests.</summary>
    public bool Passive { get; init; }

    /// <summary>No control character is dropped on receipt.</summary>
    public bool ReceiveAll { get; init; }

    /// <summary>Control characters that the far side must escape, in hexadecimal.</summary>
    public string? Asyncmap { get; init; }

    /// <summary>Answer with PPP at once, without getty.</summary>
    public bool NoGetty { get; init; }

    /// <summary>Seed of the draws.</summary>
    public string? Seed { get; init; }

    /// <summary>Folder for transcripts.</summary>
    public string? Transcript { get; init; }

    /// <summary>Console of the far side.</summary>
    public string? Console { get; init; }

    /// <summary>A file of patterns for the far console, as typed, or null.</summary>
    public string? Patterns { get; init; }

    /// <summary>Seconds that the console is watched after the last call.</summary>
    public string? Settle { get; init; }

    /// <summary>Answering: seconds without a call after which no more is expected, or null to wait for ever.</summary>
    public string? Wait { get; init; }

    /// <summary>How long the console is watched after the last call.</summary>
    /// <exception cref="UsageException">It is no number of seconds.</exception>
    public VirtualTime SettleTime => Settle is null ? DefaultSettle : Seconds("--settle", Settle);

    /// <summary>Loads the scenario, or null when none is named.</summary>
    /// <exception cref="UsageException">The file is not there.</exception>
    /// <exception cref="ScenarioException">Its content is not accepted.</exception>
    /// <param name="input">Standard input, for a scenario that is called <c>-</c>.</param>
    public Scenario? LoadScenario(TextReader? input = null) => Scenario is null ? null
        : File.Exists(Scenario) || (Scenario == ScenarioLoader.StandardInput && input is not null) ? ScenarioLoader.Load(Scenario, input)
        : throw new UsageException($"--scenario {Scenario}: no such file; accepted is a scenario, for example scenarios/troxel-2005.yaml");

    /// <summary>The options of the run.</summary>
    /// <exception cref="UsageException">A value is not accepted.</exception>
    public DialOptions Apply(Scenario? scenario)
    {
        LineTarget target = Accept(() => LineTarget.Parse(Target));
        if (!Calling && target.Kind == LineKind.Exec)
        {
            throw new UsageException($"{Target}: accepted are tcp://HOST:PORT and pty:PATH");
        }

        _ = SettleTime;
        if (Transcript is not null)
        {
            Output.CheckFolder("--transcript", Transcript);
        }

        TimeRange? up = Up is null ? null : Range("--up", Up);
        IReadOnlyList<CallEnd>? ends = Ends is null ? null : [.. Ends.Split(',').Select(End)];
        VirtualTime? silence = Silence is null ? null : Seconds("--silence", Silence);
        VirtualTime? establish = Establish is null ? null : Seconds("--establish", Establish);
        VirtualTime? lcpRestart = Restart("--lcp-restart", LcpRestart), ipcpRestart = Restart("--ipcp-restart", IpcpRestart), ipv6cpRestart = Restart("--ipv6cp-restart", Ipv6cpRestart);
        VirtualTime? papRestart = Restart("--pap-restart", PapRestart), chapRestart = Restart("--chap-restart", ChapRestart);
        uint? asyncmap = Asyncmap is null ? null
            : ScenarioFields.Scalar(typeof(uint), "asyncmap", Asyncmap) is uint map ? map
            : throw new UsageException($"--asyncmap {Asyncmap}: accepted is {ScenarioFields.Accepts(typeof(uint), "asyncmap")}");
        int? lcpMaxConfigure = LcpMaxConfigure is null ? null : Whole("--lcp-max-configure", LcpMaxConfigure, 10, 1, 1000);
        int? ipcpMaxConfigure = IpcpMaxConfigure is null ? null : Whole("--ipcp-max-configure", IpcpMaxConfigure, 10, 1, 1000);
        int? ipcpMaxFailure = IpcpMaxFailure is null ? null : Whole("--ipcp-max-failure", IpcpMaxFailure, 5, 1, 1000);
        ChatScript chat = ChatScript();
        PppSecret? identity = Identity();
        PppAuthentication? require = Required();
        Ipv4Address? address = Address switch
        {
            null => null,
            "ask" when Calling => Ipv4Address.Any,
            _ => Accept(() => Ipv4Address.Parse(Address)),
        };
        SiteOptions site = scenario?.Site ?? new SiteOptions();
        if (site.Graph is not null)
        {
            throw new UsageException($"--scenario {Scenario}: a network, and a call is between a called and a calling system; accepted is a scenario of pairs");
        }

        CallOptions CallOf(int line)
        {
            CallOptions call = CallOptions.Of(site, Calling ? Role.Calling : Role.Called, line);
            return call with
            {
                Chat = chat,
                Up = up ?? (scenario is null && Calling ? TimeRange.Seconds(60, 60) : call.Up),
                Ends = ends ?? call.Ends,
                Silence = silence ?? call.Silence,
                Establish = establish ?? call.Establish,
                Ppp = call.Ppp with
                {
                    Name = identity?.Name ?? call.Ppp.Name,
                    Secret = identity?.Secret ?? call.Ppp.Secret,
                    Secrets = identity is null ? call.Ppp.Secrets : [identity],
                    Require = require ?? call.Ppp.Require,
                    LocalAddress = address ?? call.Ppp.LocalAddress,
                    Ipv6cp = !NoIpv6,
                    LcpRestart = lcpRestart ?? call.Ppp.LcpRestart,
                    LcpMaxConfigure = lcpMaxConfigure ?? call.Ppp.LcpMaxConfigure,
                    IpcpMaxFailure = ipcpMaxFailure ?? call.Ppp.IpcpMaxFailure,
                    IpcpRestart = ipcpRestart ?? call.Ppp.IpcpRestart,
                    IpcpMaxConfigure = ipcpMaxConfigure ?? call.Ppp.IpcpMaxConfigure,
                    Ipv6cpRestart = ipv6cpRestart ?? call.Ppp.Ipv6cpRestart,
                    PapRestart = papRestart ?? call.Ppp.PapRestart,
                    ChapRestart = chapRestart ?? call.Ppp.ChapRestart,
                    Silent = Silent || call.Ppp.Silent,
                    Passive = Passive || call.Ppp.Passive,
                    ReceiveAll = ReceiveAll || call.Ppp.ReceiveAll,
                    ReceiveAsyncMap = asyncmap ?? call.Ppp.ReceiveAsyncMap,
                },
            };
        }

        return new DialOptions
        {
            Target = target,
            Lines = Whole("--lines", Lines, 1, 1, MaxLines),
            Cycles = Whole(Calling ? "--cycles" : "--calls", Cycles, 1, 0, MaxCycles),
            CallOf = CallOf,
            Holdoff = Holdoff is not null ? Seconds("--holdoff", Holdoff) : site.Calling.Pppd.Holdoff,
            Seed = Seed is null ? scenario?.Seed ?? 1 : Numbers.Seed(Seed),
            Wait = Wait is null ? VirtualTime.Never : Seconds("--wait", Wait),
            Transcripts = Transcript,
        };
    }

    /// <summary>The far console, not yet running, or null.</summary>
    /// <exception cref="UsageException">It is none that can be watched.</exception>
    public ConsoleWatch? Watch(TimeProvider time)
    {
        if (Patterns is not null && Console is null)
        {
            throw new UsageException("--patterns: accepted together with --console");
        }

        ConsolePatterns[] own = Patterns is null ? [] : [Accept(() => ConsolePatterns.Load(Patterns))];
        return Console is null ? null : Accept(() => ConsoleWatch.Of(Console, time, own));
    }

    private ChatScript ChatScript() =>
        Chat is not null && ChatFile is not null ? throw new UsageException("--chat-file: accepted without --chat")
        : ChatFile is not null ? Accept(() => Stress.Dial.Calls.ChatScript.Load(ChatFile))
        : Chat is not null ? Accept(() => Stress.Dial.Calls.ChatScript.Parse(Chat))
        : !Calling ? (NoGetty ? Stress.Dial.Calls.ChatScript.None : Stress.Dial.Calls.ChatScript.Getty)
        : Login is not null ? Stress.Dial.Calls.ChatScript.Login(Login, Password ?? "")
        : Stress.Dial.Calls.ChatScript.None;

    // What was typed, or null: then the scenario's secrets hold.
    private PppSecret? Identity() => (Name ?? Login ?? Secret ?? Password) is null
        ? null
        : new PppSecret(Bytes("--name", Name ?? Login ?? ""), Bytes("--secret", Secret ?? Password ?? ""));

    private PppAuthentication? Required() => Require switch
    {
        null => null,
        "none" => PppAuthentication.None,
        "pap" => PppAuthentication.Pap,
        "chap" => PppAuthentication.ChapMd5,
        "any" => PppAuthentication.Pap | PppAuthentication.ChapMd5,
        _ => throw new UsageException($"--require {Require}: accepted are none, pap, chap and any"),
    };

    private static byte[] Bytes(string option, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        return bytes.Length <= ChapPacket.MaxValueLength ? bytes : throw new UsageException($"{option}: accepted are at most {ChapPacket.MaxValueLength} bytes");
    }

    private static T Accept<T>(Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static CallEnd End(string text) => text switch
    {
        "hup" => CallEnd.Hup,
        "carrier" => CallEnd.Carrier,
        "silence" => CallEnd.Silence,
        _ => throw new UsageException($"--end {text}: accepted are hup, carrier and silence, with commas"),
    };

    private static TimeRange Range(string option, string text)
    {
        // A scenario writes a range with two dots.
        string[] ends = text.Contains("..", StringComparison.Ordinal) ? text.Split("..", 2) : text.Split('-', 2);
        var range = new TimeRange(Seconds(option, ends[0]), Seconds(option, ends[^1]));
        return range.Max >= range.Min ? range : throw new UsageException($"{option} {text}: accepted are seconds, or a range such as 20-40 or 20s..2min");
    }

    private static VirtualTime Seconds(string option, string text) =>
        Durations.Seconds(text) is { } time && time <= VirtualTime.FromSeconds(1_000_000)
            ? time
            : throw new UsageException($"{option} {text}: accepted are seconds from 0 to 1000000, or {Durations.WithUnit}");

    private static VirtualTime? Restart(string option, string? text) =>
        text is null ? null
        : Seconds(option, text) is { } restart && restart >= LeastRestart && restart <= MostRestart ? restart
        : throw new UsageException($"{option} {text}: accepted are seconds from 0.1 to 600, or a time with a unit, as 250ms or 3s");

    private static int Whole(string option, string? text, int otherwise, int min, int max) =>
        text is null ? otherwise : Numbers.Whole(option, text, min, max);
}
