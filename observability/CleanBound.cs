using System.Globalization;

namespace Stress.Observability;

/// <summary>What a number of disconnects without a crash excludes: "not seen" is not "clean".</summary>
public static class CleanBound
{
    private const double Doubt = 0.05;

    /// <summary>The greatest rate that none in <paramref name="trials"/> leaves possible at 95 %; 1 without a trial.</summary>
    public static double RateExcluded(long trials) => trials <= 0 ? 1 : 1 - Math.Pow(Doubt, 1.0 / trials);

    /// <summary>Clean trials needed to claim a rate below one in <paramref name="oneIn"/> at 95 %.</summary>
    public static long TrialsFor(long oneIn) => (long)Math.Ceiling(Math.Log(Doubt) / Math.Log(1 - (1.0 / oneIn)));

    /// <summary>The sentence of a run.</summary>
    /// <param name="crashes">Crashes.</param>
    /// <param name="disconnects">Disconnects, both roles.</param>
    public static string Sentence(long crashes, long disconnects)
    {
        if (crashes > 0)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{Counted.Of(crashes, "crash", "crashes")} in {Counted.Of(disconnects, "disconnect")}");
        }

        if (disconnects == 0)
        {
            return "no crash, and no disconnect that could have caused one: nothing is known";
        }

        // The next power of ten that this does not claim yet.
        long now = (long)Math.Floor(1 / RateExcluded(disconnects)), next = 10;
        while (TrialsFor(next) <= disconnects)
        {
            next *= 10;
        }

        return string.Create(
            CultureInfo.InvariantCulture,
            $"no crash in {Counted.Of(disconnects, "disconnect")}: at 95 % fewer than one in {Math.Max(1, now):#,0}; {TrialsFor(next) - disconnects:#,0} more clean ones are needed to claim below one in {next:#,0}");
    }
}
