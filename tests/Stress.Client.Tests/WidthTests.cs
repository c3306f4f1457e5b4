using System.Text.Json;
using System.Text.RegularExpressions;
using Spectre.Console;
using Stress.Client.Commands;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Dial;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Every screen at the widths of real terminals: no line is wider, no word is cut, nothing is left out.</summary>
public sealed partial class WidthTests(WidthTests.Runs runs) : IClassFixture<WidthTests.Runs>
{
    private const int Unbroken = 2_000;

    private static readonly int[] Columns = [80, 100, 130, 200];

    public static TheoryData<int> Widths => [.. Columns];

    public static TheoryData<string> Screens =>
        ["report", "compare", "compare --details", "replay", "replay --step", "coverage", "show", "minimise", "watch", "history", "history one", "options", "exec", "explore", "agree", "sensitivity", "dial", "status", "runs"];

    [Theory]
    [MemberData(nameof(Widths))]
    public async Task The_help_of_every_command_fits(int width)
    {
        await using var screen = new Sized(width);
        await screen.Run([]);
        await screen.Run("--help");
        foreach (string[] command in Commands(StressCommand.Create(screen.Terminal), []))
        {
            await screen.Run([.. command, "--help"]);
        }

        Fits(screen.Out, width);
    }

    [Theory]
    [MemberData(nameof(Screens))]
    public async Task A_screen_fits_every_width_and_says_the_same_words_on_each(string name)
    {
        string whole = await Show(name, Unbroken);
        Assert.NotEmpty(whole);
        foreach (int width in Columns)
        {
            string shown = await Show(name, width);
            Fits(shown, width);
            HashSet<string> known = [.. Words(whole), .. name.StartsWith("replay", StringComparison.Ordinal) ? (string[])["step"] : []];
            string[] broken = [.. Words(shown).Where(word => !known.Contains(word))];
            Assert.True(broken.Length == 0, $"{name} at {width} columns has words that are cut: {string.Join(" | ", broken.Take(10))}\n{shown}");
            Assert.DoesNotContain("…", shown);
        }
    }

    [Fact]
    public async Task Below_a_hundred_columns_a_row_that_does_not_fit_is_a_paragraph()
    {
        string narrow = await Show("report", 80), wide = await Show("report", 130);
        Assert.Contains("crashes ", narrow);
        Assert.DoesNotContain("───", Part(narrow, "in_delmulti"));
        Assert.Contains("───", wide);
    }

    [Fact]
    public async Task A_command_that_is_broken_can_be_copied_into_a_shell()
    {
        string line = string.Join('\n', (await Show("report", 80)).Split('\n').SkipWhile(l => !l.StartsWith("repeat", StringComparison.Ordinal)).TakeWhile(l => !l.StartsWith("report ", StringComparison.Ordinal)));
        Assert.Equal(runs.Report.Command, Regex.Replace(line["repeat".Length..].Replace("\\\n", " "), " +", " ").Trim());
    }

    private static string Part(string text, string word) => text.Split('\n').First(line => line.Contains(word, StringComparison.Ordinal));

    // A word wider than a line gets its own line: it cannot be broken without being cut.
    private static void Fits(string text, int width)
    {
        foreach (string line in text.Split('\n'))
        {
            Assert.True(line.TrimEnd().Length <= width || !line.Trim().TrimEnd('\\').Trim().Contains(' '), $"{line.TrimEnd().Length} columns on a screen of {width}: {line}");
        }
    }

    // Figures may differ from one execution to the next; frames of tables are no words.
    private static IEnumerable<string> Words(string text) =>
        text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(word => word.Trim(',', ':')).Where(word => !Digit().IsMatch(word) && Letter().IsMatch(word));

    [GeneratedRegex("[0-9]")]
    private static partial Regex Digit();

    [GeneratedRegex("[A-Za-z]")]
    private static partial Regex Letter();

