using System.Text;
using System.Text.RegularExpressions;
using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Cluster.Tests.Documents;

/// <summary>
/// The commands of the documents, typed into a shell as they are printed: those that take seconds to their end, those that take minutes until they execute. Forms in a text are
/// passed to the program's own parser after each word in capitals was replaced by something real. Commands that are not run have a reason next to them.
/// </summary>
public sealed partial class DocumentedCommandTests(DocumentedCommandTests.Workshop workshop, ITestOutputHelper output) : IClassFixture<DocumentedCommandTests.Workshop>
{
    // Commands of a minute and more: what they print once everything up to the execution is right. Then they are asked to stop.
    private static readonly (string Starts, string Says)[] Long =
    [
        ("./stress sensitivity scenarios/troxel-2005.yaml --pairs 160", "1 of "),
        ("./stress compare scenarios/troxel-2005.yaml --designs all", "1 of "),
        ("./stress compare scenarios/troxel-2005.yaml --designs netbsd-2005,purge-flagged --details", "1 of "),
        ("./stress compare scenarios/troxel-2005.yaml --designs netbsd-2005,purge-inet-only", "1 of "),
        ("OTEL_EXPORTER_OTLP_ENDPOINT=", " of 12 h"),
    ];

    // A run of six seconds takes minutes where forty processes want the machine.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    // The programs of commands that need more than a shell and Stress. Each has a test of its own below, which is skipped where the program is missing.
    private static readonly string[] Further = ["tshark"];

    public static TheoryData<string> Run => [.. Blocks.Where(text => !Further.Contains(text.Split(' ')[0]))];

    public static TheoryData<string> Forms => [.. Runnable.Where(command => !command.IsBlock).Select(command => command.Text).Distinct()];

    private static IEnumerable<string> Blocks => Runnable.Where(command => command.IsBlock).Select(command => command.Text).Distinct();

    private static IEnumerable<DocumentedCommand> Runnable => DocumentedCommand.All.Where(command => command.Reason is null);

    [Theory]
    [MemberData(nameof(Run))]
    public async Task A_command_of_a_document_does_what_its_reader_expects(string command)
    {
        await workshop.Ready;
        string line = workshop.Fill(command);
        if (command == Workshop.First)
        {
            output.WriteLine($"to its end, before all others: {line}");
            return;
        }

        if (Long.FirstOrDefault(one => command.StartsWith(one.Starts, StringComparison.Ordinal)) is { Says: { } says })
        {
            // Asked to stop once it has reported that it executes. A machine may be so fast, or this process so slow, that it is over before it is asked.
            output.WriteLine($"until it executes: {line}");
            RunningProcess shell = workshop.Shell(line);
            await shell.Says(says);
            int code = await shell.Terminate();
            Assert.True(code == ExitCodes.Ok || (code == ExitCodes.Interrupted && shell.Output.Contains("stress: interrupted", StringComparison.Ordinal)), $"{code}: {shell.Output}");
            return;
        }

        string said = await ToItsEnd(line);
        if (command == Workshop.Repeated)
        {
            Assert.NotEqual("", Workshop.DigestOf(said));
            Assert.Equal(Workshop.DigestOf(await workshop.FirstOutput), Workshop.DigestOf(said));
        }
    }

    [Fact]
    public async Task The_README_shows_lines_of_what_its_first_command_prints()
    {
        string[] printed = [.. (await workshop.FirstOutput).Split('\n').Select(Settled)];
        string[] shown = [.. File.ReadAllLines(Repository.At("README.md")).SkipWhile(line => !line.StartsWith("troxel-2005  ", StringComparison.Ordinal)).TakeWhile(line => line != "```")];
        Assert.Contains(shown, line => line.StartsWith("digest ", StringComparison.Ordinal));
        Assert.All(shown.Where(line => line is not ("" or "...")), line => Assert.Contains(Settled(line), printed));

        // What depends on the machine and the day is left out.
        static string Settled(string line) => OfTheDay().Replace(line.TrimEnd(), "#");
    }

