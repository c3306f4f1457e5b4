using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Stress.Client.Clusters;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Emulator.Stacks;
using Stress.Fuzz.Daemons;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress fuzz</c>: searches for operation lists that crash a stack, or on which stacks that should agree do not (docs/fuzz.md).</summary>
public static class FuzzCommand
{
    private const string Name = "fuzz";

    private const string FileName = "fuzz.json", CorpusName = "corpus.ndjson";

    private const int MostWorkers = 1024;

    private static readonly string Accepted = $"{string.Join(", ", StackCatalog.Names)}, {GuestExec.Accepted}, or {LwipGrammar.Stack} or {PppdStack.Prefix}KERNEL alone";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    private static readonly JsonSerializerOptions Line = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var stacks = new Option<string?>("--stacks") { Description = $"Stacks, separated by commas: {Accepted} (default: {StackCatalog.NetBsd2005})." };
        var daemons = new Option<bool>("--daemons") { Description = "Instead of --stacks: Debian's FRR (zebra, ospfd, ripngd) in namespaces of this machine, interfaces created, renamed, flapped and destroyed under them; as root." };
        Option<TimeSpan?> budget = TypedOption.Of("--budget", "Wall time of the search, as 90s, 10min or 2h (default: 10min, unless --lists says how much).", text =>
            Durations.Seconds(text) is { Microseconds: > 0 } given ? (TimeSpan?)TimeSpan.FromMicroseconds(given.Microseconds) : throw new UsageException($"--budget {text}: accepted is {Durations.WithUnit}"));
        Option<long?> lists = Numbers.Option("--lists", 1, long.MaxValue, "Lists to draw; with equal seeds the result is equal too where the stacks are deterministic.");
        Option<int?> findings = Numbers.Option("--findings", 1, int.MaxValue, "Stop after this many findings.");
        Option<ulong?> seed = SharedOptions.Seed("1");
        var unguided = new Option<bool>("--unguided") { Description = "Draw every list afresh; by default lists that reached something new are mutated." };
        var byAnswers = new Option<bool>("--no-edges") { Description = "On a kernel of kernel build --kcov, keep lists for their answers only; the edges of the kernel that they reach are counted all the same." };
        var fault = new Option<string?>("--fault") { Description = "On uml:KERNEL, switch on a fault of a kernel built with --faults." };
        var allow = new Option<bool>("--allow-crash") { Description = "Let the stacks host and exec:COMMAND be fuzzed: a finding there takes that machine down." };
        Option<int?> workers = SharedOptions.Workers(MostWorkers, "Batches of lists");
        var name = new Option<string?>("--name") { Description = "With --cluster, the search's name (default: fuzz, the time and six hexadecimal digits). A search of that name that was left continues." };
        Option<TimeSpan?> wait = ClusterWait.Option();
        var cluster = new ClusterOption();
        var output = new Option<string?>("--out") { Description = "Folder that gets the search's folder (default: runs)." };
        var noStore = new Option<bool>("--no-store") { Description = "Keep the findings out of the triage store." };
        Option<string?> json = SharedOptions.Json();
        Option<bool> quiet = SharedOptions.NoProgress();
        var command = new Command(Name, "Search for operation lists that crash a stack, or on which two stacks disagree (exit 1 when there are any).")
        {
            stacks, daemons, budget, lists, findings, seed, unguided, byAnswers, fault, allow, workers, name, wait, output, noStore, json, quiet,
        };
        cluster.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            new Asked
            {
                Cluster = cluster.Read(line), Name = line.GetValue(name), Workers = line.GetValue(workers), Wait = ClusterWait.Of(line.GetValue(wait), terminal),
                Stacks = StacksOf(line.GetValue(stacks), line.GetValue(daemons)), Daemons = line.GetValue(daemons), Fault = line.GetValue(fault), AllowCrash = line.GetValue(allow), Out = line.GetValue(output), Json = line.GetValue(json),
                ShowProgress = !line.GetValue(quiet), IsStored = !line.GetValue(noStore), Options = OptionsOf(line.GetValue(budget), line.GetValue(lists), line.GetValue(findings), line.GetValue(seed), line.GetValue(workers), !line.GetValue(unguided)) with { ByEdges = !line.GetValue(byAnswers) },
            },
            stop));
        return command;
    }

    // What the command line asks for.
    private sealed record Asked
    {
        public RedisAddress? Cluster { get; init; }

        public string? Name { get; init; }

        public int? Workers { get; init; }

        public required ClusterWait Wait { get; init; }

        public required string Stacks { get; init; }

        public string? Fault { get; init; }

        public bool AllowCrash { get; init; }

        public bool Daemons { get; init; }

        public string? Out { get; init; }

        public string? Json { get; init; }

        public bool ShowProgress { get; init; }

        public bool IsStored { get; init; }

        public required FuzzOptions Options { get; init; }
    }

    private static string StacksOf(string? stacks, bool daemons) =>
        !daemons ? stacks ?? StackCatalog.NetBsd2005
        : stacks is null ? DaemonGrammar.Stack
        : throw new UsageException($"--daemons: accepted without --stacks ({stacks})");

    private static FuzzOptions OptionsOf(TimeSpan? budget, long? lists, int? findings, ulong? seed, int? workers, bool guided)
    {
        const int UsualMinutes = 10;
        TimeSpan? time = budget ?? (lists is null ? TimeSpan.FromMinutes(UsualMinutes) : null);
        return new FuzzOptions
        {
            Lists = lists, Time = time, Findings = findings, Guided = guided,
            Seed = seed ?? 1,
            Workers = workers ?? Environment.ProcessorCount,
        };
    }

    private static async Task<int> Execute(Terminal terminal, Asked order, CancellationToken stop)
    {
        string[] names = [.. order.Stacks.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
        Check(names, order);
        FuzzReport report;
        Output output;
        if (order.Cluster is { } cluster)
        {
            output = order.Name is { } name ? Output.Named(order.Out, name, order.Json) : Output.Choose(order.Out, order.Json, Name, terminal.Time.GetUtcNow(), shared: true);
            if (File.Exists(Path.Combine(output.Folder.Path, FileName)))
            {
                throw new UsageException($"--name {output.RunId}: {output.Folder.Path} has a result already; accepted is a name that no search has");
            }

            report = await OnCluster(terminal, order, names, output.RunId, cluster, stop);
        }
        else
        {
            output = Output.Choose(order.Out, order.Json, Name, terminal.Time.GetUtcNow());
            report = await Here(terminal, order, names, stop);
        }

        report = report with { Fault = order.Fault ?? "", Private = order.Fault is null && names.Any(name => !StackCatalog.Names.Contains(name)) };
        return await Conclude(terminal, order, output, report);
    }

    private static async Task<FuzzReport> Here(Terminal terminal, Asked order, string[] names, CancellationToken stop)
    {
        IFuzzStack[] stacks = new IFuzzStack[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            stacks[i] = await StackOf(names[i], order.Fault, terminal, stop);
        }

        var search = new FuzzSearch(StackOpener.GrammarOf(stacks), stacks, order.Options);
        FuzzReport report = await new LiveLine(terminal, order.ShowProgress).During(show => Task.Run(() => search.Run(progress => show(State(progress, order.Options)), stop), CancellationToken.None));
        return report with { Notes = [.. stacks.OfType<DaemonStack>().Select(stack => stack.Shared)] };
    }

    // Its silos execute and keep it: an interrupted client leaves it paused, to be resumed under its name.
    private static async Task<FuzzReport> OnCluster(Terminal terminal, Asked order, string[] names, string name, RedisAddress cluster, CancellationToken stop)
    {
        var plan = new SearchPlan
        {
            Name = name, Backend = FuzzBackend.BackendName, Build = BuildStamp.Current,
            Order = FuzzBackend.Write(new FuzzOrder { Stacks = names, Fault = order.Fault, Options = order.Options with { Workers = 1 } }),
        };
        await using ClusterClient client = await ClusterOption.Connect(cluster, stop, order.Wait);
        var follower = new SearchFollower(client, text => terminal.Error.WriteLine($"stress: {text}"));
        byte[] report = await new LiveLine(terminal, order.ShowProgress).During(show =>
            follower.Run(plan, state => show(State(JsonSerializer.Deserialize<FuzzProgress>(state)!, order.Options)), stop));
        FuzzReport read = JsonSerializer.Deserialize<FuzzReport>(report)!;
        if (read.Interrupted)
        {
            terminal.Error.WriteLine($"stress: search {name} is left as it is; the same command line with --name {name} continues it");
        }

        return read;
    }

    private static void Check(string[] names, Asked order)
    {
        if (!order.Daemons)
        {
            CheckStacks(names, order);
        }
        else if (order.Cluster is not null)
        {
            throw new UsageException("--daemons: its namespaces are this machine's; accepted without --cluster");
        }

        if (order.Fault is not { } fault)
        {
            return;
        }

        if (!names.Any(name => GuestExec.KernelOf(name) is not null || IsPppd(name)))
        {
            throw new UsageException($"--fault {fault}: accepted with a stack uml:KERNEL or {PppdStack.Prefix}KERNEL, of a kernel built with --faults");
        }

        if (!KernelFaults.All.Any(f => f.Name == fault))
        {
            throw new UsageException($"--fault {fault}: unknown fault; accepted: {string.Join(", ", KernelFaults.All.Select(f => f.Name))}");
        }
    }

    private static void CheckStacks(string[] names, Asked order)
    {
        if (names.Length == 0 || names.Distinct().Count() < names.Length)
        {
            throw new UsageException($"--stacks {order.Stacks}: accepted are different names, separated by commas: {Accepted}");
        }

        if (names.Length > 1 && names.FirstOrDefault(name => name == LwipGrammar.Stack || IsPppd(name)) is { } own)
        {
            throw new UsageException($"--stacks {order.Stacks}: {own} has operations of its own; accepted is {own} alone, or stacks without it");
        }

        if (names.FirstOrDefault(name => name != LwipGrammar.Stack && !IsPppd(name) && !GuestExec.IsReal(name) && !StackCatalog.Names.Contains(name)) is { } unknown)
        {
            throw new UsageException($"--stacks {unknown}: unknown stack{NearestWord.Hint(unknown, [.. StackCatalog.Names, LwipGrammar.Stack])}; accepted: {Accepted}");
        }

        if (!order.AllowCrash && names.FirstOrDefault(name => GuestExec.IsReal(name) && GuestExec.KernelOf(name) is null) is { } unsafeName)
        {
            throw new UsageException($"--stacks {unsafeName}: a finding there takes the machine down; accepted with --allow-crash");
        }

        CheckCluster(names, order);
    }

    private static bool IsPppd(string name) => name.Length > PppdStack.Prefix.Length && name.StartsWith(PppdStack.Prefix, StringComparison.Ordinal);

    private static void CheckCluster(string[] names, Asked order)
    {
        if (order.Cluster is null)
        {
            if (order.Name is not null)
            {
                throw new UsageException($"--name {order.Name}: accepted with --cluster");
            }
        }
        else if (names.FirstOrDefault(name => StackOpener.FactsOf(name) is null) is { } apart)
        {
            throw new UsageException($"--stacks {apart}: on a cluster every silo executes lists; accepted are {string.Join(", ", StackCatalog.Names)}, uml:KERNEL, or {LwipGrammar.Stack} or {PppdStack.Prefix}KERNEL alone");
        }
        else if (order.Workers is { } workers)
        {
            throw new UsageException($"--workers {workers}: accepted without --cluster; a silo has workers of its own (./stress silo --workers)");
        }
    }

    private static async Task<IFuzzStack> StackOf(string name, string? fault, Terminal terminal, CancellationToken stop)
    {
        GuestCache cache = GuestCache.OfUser();
        if (name == DaemonGrammar.Stack)
        {
            var daemons = new DaemonStack();
            daemons.Check();
            return daemons;
        }

        if (StackOpener.FactsOf(name) is not null)
        {
            return await new StackOpener(cache).OpenAsync(name, fault, terminal.Error.WriteLine, stop);
        }

        var host = new AgentHost(cache);
        return new CommandStack(name, (list, ending) => GuestExec.RunAsync(host, name, list, ending));
    }

    private static LiveState State(FuzzProgress progress, FuzzOptions options)
    {
        double seconds = Math.Max(progress.Elapsed.TotalSeconds, 0.001);
        double? share = options.Lists is { } lists ? progress.Lists / (double)lists : options.Time is { } time ? progress.Elapsed / time : null;
        string left = options.Time is { } all && all > progress.Elapsed ? $"  {ProgressScreen.Wall(all - progress.Elapsed)} left" : "";
        string text = progress.What.Length > 0 ? progress.What : string.Create(
            CultureInfo.InvariantCulture, $"{Counted.Of(progress.Lists, "list")}  {progress.Lists / seconds:#,0} lists/s  {progress.Reached:#,0} reached{(progress.Edges > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {progress.Edges:#,0} edges") : "")}  {Counted.Of(progress.Findings, "finding")}{left}");
        return new LiveState(share, text, Finished: false);
    }

    private static async Task<int> Conclude(Terminal terminal, Asked order, Output output, FuzzReport report)
    {
        FuzzScreen.Write(terminal, report);
        var deliveries = new Deliveries(terminal);
        string folder = output.Folder.Path, text = JsonSerializer.Serialize(report with { Kept = null }, Json);
        deliveries.Write(folder, () =>
        {
            Directory.CreateDirectory(folder);
            if (!order.IsStored)
            {
                File.WriteAllText(Path.Combine(folder, RunFolder.NoStoreName), "");
            }

            File.WriteAllText(Path.Combine(folder, FileName), text);
            File.WriteAllLines(Path.Combine(folder, CorpusName), (report.Kept ?? []).Select(kept => JsonSerializer.Serialize(kept, Line)));
            foreach ((int i, Finding finding) in report.Findings.Index())
            {
                Write(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"finding-{i + 1:00}")), finding);
            }
        });
        if (output.Json is { } json)
        {
            deliveries.Write(json, () => OutputFile.Write(json, text, terminal));
        }

        if (deliveries.Complete)
        {
            terminal.Text.WriteLine($"in {folder}");

            // The default store is that of the default folder; others come in by import.
            if (order.IsStored && report.Findings.Count > 0 && (order.Out ?? Output.DefaultFolder) == Output.DefaultFolder)
            {
                await TriageCommands.Store(terminal, folder);
            }
        }

        return deliveries.Conclude(Code(terminal, report));
    }

    // The list in each available form. Findings in released software stay in this folder (SECURITY.md).
    private static void Write(string path, Finding finding)
    {
        string list = string.Join('\n', [$"# {finding.Title}", $"# on {string.Join(" and ", finding.Stacks)}, {finding.Confirmed} of {FuzzSearch.Confirmations} executions", .. finding.Minimal, ""]);
        string name = Path.GetFileName(path) + ".ops";
        File.WriteAllText(path + ".ops", list);
        if (finding.Stacks.Contains(DaemonGrammar.Stack))
        {
            File.WriteAllText(path + ".sh", DaemonExport.ToShell(name, finding.Title, finding.Minimal));
            return;
        }

        if (finding.Stacks.Any(IsPppd))
        {
            File.WriteAllText(path + ".sh", PppdStack.ToShell(name, finding.Title, finding.Minimal));
            return;
        }

        if (finding.Stacks.Contains(LwipGrammar.Stack))
        {
            File.WriteAllText(path + ".c", LwipExport.ToC(Path.GetFileName(path) + ".c", list));
            return;
        }

        File.WriteAllText(path + ".c", Reproducer.ToC(name, list));
        try
        {
            File.WriteAllText(path + ".sh", Reproducer.ToShell(name, list));
        }
        catch (GuestException e) when (e.Problem == GuestProblem.Wrong)
        {
            // An operation that a shell cannot do: the C file has it.
        }
    }

    // A finding is what was looked for, and a crash where none was expected. Not seen is not clean where an operation never worked.
    private static int Code(Terminal terminal, FuzzReport report)
    {
        if (report.Interrupted)
        {
            return ExitCodes.Interrupted;
        }

        if (report.Findings.Count > 0)
        {
            return ExitCodes.ExpectationFailed;
        }

        if (report.Steps == 0)
        {
            terminal.Error.WriteLine($"stress: no list was executed{(report.WhyLost is null ? "" : $": {report.WhyLost}")}");
            return ExitCodes.Incomplete;
        }

        if (report.NeverSucceeded.Count > 0)
        {
            terminal.Error.WriteLine($"stress: not decided: nothing is said of what never succeeded: {string.Join(", ", report.NeverSucceeded.Select(o => $"{o.Operation} on {o.Stack}"))}");
            return ExitCodes.NotDecided;
        }

        return ExitCodes.Ok;
    }
}
