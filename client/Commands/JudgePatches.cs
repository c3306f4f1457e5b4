using System.Globalization;
using System.Text.Json;
using Stress.Client.RealStacks;
using Stress.Client.Screen;
using Stress.Emulator.Exploration.Judging;
using Stress.Emulator.Stacks;
using Stress.Guests;
using Stress.Guests.Judging;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary>The options of <c>judge</c> for a real kernel.</summary>
/// <param name="Name">The list's name.</param>
/// <param name="Text">Its text.</param>
/// <param name="Folder">Folder with the patches.</param>
/// <param name="Kernel">The kernel without one, <c>uml:NAME</c>.</param>
/// <param name="Fault">A fault to switch on while the list runs; null for none.</param>
/// <param name="Bug">A patch that is the bug: it goes in before each fix; null for none.</param>
/// <param name="Lists">Folder with lists whose answers may not change; null for the recorded ones.</param>
/// <param name="Tries">Boots of the list with each kernel.</param>
/// <param name="Seed">The first boot's seed.</param>
/// <param name="OneIn">The claim that clean tries are counted for.</param>
/// <param name="Json">File for the verdicts; null for none.</param>
public sealed record PatchOrder(string Name, string Text, string Folder, string Kernel, string? Fault, string? Bug, string? Lists, int Tries, ulong Seed, int OneIn, string? Json);

/// <summary><c>stress judge LIST --fixes DIR --kernel uml:NAME</c>: which patch of a real kernel ends what the list shows (docs/judge.md).</summary>
public static class JudgePatches
{
    /// <summary>How a patch's file ends.</summary>
    public const string Extension = KernelBuilder.PatchExtension;

    private const string Expect = "expect:";
    private const int Batch = 60;

    /// <summary>Builds what is not built yet, boots, says the verdicts.</summary>
    /// <param name="terminal">Takes the verdicts.</param>
    /// <param name="order">What is asked.</param>
    /// <param name="stop">Ends it.</param>
    public static async Task<int> ExecuteAsync(Terminal terminal, PatchOrder order, CancellationToken stop)
    {
        IReadOnlyList<(string File, FixVerdict Expected)> patches = Patches(order.Folder, order.Bug);
        GuestExec.Check(order.Name, order.Text);
        GuestCache cache = GuestCache.OfUser();
        ListRun run = await ListRun.OpenAsync(cache, GuestExec.KernelOf(order.Kernel)!, terminal.Error.WriteLine, stop);
        GuestKernel patient = run.Kernel;
        if (!patient.Kasan)
        {
            throw new UsageException($"--kernel {order.Kernel}: it was built without KASAN, so a report would not be seen; accepted: a kernel of kernel build without --plain");
        }

        if (order.Fault is { } fault && !patient.Faults.Contains(fault))
        {
            throw new UsageException($"--fault {fault} --kernel {order.Kernel}: that kernel was built without it; accepted: a fault of {string.Join(", ", KernelFaults.All.Select(f => f.Name))} on a kernel of kernel build --faults");
        }

        // A patch that does not apply, or does not build, is refused before any kernel is booted.
        var builder = new KernelBuilder(cache);
        foreach (string file in order.Bug is { } first ? [first] : patches.Select(patch => patch.File))
        {
            await builder.CheckFixAsync(patient, file, stop);
        }

        async Task<GuestKernel> Build(params IReadOnlyList<string> files)
        {
            string name = Path.GetFileName(files[^1]);
            (GuestKernel kernel, bool isNew) = await builder.BuildFixAsync(patient, files, Progress(terminal, name), stop);
            terminal.Error.WriteLine(isNew ? string.Create(CultureInfo.InvariantCulture, $"{name}: built in {kernel.BuildCpuSeconds:F0} CPU-seconds") : $"{name}: built before");
            return kernel;
        }

        GuestKernel sick = order.Bug is null ? patient : await Build(order.Bug);
        var built = new List<GuestKernel>();
        foreach ((string file, _) in patches)
        {
            built.Add(order.Bug is null ? await Build(file) : await Build(order.Bug, file));
        }

        IReadOnlyList<(string Name, string Text)> lists = Lists(order.Lists);
        JudgedKernel Of(GuestKernel kernel) => new(cache, run.With(kernel), order, lists, terminal, stop);
        return await Task.Run(() => Conclude(terminal, order, Of(sick), Of(patient), [.. patches.Zip(built, (patch, kernel) => (Path.GetFileNameWithoutExtension(patch.File), patch.Expected, (IJudgedKernel)Of(kernel)))], [.. lists.Select(l => l.Name)]), stop);
    }

