using Stress.Emulator.Minimise;

namespace Stress.Guests.Running;

/// <summary>An operation list reduced to what a kernel's report needs.</summary>
/// <param name="Lines">The operations, one a line.</param>
/// <param name="Title">The report's title, the same as of the whole list.</param>
/// <param name="IsMinimal">No operation, and no two together, can go.</param>
/// <param name="Boots">Kernels that were started to find it.</param>
public sealed record MinimalList(IReadOnlyList<string> Lines, string Title, bool IsMinimal, int Boots);

/// <summary>Shrinks an operation list while a real kernel's first report keeps its exact title. Each candidate is a boot of its own.</summary>
/// <param name="titleOf">Runs a list in a fresh kernel: the title of its first report, or null.</param>
public sealed class ListMinimiser(Func<string, string?> titleOf)
{
    /// <summary>Boots after which the search ends: a few minutes.</summary>
    public const int MaxBoots = 600;

    // Two operations that can only go together, as a create and its destroy, are looked for in lists up to this length.
    private const int PairsUpTo = 24;

    private int _boots;

    /// <summary>Shrinks a list.</summary>
    /// <param name="list">Its text.</param>
    /// <returns>Null where the kernel reports nothing.</returns>
    public MinimalList? Minimise(string list)
    {
        List<string> lines = [.. list.Split('\n').Select(line => line.Trim()).Where(line => line.Length > 0 && line != "#" && !line.StartsWith("# ", StringComparison.Ordinal))];
        if (TitleOf(lines) is not { } title)
        {
            return null;
        }

        bool minimal;
        while (true)
        {
            int budget = MaxBoots - _boots;
            lines = DeltaDebugging.Reduce(lines, some => TitleOf(some) == title, ref budget, out minimal);
            if (!minimal || lines.Count > PairsUpTo)
            {
                break;
            }

            if (!RemovePair(lines, title, out minimal))
            {
                break;
            }
        }

        return new MinimalList(lines, title, minimal, _boots);
    }

    private bool RemovePair(List<string> lines, string title, out bool all)
    {
        all = true;
        for (int i = 0; i < lines.Count; i++)
        {
            for (int k = i + 1; k < lines.Count; k++)
            {
                if (_boots >= MaxBoots)
                {
                    all = false;
                    return false;
                }

                List<string> rest = [.. lines];
                rest.RemoveAt(k);
                rest.RemoveAt(i);
                if (TitleOf(rest) == title)
                {
                    lines.RemoveAt(k);
                    lines.RemoveAt(i);
                    return true;
                }
            }
        }

        return false;
    }

    private string? TitleOf(IReadOnlyList<string> lines)
    {
        _boots++;
        return titleOf(string.Join('\n', lines));
    }
}