    [ToolFact("tshark")]
    public async Task A_command_that_hands_a_capture_to_tshark_does_what_its_reader_expects()
    {
        await workshop.Ready;
        foreach (string command in Blocks.Where(text => text.StartsWith("tshark ", StringComparison.Ordinal)))
        {
            Assert.Contains("PPP", await ToItsEnd(workshop.Fill(command)));
        }
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_form_in_a_text_is_a_command_line_that_the_program_takes(string form)
    {
        await workshop.Ready;
        foreach (string line in Expanded(workshop.Fill(form)))
        {
            string[] typed = line.Split(' ', StringSplitOptions.RemoveEmptyEntries), words = [.. typed.SkipWhile(word => word.Contains('=', StringComparison.Ordinal)).Skip(1)];
            string program = typed.First(word => !word.Contains('=', StringComparison.Ordinal));
            if (program == "dotnet" && words[0] is "new" or "tool" or "format")
            {
                // Of an author of designs, whose commands EmptyFolderTests types; of those who change the sources, whose .ci/run does.
                continue;
            }

            if (program == "dotnet")
            {
                // The tests themselves are running: variables set for them must be ones that they read.
                Assert.Equal("test", words[0]);
                string project = words.ElementAtOrDefault(1) ?? "tests";
                string[] sources = Directory.GetFiles(Repository.At(project), "*.cs", SearchOption.AllDirectories);
                Assert.All(typed.TakeWhile(word => word != program).Select(word => word.Split('=')[0]), variable =>
                    Assert.Contains(sources, source => File.ReadAllText(source).Contains($"\"{variable}\"", StringComparison.Ordinal)));
                continue;
            }

            Assert.Equal("./stress", program);
            if (words is ["bench" or "test" or "pack", ..])
            {
                // Its names are checked with the program itself, and the tests are running already.
                Assert.True(words[0] is "test" or "pack" || words.Length == 1 || (await workshop.Measurements).Contains(words[1]), line);
                continue;
            }

            // Only a name: the document speaks of the command.
            IReadOnlyList<System.CommandLine.Parsing.ParseError> errors = StressCommand.Create(workshop.Terminal).Parse(words).Errors;
            Assert.True(words.Length <= 1 ? StressCommand.Create(workshop.Terminal).Subcommands.Any(c => words is [] || c.Name == words[0]) : errors.Count == 0, $"{line}: {errors.FirstOrDefault()?.Message}");
        }
    }

    [Fact]
    public void The_commands_that_no_test_runs_are_few_and_each_says_why()
    {
        DocumentedCommand[] unrun = [.. DocumentedCommand.All.Where(command => command.Reason is not null)];
        foreach (IGrouping<string, DocumentedCommand> reason in unrun.GroupBy(command => command.Reason!))
        {
            output.WriteLine($"{reason.Key}: {string.Join(" | ", reason.Select(command => command.Place))}");
            Assert.True(reason.Key.Split(' ').Length >= 4, $"'{reason.Key}' is no reason");
        }

        Assert.InRange(unrun.Select(command => command.Reason).Distinct().Count(), 1, 12);
        Assert.Empty(DocumentedCommand.IdleReasons);
    }

    [Fact]
    public void The_words_of_a_command_that_no_test_runs_are_taken_by_the_program_all_the_same() =>
        Assert.All(DocumentedCommand.All.Where(command => command.Reason is not null && command.Text.StartsWith("./stress ", StringComparison.Ordinal)), command =>
        {
            string[] words = [.. workshop.Fill(command.Text).Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
            if (words is not ["test" or "bench" or "pack", ..])
            {
                Assert.True(StressCommand.Create(workshop.Terminal).Parse(words).Errors is [], command.Place);
            }
        });

    [Fact]
    public void Every_file_that_a_document_names_is_there()
    {
        List<string> missing = [];
        foreach (string document in DocumentedCommand.Documents)
        {
            string text = File.ReadAllText(Repository.At(document)), folder = Path.GetDirectoryName(document)!;
            foreach (string name in Link().Matches(text).Select(match => match.Groups[1].Value).Where(link => !link.Contains(':')))
            {
                if (!Path.Exists(Repository.At(folder, name)))
                {
                    missing.Add($"{document}: {name}");
                }
            }

            foreach (string name in SourcePath().Matches(text).Select(match => match.Groups[1].Value))
            {
                if (!Directory.EnumerateFileSystemEntries(Repository.Root, name.TrimEnd('/')).Any())
                {
                    missing.Add($"{document}: {name}");
                }
            }
        }

        Assert.Empty(missing);
    }

    [Theory]
    [InlineData("```\n./stress run a.yaml   # why\nsome output\n```", "./stress run a.yaml", true, null)]
    [InlineData("<!-- not run: it needs a cluster of machines -->\n```\nkubectl apply -k .\n```", "kubectl apply -k .", true, "it needs a cluster of machines")]
    [InlineData("Say `./stress watch RUN` to it.", "./stress watch RUN", false, null)]
    [InlineData("```\n$ ./stress exec a.ops    ends at once\n```", "./stress exec a.ops", true, null)]
    [InlineData("So:\n\n    ./stress exec a.ops \\\n        --design all\n\nIt ends.", "./stress exec a.ops --design all", true, null)]
    [InlineData("<!-- not run: it needs a far system -->\n    #!/bin/sh\n\n    ./stress dial pty:a\n", "./stress dial pty:a", true, "it needs a far system")]
    [InlineData("Run `A=1 dotnet test tests/NAME` again.", "A=1 dotnet test tests/NAME", false, null)]
    public void A_command_is_told_from_what_is_said_of_it(string document, string text, bool block, string? reason)
    {
        DocumentedCommand command = Assert.Single(DocumentedCommand.Of("x.md", document.Split('\n')));
        Assert.Equal((text, block, reason), (command.Text, command.IsBlock, command.Reason));
    }

    private async Task<string> ToItsEnd(string line)
    {
        output.WriteLine($"to its end: {line}");
        RunningProcess shell = workshop.Shell(line);
        Assert.True(await shell.End(Longest) == ExitCodes.Ok && !shell.Output.Contains("stress: ", StringComparison.Ordinal), $"{line}\n{shell.Output}");
        return shell.Output;
    }

    // A form's optional words are left out once, and included once; each alternative is tried.
    private static IEnumerable<string> Expanded(string form)
    {
        foreach (string line in (string[])[Optional().Replace(form, ""), form.Replace("[", "", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal)])
        {
            string[][] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => word.Split('|'))];
            for (int choice = 0; choice < words.Max(word => word.Length); choice++)
            {
                yield return string.Join(' ', words.Select(word => word[Math.Min(choice, word.Length - 1)]));
            }
        }
    }

