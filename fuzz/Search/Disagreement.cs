using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>Where two stacks of one family disagree.</summary>
internal static class Disagreement
{
    /// <summary>The title of the first step that they answer differently; null if they agree as far as both got.</summary>
    /// <param name="first">A stack with its outcome.</param>
    /// <param name="second">Another.</param>
    public static string? Of((IStackFacts Stack, ListOutcome Outcome) first, (IStackFacts Stack, ListOutcome Outcome) second)
    {
        for (int i = 0; i < Math.Min(first.Outcome.Steps.Count, second.Outcome.Steps.Count); i++)
        {
            StepAnswer a = first.Outcome.Steps[i], b = second.Outcome.Steps[i];
            if (!a.IsExecuted || !b.IsExecuted)
            {
                // Steps after one that one of them does not have say nothing.
                return null;
            }

            if (a.Error != b.Error)
            {
                // A model's alternative answer is not a difference, but later differences may result from it.
                return a.Otherwise.Contains(b.Error) || b.Otherwise.Contains(a.Error) ? null : $"{a.Word}: {first.Stack.Name} says {Words(a)}, {second.Stack.Name} {Words(b)}";
            }
        }

        return null;
    }

    private static string Words(StepAnswer answer) => answer.Error.Length == 0 ? "ok" : answer.Error;
}
