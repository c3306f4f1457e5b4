using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>
/// What a list has reached: for each step the answer together with the last thing that happened to each object that the line names, on that stack; and what the stack
/// itself knows. The state of an object is the last operation on it with its answer, so that "joined on a socket that listens" and "joined on one that was accepted" differ.
/// </summary>
internal static class Novelty
{
    /// <summary>What a list reached on a stack.</summary>
    /// <param name="stack">The stack's name.</param>
    /// <param name="list">The list.</param>
    /// <param name="outcome">The outcome.</param>
    /// <param name="isName">Whether a word names an object.</param>
    public static IEnumerable<string> Of(string stack, IReadOnlyList<string> list, ListOutcome outcome, Func<string, bool> isName)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        for (int i = 0; i < Math.Min(list.Count, outcome.Steps.Count); i++)
        {
            string[] words = list[i].Split(' ');
            string[] objects = [.. words.Skip(1).Where(isName).Distinct()];
            string happened = $"{words[0]} {outcome.Steps[i].Error}";
            yield return $"{stack}|{happened}|{string.Join('|', objects.Select(name => last.GetValueOrDefault(name, "new")))}";
            foreach (string name in objects)
            {
                last[name] = happened;
            }
        }

        foreach (string cell in outcome.Reached)
        {
            yield return $"{stack}|{cell}";
        }
    }
}
