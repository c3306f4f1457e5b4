using System.Text;
using System.Text.RegularExpressions;
using Stress.Bench.Cluster;
using Stress.Client;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Cluster.Tests.Documents;

/// <summary>
/// The commands of README and docs/, typed into a shell as they are printed: those of some seconds to their end, those of minutes until they execute, and the
/// forms with words in capitals after something real was put in for each word. What is not run says why beside it.
/// </summary>
public sealed partial class DocumentedCommandTests(DocumentedCommandTests.Workshop workshop, ITestOutputHelper output) : IClassFixture<DocumentedCommandTests.Workshop>
{
    private const int Interrupted = ExitCodes.Interrupted;

    // Commands of a minute and more: what they say once everything up to the execution is right. They are then asked to stop.
    private static readonly (string Starts, string Says)[] Long =
    [
        ("./stress sensitivity scenarios/troxel-2005.yaml --pairs 160", "1 of "),
        ("OTEL_EXPORTER_OTLP_ENDPOINT=", "line  33600"),
        ("./stress run scenarios/troxel-2005.yaml --pairs 640 --hours 12 --seed 2005", "line  33600"),
    ];

    public static TheoryData<string> Run => [.. Runnable.Where(command => command.IsFenced).Select(command => command.Text).Distinct()];

    public static TheoryData<string> Forms => [.. Runnable.Where(command => !command.IsFenced).Select(command => command.Text).Distinct()];

    private static IEnumerable<DocumentedCommand> Runnable => DocumentedCommand.All.Where(command => command.Reason is null);

