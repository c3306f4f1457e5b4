using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Screen;
using Stress.Client.Triage;
using Stress.Emulator.Designs.History;
using Stress.Emulator.Exploration.Judging;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;
using Stress.Guests;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress judge LIST --fixes DIR</c>: which fix ends a bug, on the list, on every schedule of its small worlds, and at what price (docs/judge.md). Exit code 1 when a fix is not what its file
/// expects, 5 when a verdict is not decided. With <c>--kernel</c> the fixes are patches of a real kernel.
/// </summary>
public static class JudgeCommand
{
    internal const string RecordedFolder = "tests/recorded";
    private const string HistoryFolder = "scenarios/history", Extension = ".ops", FixExtension = ".fix", Header = "# title: ";
    private const int UsualSchedules = 2_000, MostSchedules = 1_000_000, UsualOneIn = 1_000, MostOneIn = 1_000_000_000, UsualTries = 20, MostTries = 100_000;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var list = new Argument<string>("LIST") { Description = "The bug: an operation list, an entry of scenarios/history by its name, or a bug of the triage store." };
        var fixes = new Option<string?>("--fixes") { Description = "Folder with fixes: NAME.fix of the emulated kernel, NAME.patch with --kernel (docs/judge.md)." };
        var design = new Option<string?>("--design") { Description = "Teardown design of the kernel that has the bug (default: netbsd-2005; an entry of history names its own)." };
        var lists = new Option<string?>("--lists") { Description = $"Folder with lists whose answers a fix may not change while every interface lives (default: {RecordedFolder})." };
        Option<int?> schedules = Numbers.Option("--schedules", 1, MostSchedules, $"Most schedules of each small world (default {UsualSchedules.ToString("#,0", CultureInfo.InvariantCulture)}).");
        Option<int?> oneIn = Numbers.Option("--one-in", 2, MostOneIn, $"The claim that clean tries are counted for: below one in this many at 95 % (default {UsualOneIn.ToString("#,0", CultureInfo.InvariantCulture)}).");
        var kernel = new Option<string?>("--kernel") { Description = "Judge patches: the real kernel that has the bug, uml:KERNEL (default of a stored bug: its own)." };
        var fault = new Option<string?>("--fault") { Description = "With --kernel, switch on a fault of a kernel built with --faults." };
        var bug = new Option<string?>("--bug") { Description = "With --kernel, a patch that is the bug: it goes in before each fix, and into the kernel without one." };
        Option<int?> tries = Numbers.Option("--tries", 1, MostTries, $"With --kernel, boots of the list with each kernel (default {UsualTries}).");
        Option<ulong?> seed = SharedOptions.Seed("1");
        Option<string> store = TriageCommands.Store();
        Option<string?> json = SharedOptions.Json();
        var command = new Command("judge", "Tell for each fix whether it ends a bug, moves it, ends it only on this schedule, leaks or breaks, and what it costs.") { list, fixes, design, lists, schedules, oneIn, kernel, fault, bug, tries, seed, store, json };
        command.SetAction(async (line, stop) =>
        {
            string named = line.GetValue(list)!;
            StoredList? stored = IsThere(named) ? null : await StoredList.FindAsync(terminal, line.GetValue(store)!, named, stop);
            int most = line.GetValue(oneIn) ?? UsualOneIn;
            return (line.GetValue(kernel) ?? stored?.Kernel) is { } real
                ? await OnRealKernel(terminal, named, stored, new PatchOrder(
                    named, "", Folder(line.GetValue(fixes), JudgePatches.Extension), real, line.GetValue(fault) ?? stored?.Fault, PatchOf(line.GetValue(bug)), line.GetValue(lists),
                    line.GetValue(tries) ?? UsualTries, line.GetValue(seed) ?? 1, most, line.GetValue(json)), stop)
                : ((Option[])[fault, bug, tries, seed]).FirstOrDefault(option => line.GetResult(option) is not null) is { } only ? throw new UsageException($"{only.Name}: --fault, --bug, --tries and --seed are of real kernels; accepted with --kernel uml:KERNEL")
                : Execute(
                    terminal, named, stored, Folder(line.GetValue(fixes), FixExtension), line.GetValue(design), line.GetValue(lists),
                    line.GetValue(schedules) ?? UsualSchedules, most, line.GetValue(json));
        });
        return command;
    }

    private static string Folder(string? folder, string extension) => folder is null ? throw new UsageException($"--fixes is missing; accepted is a folder with NAME{extension}")
        : Directory.Exists(folder) ? folder
        : throw new UsageException($"--fixes {folder}: no such folder; accepted is a folder with NAME{extension}");

    private static string? PatchOf(string? file) => file is null || File.Exists(file) ? file : throw new UsageException($"--bug {file}: no such file; accepted is a patch of the kernel");

    private static string? FileOf(string list) => File.Exists(list) ? list
        : Path.Combine(ProgramFolders.Find(HistoryFolder), list + Extension) is var entry && File.Exists(entry) ? entry : null;

    private static bool IsThere(string list) => FileOf(list) is not null;

    private static async Task<int> OnRealKernel(Terminal terminal, string list, StoredList? stored, PatchOrder order, CancellationToken stop)
    {
        if (GuestExec.KernelOf(order.Kernel) is not { Length: > 0 })
        {
            throw new UsageException($"--kernel {order.Kernel}: accepted: uml:KERNEL");
        }

        if (order.Json is { } json)
        {
            Output.CheckFile("--json", json);
        }

        string text = stored?.Text ?? await File.ReadAllTextAsync(FileOf(list)!, stop);
        return await JudgePatches.ExecuteAsync(terminal, order with { Name = stored is null ? Path.GetFileNameWithoutExtension(list) : $"bug-{list}", Text = text }, stop);
    }

    private static int Execute(Terminal terminal, string list, StoredList? stored, string folder, string? design, string? lists, int schedules, int oneIn, string? json)
    {
        if (json is not null)
        {
            Output.CheckFile("--json", json);
        }

        JudgedBug bug = Bug(list, stored, design);
        IReadOnlyList<Fix> fixes = Fixes(folder);
        Judge judge;
        try
        {
            judge = new Judge(bug, Lists(lists), schedules);
        }
        catch (ArgumentException e)
        {
            terminal.Error.WriteLine($"stress: not decided: {e.Message}");
            return ExitCodes.NotDecided;
        }

        List<JudgedFix> judged = [.. fixes.Select(judge.Of)];
        Write(terminal, bug, judge, judged, oneIn);
        var deliveries = new Deliveries(terminal);
        if (json is not null)
        {
            deliveries.Write(json, () => OutputFile.Write(json, JsonSerializer.Serialize(judged.Select(Row), RunFolder.Json) + "\n", terminal));
        }

        return deliveries.Conclude(CodeOf(judged));
    }

    // A fix that is wrong outweighs one that could not be decided.
    private static int CodeOf(IReadOnlyList<JudgedFix> judged) =>
        judged.Any(fix => IsDecided(fix) && !fix.IsAsExpected) ? ExitCodes.ExpectationFailed : judged.All(IsDecided) ? ExitCodes.Ok : ExitCodes.NotDecided;

    private static bool IsDecided(JudgedFix fix) => fix.OnList.NotModelled.Length == 0 && fix.Verdict != FixVerdict.NotSeen;

    private static JudgedBug Bug(string list, StoredList? stored, string? design)
    {
        string file = stored is null ? FileOf(list)! : $"bug {list}", text = stored?.Text ?? File.ReadAllText(file), name = Path.GetFileNameWithoutExtension(file);
        try
        {
            if (!text.StartsWith(Header, StringComparison.Ordinal))
            {
                return new JudgedBug(name, new HistorySide(Named(design ?? HistoryDesigns.All.All[0].Name), KernelSwitch.None), null, OperationList.Parse(text, file));
            }

            if (design is not null)
            {
                throw new UsageException($"--design {design}: the header of {file} says which kernel has the bug; accepted with a list without a header");
            }

            HistoryEntry entry = HistoryEntry.Parse(text, file, name);
            return new JudgedBug(name, entry.Before, entry.Holder, entry.Operations);
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static TeardownDesign Named(string design)
    {
        try
        {
            return HistoryDesigns.All.Named(design);
        }
        catch (ArgumentException)
        {
            throw new UsageException($"--design {design}: no such design{NearestWord.Hint(design, HistoryDesigns.All.All.Select(d => d.Name))}; accepted: {HistoryDesigns.All.Names}");
        }
    }

    private static IReadOnlyList<Fix> Fixes(string folder)
    {
        string[] files = [.. Directory.EnumerateFiles(folder, "*" + FixExtension).Order(StringComparer.Ordinal)];
        if (Directory.EnumerateFiles(folder, "*.patch").FirstOrDefault() is { } patch)
        {
            if (files.Length == 0)
            {
                throw new UsageException($"{patch}: a patch of a real kernel; accepted with --kernel uml:KERNEL, and without it NAME{FixExtension}");
            }
        }

        try
        {
            return files.Length > 0 ? [.. files.Select(file => Fix.Parse(File.ReadAllText(file), file, Path.GetFileNameWithoutExtension(file)))]
                : throw new UsageException($"--fixes {folder}: no fix here; accepted are files NAME{FixExtension}");
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static IReadOnlyList<(string Name, IReadOnlyList<Operation> Operations)> Lists(string? named)
    {
        string folder = named ?? ProgramFolders.Find(RecordedFolder);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*" + Extension, SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(file => (Path.GetRelativePath(folder, file), ExecCommand.Read(file).Operations))]
            : named is null ? [] : throw new UsageException($"--lists {named}: no such folder; accepted is a folder with operation lists (NAME.ops)");
    }

    private static void Write(Terminal terminal, JudgedBug bug, Judge judge, IReadOnlyList<JudgedFix> judged, int oneIn)
    {
        TextWriter o = terminal.Text;
        var table = new ScreenTable(["fix", "verdict", "why"], about: 1);
        foreach (JudgedFix fix in judged)
        {
            table.Add($"{fix.Fix.Name}\n{fix.Fix.Side}", new ScreenCell(Words(fix), fix.IsAsExpected ? "" : "bold red"), fix.Why);
        }

        table.Write(terminal.Out);
        o.WriteLine($"the bug: {bug.Name} on {bug.Before}: {HistoryEntry.NameOf(judge.OnListBefore.Verdict)}: {judge.OnListBefore.Text}");
        o.WriteLine($"tried: {Counted.Of(judge.Schedules, "schedule")} of the list and of the list without each one operation{(judge.IsExhaustive ? ", which are all" : "; there are more (--schedules)")}; {judge.BadBefore} have the bug without a fix{(judge.ListsLeftOut == 0 ? "" : $"; {Counted.Of(judge.ListsLeftOut, "recorded list")} left out, which the model of that kernel cannot execute to the end")}");
        foreach (JudgedFix fix in judged)
        {
            Details(o, fix, oneIn);
        }
    }

    private static string Words(JudgedFix fix) => $"{FixVerdictNames.Of(fix.Verdict)}{(fix.IsAsExpected ? "" : $"\n(expected: {FixVerdictNames.Of(fix.Fix.Expected)})")}";

    private static void Details(TextWriter o, JudgedFix fix, int oneIn)
    {
        o.WriteLine();
        o.WriteLine($"{fix.Fix.Name}: {Tries(fix, oneIn)}");
        o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  the same schedules without and with it: {fix.OnlyBefore} bad only without, {fix.OnlyAfter} only with (McNemar, exact: p {McNemar.ExactP(fix.OnlyBefore, fix.OnlyAfter):0.###e+0})"));
        o.WriteLine($"  answers changed while every interface lives: {Counted.Of(fix.Changed.Count, "list")}; price over {Counted.Of(fix.Price.Steps, "step")}: {Signed(fix.Price.Lookups)} look-ups, {Signed(fix.Price.Checks)} checks, {Signed(fix.Price.References)} references");
        if (fix.Shown is { } shown)
        {
            o.WriteLine($"  not clean{(shown.World.Length == 0 ? "" : $" {shown.World}")}: {shown.Found}");
            foreach (Operation operation in shown.Operations)
            {
                o.WriteLine($"      {operation.Text}");
            }
        }
    }

    private static string Tries(JudgedFix fix, int oneIn)
    {
        long needed = CleanBound.TrialsFor(oneIn), clean = fix.Schedules - fix.Bad;
        string more = fix.Bad > 0 ? $"{Counted.Of(fix.Bad, "try", "tries")} of {fix.Schedules} not clean: below one in {oneIn} cannot be claimed"
            : clean >= needed ? $"{clean} clean tries: below one in {oneIn} at 95 %, no more are needed"
            : $"{clean} clean tries; {needed - clean} more clean ones until below one in {oneIn} at 95 %";
        return $"{more}{(fix.Bad == 0 && fix.IsExhaustive ? "; there is no schedule left to try" : "")}";
    }

    private static string Signed(long n) => n.ToString("+#,0;-#,0;0", CultureInfo.InvariantCulture);

    private static object Row(JudgedFix fix) => new
    {
        fix.Fix.Name,
        Kernel = fix.Fix.Side.ToString(),
        Verdict = FixVerdictNames.Of(fix.Verdict),
        Expected = FixVerdictNames.Of(fix.Fix.Expected),
        fix.Why,
        fix.Schedules,
        fix.IsExhaustive,
        fix.Bad,
        fix.OnlyBefore,
        fix.OnlyAfter,
        fix.Changed,
        fix.Price,
        NotClean = fix.Shown is { } shown ? new { shown.World, shown.Found, Operations = shown.Operations.Select(op => op.Text) } : null,
    };
}
