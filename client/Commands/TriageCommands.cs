using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Client.Triage;
using Stress.Contracts;
using Stress.Contracts.Triage;
using Stress.Guests;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress import|bugs|diff|serve|export-site</c>: runs and the bugs in them, across runs.</summary>
public static class TriageCommands
{
    internal const string DefaultListen = "127.0.0.1:8090";

    // Each takes up to a few seconds.
    private const int MostReplays = 10_000;
    private const int UsualReplays = 100;

    private static readonly JsonSerializerOptions Json = new(RunFolder.Json) { Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) } };

    /// <summary><c>stress import</c>.</summary>
    public static Command Import(Terminal terminal)
    {
        var folders = new Argument<string[]>("FOLDER") { Description = $"Folders of runs, or folders that hold such folders (default: {Output.DefaultFolder}).", Arity = ArgumentArity.ZeroOrMore };
        Option<string> store = Store();
        var cluster = new ClusterOption();
        cluster.Address.Description = "Also import the finished runs of this cluster, redis://HOST:PORT or rediss://HOST:PORT.";
        var output = new Option<string>("--out") { Description = "With --cluster: folder that gets the folders of its runs.", DefaultValueFactory = _ => Output.DefaultFolder };
        var command = new Command("import", "Import runs into the triage store.") { folders, store, output };
        cluster.AddTo(command);
        command.SetAction((line, stop) => With(terminal, line.GetValue(store)!, async triage =>
        {
            string[] named = line.GetValue(folders) is { Length: > 0 } some ? some : [line.GetValue(output)!];
            if (line.GetValue(cluster.Address) is not null)
            {
                string to = line.GetValue(output)!;
                await Fetch(terminal, cluster.Required(line), to, stop);
                named = [.. named.Append(to).Distinct(StringComparer.Ordinal)];
            }

            var progress = new Shown(terminal);
            ImportOutcome outcome = await triage.Import(named, progress, stop);
            TriageScreen.Write(terminal, outcome);
            return outcome.Damaged.Count == 0 ? ExitCodes.Ok : ExitCodes.Incomplete;
        }));
        return command;
    }

    /// <summary><c>stress bugs [BUG]</c>.</summary>
    public static Command Bugs(Terminal terminal)
    {
        var bug = new Argument<string?>("BUG") { Description = "A bug's identifier, or the beginning of it (default: the list).", Arity = ArgumentArity.ZeroOrOne };
        Option<string> store = Store();
        var search = new Option<string>("--search") { Description = "Only bugs with this in their title.", DefaultValueFactory = _ => "" };
        var backend = new Option<string>("--backend") { Description = "Only bugs on this teardown design, or on uml.", DefaultValueFactory = _ => "" };
        Option<BugStatus?> status = TypedOption.Of("--status", "Only open, fixed, invalid or duplicate ones (default: all but duplicates).", text =>
            Enum.GetValues<BugStatus>().Select(known => (BugStatus?)known).FirstOrDefault(known => $"{known}".Equals(text, StringComparison.OrdinalIgnoreCase)) is { } given
                ? (BugStatus?)given : throw new UsageException($"--status {text}: accepted are open, fixed, invalid and duplicate"), "open", "fixed", "invalid", "duplicate");
        var regressed = new Option<bool>("--regressed") { Description = "Only bugs that were fixed and are back." };
        var fixedBy = new Option<string?>("--fixed-by") { Description = "Record what fixes the bug: a design, a patch or a commit." };
        var duplicate = new Option<string?>("--duplicate-of") { Description = "Mark it as a duplicate of this bug." };
        var invalid = new Option<bool>("--invalid") { Description = "Mark it as not a bug." };
        var open = new Option<bool>("--open") { Description = "Reopen it." };
        var opened = new Option<bool>("--public") { Description = "Make a private bug public." };
        var note = new Option<string?>("--note") { Description = "Write a note." };
        Option<string?> json = SharedOptions.Json();
        var command = new Command("bugs", "List the bugs of all runs, show one, or record what is known about it.") { bug, store, search, backend, status, regressed, fixedBy, duplicate, invalid, open, opened, note, json };
        command.SetAction((line, stop) => With(terminal, line.GetValue(store)!, async triage =>
        {
            string? id = line.GetValue(bug), file = line.GetValue(json);
            BugChange change = ChangeOf(line.GetValue(fixedBy), line.GetValue(duplicate), line.GetValue(invalid), line.GetValue(open), line.GetValue(opened), line.GetValue(note));
            if (id is null && change != new BugChange { By = change.By })
            {
                throw new UsageException("bugs: which bug? accepted is stress bugs BUG with --fixed-by, --duplicate-of, --invalid, --open, --public or --note");
            }

            await TakeIn(terminal, triage, stop);
            if (id is null)
            {
                Page<BugRow> page = await triage.Bugs(
                    new BugFilter { Search = line.GetValue(search)!, Backend = line.GetValue(backend)!, Status = line.GetValue(status), Regressed = line.GetValue(regressed), Take = int.MaxValue }, stop);
                Written(terminal, file, page.Rows);
                TriageScreen.Write(terminal, page);
            }
            else
            {
                BugDetail detail = change == new BugChange { By = change.By } ? await triage.Bug(id, stop) : await triage.Change(id, change, stop);
                Written(terminal, file, detail);
                TriageScreen.Write(terminal, detail);
            }

            return ExitCodes.Ok;
        }));
        return command;
    }

    /// <summary><c>stress diff RUN RUN</c>.</summary>
    public static Command Diff(Terminal terminal)
    {
        var first = new Argument<string>("FIRST") { Description = "A run's name, or the beginning of it." };
        var second = new Argument<string>("SECOND") { Description = "Another." };
        Option<string> store = Store();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("diff", "Compare any two runs: what differed in what was executed, and in the outcome.") { first, second, store, json };
        command.SetAction((line, stop) => With(terminal, line.GetValue(store)!, async triage =>
        {
            await TakeIn(terminal, triage, stop);
            RunDifference difference = await triage.Compare(line.GetValue(first)!, line.GetValue(second)!, stop);
            Written(terminal, line.GetValue(json), difference);
            TriageScreen.Write(terminal, difference);
            return ExitCodes.Ok;
        }));
        return command;
    }

    /// <summary><c>stress serve</c>.</summary>
    public static Command Serve(Terminal terminal)
    {
        Option<string> store = Store();
        var listen = new Option<string>("--listen") { Description = "Address and port of the pages and the API.", DefaultValueFactory = _ => DefaultListen };
        var hosts = new Option<string[]>("--host") { Description = "A host name under which it is reached, besides those of the loopback interface.", AllowMultipleArgumentsPerToken = false };
        var tokens = new Option<string?>("--token-file") { Description = "File with lines 'read TOKEN' and 'write TOKEN': needed wherever others reach it." };
        var user = new Option<string?>("--user-header") { Description = "Header in which an authenticating proxy names the user." };
        var webhooks = new Option<string?>("--webhooks") { Description = "File with lines 'ADDRESS SECRET': addresses to notify of new bugs, regressions and runs that miss their expectations." };
        var cluster = new ClusterOption();
        var command = new Command("serve", "Serve the triage pages and their API: runs, bugs, crashes; and start runs from there.") { store, listen, hosts, tokens, user, webhooks };
        cluster.AddTo(command);
        command.SetAction((line, stop) => With(terminal, line.GetValue(store)!, async triage =>
        {
            await using var launcher = new RunLauncher(Output.DefaultFolder, ProgramFolders.Find("scenarios"), cluster.Read(line), terminal);
            var options = new ServeOptions(line.GetValue(listen)!, line.GetValue(hosts) ?? [], line.GetValue(tokens), line.GetValue(user), line.GetValue(webhooks), new CrashWork(), launcher);
            await triage.Serve(options, address => terminal.Text.WriteLine($"triage pages at {address} (Ctrl-C ends it)"), stop);
            return ExitCodes.Ok;
        }));
        return command;
    }

    /// <summary><c>stress export-site DIR</c>.</summary>
    public static Command ExportSite(Terminal terminal)
    {
        var folder = new Argument<string>("FOLDER") { Description = "Folder that gets the pages." };
        Option<string> store = Store();
        Option<int?> replays = Numbers.Option("--replays", 0, MostReplays, $"Execute at most this many crashes again, of the newest runs first, to show the path to each on its page; 0 for none (default: {UsualReplays}).");
        var command = new Command("export-site", "Write the triage pages as files that open without a server.") { folder, store, replays };
        command.SetAction((line, stop) => With(terminal, line.GetValue(store)!, async triage =>
        {
            string to = line.GetValue(folder)!;
            Output.CheckFolder("FOLDER", to);
            await TakeIn(terminal, triage, stop);
            int files = await triage.ExportSite(to, new CrashWork(), line.GetValue(replays) ?? UsualReplays, stop);
            terminal.Text.WriteLine($"{Counted.Of(files, "file")} in {to}; open {Path.Combine(to, "index.html")}");
            return ExitCodes.Ok;
        }));
        return command;
    }

    /// <summary>Imports the folder of a search into the default store, if the library is built already: otherwise the next command that opens the store imports it.</summary>
    internal static async Task Store(Terminal terminal, string folder)
    {
        if (!TriageLibrary.IsBuilt)
        {
            return;
        }

        await With(terminal, TriageLibrary.DefaultStore, async triage =>
        {
            ImportOutcome outcome = await triage.Import([folder], null, CancellationToken.None);
            terminal.Text.WriteLine($"{Counted.Of(outcome.Findings, "finding")} in the triage store: ./stress bugs");
            return ExitCodes.Ok;
        });
    }

    /// <summary>The runs of a store, for <c>stress runs</c> without a cluster.</summary>
    internal static Task<int> ListRuns(Terminal terminal, string store, string search, string? json, CancellationToken stop) => With(terminal, store, async triage =>
    {
        await TakeIn(terminal, triage, stop);
        Page<RunRow> page = await triage.Runs(new RunFilter { Search = search, Take = int.MaxValue }, stop);
        Written(terminal, json, page.Rows);
        TriageScreen.Write(terminal, page);
        return ExitCodes.Ok;
    });

    /// <summary><c>--store</c>.</summary>
    internal static Option<string> Store() => new("--store")
    {
        Description = "The triage store: a file, or postgres://USER@HOST[:PORT]/DATABASE with the password in STRESS_STORE_PASSWORD.",
        DefaultValueFactory = _ => TriageLibrary.DefaultStore,
    };

    // Creates the folders of runs that have ended on a cluster, unless they exist already. One that cannot be read is named and left out.
    private static async Task Fetch(Terminal terminal, RedisAddress redis, string folder, CancellationToken stop)
    {
        Output.CheckFolder("--out", folder);
        Directory.CreateDirectory(folder);
        await using ClusterClient client = await ClusterOption.Connect(redis, stop);
        foreach (RunEntry run in await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List())
        {
            Output output = Output.Named(folder, run.RunId);
            if (run.Phase is RunPhase.Running or RunPhase.Paused || File.Exists(output.Folder.ReportPath))
            {
                continue;
            }

            try
            {
                RunSource.CheckReadable([run], run.RunId);
                await RunConclusion.OfEnded(
                    terminal.Unread(), client, await RunControlCommands.Find(client, run.RunId), output, new(null, null, Progress: false, Check: false, CheckFiles.None), stop);
            }
            catch (Exception e) when (e is UsageException or FormatException or JsonException)
            {
                terminal.Error.WriteLine($"stress: {run.RunId} of the cluster is left out: {e.Message.ReplaceLineEndings(" ")}");
            }
        }
    }

    // Whatever has ended since is imported first: a run itself needs no store.
    private static async Task TakeIn(Terminal terminal, ITriage triage, CancellationToken stop)
    {
        if (Directory.Exists(Output.DefaultFolder))
        {
            ImportOutcome outcome = await triage.Import([Output.DefaultFolder], new Shown(terminal), stop);
            if (outcome.Damaged.Count > 0)
            {
                terminal.Error.WriteLine($"stress: {Counted.Of(outcome.Damaged.Count, "folder")} of {Output.DefaultFolder} could not be read (stress import says which, and why)");
            }
        }
    }

    private static BugChange ChangeOf(string? fixedBy, string? duplicate, bool invalid, bool open, bool isPublic, string? note)
    {
        if (new[] { fixedBy is not null, duplicate is not null, invalid, open }.Count(said => said) > 1)
        {
            throw new UsageException("bugs: accepted is one of --fixed-by, --duplicate-of, --invalid and --open");
        }

        return new BugChange
        {
            Status = fixedBy is not null ? BugStatus.Fixed : duplicate is not null ? BugStatus.Duplicate : invalid ? BugStatus.Invalid : open ? BugStatus.Open : null,
            FixedBy = fixedBy,
            DuplicateOf = duplicate,
            Private = isPublic ? false : null,
            Note = note,
            By = Environment.UserName,
        };
    }

    private static void Written<T>(Terminal terminal, string? file, T value)
    {
        if (file is not null)
        {
            Output.CheckFile("--json", file);
            OutputFile.Write(file, JsonSerializer.Serialize(value, Json) + "\n", terminal);
        }
    }

    private static async Task<int> With(Terminal terminal, string store, Func<ITriage, Task<int>> use)
    {
        try
        {
            await using ITriage triage = await TriageLibrary.Open(store, Output.DefaultFolder, terminal.Time);
            return await use(triage);
        }
        catch (TriageException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return e.Problem switch { TriageProblem.Unavailable => ExitCodes.Unavailable, TriageProblem.NotWritten => ExitCodes.NotWritten, _ => ExitCodes.Usage };
        }
    }

    // Progress of an import: a line that redraws itself on a terminal, and nothing elsewhere.
    private sealed class Shown(Terminal terminal) : IProgress<ImportOutcome>
    {
        private const int Between = 50;

        public void Report(ImportOutcome value)
        {
            if (terminal.IsInteractive && (value.New + value.Renewed) % Between == 0)
            {
                terminal.Error.WriteLine($"stress: {Counted.Of(value.New + value.Renewed, "run")} imported");
            }
        }
    }
}
