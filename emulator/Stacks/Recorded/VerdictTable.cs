using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Emulator.Stacks.Recorded;

/// <summary>What AddressSanitizer said of a real kernel for one list.</summary>
/// <param name="List">The list's path from the table's folder, without extension.</param>
/// <param name="Kernel">The kernel's name: <c>netbsd-7</c> where the table does not say it.</param>
/// <param name="Side"><c>fix-out</c> or <c>fix-in</c>.</param>
/// <param name="Text">As recorded.</param>
/// <param name="FirstStep">Step of the first bad access, 0 for a clean run.</param>
/// <param name="FirstFunction">Its function, empty for a clean run.</param>
public sealed record RecordedVerdict(string List, string Kernel, string Side, string Text, int FirstStep, string FirstFunction)
{
    /// <summary>No bad access.</summary>
    public bool IsClean => FirstStep == 0;
}

/// <summary>Reader of <c>verdicts.tsv</c>.</summary>
public static partial class VerdictTable
{
    private const string UnnamedKernel = "netbsd-7";

    /// <summary>Parses the table: list, kernel (or nothing for <c>netbsd-7</c>), side and verdict, separated by tabs.</summary>
    /// <exception cref="FormatException">A line without three or four columns, a side or a verdict of another form.</exception>
    public static IReadOnlyList<RecordedVerdict> Parse(string text)
    {
        var verdicts = new List<RecordedVerdict>();
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].TrimEnd('\r');
            if (line.Length == 0)
            {
                continue;
            }

            string[] columns = line.Split('\t');
            Match first = FirstAccess().Match(columns[^1]);
            if (columns.Length is not (3 or 4) || columns[^2] is not ("fix-in" or "fix-out") || (columns[^1] != "clean" && !first.Success))
            {
                throw new FormatException($"verdicts.tsv:{i + 1}: expected LIST, the kernel's name or nothing for {UnnamedKernel}, fix-in or fix-out, and 'clean' or 'step N (OPERATION): ... in FUNCTION (FILE)', separated by tabs");
            }

            int step = columns[^1] == "clean" ? 0 : int.Parse(first.Groups["step"].Value, CultureInfo.InvariantCulture);
            verdicts.Add(new RecordedVerdict(columns[0], columns.Length == 4 ? columns[1] : UnnamedKernel, columns[^2], columns[^1], step, step == 0 ? "" : first.Groups["function"].Value));
        }

        return verdicts;
    }

    [GeneratedRegex(@"^step (?<step>\d+) \([^)]*\): .*? in (?<function>\w+)")]
    private static partial Regex FirstAccess();
}

/// <summary>A list whose verdict differs.</summary>
/// <param name="Recorded">The real kernel's verdict.</param>
/// <param name="Modelled">The model's.</param>
public sealed record DifferingVerdict(RecordedVerdict Recorded, string Modelled);

/// <summary>The comparison of verdicts of one kernel: one side, fix in or out.</summary>
public sealed class VerdictAgreement(RecordedKernel kernel)
{
    private readonly List<DifferingVerdict> differing = [];
    private readonly List<DifferingVerdict> undecided = [];

    /// <summary>The kernel compared.</summary>
    public RecordedKernel Kernel { get; } = kernel;

    /// <summary>Lists compared.</summary>
    public int Lists { get; private set; }

    /// <summary>Lists on which both say clean, or both say otherwise.</summary>
    public int SameVerdict { get; private set; }

    /// <summary>Lists that the real kernel failed.</summary>
    public int Dirty { get; private set; }

    /// <summary>Of those, lists with the same first step and function.</summary>
    public int SameFirst { get; private set; }

    /// <summary>
    /// Lists that the real kernel failed first in a timer that had no call behind it, at a step during which that timer was armed in the model too: when it fires is random,
    /// and a list says no time. They are not part of <see cref="Dirty"/>.
    /// </summary>
    public int FirstInTimer { get; private set; }

    /// <summary>Lists whose whole verdict text is the same.</summary>
    public int SameText { get; private set; }

    /// <summary>Lists whose text is not the same.</summary>
    public IReadOnlyList<DifferingVerdict> Differing => differing;

    /// <summary>Lists with an operation that is not modelled: they are not compared, and are not part of the other counts.</summary>
    public IReadOnlyList<DifferingVerdict> NotModelled => undecided;

    /// <summary>True when verdicts, first steps and functions agree as far as the kernel needs.</summary>
    public bool IsReached => (long)SameVerdict * 10_000 >= (long)Lists * Kernel.NeededVerdicts && (long)SameFirst * 10_000 >= (long)Dirty * Kernel.NeededFirst;

    /// <summary>Runs a list on the kernel's model and compares.</summary>
    public void Add(RecordedVerdict recorded, OperationFile file)
    {
        OperationRun run = new OperationRunner(StackCatalog.Create(Kernel.Stack, Kernel.Design, file.Conditions)).Run(file.Operations);
        if (!run.IsDecided)
        {
            undecided.Add(new DifferingVerdict(recorded, run.Verdict));
            return;
        }

        Lists++;
        StackOracle oracle = run.Stack.Oracle;
        BadAccess? first = oracle.SeenBySanitizer.FirstOrDefault();
        bool isSameFirst = first is not null && first.Step == recorded.FirstStep && first.Function == recorded.FirstFunction;
        if (!recorded.IsClean && !isSameFirst && oracle.MayHaveUsed(recorded.FirstStep, recorded.FirstFunction))
        {
            FirstInTimer++;
            SameVerdict++;
        }
        else
        {
            SameVerdict += first is null == recorded.IsClean ? 1 : 0;
            Dirty += recorded.IsClean ? 0 : 1;
            SameFirst += isSameFirst ? 1 : 0;
        }

        if (oracle.SanitizerVerdict == recorded.Text)
        {
            SameText++;
        }
        else
        {
            differing.Add(new DifferingVerdict(recorded, oracle.SanitizerVerdict));
        }
    }
}
