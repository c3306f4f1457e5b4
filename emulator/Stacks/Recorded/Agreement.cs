namespace Stress.Emulator.Stacks.Recorded;

/// <summary>A step in which a model and a real stack differ.</summary>
/// <param name="List">The list's name.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Operation">The operation's text.</param>
/// <param name="Recorded">What the real stack answered: value and error.</param>
/// <param name="Modelled">What the model answered.</param>
public sealed record DifferingStep(string List, int Step, string Operation, string Recorded, string Modelled);

/// <summary>How many steps of one operation were compared, and how many agreed.</summary>
/// <param name="Operation">The operation's word.</param>
/// <param name="Compared">Steps compared.</param>
/// <param name="Agreed">Steps with the same value and error.</param>
public sealed record OperationShare(string Operation, int Compared, int Agreed);

/// <summary>
/// The comparison of a stack's model with recorded answers: value and error of every step, and on request kind and destination of drained frames.
/// </summary>
/// <param name="stack">The stack compared.</param>
/// <param name="comparesFrames">
/// Frames count too. Membership reports of Linux are left out: a timer drives them, so they depend on how fast the recording ran.
/// </param>
public sealed class Agreement(string stack, bool comparesFrames = false)
{
    private readonly SortedDictionary<OperationKind, (int Compared, int Agreed)> perOperation = [];
    private readonly List<DifferingStep> differing = [];
    private readonly List<DifferingStep> undecided = [];

    /// <summary>The stack compared.</summary>
    public string Stack { get; } = stack;

    /// <summary>Lists compared.</summary>
    public int Lists { get; private set; }

    /// <summary>Steps compared.</summary>
    public int Compared => perOperation.Values.Sum(v => v.Compared);

    /// <summary>Steps that agreed.</summary>
    public int Agreed => perOperation.Values.Sum(v => v.Agreed);

    /// <summary>Share of each operation, in the order of the language.</summary>
    public IReadOnlyList<OperationShare> Operations =>
        [.. perOperation.Select(p => new OperationShare(OperationList.NameOf(p.Key), p.Value.Compared, p.Value.Agreed))];

    /// <summary>Every step that differs.</summary>
    public IReadOnlyList<DifferingStep> Differing => differing;

    /// <summary>Steps that the model does not model: they are compared with nothing, and count neither as agreed nor as differing.</summary>
    public IReadOnlyList<DifferingStep> NotModelled => undecided;

    /// <summary>True when at least so many hundredths of a percent of the steps agree: 9900 is 99 %.</summary>
    public bool Reaches(int basisPoints) => Compared > 0 && (long)Agreed * 10_000 >= (long)Compared * basisPoints;

    /// <summary>
    /// Runs a list on the model and compares it with its recording. A step that only one side has differs, except the step in which the model's kernel
    /// dies: a kernel that died there answered nothing either.
    /// </summary>
    public OperationRun Add(string list, IReadOnlyList<Operation> operations, IReadOnlyList<RecordedAnswer> recorded, string? design = null)
    {
        Lists++;
        OperationRun run = new OperationRunner(StackCatalog.Create(Stack, design, list)).Run(operations);
        for (int i = 0; i < Math.Max(Math.Min(recorded.Count, operations.Count), run.Steps.Count); i++)
        {
            StepResult? step = i < run.Steps.Count ? run.Steps[i] : null;
            RecordedAnswer? answer = i < recorded.Count ? recorded[i] : null;
            Operation operation = step?.Operation ?? operations[i];
            string modelled = step is null ? "(process died)" : Describe(step.Result.Value, step.Result.Error?.ToString() ?? "", step.Result.Frames.Select(Text));
            string real = answer is null ? "(no answer recorded)" : Describe(answer.Value, answer.Error, answer.Frames);
            if (step is { Result.IsModelled: false })
            {
                undecided.Add(new DifferingStep(list, i + 1, operation.Text, real, modelled));
                continue;
            }

            bool bothDied = answer is null && i == run.Steps.Count - 1 && run.Stack.Oracle.HasDied;
            bool agrees = modelled == real || bothDied;
            (int compared, int agreed) = perOperation.GetValueOrDefault(operation.Kind);
            perOperation[operation.Kind] = (compared + 1, agreed + (agrees ? 1 : 0));
            if (!agrees)
            {
                differing.Add(new DifferingStep(list, i + 1, operation.Text, real, modelled));
            }
        }

        return run;
    }

    private string Text(Frame frame) => Stack == StackCatalog.Linux6 ? frame.ToLinuxText() : frame.ToNetBsdText();

    private string Describe(int value, string error, IEnumerable<string> frames)
    {
        IEnumerable<string> counted = comparesFrames ? frames.Where(f => Stack != StackCatalog.Linux6 || !LinuxReports.Any(f.EndsWith)) : [];
        return string.Join(" ", new[] { $"{value}", error }.Concat(counted).Where(part => part.Length > 0));
    }

    /// <summary>Destinations of IGMPv3 and MLDv2 reports (RFC 3376, RFC 3810).</summary>
    private static readonly string[] LinuxReports = ["dst 224.0.0.22]", "dst ff02::16]"];
}
