namespace Stress.Observability;

/// <summary>A share with its Wilson score interval at 95 % (E. B. Wilson, JASA 22 (1927) 209-212): honest for small counts and for zero.</summary>
/// <param name="Rate">Hits over trials, from 0 to 1; 0 when nothing was tried.</param>
/// <param name="Low">Lower end of the interval.</param>
/// <param name="High">Upper end of the interval.</param>
public readonly record struct WilsonInterval(double Rate, double Low, double High)
{
    private const double Z95 = 1.959963984540054;

    /// <summary>The interval of <paramref name="hits"/> in <paramref name="trials"/> that are independent. Without trials nothing is known: 0 to 1.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static WilsonInterval Of(long hits, long trials) => Of(hits, trials, trials);

    /// <summary>The interval of <paramref name="hits"/> in <paramref name="trials"/> that tell as much as <paramref name="independent"/> independent ones.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A count is negative.</exception>
    public static WilsonInterval Of(long hits, long trials, double independent)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(hits);
        ArgumentOutOfRangeException.ThrowIfNegative(trials);
        ArgumentOutOfRangeException.ThrowIfNegative(independent);

        // A system may also crash when its link was not counted as lost (for example at boot): such a share is above 1, and is taken as 1.
        return trials == 0 ? new(0, 0, 1) : OfRate(Math.Min(1.0, hits / (double)trials), independent);
    }

    /// <summary>The interval of a share over this many independent trials.</summary>
    public static WilsonInterval OfRate(double rate, double independent)
    {
        if (independent <= 0)
        {
            return new(rate, 0, 1);
        }

        double n = independent, p = rate, z2 = Z95 * Z95;
        double centre = (p + (z2 / (2 * n))) / (1 + (z2 / n));
        double half = Z95 / (1 + (z2 / n)) * Math.Sqrt((p * (1 - p) / n) + (z2 / (4 * n * n)));
        double low = p <= 0 ? 0 : Math.Max(0, centre - half);
        double high = p >= 1 ? 1 : Math.Min(1, centre + half);
        return new(p, low, high);
    }
}
