using Stress.Dial.Far;

namespace Stress.Guests.Running;

/// <summary>The outcome of one of many lists.</summary>
/// <param name="Answers">The agent's lines; of a kernel that died they end with the last step that was answered.</param>
/// <param name="Reports">What the kernel reported in a boot of this list alone.</param>
/// <param name="Trouble">Why the list has no verdict; null when it has one.</param>
public sealed record BatchedList(IReadOnlyList<string> Answers, IReadOnlyList<FarPanic> Reports, string? Trouble = null);

/// <summary>
/// Runs many lists with few boots. A boot that reports something, or ends early, does not say which list caused it: its lists are run again in halves, down to a boot for one list, and a
/// report counts only there.
/// </summary>
/// <param name="boot">Runs lists, one after another, in one fresh kernel.</param>
/// <param name="most">Most lists of a boot.</param>
public sealed class ListBatches(Func<IReadOnlyList<(string Name, string Text)>, ListResult> boot, int most)
{
    /// <summary>Kernels that were started.</summary>
    public int Boots { get; private set; }

    /// <summary>Runs lists.</summary>
    /// <param name="lists">Names and texts.</param>
    /// <param name="done">Told after each batch how many lists have a result.</param>
    /// <returns>A result for each, in order.</returns>
    public IReadOnlyList<BatchedList> Run(IReadOnlyList<(string Name, string Text)> lists, Action<int> done)
    {
        var results = new List<BatchedList>();
        foreach ((string Name, string Text)[] batch in lists.Chunk(most))
        {
            results.AddRange(Batch(batch));
            done(results.Count);
        }

        return results;
    }

    private IReadOnlyList<BatchedList> Batch(IReadOnlyList<(string Name, string Text)> lists)
    {
        Boots++;
        ListResult result = boot(lists);
        bool quiet = result.IsComplete && !result.IsHung && result.Reports.Count == 0 && result.ByList.Count == lists.Count;
        if (quiet)
        {
            return [.. result.ByList.Select(answers => new BatchedList(answers, []))];
        }

        if (lists.Count == 1)
        {
            return [new BatchedList(result.ByList.Count == 0 ? [] : result.ByList[0], result.Reports, result.Trouble)];
        }

        int half = lists.Count / 2;
        IReadOnlyList<BatchedList> parts = [.. Batch([.. lists.Take(half)]), .. Batch([.. lists.Skip(half)])];
        string? together = parts.All(part => part.Reports.Count == 0 && part.Trouble is null)
            ? result.Reports.Count > 0 ? $"only in one boot with other lists the kernel reported: {CrashWords.Of(result.Reports[0])}" : "only in one boot with other lists the kernel did not come to the end"
            : null;
        return together is null ? parts : [.. parts.Select(part => part with { Trouble = together })];
    }
}
