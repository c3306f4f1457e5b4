namespace Stress.Emulator.Stacks.Recorded;

/// <summary>A step in which a model and a real stack differ.</summary>
/// <param name="List">The list's name.</param>
/// <param name="Step">The step, from 1.</param>
/// <param name="Operation">The operation's text.</param>
/// <param name="Recorded">What the real stack answered.</param>
/// <param name="Modelled">What the model answered.</param>
public sealed record DifferingStep(string List, int Step, string Operation, string Recorded, string Modelled);

/// <summary>How many steps of one operation were compared, and how many agreed.</summary>
/// <param name="Operation">The operation's word.</param>
/// <param name="Compared">Steps compared.</param>
/// <param name="Agreed">Steps with the same value and error.</param>
public sealed record OperationShare(string Operation, int Compared, int Agreed);

/// <summary>
/// The comparison of a kernel's model with recorded answers: value and error of every step, the values that <c>index</c> and the <c>getmcif</c> operations give, the
/// death of a kernel as the answer of its step, and apart from them the frames of <c>drain</c>.
/// </summary>
/// <param name="kernel">The kernel compared.</param>
public sealed class Agreement(RecordedKernel kernel)
{
    private readonly SortedDictionary<OperationKind, (int Compared, int Agreed)> perOperation = [];
    private readonly List<DifferingStep> differing = [];
    private readonly List<DifferingStep> differingFrames = [];
    private readonly List<DifferingStep> undecided = [];
    private readonly List<DifferingStep> otherwise = [];
    private readonly List<(string List, RecordingConditions Conditions)> found = [];

    /// <summary>The kernel compared.</summary>
    public RecordedKernel Kernel { get; } = kernel;

    /// <summary>Lists compared.</summary>
    public int Lists { get; private set; }

    /// <summary>Lists in which the real kernel died.</summary>
    public int Deaths { get; private set; }

    /// <summary>Lists that ended in the same way: both kernels lived, or both died at the same step, in the same function where the recording names one.</summary>
    public int SameEnd { get; private set; }

    /// <summary>Steps with <c>drain</c> on which both answered.</summary>
    public int Drains { get; private set; }

    /// <summary>Of those, steps with the same frames in the same order; what timers of Linux send is left out.</summary>
    public int SameFrames { get; private set; }

    /// <summary>Steps compared.</summary>
    public int Compared => perOperation.Values.Sum(v => v.Compared);

    /// <summary>Steps that agreed.</summary>
    public int Agreed => perOperation.Values.Sum(v => v.Agreed);

    /// <summary>Share of each operation, in the order of the language.</summary>
    public IReadOnlyList<OperationShare> Operations =>
        [.. perOperation.Select(p => new OperationShare(OperationList.NameOf(p.Key), p.Value.Compared, p.Value.Agreed))];

    /// <summary>Every step that differs.</summary>
    public IReadOnlyList<DifferingStep> Differing => differing;

    /// <summary>Every step whose frames differ.</summary>
    public IReadOnlyList<DifferingStep> DifferingFrames => differingFrames;

    /// <summary>Steps that are not modelled: they are not compared, and count neither as agreed nor as differing.</summary>
    public IReadOnlyList<DifferingStep> NotModelled => undecided;

    /// <summary>
    /// Steps in which the real stack gave another of the answers that the model has for them (<see cref="OperationResult.Otherwise"/>): it had not yet done its deferred work. They
    /// count neither as agreed nor as differing.
    /// </summary>
    public IReadOnlyList<DifferingStep> Otherwise => otherwise;

    /// <summary>
    /// Lists without a header whose answers contradict <see cref="RecordingConditions.Default"/> and are explained completely by other conditions, with those conditions.
    /// </summary>
    public IReadOnlyList<(string List, RecordingConditions Conditions)> FoundConditions => found;

    /// <summary>True when at least this many hundredths of a percent of the steps agree: 9900 is 99 %.</summary>
    public bool Reaches(int basisPoints) => Compared > 0 && (long)Agreed * 10_000 >= (long)Compared * basisPoints;

    /// <summary>True when steps and ends agree as far as the kernel needs.</summary>
    public bool IsReached => Reaches(Kernel.NeededSteps) && (long)SameEnd * 10_000 >= (long)Lists * Kernel.NeededVerdicts;

    /// <summary>
    /// Runs a list on the model and compares it with its recording. The real kernel's death is one step: what the model answers after it is compared with
    /// nothing. If the model died and the real kernel did not, every missing answer counts as differing.
    /// </summary>
    /// <param name="list">The list's name.</param>
    /// <param name="file">The list, with the conditions of its header.</param>
    /// <param name="recording">What the real stack answered.</param>
    public OperationRun Add(string list, OperationFile file, Recording recording)
    {
        OperationRun run = Run(file.Operations, file.Conditions ?? RecordingConditions.Default);
        List<Comparison> steps = Compare(list, file.Operations, recording, run);
        if (file.Conditions is null && steps.Exists(s => !s.Agrees && !s.IsOtherwise))
        {
            OperationRun earlier = Run(file.Operations, RecordingConditions.Earlier);
            List<Comparison> other = Compare(list, file.Operations, recording, earlier);
            if (other.TrueForAll(s => s.Agrees || s.IsOtherwise))
            {
                (run, steps) = (earlier, other);
                found.Add((list, RecordingConditions.Earlier));
            }
        }

        Count(recording, run, steps);
        return run;
    }

    private readonly record struct Comparison(OperationKind Kind, bool IsModelled, bool Agrees, bool? SameFrames, DifferingStep Step, bool IsOtherwise = false);