    [Theory]
    [MemberData(nameof(Run))]
    public async Task A_command_of_a_document_does_what_its_reader_expects(string command)
    {
        if (command.StartsWith("tshark", StringComparison.Ordinal) && Tools.Find("tshark") is null && !Tools.Required)
        {
            output.WriteLine("not run: needs tshark (Debian package tshark)");
            return;
        }

        await workshop.Ready;
        string line = workshop.Fill(command);
        if (command == Workshop.First)
        {
            output.WriteLine($"to its end, before all others: {line}");
            return;
        }

        RunningProcess shell = workshop.Shell(line);
        if (Long.FirstOrDefault(one => command.StartsWith(one.Starts, StringComparison.Ordinal)) is { Says: { } says })
        {
            output.WriteLine($"until it executes: {line}");
            await shell.Says(says);
            Assert.True(await shell.Terminate() == Interrupted, shell.Output);
            return;
        }

        output.WriteLine($"to its end: {line}");
        Assert.True(await shell.End() == ExitCodes.Ok && !shell.Output.Contains("stress: ", StringComparison.Ordinal), $"{line}\n{shell.Output}");
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task A_form_in_a_text_is_a_command_line_that_the_program_takes(string form)
    {
        Assert.StartsWith("./stress", form);
        await workshop.Ready;
        foreach (string line in Expanded(workshop.Fill(form)))
        {
            string[] words = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
            if (words is ["bench" or "test", ..])
            {
                // Its names are asked of the program itself, and the tests are what runs here.
                Assert.True(words[0] == "test" || words.Length == 1 || (await workshop.Measurements).Contains(words[1]), line);
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
    }

    [Fact]
    public void The_words_of_a_command_that_no_test_runs_are_taken_by_the_program_all_the_same() =>
        Assert.All(DocumentedCommand.All.Where(command => command.Reason is not null && command.Text.StartsWith("./stress ", StringComparison.Ordinal)), command =>
        {
            string[] words = [.. workshop.Fill(command.Text).Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1)];
            if (words is not ["test" or "bench", ..])
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
    public void A_command_is_told_from_what_is_said_of_it(string document, string text, bool fenced, string? reason)
    {
        DocumentedCommand command = Assert.Single(DocumentedCommand.Of("x.md", document.Split('\n')));
        Assert.Equal((text, fenced, reason), (command.Text, command.IsFenced, command.Reason));
    }

    // A form's optional words are left out once, and put in once; of alternatives each is taken.
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
    [GeneratedRegex(@"`((?:emulator|scenarios|observability|grains|dial|silo|client|k8s|bench|tests|docs)/[\w./*-]*)`")]
    private static partial Regex SourcePath();

    [GeneratedRegex(@"\s*\[[^\]]*\]")]
    private static partial Regex Optional();

    /// <summary>A folder in which the commands find what they name: scenarios, a run of the README, a folder for what they write.</summary>
    public sealed partial class Workshop : IDisposable
    {
        // The name that docs/replay.md gives the run.
        private const string RunId = "troxel-2005-20260102-030405";
        /// <summary>The README's first command: its run is the RUN of the others.</summary>
        public const string First = "./stress run scenarios/troxel-2005.yaml";

        private static readonly string Client = typeof(StressCommand).Assembly.Location;
        private readonly string _folder = Directory.CreateTempSubdirectory("stress-docs-").FullName;
        private readonly StringWriter _written = new();
        private readonly Lazy<Task> _ready;
        private readonly Lazy<Task<IReadOnlyList<string>>> _measurements;

        public Workshop()
        {
            _ready = new Lazy<Task>(Prepare);
            _measurements = new Lazy<Task<IReadOnlyList<string>>>(Names);
            Terminal = new Terminal(Spectre.Console.AnsiConsole.Create(new() { Out = new Spectre.Console.AnsiConsoleOutput(_written) }), _written);
        }

        public Terminal Terminal { get; }

        public Task Ready => _ready.Value;

        /// <summary>The measurements that <c>./stress bench</c> knows by name.</summary>
        public Task<IReadOnlyList<string>> Measurements => _measurements.Value;

        /// <summary>Puts something real in for each word in capitals.</summary>
        public string Fill(string command)
        {
            string run = $"runs/{RunId}";
            var words = new Dictionary<string, string>
            {
                ["RUN"] = run, ["runs/<id>"] = run, ["CRASH-ID"] = "cac7b11bf", ["FILE"] = "scenarios/troxel-2005.yaml", ["FILE.ops"] = "scenarios/ops/membership-crash.ops",
                ["FILE.yaml"] = "scenarios/explore/pair.yaml", ["DIR"] = "tests/recorded", ["D"] = "netbsd-2005", ["S"] = "1", ["N"] = "1", ["P"] = "2", ["STATES"] = "100",
                ["TARGET"] = "tcp://127.0.0.1:9", ["LISTEN"] = "tcp://127.0.0.1:0", ["redis://HOST:PORT"] = "redis://127.0.0.1:6379", ["..."] = "redis://127.0.0.1:6379",
            };
            return Word().Replace(command, word => words.GetValueOrDefault(word.Value, word.Value));
        }

        /// <summary>Types a line into a shell in the folder.</summary>
        public RunningProcess Shell(string line) => RunningProcess.Start("bash", ["-c", $"cd '{_folder}' && exec bash -c '{line.Replace("'", "'\\''", StringComparison.Ordinal)}'"]);

        public void Dispose() => Directory.Delete(_folder, recursive: true);

        private async Task Prepare()
        {
            foreach (string folder in Directory.EnumerateDirectories(Repository.Root).Where(folder => Path.GetFileName(folder) is not ("runs" or ".git")))
            {
                File.CreateSymbolicLink(Path.Combine(_folder, Path.GetFileName(folder)), folder);
            }

            string stress = Path.Combine(_folder, "stress");
            File.WriteAllText(stress, $"#!/bin/sh\nexec dotnet '{Client}' \"$@\"\n", new UTF8Encoding(false));
            Assert.Equal(0, Programs.Run("chmod", "+x", stress).ExitCode);

            // The README prints its digest.
            string readme = File.ReadAllText(Repository.At("README.md"));
            RunningProcess run = Shell(First);
            Assert.True(await run.End() == ExitCodes.Ok, run.Output);
            string digest = Digest().Match(run.Output).Value;
            Assert.True(digest.Length > 0 && readme.Contains(digest, StringComparison.Ordinal), $"the README prints another digest than {digest}");
            string made = Assert.Single(Directory.GetDirectories(Path.Combine(_folder, "runs")));
            Directory.Move(made, Path.Combine(_folder, "runs", RunId));
            RunningProcess capture = Shell("./stress run scenarios/authenticated.yaml --pairs 1 --hours 1 --pcap line.pcapng --no-progress --out captured");
            await capture.End();
            Assert.True(File.Exists(Path.Combine(_folder, "line.pcapng")), capture.Output);
        }

        private static async Task<IReadOnlyList<string>> Names()
        {
            RunningProcess help = RunningProcess.Start("dotnet", [typeof(LocalCluster).Assembly.Location, "--help"]);
            Assert.Equal(ExitCodes.Ok, await help.End());
            return [.. MeasurementName().Matches(help.Output[help.Output.IndexOf("Commands:", StringComparison.Ordinal)..]).Select(match => match.Groups[1].Value), "--help"];
        }

        [GeneratedRegex(@"(?<![\w<])(?:runs/<id>|redis://HOST:PORT|FILE\.(?:ops|yaml)|CRASH-ID|[A-Z]+(?![\w-])|\.\.\.)")]
        private static partial Regex Word();

        [GeneratedRegex(@"(?m)^digest +[0-9a-f]{16}")]
        private static partial Regex Digest();

        [GeneratedRegex(@"(?m)^  ([a-z]+)")]
        private static partial Regex MeasurementName();
    }
}
