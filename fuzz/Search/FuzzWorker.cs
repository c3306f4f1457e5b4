using Stress.Emulator.Minimise;
using Stress.Fuzz.Stacks;

namespace Stress.Fuzz.Search;

/// <summary>Executes parts of rounds. It keeps nothing from one to the next.</summary>
/// <param name="stacks">The stacks.</param>
/// <param name="options">The search's seed, and whether findings are cut down.</param>
public sealed class FuzzWorker(IReadOnlyList<IFuzzStack> stacks, FuzzOptions options)
{
    // Executions that minimising one finding may take.
    private const int MinimiseTests = 400;

    /// <summary>Executes a part.</summary>
    /// <param name="part">The part.</param>
    /// <param name="stop">Ends it.</param>
    public FuzzPartResult Execute(FuzzPart part, CancellationToken stop) => part.Title is { } title
        ? new FuzzPartResult { Finding = Conclude(title, stop) }
        : new FuzzPartResult { Outcomes = Of(part.Stack).Run(part.Lists, options.Seed, stop), CoveredFunctions = Of(part.Stack).CoveredFunctions };

    private IFuzzStack Of(string name) => stacks.First(stack => stack.Name == name);

    private Finding Conclude(NewTitle seen, CancellationToken stop)
    {
        IFuzzStack[] on = [.. seen.Stacks.Select(Of)];
        var others = new SortedDictionary<string, int>(StringComparer.Ordinal);
        int confirmed = 0;
        for (ulong n = 1; n <= FuzzSearch.Confirmations; n++)
        {
            string[] titles = TitlesOf(seen.List, seen.Kind, on, n, stop);
            confirmed += titles.Contains(seen.Title) ? 1 : 0;
            foreach (string other in titles.Where(t => t != seen.Title))
            {
                others[other] = others.GetValueOrDefault(other) + 1;
            }
        }

        var finding = new Finding
        {
            Title = seen.Title, Kind = seen.Kind, Stacks = seen.Stacks, List = seen.Number, Drawn = seen.List, Confirmed = confirmed, OtherTitles = others, Minimal = seen.List,
        };
        if (!finding.IsConfirmed || !options.Minimise)
        {
            return finding;
        }

        int budget = MinimiseTests;
        List<string> least = DeltaDebugging.Reduce(seen.List, some => TitlesOf(some, seen.Kind, on, 1, stop).Contains(seen.Title), ref budget, out bool minimal);
        while (minimal && WithoutPair(least, some => budget-- > 0 && TitlesOf(some, seen.Kind, on, 1, stop).Contains(seen.Title)) is { } less)
        {
            least = less;
        }

        return finding with { Minimal = least, IsMinimal = minimal && budget > 0 };
    }

    // An operation and the one that ends what it began can only go together.
    private static List<string>? WithoutPair(List<string> list, Func<IReadOnlyList<string>, bool> test)
    {
        for (int i = 0; i < list.Count; i++)
        {
            for (int k = i + 1; k < list.Count; k++)
            {
                List<string> rest = [.. list];
                rest.RemoveAt(k);
                rest.RemoveAt(i);
                if (test(rest))
                {
                    return rest;
                }
            }
        }

        return null;
    }

    private static string[] TitlesOf(IReadOnlyList<string> list, FindingKind kind, IFuzzStack[] on, ulong seed, CancellationToken stop)
    {
        ListOutcome[] outcomes = [.. on.Select(stack => stack.Run([list], seed, stop)[0])];
        return outcomes.Any(outcome => outcome.Lost is not null) ? []
            : kind == FindingKind.Crash ? [.. outcomes[0].Titles]
            : Disagreement.Of((on[0], outcomes[0]), (on[1], outcomes[1])) is { } title ? [title] : [];
    }
}
