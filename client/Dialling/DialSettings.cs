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

/// <summary>What the command line of <c>dial</c> or <c>answer</c> says. <see cref="DialNumbers"/> has read its numbers; <see cref="Apply"/> says what of the rest is accepted.</summary>
public sealed record DialSettings
{
    private static readonly VirtualTime DefaultSettle = VirtualTime.FromSeconds(5);

    /// <summary>True for <c>dial</c>, false for <c>answer</c>.</summary>
    public required bool Calling { get; init; }

    /// <summary>Where the line is.</summary>
    public required string Target { get; init; }

    /// <summary>A scenario file whose programme and options are used, or null.</summary>
    public string? Scenario { get; init; }

    /// <summary>Lines at once.</summary>
    public int? Lines { get; init; }

    /// <summary>Calls on each line (dial), or in all (answer).</summary>
    public int? Cycles { get; init; }

    /// <summary>How long a link stays up.</summary>
    public TimeRange? Up { get; init; }

    /// <summary>Time between calls.</summary>
    public VirtualTime? Holdoff { get; init; }

    /// <summary>How links are ended, in turn.</summary>
    public IReadOnlyList<CallEnd>? Ends { get; init; }

    /// <summary>How long a silent end lasts.</summary>
    public VirtualTime? Silence { get; init; }

    /// <summary>Time from the login to both network protocols.</summary>
    public VirtualTime? Establish { get; init; }

    /// <summary>Login name; also the name for PAP and CHAP unless that is given.</summary>
    public string? Login { get; init; }

    /// <summary>Password of the login; also the secret for PAP and CHAP unless that is given.</summary>
    public string? Password { get; init; }

    /// <summary>Name for PAP and CHAP.</summary>
    public string? Name { get; init; }

    /// <summary>Secret for PAP and CHAP.</summary>
    public string? Secret { get; init; }

    /// <summary>A chat script that replaces the login.</summary>
    public string? Chat { get; init; }

    /// <summary>A file with a chat script that replaces the login.</summary>
    public string? ChatFile { get; init; }

    /// <summary>Authentication that the far side must pass.</summary>
    public PppAuthentication? Require { get; init; }

    /// <summary>Our IPv4 address, or <c>ask</c>.</summary>
    public string? Address { get; init; }

    /// <summary>No IPV6CP.</summary>
    public bool NoIpv6 { get; init; }

    /// <summary>Time until LCP repeats a request.</summary>
    public VirtualTime? LcpRestart { get; init; }

    /// <summary>LCP requests without an answer.</summary>
    public int? LcpMaxConfigure { get; init; }

    /// <summary>Naks of IPCP before an option is given up.</summary>
    public int? IpcpMaxFailure { get; init; }

    /// <summary>Time until IPCP repeats a request.</summary>
    public VirtualTime? IpcpRestart { get; init; }

    /// <summary>IPCP requests without an answer.</summary>
    public int? IpcpMaxConfigure { get; init; }

    /// <summary>Time until IPV6CP repeats a request.</summary>
    public VirtualTime? Ipv6cpRestart { get; init; }

    /// <summary>Time until PAP repeats a request.</summary>
    public VirtualTime? PapRestart { get; init; }

    /// <summary>Time until CHAP repeats a challenge.</summary>
    public VirtualTime? ChapRestart { get; init; }

    /// <summary>LCP waits for the far side to begin.</summary>
    public bool Silent { get; init; }

    /// <summary>LCP waits for the far side after its own requests.</summary>
    public bool Passive { get; init; }

    /// <summary>No control character is dropped on receipt.</summary>
    public bool ReceiveAll { get; init; }

    /// <summary>Control characters that the far side must escape, a bit each.</summary>
    public uint? Asyncmap { get; init; }

    /// <summary>Answer with PPP at once, without getty.</summary>
    public bool NoGetty { get; init; }

    /// <summary>Seed of the draws.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Folder for transcripts.</summary>
    public string? Transcript { get; init; }

    /// <summary>Console of the far side.</summary>
    public string? Console { get; init; }

    /// <summary>A file of patterns for the far console, as typed, or null.</summary>
    public string? Patterns { get; init; }

    /// <summary>How long to watch the console after the last call, or null for the default.</summary>
    public VirtualTime? Settle { get; init; }

    /// <summary>Answering: time without a call after which no more is expected, or null to wait forever.</summary>
    public VirtualTime? Wait { get; init; }

    /// <summary>How long to watch the console after the last call.</summary>
    public VirtualTime SettleTime => Settle ?? DefaultSettle;

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

        if (Transcript is not null)
        {
            Output.CheckFolder("--transcript", Transcript);
        }

        ChatScript chat = ChatScript();
        PppSecret? identity = Identity();
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
                Up = Up ?? (scenario is null && Calling ? TimeRange.Seconds(60, 60) : call.Up),
                Ends = Ends ?? call.Ends,
                Silence = Silence ?? call.Silence,
                Establish = Establish ?? call.Establish,
                Ppp = call.Ppp with
                {
                    Name = identity?.Name ?? call.Ppp.Name,
                    Secret = identity?.Secret ?? call.Ppp.Secret,
                    Secrets = identity is null ? call.Ppp.Secrets : [identity],
                    Require = Require ?? call.Ppp.Require,
                    LocalAddress = address ?? call.Ppp.LocalAddress,
                    Ipv6cp = !NoIpv6,
                    LcpRestart = LcpRestart ?? call.Ppp.LcpRestart,
                    LcpMaxConfigure = LcpMaxConfigure ?? call.Ppp.LcpMaxConfigure,
                    IpcpMaxFailure = IpcpMaxFailure ?? call.Ppp.IpcpMaxFailure,
                    IpcpRestart = IpcpRestart ?? call.Ppp.IpcpRestart,
                    IpcpMaxConfigure = IpcpMaxConfigure ?? call.Ppp.IpcpMaxConfigure,
                    Ipv6cpRestart = Ipv6cpRestart ?? call.Ppp.Ipv6cpRestart,
                    PapRestart = PapRestart ?? call.Ppp.PapRestart,
                    ChapRestart = ChapRestart ?? call.Ppp.ChapRestart,
                    Silent = Silent || call.Ppp.Silent,
                    Passive = Passive || call.Ppp.Passive,
                    ReceiveAll = ReceiveAll || call.Ppp.ReceiveAll,
                    ReceiveAsyncMap = Asyncmap ?? call.Ppp.ReceiveAsyncMap,
                },
            };
        }

        return new DialOptions
        {
            Target = target,
            Lines = Lines ?? 1,
            Cycles = Cycles ?? 1,
            CallOf = CallOf,
            Holdoff = Holdoff ?? site.Calling.Pppd.Holdoff,
            Seed = Seed ?? scenario?.Seed ?? 1,
            Wait = Wait ?? VirtualTime.Never,
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

    // The password that was typed, or null: then the scenario's secrets apply.
    private PppSecret? Identity() => (Name ?? Login ?? Secret ?? Password) is null
        ? null
        : new PppSecret(Bytes("--name", Name ?? Login ?? ""), Bytes("--secret", Secret ?? Password ?? ""));

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
}