    private OperationRun Run(IReadOnlyList<Operation> operations, RecordingConditions conditions) =>
        new OperationRunner(StackCatalog.Create(Kernel.Stack, Kernel.Design, conditions)).Run(operations);

    private List<Comparison> Compare(string list, IReadOnlyList<Operation> operations, Recording recording, OperationRun run)
    {
        var steps = new List<Comparison>();
        SortedDictionary<int, RecordedAnswer> answers = recording.ByNumber;
        int last = recording.Death is { } d ? d.Step - 1 : answers.Count == 0 ? 0 : answers.Keys.Last();
        for (int number = 1; number <= Math.Min(last, operations.Count); number++)
        {
            // Some recordings lack the answer of a step: there is nothing to compare it with.
            if (answers.TryGetValue(number, out RecordedAnswer? answer))
            {
                steps.Add(Compare(list, operations[number - 1], answer, number <= run.Steps.Count ? run.Steps[number - 1] : null, run));
            }
        }

        if (recording.Death is { } death && death.Step <= operations.Count)
        {
            Operation dying = operations[death.Step - 1];
            StepResult? step = death.Step <= run.Steps.Count ? run.Steps[death.Step - 1] : null;
            string modelled = step is null || run.Stack.Oracle.HasDied && run.Steps.Count == death.Step ? Death(run) : ComparedAnswer.Of(dying.Kind, step.Result);
            steps.Add(new Comparison(dying.Kind, step is not { Result.IsModelled: false }, death.IsThatOf(run), null, new DifferingStep(list, death.Step, dying.Text, death.ToString(), modelled)));
        }

        return steps;
    }

    private Comparison Compare(string list, Operation operation, RecordedAnswer answer, StepResult? step, OperationRun run)
    {
        // The step in which a kernel dies has no answer.
        bool hasAnswered = step is not null && !(step == run.Steps[^1] && run.Stack.Oracle.HasDied);
        string modelled = hasAnswered ? ComparedAnswer.Of(operation.Kind, step!.Result) : Death(run), real = ComparedAnswer.Of(operation.Kind, answer);
        // A recording may have the kernel's error where another has the words of the tool that asked.
        bool agrees = modelled == real || (hasAnswered && real == ComparedAnswer.Errno(step!.Result));
        bool? sameFrames = null;
        if (operation.Kind == OperationKind.Drain && hasAnswered && Kernel.HasFrames)
        {
            Frame[] ours = [.. step!.Result.Frames.Where(f => !IsTimerDriven(Text(f)))];
            string[] theirs = [.. answer.Frames.Where(f => !IsTimerDriven(f))];
            sameFrames = ours.Length == theirs.Length && ours.Zip(theirs).All(pair => IsSame(pair.First, pair.Second));
            if (sameFrames == false)
            {
                (modelled, real) = ($"{modelled} {string.Join(' ', ours.Select(Text))}", $"{real} {string.Join(' ', theirs)}");
            }
        }

        bool isOtherwise = !agrees && hasAnswered && step!.Result.Otherwise.Any(other => ComparedAnswer.Of(operation.Kind, other) == real);
        return new Comparison(operation.Kind, step is not { Result.IsModelled: false }, agrees, sameFrames, new DifferingStep(list, answer.Number, operation.Text, real, modelled), isOtherwise);
    }

    private void Count(Recording recording, OperationRun run, List<Comparison> steps)
    {
        Lists++;
        Deaths += recording.Death is null ? 0 : 1;
        SameEnd += recording.Death?.IsThatOf(run) ?? !run.Stack.Oracle.HasDied ? 1 : 0;
        foreach (Comparison step in steps)
        {
            if (!step.IsModelled)
            {
                undecided.Add(step.Step);
                continue;
            }

            if (step.IsOtherwise)
            {
                otherwise.Add(step.Step);
                continue;
            }

            (int compared, int agreed) = perOperation.GetValueOrDefault(step.Kind);
            perOperation[step.Kind] = (compared + 1, agreed + (step.Agrees ? 1 : 0));
            if (!step.Agrees)
            {
                differing.Add(step.Step);
            }

            Drains += step.SameFrames is null ? 0 : 1;
            SameFrames += step.SameFrames == true ? 1 : 0;
            if (step.SameFrames == false)
            {
                differingFrames.Add(step.Step);
            }
        }
    }

    private static string Death(OperationRun run) => $"(died at step {run.Steps.Count} in {run.Stack.Oracle.Accesses[^1].Function}, {run.Stack.Oracle.Accesses[^1].File})";

    private string Text(Frame frame) => Kernel.Stack == StackCatalog.Linux6 ? frame.ToLinuxText() : frame.ToNetBsdText();

    // The last bits of a node information group are a digest of the recorded program's host name, different in each recording.
    private bool IsSame(Frame ours, string theirs) => Text(ours) == theirs
        || (ours.Destination6 == RecordingConditions.NodeInformationGroup && Text(ours).Length == theirs.Length && Text(ours)[..^5] == theirs[..^5]);

    /// <summary>IGMPv3 and MLDv2 reports (RFC 3376, RFC 3810) and Router Solicitations (RFC 4861) of Linux: how many have left depends on how fast the recording ran.</summary>
    private bool IsTimerDriven(string frame) => Kernel.Stack == StackCatalog.Linux6 && LinuxTimers.Any(frame.EndsWith);

    private static readonly string[] LinuxTimers = ["dst 224.0.0.22]", "dst ff02::16]", "[v6 nh58 48B dst ff02::2]", "[v6 nh58 56B dst ff02::2]"];
}
