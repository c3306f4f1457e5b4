using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using Stress.Client.Launching;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Exploration;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress explore FILE.ops|FILE.yaml</c>: visits every order in which the programs of a small world can run, and prints the shortest schedule to whatever is
/// wrong. Finding something is a result: the exit code is 0 when the exploration is finished, 5 when the kernel does not model a step of the world, 130 when it was stopped and can continue.
/// </summary>
public static class ExploreCommand
{
    private const string Magic = "stress-explore-2";
    private const string AllDesigns = "all";
    private const int MaxDepth = 1_000, UsualPreemptions = 2, MaxPreemptions = 200;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("FILE") { Description = "A small world: a .yaml file, or an operation list whose sockets and interfaces become processes; - is standard input." };
        var design = new Option<string?>("--design") { Description = "Teardown design, or all (default: netbsd-2005)." };
        design.CompletionSources.Add([.. TeardownDesigns.All.Select(known => known.Name), AllDesigns]);
        Option<string?> library = SharedOptions.DesignAssembly();
        Option<int?> depth = Numbers.Option("--depth", 1, MaxDepth, "Longest schedule in steps (default 40).");
        Option<Switches> preemptions = TypedOption.Of(
            "--preemptions", "Most switches away from a process that could continue, or any (default 2).",
            text => new Switches(text == "any" ? null : Numbers.Whole("--preemptions", text, 0, MaxPreemptions)));
        preemptions.DefaultValueFactory = _ => new Switches(UsualPreemptions);
        var resume = new Option<string?>("--resume") { Description = "Keep the search in this file, and continue from it if it exists." };
        Option<int?> states = Numbers.Option("--stop-after", 1, int.MaxValue, "Stop after this many states; --resume continues.");
        var whole = new Option<bool>("--no-reduction") { Description = "Execute every order, also of independent steps." };
        var command = new Command("explore", "Visit every schedule of a small world.") { file, design, library, depth, preemptions, resume, states, whole };
        command.SetAction((line, stop) => Task.FromResult(Execute(terminal, line.GetValue(file)!, line.GetValue(design) ?? "netbsd-2005", line.GetValue(library), new ExplorationLimits(
            line.GetValue(depth) ?? 40,
            line.GetValue(preemptions)!.AtMost,
            !line.GetValue(whole)), line.GetValue(resume), line.GetValue(states) ?? int.MaxValue, stop)));
        return command;
    }

    private static int Execute(Terminal terminal, string file, string design, string? library, ExplorationLimits limits, string? resume, int most, CancellationToken stop)
    {
        string text = File.Exists(file) || file == ScenarioLoader.StandardInput
            ? ScenarioLoader.ReadFile(file, terminal.In)
            : throw new UsageException($"{file}: no such file; accepted is a small world, for example scenarios/explore/pair.yaml, or an operation list");
        World world = WorldLoader.Parse(text, file);
        if (resume is not null)
        {
            if (resume == OutputFile.Standard)
            {
                throw new UsageException($"--resume {resume}: a search is kept and read again; accepted is the name of a file");
            }

            Output.CheckFile("--resume", resume);
        }

        DesignSet known = DesignLibrary.Load(library);
        IReadOnlyList<TeardownDesign> designs = design == AllDesigns ? known.All : [DesignLibrary.Named(known, "--design", design, orAll: true)];
        if (resume is not null && designs.Count > 1)
        {
            throw new UsageException("--resume keeps one search; accepted with one --design");
        }

        TextWriter o = terminal.Text;
        string title = $"world {world.Name}: {Counted.Of(world.Routers.Count, "router")}, {Counted.Of(world.Actors.Count, "program")} of {Counted.Of(world.Actors.Sum(a => a.Steps.Count), "step")}; depth {limits.Depth}, {Bound(limits)}{(limits.Reduces ? ", sleep sets" : "")}";
        int exit = ExitCodes.Ok;
        var deliveries = new Deliveries(terminal);
        bool kept = false;
        foreach (TeardownDesign d in designs)
        {
            Explorer explorer = Open(world, d, limits, file, text, resume);
            if (title.Length > 0)
            {
                o.WriteLine(title);
                title = "";
            }

            long before = explorer.Transitions, statesBefore = explorer.States, began = Stopwatch.GetTimestamp();
            explorer.Run(() => stop.IsCancellationRequested || explorer.States >= most);
            double seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            Print(o, explorer, d, explorer.States - statesBefore, seconds, designs.Count > 1);
            if (resume is not null)
            {
                kept = deliveries.Write(resume, () => Keep(explorer, d, text, resume));
            }

            if (!explorer.IsFinished)
            {
                o.WriteLine(resume is null ? "stopped before the end; --resume FILE would have kept the search" : !kept ? "stopped before the end, and the search is not kept" : $"stopped; the same command continues from {resume}");
                exit = ExitCodes.Interrupted;
                break;
            }

            if (explorer.NotModelled.Count > 0)
            {
                exit = ExitCodes.NotDecided;
            }
        }

        return deliveries.Conclude(exit);
    }

    private static void Print(TextWriter o, Explorer e, TeardownDesign design, long states, double seconds, bool many)
    {
        IReadOnlyList<Counterexample> found = e.Found();
        o.WriteLine();
        o.WriteLine($"{design.Name}: {Counted.Of(e.States, "state")}, {Counted.Of(e.Transitions, "transition")}, {Number((long)(states / Math.Max(seconds, 1e-6)))} states/s; {Counted.Of(e.Images, "kernel image")}, {Counted.Of(e.Executed, "step")} executed; {(e.IsExhaustive ? $"every schedule, the longest has {Counted.Of(e.DepthReached, "step")}" : e.IsFinished ? $"every schedule of up to {Counted.Of(e.Limits.Depth, "step")}" : "not finished")}");
        Counterexample[] bad = [.. found.Where(f => f.Finding.Kind is FindingKind.Crash or FindingKind.StaleUse or FindingKind.StalePointer).OrderBy(f => f.Finding.Kind).ThenBy(f => f.Schedule.Count)];
        if (e.NotModelled.Count > 0)
        {
            o.WriteLine($"  not decided: not modelled are {string.Join(", ", e.NotModelled)}; what was not found may be reachable with them");
        }
        else if (bad.Length == 0)
        {
            o.WriteLine($"  {(e.IsFinished ? "" : "so far ")}no stale pointer reachable within depth {e.Limits.Depth}, {Bound(e.Limits)}: {Counted.Of(e.States, "state")}");
        }

        foreach (Counterexample f in found.OrderBy(f => f.Finding.Kind).ThenBy(f => f.Schedule.Count))
        {
            o.WriteLine($"  {Name(f.Finding.Kind),-13} {f.Router}: {f.Finding.Title}   ({Counted.Of(f.Schedule.Count, "step")}{(e.Limits.Preemptions is null ? "" : $", {Counted.Of(f.Schedule.Count(s => s.Preempts), "pre-emption")}")})");
        }

        // For several designs the worst case of each; for one design every crash, or the nearest thing to one.
        IEnumerable<Counterexample> shown = many ? bad.Take(1) : bad.Where(f => f.Finding.Kind == bad[0].Finding.Kind)
            .Concat(found.Where(f => f.Finding.Kind == FindingKind.Separated));
        foreach (Counterexample f in shown)
        {
            Schedule(o, f);
        }
    }

    private static void Schedule(TextWriter o, Counterexample f)
    {
        o.WriteLine();
        o.WriteLine($"  shortest schedule to \"{f.Finding.Title}\"");
        int router = f.Schedule.Max(s => s.Router.Length), actor = f.Schedule.Max(s => s.Actor.Length), step = f.Schedule.Max(s => s.Step.Length);
        foreach ((int i, ScheduleStep s) in f.Schedule.Index())
        {
            o.WriteLine($"  {i + 1,3}  {s.Router.PadRight(router)}  {s.Actor.PadRight(actor)}  {s.Step.PadRight(step)}  {s.Answer}{(s.Preempts ? "  (pre-empts)" : "")}".TrimEnd());
        }
    }

    private static string Name(FindingKind kind) => kind switch
    {
        FindingKind.Crash => "crash",
        FindingKind.StaleUse => "stale use",
        FindingKind.Alias => "alias",
        FindingKind.StalePointer => "stale pointer",
        _ => "separated",
    };

    private static string Bound(ExplorationLimits limits) => limits.Preemptions is { } p ? Counted.Of(p, "pre-emption") : "any number of pre-emptions";

    private static string Number(long n) => n.ToString("N0", CultureInfo.InvariantCulture);

    // What identifies the search: another world, design or bound has other states.
    private static string Key(TeardownDesign design, ExplorationLimits limits, string text) =>
        $"{Magic} {XxHash64.HashToUInt64(Encoding.UTF8.GetBytes(text)):x16} {design.Name} {(limits.Preemptions is { } p ? p : "any")} {limits.Reduces}";

    private static Explorer Open(World world, TeardownDesign design, ExplorationLimits limits, string file, string text, string? resume)
    {
        try
        {
            if (resume is null || !File.Exists(resume))
            {
                return new Explorer(world, design, limits);
            }

            var image = new ImageReader(File.ReadAllBytes(resume));
            string key = new(image.ReadArray<char>());
            return key == Key(design, limits, text)
                ? Explorer.Load(world, design, limits, image)
                : throw new UsageException($"--resume {resume}: kept for another world, design, bound or reduction; accepted is the command that wrote it, with the same or a greater --depth");
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"{file}:{e.Message}");
        }
        catch (Exception e) when (e is ImageFormatException or InvalidDataException or OverflowException or IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--resume {resume}: not a kept search ({e.Message.TrimEnd('.')}); accepted is a file that explore has written");
        }
    }

    private static void Keep(Explorer explorer, TeardownDesign design, string text, string resume)
    {
        var image = new ImageWriter();
        image.WriteArray<char>(Key(design, explorer.Limits, text));
        explorer.Save(image);

        // Keep the previous file rather than half of a new one.
        RunFolder.ReplaceFile(resume, next => File.WriteAllBytes(next, image.Written.ToArray()));
    }

    // How many; null for any number. A parser's value cannot be null itself.
    private sealed record Switches(int? AtMost);
}
