using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Fuzz.Stacks;

/// <summary>An emulated kernel: a new one for each list.</summary>
/// <param name="name">One of <see cref="StackCatalog.Names"/>.</param>
/// <param name="design">Its teardown design; null for its own.</param>
public sealed class EmulatedStack(string name, string? design = null) : IFuzzStack
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Speaks => name;

    /// <inheritdoc/>
    public string? Family => name == StackCatalog.Linux6 ? AgentAnswers.Linux : null;

    /// <inheritdoc/>
    public int Batch => 64;

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop) => [.. lists.Select(Run)];

    private ListOutcome Run(IReadOnlyList<string> list)
    {
        IReadOnlyList<Operation> operations;
        try
        {
            operations = OperationList.Parse(string.Join('\n', list), "list");
        }
        catch (OperationListException e)
        {
            // A change removed what a later line needs: it is not a valid list, so no stack could answer it.
            return ListOutcome.Nothing(e.Message);
        }

        OperationRun run = new OperationRunner(StackCatalog.Create(name, design)).Run(operations);
        StepAnswer[] answers = [.. run.Steps.Select(step => new StepAnswer(OperationList.NameOf(step.Operation.Kind), Words(step.Result), [.. step.Result.Otherwise.Select(Words)], step.Result.IsModelled))];
        string[] cells = run.Stack is NetBsd2005Stack main ? [.. main.Findings().Select(finding => $"{finding.Verdict} {finding.Holder}")] : [];
        return new ListOutcome(answers, [.. run.Stack.Oracle.Accesses.Select(access => TitleOf(access, run.Stack)).Distinct()], cells);
    }

    private static string TitleOf(BadAccess access, IStack stack)
    {
        string kind = access.Kind switch { BadAccessKind.Segv => "SEGV", BadAccessKind.Panic => "panic", BadAccessKind.Alias => "alias", _ => "heap-use-after-free" };
        bool died = stack.Oracle.HasDied && access == stack.Oracle.Accesses[^1];
        return died && stack is NetBsd2005Stack { Title: { } title } ? $"{kind}: {title}" : $"{kind} in {access.Function} ({access.File})";
    }

    // The kernel's own error if the model has a tool's message.
    private static string Words(OperationResult result) => result.Error is not { } error ? "" : error.Errno ?? error.ToString();
}