    /// <summary>Judges kernels that are there.</summary>
    /// <param name="terminal">Takes the verdicts.</param>
    /// <param name="order">What was asked.</param>
    /// <param name="patient">The kernel without a fix.</param>
    /// <param name="healthy">The kernel whose answers a fix may not change.</param>
    /// <param name="fixes">Those with one, and what is expected of each.</param>
    /// <param name="lists">Names of the lists whose answers may not change.</param>
    public static int Conclude(Terminal terminal, PatchOrder order, IJudgedKernel patient, IJudgedKernel healthy, IReadOnlyList<(string Name, FixVerdict Expected, IJudgedKernel Kernel)> fixes, IReadOnlyList<string> lists)
    {
        PatchJudge judge;
        try
        {
            judge = new PatchJudge(patient, healthy, lists, order.Tries, order.Seed);
        }
        catch (ArgumentException e)
        {
            terminal.Error.WriteLine($"stress: not decided: {order.Name}: {e.Message}");
            return ExitCodes.NotDecided;
        }

        List<JudgedPatch> judged = [.. fixes.Select(fix => judge.Of(fix.Name, fix.Expected, fix.Kernel))];
        Write(terminal, order, patient, judge, judged, lists.Count);
        var deliveries = new Deliveries(terminal);
        if (order.Json is { } json)
        {
            deliveries.Write(json, () => OutputFile.Write(json, JsonSerializer.Serialize(judged.Select(Row), RunFolder.Json) + "\n", terminal));
        }

        return deliveries.Conclude(
            judged.Any(patch => patch.Verdict != FixVerdict.NotSeen && !patch.IsAsExpected) ? ExitCodes.ExpectationFailed
            : judged.All(patch => patch.Verdict != FixVerdict.NotSeen) ? ExitCodes.Ok : ExitCodes.NotDecided);
    }

    // What the file expects stands before the first line of the difference, where patch passes over it, and in a comment of a semantic patch.
    private static IReadOnlyList<(string File, FixVerdict Expected)> Patches(string folder, string? bug)
    {
        string[] files =
        [
            .. Directory.EnumerateFiles(folder).Where(file => file.EndsWith(Extension, StringComparison.Ordinal) || file.EndsWith(KernelBuilder.SemanticExtension, StringComparison.Ordinal))
                .Where(file => bug is null || Path.GetFullPath(file) != Path.GetFullPath(bug)).Order(StringComparer.Ordinal),
        ];
        return files.Length > 0 ? [.. files.Select(file => (file, Expected(file)))] : throw new UsageException($"--fixes {folder}: no patch here; accepted with --kernel are files NAME{Extension} and NAME{KernelBuilder.SemanticExtension}");
    }

    private static FixVerdict Expected(string file)
    {
        string[] lines = [.. File.ReadAllLines(file).Select(line => line.StartsWith("// ", StringComparison.Ordinal) ? line[3..] : line)];
        for (int n = 0; n < lines.Length && !lines[n].StartsWith("--- ", StringComparison.Ordinal) && !lines[n].StartsWith("diff ", StringComparison.Ordinal); n++)
        {
            if (lines[n].StartsWith(Expect, StringComparison.Ordinal))
            {
                string word = lines[n][Expect.Length..].Trim();
                return FixVerdictNames.Named(word) ?? throw new UsageException($"{file}:{n + 1}: '{word}' is not a verdict; accepted: {string.Join(", ", FixVerdictNames.All)}");
            }
        }

        return FixVerdict.Ends;
    }