    private static IEnumerable<string[]> Commands(System.CommandLine.Command command, string[] path) =>
        command.Subcommands.SelectMany(c => Commands(c, [.. path, c.Name]).Prepend([.. path, c.Name]));

    private async Task<string> Show(string name, int width)
    {
        await using var screen = new Sized(width);
        IAnsiConsole console = screen.Terminal.Out;
        string crash = runs.Crash;
        switch (name)
        {
            case "report":
                ReportScreen.Write(console, runs.Report, runs.Folder.Path);
                break;
            case "compare" or "compare --details":
                CompareScreen.Write(console, runs.Compared, "runs/x", name != "compare");
                break;
            case "replay":
                await screen.Run("replay", runs.Folder.Path, crash);
                break;
            case "replay --step":
                await screen.Typed("\n\n\nq\n", "replay", runs.Folder.Path, crash, "--step");
                break;
            case "coverage":
                await screen.Run("coverage", runs.Folder.Path);
                break;
            case "show":
                await screen.Run("show", "router", "0", runs.Folder.Path);
                break;
            case "minimise":
                await screen.Run("minimise", runs.Folder.Path, crash);
                break;
            case "watch":
                var watch = new WatchScreen(screen.Terminal, TimeProvider.System);
                console.Write(watch.View(runs.Folder.ReadProgress()));
                screen.Terminal.Text.WriteLine(watch.Line(runs.Folder.ReadProgress()));
                break;
            case "history":
                await screen.Run("history", "--folder", Repository.At("scenarios", "history"));
                break;
            case "history one":
                await screen.Run("history", "freebsd-carp-parent", "--folder", Repository.At("scenarios", "history"));
                break;
            case "options":
                OptionsScreen.Write(console, Launching.Launch.Open(runs.Folder));
                break;
            case "exec":
                await screen.Run("exec", Repository.At("scenarios", "ops", "in6-selecthlim-crash.ops"));
                break;
            case "explore":
                await screen.Run("explore", Repository.At("scenarios", "explore", "pktinfo.yaml"), "--depth", "8");
                break;
            case "agree":
                await screen.Run("agree", runs.Recorded);
                break;
            case "sensitivity":
                await screen.Run("sensitivity", Runs.Scenario, "--pairs=1", "--hours=0.2", "--no-progress");
                break;
            case "dial":
                DialScreen.Write(console, runs.Report with { Incomplete = "lost", Complete = false }, Runs.Dialled, "runs/dial-x");
                break;
            case "status":
                RunControlCommands.Show(screen.Terminal, runs.Folder.Path, runs.Description, runs.Progress, runs.Silos, " already");
                break;
            case "runs":
                RunControlCommands.Show(screen.Terminal, [(runs.Entry, runs.Progress), (runs.Entry, runs.Progress)]);
                break;
        }

        return screen.Out;
    }

    /// <summary>A terminal of a width, with a file or a person at its keyboard.</summary>
    private sealed class Sized : IAsyncDisposable
    {
        private readonly StringWriter _out = new();

