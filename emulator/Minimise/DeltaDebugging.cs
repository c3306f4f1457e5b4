namespace Stress.Emulator.Minimise;

/// <summary>Delta debugging (Zeller and Hildebrandt, IEEE TSE 28(2), 2002: ddmin on complements), then single parts until none can go.</summary>
public static class DeltaDebugging
{
    /// <summary>The smallest list that the search finds, in the order of the parts.</summary>
    /// <param name="parts">All parts. The test need not be monotonic.</param>
    /// <param name="test">Whether the behaviour is still there with only these parts.</param>
    /// <param name="minimal">True when every single removal was tried and failed; false when the tests ran out.</param>
    /// <param name="budget">Tests that may be made; counted down.</param>
    public static List<T> Reduce<T>(IReadOnlyList<T> parts, Func<IReadOnlyList<T>, bool> test, ref int budget, out bool minimal)
    {
        List<T> kept = [.. parts];
        int chunks = 2;
        while (kept.Count > 0)
        {
            chunks = Math.Min(chunks, kept.Count);
            bool reduced = false;
            for (int c = 0; c < chunks; c++)
            {
                int from = (int)((long)kept.Count * c / chunks), to = (int)((long)kept.Count * (c + 1) / chunks);
                if (budget-- <= 0)
                {
                    minimal = false;
                    return kept;
                }

                List<T> rest = [.. kept[..from], .. kept[to..]];
                if (test(rest))
                {
                    kept = rest;
                    chunks = Math.Max(chunks - 1, 2);
                    reduced = true;
                    break;
                }
            }

            if (!reduced)
            {
                if (chunks >= kept.Count)
                {
                    break;
                }

                chunks *= 2;
            }
        }

        minimal = true;
        return kept;
    }
}