    // Lists that the agent executes whole: what only a model can execute has no answer to compare.
    private static IReadOnlyList<(string Name, string Text)> Lists(string? named)
    {
        string folder = named ?? ProgramFolders.Find(JudgeCommand.RecordedFolder);
        return Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, "*.ops", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Select(file => (Path.GetRelativePath(folder, Path.ChangeExtension(file, null)).Replace(Path.DirectorySeparatorChar, '.'), File.ReadAllText(file)))]
            : named is null ? [] : throw new UsageException($"--lists {named}: no such folder; accepted is a folder with operation lists (NAME.ops)");
    }

    private static Action<BuildProgress> Progress(Terminal terminal, string patch) =>
        BuildLines.On(terminal, progress => $"{patch}: {progress.Step}{(progress.Done == 0 ? "" : $", {Counted.Of(progress.Done, "file")}")}");

    private static void Write(Terminal terminal, PatchOrder order, IJudgedKernel patient, PatchJudge judge, IReadOnlyList<JudgedPatch> judged, int lists)
    {
        TextWriter o = terminal.Text;
        var table = new ScreenTable(["patch", "verdict", "why"], about: 1);
        foreach (JudgedPatch patch in judged)
        {
            table.Add(patch.Patch, new ScreenCell($"{FixVerdictNames.Of(patch.Verdict)}{(patch.IsAsExpected ? "" : $"\n(expected: {FixVerdictNames.Of(patch.Expected)})")}", patch.IsAsExpected ? "" : "bold red"), patch.Why);
        }

        table.Write(terminal.Out);
        o.WriteLine($"the bug: {order.Name} on {patient.Name}{(order.Fault is null ? "" : $" with {order.Fault}")}: {judge.Title}");
        o.WriteLine($"tried: {Counted.Of(order.Tries, "boot")} each, seeds {order.Seed} to {order.Seed + (ulong)order.Tries - 1}; {judge.Before.Count(t => t.Titles.Count > 0)} have a report without a patch. One processor, no pre-emption: other orders than these are not tried");
        foreach (JudgedPatch patch in judged)
        {
            o.WriteLine();
            o.WriteLine($"{patch.Patch}: {Tries(patch, order.OneIn)}");
            o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  the same seeds without and with it: {patch.OnlyBefore} bad only without, {patch.OnlyAfter} only with (McNemar, exact: p {McNemar.ExactP(patch.OnlyBefore, patch.OnlyAfter):0.###e+0})"));
            string answers = patch.MoreCpu is null ? "answers not compared: the verdict is known without them" : lists == 0 ? "answers not compared: there are no recorded lists here (--lists)" : $"answers changed, without the fault: {Counted.Of(patch.Changed.Count, "list")} of {lists}";
            o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {answers}; price: {patch.MoreBytes:+#,0;-#,0;0} bytes of the program{(patch.MoreCpu is { } cpu ? string.Create(CultureInfo.InvariantCulture, $", {cpu:+0.##;-0.##;0} CPU-seconds over these lists (a busy machine makes it more)") : "")}"));
        }
    }

    private static string Tries(JudgedPatch patch, int oneIn)
    {
        long needed = CleanBound.TrialsFor(oneIn), clean = patch.Tries - patch.Bad;
        return patch.Bad > 0 ? $"{Counted.Of(patch.Bad, "try", "tries")} of {patch.Tries} not clean: below one in {oneIn} cannot be claimed"
            : clean >= needed ? $"{clean} clean tries: below one in {oneIn} at 95 %, no more are needed"
            : $"{clean} clean tries; {needed - clean} more clean ones until below one in {oneIn} at 95 %";
    }

    private static object Row(JudgedPatch patch) => new
    {
        Name = patch.Patch, Verdict = FixVerdictNames.Of(patch.Verdict), Expected = FixVerdictNames.Of(patch.Expected), patch.Why, patch.Tries, patch.Bad, patch.OnlyBefore, patch.OnlyAfter, patch.Changed, patch.MoreBytes, patch.MoreCpu,
    };

    private sealed class JudgedKernel(GuestCache cache, ListRun run, PatchOrder order, IReadOnlyList<(string Name, string Text)> lists, Terminal terminal, CancellationToken stop) : IJudgedKernel
    {
        public string Name => run.Kernel.Name;

        public long Bytes => KernelBuilder.BytesInTree(cache, run.Kernel);

        public Trial Try(ulong seed)
        {
            ListResult result = run.Run([(order.Name, order.Text)], seed, order.Fault, stop);
            stop.ThrowIfCancellationRequested();
            return Trial.Of(result);
        }

        public double Answer(out IReadOnlyList<IReadOnlyList<string>> answers)
        {
            double cpu = 0;
            var batches = new ListBatches(
                some =>
                {
                    ListResult result = run.Run(some, order.Seed, null, stop, apart: true);
                    stop.ThrowIfCancellationRequested();
                    cpu += result.End.Cpu.TotalSeconds;
                    return result;
                },
                Batch);
            IReadOnlyList<BatchedList> results = batches.Run(lists, done => terminal.Error.WriteLine($"{Name}: {done} of {Counted.Of(lists.Count, "recorded list")}"));
            answers = [.. results.Select(result => result.Answers)];
            return cpu;
        }
    }
}
