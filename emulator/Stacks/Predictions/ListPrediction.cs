using Stress.Emulator.Stacks.Linux;
using Stress.Emulator.Stacks.Recorded;

namespace Stress.Emulator.Stacks.Predictions;

/// <summary>What a model says that a kernel will answer to one operation.</summary>
/// <param name="Operation">The operation's text.</param>
/// <param name="Answer">The answer, in the form of <see cref="ComparedAnswer"/>; null where the model does not model the operation.</param>
/// <param name="Errno">The same with the kernel's error where <paramref name="Answer"/> has a tool's words; null where there is no other form.</param>
/// <param name="Otherwise">Other answers that are possible because a list says no time (<see cref="OperationResult.Otherwise"/>).</param>
public sealed record StepPrediction(string Operation, string? Answer, string? Errno, IReadOnlyList<string> Otherwise)
{
    /// <summary>Whether a real answer is the predicted one.</summary>
    public bool Is(string real) => real == Answer || (Errno is not null && real == Errno);
}

/// <summary>What a model says of one list before any kernel has run it.</summary>
/// <param name="Name">The list's name.</param>
/// <param name="Text">The list, as both execute it.</param>
/// <param name="Steps">A prediction for each operation that is executed: shorter than the list where the model's kernel dies.</param>
/// <param name="Verdict">The model's verdict.</param>
/// <param name="FirstFunction">The function of the first bad access; null for none.</param>
public sealed record ListPrediction(string Name, string Text, IReadOnlyList<StepPrediction> Steps, string Verdict, string? FirstFunction)
{
    /// <summary>Whether every operation is modelled, so that a verdict was given.</summary>
    public bool IsDecided => Steps.All(step => step.Answer is not null);

    /// <summary>Runs a list on a model.</summary>
    /// <param name="stack">The model, fresh.</param>
    /// <param name="name">The list's name.</param>
    /// <param name="text">Its text.</param>
    /// <param name="operations">The same, parsed.</param>
    public static ListPrediction Of(IStack stack, string name, string text, IReadOnlyList<Operation> operations)
    {
        OperationRun run = new OperationRunner(stack).Run(operations);
        if (stack is Linux6Stack linux && !stack.Oracle.HasDied)
        {
            linux.CleanUp(operations);
        }

        return new ListPrediction(
            name, text,
            [.. run.Steps.Select(Step)],
            run.Verdict,
            run.Stack.Oracle.Accesses.Count == 0 ? null : run.Stack.Oracle.Accesses[0].Function);
    }

    private static StepPrediction Step(StepResult step) => step.Result.IsModelled
        ? new StepPrediction(step.Operation.Text, ComparedAnswer.Of(step.Operation.Kind, step.Result), ComparedAnswer.Errno(step.Result), [.. step.Result.Otherwise.Select(o => ComparedAnswer.Of(step.Operation.Kind, o))])
        : new StepPrediction(step.Operation.Text, null, null, []);
}
