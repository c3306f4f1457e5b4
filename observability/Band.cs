namespace Stress.Observability;

/// <summary>The position of an interval relative to a band.</summary>
public enum BandVerdict
{
    /// <summary>The whole interval lies inside.</summary>
    Met,

    /// <summary>The whole interval lies outside.</summary>
    NotMet,

    /// <summary>The interval reaches over a bound.</summary>
    TooFew,
}

/// <summary>
/// A band of per cents that a scenario accepts, and how a measured rate is judged by it: with the rate's interval, so that chance alone decides nothing. A
/// band that is a single point is not a statement about a rate, which no finite run could show, but about the count itself: it is met by exactly that count.
/// </summary>
/// <param name="MinPercent">Least accepted.</param>
/// <param name="MaxPercent">Most accepted.</param>
public readonly record struct Band(double MinPercent, double MaxPercent)
{
    /// <summary>Bounds are written in per cent with few digits; a value on the bound meets it.</summary>
    public const double Rounding = 1e-9;

    private const double MostTimes = 1e6;

    /// <summary>The band is about a count, not a rate.</summary>
    public bool IsPoint => MinPercent == MaxPercent;

    /// <summary>The verdict.</summary>
    /// <param name="interval">The measured rate and its interval, 0 to 1.</param>
    public BandVerdict Judge(WilsonInterval interval)
    {
        if (IsPoint)
        {
            return Math.Abs((interval.Rate * 100) - MinPercent) <= Rounding ? BandVerdict.Met : BandVerdict.NotMet;
        }

        double low = interval.Low * 100, high = interval.High * 100;
        return low >= MinPercent - Rounding && high <= MaxPercent + Rounding ? BandVerdict.Met
            : high < MinPercent - Rounding || low > MaxPercent + Rounding ? BandVerdict.NotMet
            : BandVerdict.TooFew;
    }

    /// <summary>How many sites would decide if they were like the measured ones, in two digits; null if not even a million times as many would.</summary>
    /// <param name="sites">Sites measured.</param>
    /// <param name="interval">The interval of so many times as many sites.</param>
    public long? SitesNeeded(long sites, Func<double, WilsonInterval> interval)
    {
        double few = 1, many = 2;
        while (Judge(interval(many)) == BandVerdict.TooFew)
        {
            few = many;
            many *= 2;
            if (many > MostTimes)
            {
                return null;
            }
        }

        while (many / few > 1.01)
        {
            double middle = Math.Sqrt(few * many);
            (few, many) = Judge(interval(middle)) == BandVerdict.TooFew ? (middle, many) : (few, middle);
        }

        double needed = Math.Ceiling(sites * many);
        double digit = Math.Pow(10, Math.Max(0, Math.Floor(Math.Log10(needed)) - 1));
        return (long)(Math.Ceiling(needed / digit) * digit);
    }
}
