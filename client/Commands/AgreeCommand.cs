using System.CommandLine;
using System.Globalization;
using Stress.Client.Lines;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Stress.Guests;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress agree DIR</c>: runs every recorded list of a folder and its subfolders on the models and compares, a line for each kernel and folder. Next to
/// <c>NAME.ops</c> it takes <c>NAME.KERNEL.txt</c> for answers (<see cref="RecordedKernel.All"/>); a <c>verdicts.tsv</c> holds verdicts for the lists beside and below it.
/// </summary>
public static class AgreeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder with operation lists and what real stacks answered." };
        var conditions = new Option<string?>("--conditions") { Description = "The conditions of lists whose header says none, as in a header (docs/operations.md)." };
        var coverage = new Option<bool>("--coverage") { Description = "Then print which functions and lines of emulator/Kernel the lists with an answer of NetBSD 4.0.1 have executed, beside those of scenarios/troxel-2005.yaml." };
        var command = new Command("agree", "Compare the stacks' models with recorded real stacks (exit 1 when too few steps agree, 5 when a step is not modelled).") { folder, conditions, coverage };
        command.SetAction(line => Execute(terminal.Text, line.GetValue(folder)!, line.GetValue(conditions), line.GetValue(coverage)));
        return command;
    }

    private static int Execute(TextWriter writer, string folder, string? conditions, bool coverage)
    {
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"{folder}: no such folder; accepted is a folder with operation lists (NAME.ops) and their recordings");
        }

        RecordingConditions? given = ExecCommand.ConditionsOf(conditions);
        var answers = new Dictionary<(RecordedKernel, string), Agreement>();
        var verdicts = new Dictionary<(RecordedKernel, string), VerdictAgreement>();
        var unknown = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (string list in Files(folder, "*.ops"))
        {
            AddAnswers(folder, list, given, answers, unknown);
        }

        foreach (string table in Files(folder, "verdicts.tsv"))
        {
            AddVerdicts(folder, table, given, verdicts, unknown);
        }

        if (answers.Count + verdicts.Count == 0)
        {
            throw new UsageException($"{folder}: nothing recorded here; accepted are NAME.ops with NAME.netbsd-7.txt or NAME.linux-6.18.txt beside it, or verdicts.tsv");
        }

        bool reached = true, undecided = false;
        foreach (RecordedKernel kernel in RecordedKernel.All)
        {
            foreach (((_, string part), Agreement agreement) in answers.Where(a => a.Key.Item1 == kernel))
            {
                reached &= Print(writer, agreement, part);
                undecided |= agreement.NotModelled.Count > 0;
            }

            foreach (((_, string part), VerdictAgreement agreement) in verdicts.Where(a => a.Key.Item1 == kernel))
            {
                reached &= Print(writer, agreement, part);
                undecided |= agreement.NotModelled.Count > 0;
            }
        }

        foreach ((string kernel, int recordings) in unknown)
        {
            writer.WriteLine($"not compared: {Counted.Of(recordings, "recording")} of {kernel}, which no stack models");
        }

        if (coverage)
        {
            PrintCoverage(writer, folder);
        }

        return !reached ? ExitCodes.ExpectationFailed : undecided ? ExitCodes.NotDecided : ExitCodes.Ok;
    }

    private static string[] Files(string folder, string pattern) => [.. Directory.EnumerateFiles(folder, pattern, SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static void AddAnswers(string folder, string list, RecordingConditions? given, Dictionary<(RecordedKernel, string), Agreement> answers, SortedDictionary<string, int> unknown)
    {
        string name = Path.GetFileNameWithoutExtension(list);
        string[] recordings = Directory.GetFiles(Path.GetDirectoryName(list)!, $"{name}.*.txt");
        if (recordings.Length == 0)
        {
            return;
        }

        OperationFile file = Read(list, given);
        foreach (string recording in recordings.Order(StringComparer.Ordinal))
        {
            string kernelName = Path.GetFileNameWithoutExtension(recording)[(name.Length + 1)..];
            if (RecordedKernel.Named(kernelName) is not { } kernel)
            {
                unknown[kernelName] = unknown.GetValueOrDefault(kernelName) + 1;
                continue;
            }

            (RecordedKernel, string) key = (kernel, Part(folder, list));
            (answers.TryGetValue(key, out Agreement? agreement) ? agreement : answers[key] = new Agreement(kernel)).Add(name, file, Recording.Parse(File.ReadAllText(recording)));
        }
    }

    private static void AddVerdicts(string folder, string table, RecordingConditions? given, Dictionary<(RecordedKernel, string), VerdictAgreement> verdicts, SortedDictionary<string, int> unknown)
    {
        try
        {
            foreach (RecordedVerdict verdict in VerdictTable.Parse(File.ReadAllText(table)))
            {
                if (RecordedKernel.Of(verdict) is not { } kernel)
                {
                    unknown[verdict.Kernel] = unknown.GetValueOrDefault(verdict.Kernel) + 1;
                    continue;
                }

                string list = Path.Combine(Path.GetDirectoryName(table)!, verdict.List + ".ops");
                (RecordedKernel, string) key = (kernel, Part(folder, list));
                (verdicts.TryGetValue(key, out VerdictAgreement? agreement) ? agreement : verdicts[key] = new VerdictAgreement(kernel)).Add(verdict, Read(list, given));
            }
        }
        catch (FormatException e) when (e is not OperationListException)
        {
            throw new UsageException($"{Path.GetDirectoryName(table)}: {e.Message}");
        }
    }

    // Every list with an answer of a kernel that the main one stands for, and every one that such a kernel has a verdict on, with the verdict's design.
    private static void PrintCoverage(TextWriter writer, string folder)
    {
        var work = new SortedSet<(string List, string Stack, string Design)>();
        foreach (string list in Files(folder, "*.ops"))
        {
            string name = Path.GetFileNameWithoutExtension(list);
            foreach (string recording in Directory.GetFiles(Path.GetDirectoryName(list)!, $"{name}.*.txt"))
            {
                Add(list, RecordedKernel.Named(Path.GetFileNameWithoutExtension(recording)[(name.Length + 1)..]));
            }
        }

        foreach (string table in Files(folder, "verdicts.tsv"))
        {
            foreach (RecordedVerdict verdict in VerdictTable.Parse(File.ReadAllText(table)))
            {
                Add(Path.Combine(Path.GetDirectoryName(table)!, verdict.List + ".ops"), RecordedKernel.Of(verdict));
            }
        }

        KernelCoverage coverage = KernelCoverage.Of([.. work.Select(w => w.List)], [.. work.Select(w => w.Stack)], [.. work.Select(w => w.Design)], Path.Combine(ProgramFolders.Find("scenarios"), "troxel-2005.yaml"));
        IReadOnlyList<FunctionCoverage> functions = coverage.Functions;
        writer.WriteLine($"coverage: {Counted.Of(work.Count, "run")} of lists with a real answer executed {Share(functions.Sum(f => f.ByLists), functions.Sum(f => f.Lines))} of the lines of emulator/Kernel, in {Share(functions.Count(f => f.ByLists > 0), functions.Count)} of its functions");
        writer.WriteLine($"coverage: of the lines that troxel-2005 executes ({KernelCoverage.Sites} sites, {KernelCoverage.Windows} windows) {Share(functions.Sum(f => f.ByBoth), functions.Sum(f => f.ByScenario))}");
        foreach (FunctionCoverage f in functions)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {f.File + " " + f.Function,-72} {f.ByLists,4} of {f.Lines,3} lines, {f.ByBoth,4} of {f.ByScenario,3} that the scenario executes"));
        }

        foreach (string line in coverage.OnlyScenario)
        {
            writer.WriteLine($"  only the scenario: {line}");
        }

        void Add(string list, RecordedKernel? kernel)
        {
            if (kernel?.Stack == StackCatalog.NetBsd401)
            {
                work.Add((list, kernel.Stack, kernel.Design));
            }
        }
    }

    private static OperationFile Read(string list, RecordingConditions? given)
    {
        OperationFile file = ExecCommand.Read(list);
        return file with { Conditions = file.Conditions ?? given };
    }

    // The lists of one folder are of one kind.
    private static string Part(string folder, string list) => Path.GetRelativePath(folder, Path.GetDirectoryName(list)!);

    private static string Of(string part) => part == "." ? "" : $", {part}";

    private static bool Print(TextWriter writer, Agreement agreement, string part)
    {
        string what = $"{agreement.Kernel.Name}{Of(part)}";
        foreach (DifferingStep step in agreement.NotModelled)
        {
            writer.WriteLine($"{what}: not decided: {step.List} step {step.Step} ({step.Operation}) is not modelled; real {step.Recorded}");
        }

        foreach ((string list, RecordingConditions conditions) in agreement.FoundConditions)
        {
            writer.WriteLine($"{what}: {list} has no header; its answers are those of: {RecordingConditions.Header} {conditions}");
        }

        if (agreement.Compared == 0)
        {
            return true;
        }

        bool reached = agreement.IsReached;
        writer.WriteLine($"{what}: {Counted.Of(agreement.Lists, "list")}, {Share(agreement.Agreed, agreement.Compared)} of the steps agree, needed {Percent(agreement.Kernel.NeededSteps)}; {Share(agreement.SameEnd, agreement.Lists)} end alike, needed {Percent(agreement.Kernel.NeededVerdicts)}, {Counted.Of(agreement.Deaths, "real death")}; {(agreement.Kernel.HasFrames ? $"frames of {Share(agreement.SameFrames, agreement.Drains)} drains" : "its recordings have no frames")}{(agreement.Otherwise.Count == 0 ? "" : $"; {Counted.Of(agreement.Otherwise.Count, "step")} more hang on how fast the list ran")}{(reached ? "" : ": not reached")}");
        foreach (OperationShare share in agreement.Operations)
        {
            writer.WriteLine($"  {share.Operation,-10} {Share(share.Agreed, share.Compared)}");
        }

        foreach (DifferingStep step in agreement.Differing)
        {
            writer.WriteLine($"  differs: {step.List} step {step.Step} ({step.Operation}): real {step.Recorded}, model {step.Modelled}");
        }

        foreach (DifferingStep step in agreement.Otherwise)
        {
            writer.WriteLine($"  depends on time: {step.List} step {step.Step} ({step.Operation}): real {step.Recorded}, model {step.Modelled}, or that");
        }

        foreach (DifferingStep step in agreement.DifferingFrames)
        {
            writer.WriteLine($"  frames differ: {step.List} step {step.Step} ({step.Operation}): real {step.Recorded}, model {step.Modelled}");
        }

        return reached;
    }

    private static bool Print(TextWriter writer, VerdictAgreement side, string part)
    {
        string what = $"verdicts {side.Kernel.Name}{Of(part)}";
        foreach (DifferingVerdict list in side.NotModelled)
        {
            writer.WriteLine($"{what}: not decided: {list.Recorded.List}: real {list.Recorded.Text}; model {list.Modelled}");
        }

        if (side.Lists == 0)
        {
            return true;
        }

        bool reached = side.IsReached;
        writer.WriteLine($"{what}: {Share(side.SameVerdict, side.Lists)} the same, needed {Percent(side.Kernel.NeededVerdicts)}; first step and function of failing lists {Share(side.SameFirst, side.Dirty)}, needed {Percent(side.Kernel.NeededFirst)}{(side.FirstInTimer == 0 ? "" : $", {Counted.Of(side.FirstInTimer, "list")} more failed first in an armed timer")}; every access {Share(side.SameText, side.Lists)}{(reached ? "" : ": not reached")}");
        foreach (DifferingVerdict differing in side.Differing)
        {
            writer.WriteLine($"  differs: {differing.Recorded.List}: real {differing.Recorded.Text}");
            writer.WriteLine($"    model {differing.Modelled}");
        }

        return reached;
    }

    private static string Percent(int basisPoints) => string.Create(CultureInfo.InvariantCulture, $"{basisPoints / 100m:0.##} %");

    internal static string Share(int part, int whole) => whole == 0
        ? "0 of 0"
        : string.Create(CultureInfo.InvariantCulture, $"{part} of {whole} ({100m * part / whole:F2} %)");
}
