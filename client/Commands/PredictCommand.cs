using System.CommandLine;
using System.Globalization;
using Stress.Client.Launching;
using Stress.Client.Predictions;
using Stress.Client.RealStacks;
using Stress.Client.Screen;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Linux.Faults;
using Stress.Emulator.Stacks.Predictions;
using Stress.Guests.Kernels;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress predict FOLDER</c>: a model says what a kernel will answer to every list of a folder, the prediction is sealed, the kernel runs, and the score is printed and kept
/// (docs/predict.md).
/// </summary>
public static class PredictCommand
{
    private const int UsualBatch = 25, MostBatch = 1_000, MostRandom = 100_000, NeededSteps = 9_990, NeededVerdicts = 9_900, Shown = 20;
    private const string DefaultOut = "predictions", AcceptedKernels = "uml:KERNEL, or recorded:NAME for answers in LIST.NAME.txt beside the lists";

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string?>("FOLDER") { Description = "Folder with operation lists (NAME.ops), and its subfolders.", Arity = ArgumentArity.ZeroOrOne };
        var model = new Option<string>("--model") { Description = "The model that predicts (default: linux-6).", DefaultValueFactory = _ => StackCatalog.Linux6 };
        var kernel = new Option<string?>("--kernel") { Description = $"The kernel that is predicted: {AcceptedKernels}." };
        Option<int?> batch = Numbers.Option("--batch", 1, MostBatch, $"Most lists of one boot (default {UsualBatch}). A boot with a report is repeated in halves.");
        var minimise = new Option<bool>("--minimise") { Description = "Minimise the list of each kind of difference, and name the rule that probably differs." };
        var output = new Option<string?>("--out") { Description = $"Folder that gets the prediction's folder (default: {DefaultOut})." };
        Option<int?> random = Numbers.Option("--random", 1, MostRandom, "Instead of FOLDER, this many generated lists; they are kept in the record.");
        Option<ulong?> seed = SharedOptions.Seed("from the clock");
        var fault = new Option<string?>("--fault") { Description = "Switch a fault on, in the model and in a kernel built with --faults: which lists die, and in which function." };
        var verify = new Option<string?>("--verify") { Description = "Folder of a prediction: check its seal, and score it again." };
        var command = new Command("predict", "Let a model predict a real kernel's answers, seal them, run the kernel, and score (exit 1 below 99.9 % of steps or 99 % of verdicts).") { folder, random, seed, model, kernel, fault, batch, minimise, output, verify };
        command.SetAction((line, stop) => line.GetValue(verify) is { } record
            ? Task.FromResult(Verify(terminal, record, line.GetValue(folder), line.GetValue(kernel)))
            : ExecuteAsync(
                terminal, line.GetValue(folder), RandomOf(terminal, line.GetValue(random), line.GetValue(seed)), line.GetValue(model)!, line.GetValue(kernel), line.GetValue(fault), line.GetValue(batch) ?? (line.GetValue(fault) is null ? UsualBatch : 1),
                line.GetValue(minimise), line.GetValue(output) ?? DefaultOut, stop));
        return command;
    }

    private static async Task<int> ExecuteAsync(Terminal terminal, string? folder, (int Lists, ulong Seed)? random, string model, string? kernel, string? fault, int batch, bool minimise, string output, CancellationToken stop)
    {
        if ((folder is null) == (random is null))
        {
            throw new UsageException(folder is null
                ? "FOLDER is missing; accepted: predict FOLDER --kernel KERNEL, predict --random N --kernel KERNEL, or predict --verify RECORD"
                : "FOLDER and --random both say which lists; accepted: one of them");
        }

        if (kernel is null || (random is not null && kernel.StartsWith(RecordedListKernel.Prefix, StringComparison.Ordinal)))
        {
            throw new UsageException(kernel is not null ? $"--random --kernel {kernel}: there are no answers to these lists; accepted: uml:KERNEL" : $"--kernel is missing; accepted: {AcceptedKernels}");
        }

        if (folder is not null && !Directory.Exists(folder))
        {
            throw new UsageException($"{folder}: no such folder; accepted is a folder with operation lists (NAME.ops)");
        }

        if (!StackCatalog.Names.Contains(model))
        {
            throw new UsageException($"--model {model}: no such model{NearestWord.Hint(model, StackCatalog.Names)}; accepted: {string.Join(", ", StackCatalog.Names)}");
        }

        if (fault is not null)
        {
            CheckFault(fault, kernel);
        }

        Output place = Output.Choose(output, null, folder is null ? "random" : new DirectoryInfo(folder).Name, terminal.Time.GetUtcNow());
        IListKernel found = await FindAsync(terminal, kernel, model, fault, batch, stop);
        IReadOnlyList<KernelList> lists = random is { } drawn ? Drawn(drawn.Lists, drawn.Seed, fault) : Lists(folder!, found);
        var record = new PredictionRecord(place.Folder.Path);
        if (random is { } shown)
        {
            terminal.Text.WriteLine($"seed {shown.Seed} (repeat with --random {shown.Lists} --seed {shown.Seed})");
        }

        return await Task.Run(() => Predict(terminal, record, model, found, lists, minimise, stop, fault), stop);
    }

    private static async Task<IListKernel> FindAsync(Terminal terminal, string kernel, string model, string? fault, int batch, CancellationToken stop)
    {
        if (kernel.StartsWith(RecordedListKernel.Prefix, StringComparison.Ordinal) && kernel.Length > RecordedListKernel.Prefix.Length)
        {
            return new RecordedListKernel(kernel[RecordedListKernel.Prefix.Length..]);
        }

        return GuestExec.KernelOf(kernel) is not { Length: > 0 } ? throw new UsageException($"--kernel {kernel}: accepted: {AcceptedKernels}")
            : model != StackCatalog.Linux6 ? throw new UsageException($"--model {model} --kernel {kernel}: that is another system; accepted: --model {StackCatalog.Linux6}")
            : await UmlListKernel.FindAsync(kernel, fault, batch, terminal.Error.WriteLine, stop);
    }

    private static void CheckFault(string fault, string kernel)
    {
        if (GuestExec.KernelOf(kernel) is null)
        {
            throw new UsageException($"--fault {fault} --kernel {kernel}: a fault cannot be switched on there; accepted: uml:KERNEL, of a kernel built with --faults");
        }

        if (!LinuxFault.Names.Contains(fault))
        {
            throw new UsageException(KernelFaults.All.Any(f => f.Name == fault)
                ? $"--fault {fault}: no operation that the model has reaches it; accepted: {string.Join(", ", LinuxFault.Names)}"
                : $"--fault {fault}: unknown fault{NearestWord.Hint(fault, LinuxFault.Names)}; accepted: {string.Join(", ", LinuxFault.Names)}");
        }
    }

    private static (int Lists, ulong Seed)? RandomOf(Terminal terminal, int? random, ulong? seed)
    {
        if (random is not { } lists)
        {
            return seed is null ? null : throw new UsageException($"--seed {seed}: a folder's lists have none; accepted with --random");
        }

        return (lists, seed ?? (ulong)terminal.Time.GetUtcNow().UtcTicks);
    }

    private static IReadOnlyList<KernelList> Drawn(int lists, ulong seed, string? fault) =>
    [
        .. Enumerable.Range(0, lists).Select(n => (Name: string.Create(CultureInfo.InvariantCulture, $"random-{n:D6}"), Text: RandomList.Of(seed, n, fault)))
            .Select(list => new KernelList(list.Name, list.Name, list.Text, OperationFile.Parse(list.Text, list.Name))),
    ];

    private static IReadOnlyList<KernelList> Lists(string folder, IListKernel kernel)
    {
        KernelList[] lists =
        [
            .. Directory.EnumerateFiles(folder, "*.ops", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .Where(file => kernel is not RecordedListKernel recorded || recorded.Has(file))
                .Select(file => new KernelList(Path.GetRelativePath(folder, Path.ChangeExtension(file, null)).Replace(Path.DirectorySeparatorChar, '.'), file, File.ReadAllText(file), ExecCommand.Read(file))),
        ];
        return lists.Length > 0 ? lists : throw new UsageException($"{folder}: no list here that {kernel.Name} answers; accepted are NAME.ops{(kernel is RecordedListKernel ? " with a recording beside it" : "")}");
    }

    /// <summary>Predicts, seals, has the kernel run, scores.</summary>
    public static int Predict(Terminal terminal, PredictionRecord record, string model, IListKernel kernel, IReadOnlyList<KernelList> lists, bool minimise, CancellationToken stop, string? fault = null)
    {
        TextWriter o = terminal.Text;
        ListPrediction Said(KernelList list) =>
            ListPrediction.Of(StackCatalog.Create(model, null, kernel.Conditions ?? list.Parsed.Conditions, fault: fault, release: kernel.Release), list.Name, list.Text, list.Parsed.Operations);
        IReadOnlyList<ListPrediction> said = [.. lists.Select(Said)];
        string seal = record.Seal(new SealedPrediction
        {
            Format = SealedPrediction.CurrentFormat, Made = terminal.Time.GetUtcNow(), By = ProgramVersion.Current.ToString(), Model = model, Design = StackCatalog.DesignsOf(model)[0],
            Fault = fault, Kernel = kernel.Name, Identity = kernel.Identity, Lists = said,
        });
        o.WriteLine($"predicted: {Counted.Of(lists.Count, "list")}, {Counted.Of(said.Sum(p => p.Steps.Count), "step")}, by {model}{(fault is null ? "" : $" with {fault}")} of {kernel.Name} ({kernel.Identity})");
        o.WriteLine($"sealed: {seal}");
        DateTimeOffset began = terminal.Time.GetUtcNow();
        IReadOnlyList<ListOutcome> came = kernel.Run(lists, n => Progress(terminal, n, lists.Count), stop);
        var outcome = new PredictionOutcome { Seal = seal, Began = began, Ended = terminal.Time.GetUtcNow(), Lists = came, Score = PredictionScore.Of(said, came) };
        PrintScore(o, outcome.Score);
        if (minimise)
        {
            ListOutcome Came(KernelList list) => kernel.Run([list], _ => { }, stop)[0];
            outcome = outcome with { Differences = kernel is RecordedListKernel ? [] : new DifferenceMinimiser(Said, Came).Minimise(lists, outcome.Score, d => PrintDifference(o, d)) };
            if (kernel is RecordedListKernel)
            {
                o.WriteLine("not minimised: recorded answers are of whole lists alone");
            }
        }

        var deliveries = new Deliveries(terminal);
        if (deliveries.Write(Path.Combine(record.Folder, PredictionRecord.OutcomeFile), () => record.Write(outcome)))
        {
            o.WriteLine($"kept: ./stress predict --verify {record.Folder}");
        }

        return deliveries.Conclude(CodeOf(outcome.Score, kernel.NoVerdict));
    }

    private static void Progress(Terminal terminal, int done, int all)
    {
        if (terminal.IsInteractive)
        {
            terminal.Error.WriteLine($"executed: {done} of {Counted.Of(all, "list")}");
        }
    }

    // A kernel that gives no verdicts is not expected to; from one that does, each list needs one.
    private static int CodeOf(PredictionScore score, string? noVerdict) =>
        !Reaches(score.StepsEqual, score.Steps, NeededSteps) || !Reaches(score.VerdictsEqual, score.Verdicts, NeededVerdicts) ? ExitCodes.ExpectationFailed
        : score.Steps == 0 || score.StepsNotModelled > 0 || (noVerdict is null && score.VerdictsNotDecided > 0) ? ExitCodes.NotDecided
        : ExitCodes.Ok;

    private static bool Reaches(int part, int whole, int basisPoints) => (long)part * 10_000 >= (long)whole * basisPoints;

    private static void PrintScore(TextWriter o, PredictionScore score)
    {
        o.WriteLine($"steps equal: {AgreeCommand.Share(score.StepsEqual, score.Steps)}; {score.StepsOtherwise} of the others had another answer that was named as possible{(score.StepsNotModelled == 0 ? "" : $"; {Counted.Of(score.StepsNotModelled, "step")} not modelled")}");
        o.WriteLine($"verdicts equal: {AgreeCommand.Share(score.VerdictsEqual, score.Verdicts)}; the same function in {AgreeCommand.Share(score.FunctionsEqual, score.Reported)} that died as predicted{(score.VerdictsNotDecided == 0 ? "" : $"; {Counted.Of(score.VerdictsNotDecided, "list")} without a verdict: {Why(score)}")}");
        o.WriteLine(score.Brier is { } brier
            ? string.Create(CultureInfo.InvariantCulture, $"Brier score: {brier:F4} over {Counted.Of(score.Forecasts, "step")} with more than one possible answer (probability {PredictionScore.FirstAnswer:F2} for the first)")
            : "Brier score: no step with more than one possible answer");
        foreach (StepDifference d in score.Differing.Take(Shown))
        {
            o.WriteLine($"  differs: {d.List} step {d.Step} ({d.Operation}): predicted {d.Predicted}, real {d.Real}");
        }

        if (score.Differing.Count > Shown)
        {
            o.WriteLine($"  and {Counted.Of(score.Differing.Count - Shown, "other step")}, in {PredictionRecord.OutcomeFile}");
        }

        foreach (VerdictDifference d in score.DifferingVerdicts.Take(Shown))
        {
            o.WriteLine($"  verdict differs: {d.List}: predicted {d.Predicted}, real {d.Real}");
        }
    }

    private static string Why(PredictionScore score)
    {
        string[] reasons = [.. score.Undecided.Select(u => u.Split(": ", 2)[1]).Distinct()];
        return reasons.Length == 1 ? reasons[0] : $"{score.Undecided[0]}, and others";
    }

    private static void PrintDifference(TextWriter o, MinimalDifference d)
    {
        string needs = d.Lines.Count == 0 ? "did not come again in its list alone" : $"{Counted.Of(d.Lines.Count, "operation")}{(d.IsMinimal ? "" : ", perhaps not all needed")}";
        o.WriteLine($"difference: {d.Operation}: predicted {d.Predicted}, real {d.Real}; {Counted.Of(d.Found, "step")}; {needs}{(d.Rule is null ? "" : $"; likely rule: {d.Rule}")}");
        foreach (string line in d.Lines)
        {
            o.WriteLine($"    {line}");
        }
    }

    private static int Verify(Terminal terminal, string folder, string? lists, string? kernel)
    {
        if (lists is not null || kernel is not null)
        {
            throw new UsageException("--verify checks a prediction that was made; accepted: predict --verify RECORD, without FOLDER or --kernel");
        }

        var record = new PredictionRecord(folder);
        string now = record.SealNow(), written = record.SealWritten();
        SealedPrediction prediction = record.Prediction();
        PredictionOutcome outcome = record.Outcome();
        string? wrong = now != written ? $"{PredictionRecord.PredictionFile} is not the file that was sealed: {now}, sealed as {written}"
            : now != outcome.Seal ? $"{PredictionRecord.OutcomeFile} is of another prediction: sealed as {outcome.Seal}, here {now}"
            : outcome.Began < prediction.Made ? $"the kernel was started at {outcome.Began:u}, before the prediction was made at {prediction.Made:u}"
            : !prediction.Lists.Select(l => l.Name).SequenceEqual(outcome.Lists.Select(l => l.Name)) ? $"{PredictionRecord.OutcomeFile} has other lists"
            : null;
        if (wrong is null)
        {
            PredictionScore again = PredictionScore.Of(prediction.Lists, outcome.Lists);
            wrong = Figures(again) != Figures(outcome.Score) ? $"the score in {PredictionRecord.OutcomeFile} is not that of its answers: {Figures(outcome.Score)}; scored again {Figures(again)}" : null;
        }

        if (wrong is not null)
        {
            terminal.Text.WriteLine($"not as it was sealed: {wrong}");
            return ExitCodes.ExpectationFailed;
        }

        terminal.Text.WriteLine($"as it was sealed: {now}");
        terminal.Text.WriteLine($"by {prediction.Model} of {prediction.Kernel} ({prediction.Identity}), made {prediction.Made:u}, kernel started {outcome.Began:u}");
        PrintScore(terminal.Text, outcome.Score);
        return ExitCodes.Ok;
    }

    private static string Figures(PredictionScore score) =>
        string.Create(CultureInfo.InvariantCulture, $"steps {score.StepsEqual}/{score.Steps}, verdicts {score.VerdictsEqual}/{score.Verdicts}, functions {score.FunctionsEqual}/{score.Reported}, Brier {score.Brier:F6}");
}
