namespace Stress.Emulator.Stacks;

/// <summary>What somebody most likely meant by a word that is not accepted: the accepted word with the fewest slips of a typist between them.</summary>
public static class NearestWord
{
    /// <summary>The nearest of the accepted words, or null when none is near.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="accepted">What would have been accepted.</param>
    public static string? Of(string word, IEnumerable<string> accepted)
    {
        string? best = null;
        int least = int.MaxValue;
        foreach (string candidate in accepted)
        {
            int slips = Slips(Plain(word), Plain(candidate));
            if (slips < least && IsNear(Plain(word), Plain(candidate), slips))
            {
                (best, least) = (candidate, slips);
            }
        }

        return best;
    }

    /// <summary><c>, did you mean X?</c>, or nothing where no accepted word is near.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="accepted">What would have been accepted.</param>
    public static string Hint(string word, IEnumerable<string> accepted) => Of(word, accepted) is { } near ? $", did you mean {near}?" : "";

    // A slip in three letters, or the beginning of a longer word: more is another word.
    private static bool IsNear(string word, string candidate, int slips) =>
        slips <= Math.Max(1, Math.Min(word.Length, candidate.Length) / 3) && slips < candidate.Length
        || (word.Length >= 3 && candidate.StartsWith(word, StringComparison.Ordinal));

    // Capitals and the three ways to join words are not mistakes.
    private static string Plain(string word) => word.ToLowerInvariant().Replace('_', '-').Replace(' ', '-');

    /// <summary>Letters to add, to leave out, to change, or to swap with their neighbour (optimal string alignment).</summary>
    private static int Slips(string a, string b)
    {
        int[,] d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            d[i, 0] = i;
        }

        for (int j = 0; j <= b.Length; j++)
        {
            d[0, j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            for (int j = 1; j <= b.Length; j++)
            {
                d[i, j] = Math.Min(Math.Min(d[i - 1, j] + 1, d[i, j - 1] + 1), d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], d[i - 2, j - 2] + 1);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