    [GeneratedRegex(@"\]\(([^)#\s]+)(?:#[^)]*)?\)")]
    private static partial Regex Link();

    // A path below one of the project's folders, in code.
    [GeneratedRegex(@"`((?:emulator|guests|scenarios|observability|grains|dial|silo|client|k8s|bench|tests|docs)/[\w./*-]*)`")]
    private static partial Regex SourcePath();

    // Workers, wall time, memory, the date of a run.
    [GeneratedRegex(@"\d+ workers?$|(?<= in )[\d.,]+ s(?=;)|(?<=^execution ).*|\d{8}-\d{6}")]
    private static partial Regex OfTheDay();

    [GeneratedRegex(@"\s*\[[^\]]*\]")]
    private static partial Regex Optional();

    /// <summary>A folder in which the commands find what they name: scenarios, a run of the README, a folder for what they write.</summary>
    public sealed partial class Workshop : IDisposable
    {
        // The name that docs/replay.md gives the run.
        private const string RunId = "troxel-2005-20260102-030405";

        /// <summary>The README's first command: its run is the RUN of the others.</summary>
        public const string First = "./stress run scenarios/troxel-2005.yaml";

        /// <summary>What the first command prints to be repeated by.</summary>
        public const string Repeated = $"{First} --pairs 640 --hours 12 --seed 2005";

        private static readonly string Client = typeof(StressCommand).Assembly.Location;
        private readonly string _folder = Directory.CreateTempSubdirectory("stress-docs-").FullName;
        private readonly StringWriter _written = new();
        private readonly Lazy<Task<string>> _ready;
        private readonly Lazy<Task<IReadOnlyList<string>>> _measurements;