        public Sized(int width)
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Interactive = InteractionSupport.No, Out = new Output(_out, width) });
            Terminal = new Terminal(console, new StringWriter());
        }

        public Terminal Terminal { get; }

        public string Out => _out.ToString().ReplaceLineEndings("\n");

        public Task<int> Run(params string[] arguments) => StressCommand.Run(arguments, Terminal, default);

        public Task<int> Typed(string typed, params string[] arguments) =>
            StressCommand.Run(arguments, new Terminal(Terminal.Out, Terminal.Error) { In = new StringReader(typed) }, default);

        public ValueTask DisposeAsync() => _out.DisposeAsync();

        private sealed class Output(TextWriter writer, int width) : IAnsiConsoleOutput
        {
            public TextWriter Writer => writer;

            public bool IsTerminal => true;

            public int Width => width;

            public int Height => 40;

            public void SetEncoding(System.Text.Encoding encoding)
            {
            }
        }
    }

    /// <summary>A run and a comparison, executed once.</summary>
    public sealed class Runs : IAsyncLifetime
    {
        public static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
        private readonly Screen _screen = new();

        public RunFolder Folder { get; private set; } = null!;

        public RunReport Report { get; private set; } = null!;

        public CompareReport Compared { get; private set; } = null!;

        public string Crash => Folder.ReadCrashes()[0].Id;

        public string Recorded { get; } = Directory.CreateTempSubdirectory("stress-agree-").FullName;

        public static DialReport Dialled => new()
        {
            RunId = "dial-x", Findings = [], Target = "tcp://router.example.net:2001 through a terminal server with a long name", System = "not said", Calls = new(1_000, 900, 50, 50),
            Outcomes = [new OutcomeRate("Completed", 900, 0.9, 0.88, 0.92), new OutcomeRate("EstablishmentTimedOut", 50, 0.05, 0.04, 0.07)],
            Counters = new[]
            {
                "ipcpOpened", "ipv6cpOpened", "hellosSent", "hellosHeard", "ripngSent", "ripngHeard", "terminatesUnanswered", "badFcs", "tooLong", "runts", "malformed", "outOfPhase",
                "unexpected", "protocolRejects", "codeRejects", "optionsRejected", "optionsNaked", "endlessNegotiations", "transcriptsLost",
            }.ToDictionary(name => name, _ => 1_000_000L),
            Problems = [new CallProblem(3, 17, default, "LCP was not up 90 s after the login: the far system sent 12 Configure-Requests and no Configure-Ack")],
        };

        internal RunDescription Description { get; private set; } = null!;

        internal ShardProgress Progress { get; } = new() { Planned = 1_000_000, Done = 999_000, Failed = 12, Lost = 3, Windows = 5_000, Counters = new() { Disconnects = 1_234_567 }, Crashes = 1 };

        internal IReadOnlyList<SiloFacts> Silos { get; } =
        [
            new SiloFacts
            {
                Silo = "S192.168.100.200:11111:123456789", Workers = 1, Routers = 1, MostRouters = 2, Shards = 1_000, MemoryBytes = 5_000_000_000, PeakMemoryBytes = 1,
                IdleMemoryBytes = 1, Leaving = true,
            },
            SiloFacts.Silent("192.168.100.201:11111"),
        ];

        internal RunEntry Entry => new() { RunId = "troxel-2005-with-a-long-name-20261128-200000-17", Started = Description.Started, Phase = RunPhase.Paused, Windows = 6_000, Progress = Progress };

        public async Task InitializeAsync()
        {
            await _screen.Run("run", Scenario, "--pairs=4", "--hours=2", "--pace=1000000", "--seed=3", $"--out={_screen.Folder}/run", "--no-progress");
            Folder = new RunFolder(Directory.GetDirectories(Path.Combine(_screen.Folder, "run")).Single());
            Report = Folder.ReadReport();
            await _screen.Run("compare", Scenario, "--designs=all", "--pairs=2", "--hours=1", $"--out={_screen.Folder}/compare", "--no-progress");
            string compared = Directory.GetFiles(Path.Combine(_screen.Folder, "compare"), CompareCommand.JsonName, SearchOption.AllDirectories).Single();
            Compared = JsonSerializer.Deserialize<CompareReport>(File.ReadAllText(compared), RunFolder.Json)!;
            foreach (string file in Directory.GetFiles(Repository.At("tests", "recorded"), "pppd.*"))
            {
                File.Copy(file, Path.Combine(Recorded, Path.GetFileName(file)));
            }

            Launching.Launch launch = Launching.Launch.Open(Folder);
            Description = new RunDescription { Plan = launch.Plan, Launch = launch.ToText(), Started = DateTimeOffset.UnixEpoch, Phase = RunPhase.Paused };
        }

        public Task DisposeAsync()
        {
            _screen.Dispose();
            Directory.Delete(Recorded, recursive: true);
            return Task.CompletedTask;
        }
    }
}
