using Stress.Fuzz.Lists;
using Stress.Guests;
using Stress.Guests.Running;

namespace Stress.Fuzz.Stacks;

/// <summary>The kernel of this machine in a network namespace, or wherever a command leads. There is no console: a finding is a disagreement, or a list that did not end.</summary>
/// <param name="name">The name on the command line.</param>
/// <param name="run">Runs a list and gives the agent's lines.</param>
public sealed class CommandStack(string name, Func<string, CancellationToken, Task<IReadOnlyList<string>>> run) : IFuzzStack
{
    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Speaks => KernelGrammar.Agent;

    /// <inheritdoc/>
    public string? Family => AgentAnswers.Linux;

    /// <inheritdoc/>
    public int Batch => 1;

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop) => [.. lists.Select(list => Run(list, stop))];

    private ListOutcome Run(IReadOnlyList<string> list, CancellationToken stop)
    {
        try
        {
            return new ListOutcome([.. run(string.Join('\n', list) + "\n", stop).GetAwaiter().GetResult().Select(AgentAnswers.Of).OfType<StepAnswer>()], [], []);
        }
        catch (GuestException e) when (e.Problem == GuestProblem.Failed)
        {
            return ListOutcome.Nothing(e.Message);
        }
    }
}
