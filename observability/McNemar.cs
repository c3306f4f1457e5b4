namespace Stress.Observability;

/// <summary>McNemar's test on paired yes-or-no outcomes. Only the pairs that differ count.</summary>
public static class McNemar
{
    /// <summary>The statistic without continuity correction, one degree of freedom; 0 when no pair differs.</summary>
    /// <param name="onlyFirst">Pairs in which only the first is yes.</param>
    /// <param name="onlySecond">Pairs in which only the second is yes.</param>
    public static double ChiSquared(long onlyFirst, long onlySecond)
    {
        double difference = onlyFirst - onlySecond, discordant = onlyFirst + onlySecond;
        return discordant == 0 ? 0 : difference * difference / discordant;
    }

    /// <summary>The least p that is reported: no test is certain, and far below it a double can only hold 0.</summary>
    public const double LeastP = 1e-300;

    /// <summary>Two-sided p of the exact test: the discordant pairs are tosses of a fair coin. Never below <see cref="LeastP"/>.</summary>
    public static double ExactP(long onlyFirst, long onlySecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(onlyFirst);
        ArgumentOutOfRangeException.ThrowIfNegative(onlySecond);
        long n = onlyFirst + onlySecond, least = Math.Min(onlyFirst, onlySecond);

        // ln C(n, k), one factor at a time, so that no term overflows or is lost in rounding.
        double logChoose = 0, tail = 0, logHalf = n * Math.Log(0.5);
        for (long k = 0; k <= least; k++)
        {
            tail += Math.Exp(logChoose + logHalf);
            logChoose += Math.Log(n - k) - Math.Log(k + 1);
        }

        return Math.Clamp(2 * tail, LeastP, 1);
    }
}
