using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Linux;
using Stress.Emulator.Stacks.Predictions;
using Stress.Guests.Running;

namespace Stress.Client.Predictions;

/// <summary>A difference between model and kernel, cut down.</summary>
/// <param name="Operation">The word of the operation whose answer differed from the prediction.</param>
/// <param name="Predicted">What the model says.</param>
/// <param name="Real">What the kernel answers.</param>
/// <param name="Found">In how many steps of the lists.</param>
/// <param name="List">The list that it was cut down from.</param>
/// <param name="Lines">The operations that are needed; empty if the difference did not recur when its list was executed on its own.</param>
/// <param name="IsMinimal">None can be removed.</param>
/// <param name="Rule">The kernel's rule that the model's answer comes from, where one is known: likely it is the one that is otherwise.</param>
public sealed record MinimalDifference(string Operation, string Predicted, string Real, int Found, string List, IReadOnlyList<string> Lines, bool IsMinimal, string? Rule);

/// <summary>Minimises the list of each kind of difference; model and kernel run again for each candidate.</summary>
/// <param name="predict">The model's prediction of a list.</param>
/// <param name="execute">The kernel's outcome of the same.</param>
public sealed class DifferenceMinimiser(Func<KernelList, ListPrediction> predict, Func<KernelList, ListOutcome> execute)
{
    /// <summary>Minimises one list of each kind of difference: the operation, the predicted and the real answer.</summary>
    /// <param name="lists">The lists.</param>
    /// <param name="score">How they came out.</param>
    /// <param name="done">Hears of each.</param>
    public IReadOnlyList<MinimalDifference> Minimise(IReadOnlyList<KernelList> lists, PredictionScore score, Action<MinimalDifference> done)
    {
        var found = new List<MinimalDifference>();
        foreach (IGrouping<string, StepDifference> kind in score.Differing.GroupBy(KindOf))
        {
            // Of several lists, the one in which it occurs earliest has the least to remove.
            StepDifference first = kind.MinBy(d => d.Step)!;
            MinimalList? least = new ListMinimiser(lines => Has(first.List, lines, kind.Key) ? kind.Key : null).Minimise(lists.First(l => l.Name == first.List).Text);
            string word = first.Operation.Split(' ')[0];
            found.Add(new MinimalDifference(word, first.Predicted, first.Real, kind.Count(), first.List, least?.Lines ?? [], least?.IsMinimal ?? false, LinuxRules(first.Operation)));
            done(found[^1]);
        }

        return found;
    }

    private static string KindOf(StepDifference d) => $"{d.Operation.Split(' ')[0]}: {d.Predicted}, {d.Real}";

    private static string? LinuxRules(string operation) => LinuxRule.Of(OperationList.KindOf(operation))?.ToString();

    private bool Has(string name, string text, string kind)
    {
        OperationFile file;
        try
        {
            file = OperationFile.Parse(text, name);
        }
        catch (OperationListException)
        {
            // A socket without the line that opens it: no list.
            return false;
        }

        var list = new KernelList(name, name, text, file);
        return PredictionScore.Of([predict(list)], [execute(list)]).Differing.Any(d => KindOf(d) == kind);
    }
}
