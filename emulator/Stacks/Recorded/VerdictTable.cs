using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Emulator.Stacks.Recorded;

/// <summary>What AddressSanitizer said of a real kernel for one list.</summary>
/// <param name="List">The list's name.</param>
/// <param name="Side"><c>fix-out</c> or <c>fix-in</c>.</param>
/// <param name="Text">As recorded.</param>
/// <param name="FirstStep">Step of the first bad access, 0 for a clean run.</param>
/// <param name="FirstFunction">Its function, empty for a clean run.</param>
public sealed record RecordedVerdict(string List, string Side, string Text, int FirstStep, string FirstFunction)
{
    /// <summary>No bad access.</summary>
    public bool IsClean => FirstStep == 0;

    /// <summary>The design of <c>netbsd-7</c> that the side stands for.</summary>
    public string Design => Side == "fix-in" ? "purge-flagged" : "netbsd-2005";
}

/// <summary>Reader of <c>teardown/verdicts.tsv</c>.</summary>
public static partial class VerdictTable
{
    /// <summary>Parses the table: list, side and verdict, parted by tabs.</summary>
    /// <exception cref="FormatException">A line without three columns, or a verdict of another form.</exception>
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
            Match first = columns.Length == 3 ? FirstAccess().Match(columns[2]) : Match.Empty;
            if (columns.Length != 3 || columns[1] is not ("fix-in" or "fix-out") || (columns[2] != "clean" && !first.Success))
            {
                throw new FormatException($"verdicts.tsv:{i + 1}: expected LIST, fix-in or fix-out, and 'clean' or 'step N (OPERATION): ... in FUNCTION (FILE)', parted by tabs");
            }

            verdicts.Add(columns[2] == "clean"
                ? new RecordedVerdict(columns[0], columns[1], columns[2], 0, "")
                : new RecordedVerdict(columns[0], columns[1], columns[2], int.Parse(first.Groups["step"].Value, CultureInfo.InvariantCulture), first.Groups["function"].Value));
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

/// <summary>The comparison of verdicts on one side (fix in or out).</summary>
public sealed class VerdictAgreement(string side)
{
    private readonly List<DifferingVerdict> differing = [];
    private readonly List<DifferingVerdict> undecided = [];

    /// <summary><c>fix-out</c> or <c>fix-in</c>.</summary>
    public string Side { get; } = side;

    /// <summary>Lists compared.</summary>
    public int Lists { get; private set; }

    /// <summary>Lists on which both say clean, or both say otherwise.</summary>
    public int SameVerdict { get; private set; }

    /// <summary>Lists that the real kernel failed.</summary>
    public int Dirty { get; private set; }

    /// <summary>Of those, lists with the same first step and function.</summary>
    public int SameFirst { get; private set; }

    /// <summary>Lists whose whole verdict text is the same.</summary>
    public int SameText { get; private set; }

    /// <summary>Lists whose text is not the same.</summary>
    public IReadOnlyList<DifferingVerdict> Differing => differing;

    /// <summary>Lists with an operation that is not modelled: they are compared with nothing, and are no part of the other counts.</summary>
    public IReadOnlyList<DifferingVerdict> NotModelled => undecided;

    /// <summary>Runs a list under the side's design and compares.</summary>
    public void Add(RecordedVerdict recorded, IReadOnlyList<Operation> operations)
    {
        OperationRun run = new OperationRunner(StackCatalog.Create(StackCatalog.NetBsd7, recorded.Design, recorded.List)).Run(operations);
        if (!run.IsDecided)
        {
            undecided.Add(new DifferingVerdict(recorded, run.Verdict));
            return;
        }

        Lists++;
        StackOracle oracle = run.Stack.Oracle;
        SameVerdict += oracle.IsClean == recorded.IsClean ? 1 : 0;
        if (!recorded.IsClean)
        {
            Dirty++;
            SameFirst += !oracle.IsClean && oracle.Accesses[0].Step == recorded.FirstStep && oracle.Accesses[0].Function == recorded.FirstFunction ? 1 : 0;
        }

        if (oracle.Verdict == recorded.Text)
        {
            SameText++;
        }
        else
        {
            differing.Add(new DifferingVerdict(recorded, oracle.Verdict));
        }
    }
}