        public Workshop()
        {
            _ready = new Lazy<Task<string>>(Prepare);
            _measurements = new Lazy<Task<IReadOnlyList<string>>>(Names);
            Terminal = new Terminal(Spectre.Console.AnsiConsole.Create(new() { Out = new Spectre.Console.AnsiConsoleOutput(_written) }), _written);
        }

        public Terminal Terminal { get; }

        public Task Ready => _ready.Value;

        /// <summary>What the README's first command prints.</summary>
        public Task<string> FirstOutput => _ready.Value;

        /// <summary>The line with the digest of an output.</summary>
        public static string DigestOf(string printed) => DigestLine().Match(printed).Value;

        /// <summary>The measurements that <c>./stress bench</c> knows by name.</summary>
        public Task<IReadOnlyList<string>> Measurements => _measurements.Value;

        /// <summary>Replaces each word in capitals by something real.</summary>
        public string Fill(string command)
        {
            string run = $"runs/{RunId}";
            var words = new Dictionary<string, string>
            {
                ["RUN"] = run, ["runs/<id>"] = run, ["CRASH-ID"] = "cac7b11bf", ["FILE"] = "scenarios/troxel-2005.yaml", ["FILE.ops"] = "scenarios/ops/membership-crash.ops",
                ["FILE.yaml"] = "scenarios/explore/pair.yaml", ["DIR"] = "tests/recorded", ["D"] = "netbsd-2005", ["S"] = "1", ["N"] = "1", ["P"] = "2", ["STATES"] = "100",
                ["TARGET"] = "tcp://127.0.0.1:9", ["LISTEN"] = "tcp://127.0.0.1:0", ["redis://HOST:PORT"] = "redis://127.0.0.1:6379", ["..."] = "redis://127.0.0.1:6379",
                ["NAME"] = "Stress.Client.Tests", ["FILTER"] = "*", ["LIST"] = "scenarios/ops/membership-crash.ops",
            };
            return Word().Replace(command, word => words.GetValueOrDefault(word.Value, word.Value));
        }

        /// <summary>Types a line into a shell in the folder.</summary>
        public RunningProcess Shell(string line) => RunningProcess.Start("bash", ["-c", $"cd '{_folder}' && exec bash -ec '{line.Replace("'", "'\\''", StringComparison.Ordinal)}'"]);

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private async Task<string> Prepare()
        {
            foreach (string folder in Directory.EnumerateDirectories(Repository.Root).Where(folder => Path.GetFileName(folder) is not ("runs" or ".git")))
            {
                File.CreateSymbolicLink(Path.Combine(_folder, Path.GetFileName(folder)), folder);
            }

            string stress = Path.Combine(_folder, "stress");
            File.WriteAllText(stress, $"#!/bin/sh\nexec dotnet '{Client}' \"$@\"\n", new UTF8Encoding(false));
            Assert.Equal(0, Programs.Run("chmod", "+x", stress).ExitCode);

            RunningProcess run = Shell(First);
            Assert.True(await run.End(Longest) == ExitCodes.Ok, run.Output);
            string made = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "runs")));
            Directory.Move(made, Path.Combine(_folder, "runs", RunId));
            RunningProcess capture = Shell("./stress run scenarios/authenticated.yaml --pairs 1 --hours 1 --pcap line.pcapng --no-progress --out captured");
            await capture.End();
            Assert.True(File.Exists(Path.Combine(_folder, "line.pcapng")), capture.Output);
            return run.Output;
        }

        private static async Task<IReadOnlyList<string>> Names()
        {
            RunningProcess help = RunningProcess.Start("dotnet", [typeof(Stress.Bench.Triage.MadeRuns).Assembly.Location, "--help"]);
            Assert.Equal(ExitCodes.Ok, await help.End());
            return [.. MeasurementName().Matches(help.Output[help.Output.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value), "--help"];
        }

        [GeneratedRegex(@"(?<![\w<])(?:runs/<id>|redis://HOST:PORT|FILE\.(?:ops|yaml)|CRASH-ID|[A-Z]+(?![\w-])|\.\.\.)")]
        private static partial Regex Word();

        [GeneratedRegex(@"(?m)^digest +[0-9a-f]{16}")]
        private static partial Regex DigestLine();

        [GeneratedRegex(@"(?m)^  ([a-z]+)")]
        private static partial Regex MeasurementName();
    }
}
