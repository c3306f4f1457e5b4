using System.Globalization;
using Stress.Emulator.Core;

namespace Stress.Observability.Html;

/// <summary>Maps values to pixels, and says where the ticks are.</summary>
/// <param name="Max">The value at <paramref name="To"/>; the scale starts at 0, as every quantity of the report does.</param>
/// <param name="From">Pixel of 0.</param>
/// <param name="To">Pixel of <paramref name="Max"/>.</param>
public readonly record struct Scale(double Max, double From, double To)
{
    /// <summary>A scale whose end is a round number at or above <paramref name="max"/>.</summary>
    public static Scale Round(double max, double from, double to, int ticks)
    {
        double step = Step(max, ticks);
        return new Scale(Math.Max(step, Math.Ceiling((max / step) - 1e-9) * step), from, to);
    }

    /// <summary>The position of a value, in user units.</summary>
    public double At(double value) => From + ((To - From) * value / Max);

    /// <summary>Multiples of 1, 2 or 5 powers of ten, about <paramref name="count"/> of them.</summary>
    public IEnumerable<double> Ticks(int count)
    {
        double step = Step(Max, count);
        for (int i = 0; i * step <= Max * (1 + 1e-9); i++)
        {
            yield return i * step;
        }
    }

    private static double Step(double max, int count)
    {
        if (!(max > 0))
        {
            return 1;
        }

        double raw = max / count, power = Math.Pow(10, Math.Floor(Math.Log10(raw)));
        double lead = raw / power;
        return power * (lead <= 1.0001 ? 1 : lead <= 2.0001 ? 2 : lead <= 5.0001 ? 5 : 10);
    }
}

/// <summary>The unit of a time axis: the largest unit of which the run spans at least four.</summary>
/// <param name="Name">As the axis title shows it.</param>
/// <param name="Microseconds">Length of one.</param>
/// <param name="Nice">Round steps in this unit.</param>
public sealed record TimeUnit(string Name, double Microseconds, double[] Nice)
{
    private static readonly TimeUnit[] Units =
    [
        new("years", 365.25 * 86_400e6, [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000]),
        new("days", 86_400e6, [1, 2, 7, 14, 28, 56, 112, 365]),
        new("hours", 3_600e6, [1, 2, 3, 6, 12, 24, 48]),
        new("minutes", 60e6, [1, 2, 5, 10, 15, 30, 60]),
        new("seconds", 1e6, [1, 2, 5, 10, 15, 30, 60]),
    ];

    /// <summary>The unit in which a time of this length reads best.</summary>
    public static TimeUnit For(VirtualTime span) =>
        Array.Find(Units, u => span.Microseconds >= 4 * u.Microseconds) ?? Units[^1];

    /// <summary>A time in this unit.</summary>
    public double Of(VirtualTime t) => t.Microseconds / Microseconds;

    /// <summary>Ticks from 0 to <paramref name="max"/>, at most <paramref name="count"/> steps.</summary>
    public IEnumerable<double> Ticks(double max, int count)
    {
        double step = Nice.FirstOrDefault(s => max / s <= count, Nice[^1]);
        for (int i = 0; i * step <= max * (1 + 1e-9); i++)
        {
            yield return i * step;
        }
    }
}

/// <summary>Numbers as the page prints them: invariant, with a narrow space between thousands.</summary>
public static class Figures
{
    private static readonly NumberFormatInfo Grouped = new() { NumberGroupSeparator = "\u202f", NumberDecimalSeparator = "." };

    /// <summary>A count with thousands separated, with up to two digits after the point.</summary>
    public static string Count(double n) => n.ToString(n == Math.Floor(n) ? "#,0" : "#,0.##", Grouped);

    /// <summary>A share of 1 as per cent, with decimals according to its size and without the sign.</summary>
    public static string Percent(double share) => double.IsNaN(share) ? "–" : (share * 100) switch
    {
        0 => "0",
        100 => "100",
        >= 9.95 => (share * 100).ToString("0.0", Grouped),
        >= 0.995 => (share * 100).ToString("0.00", Grouped),
        >= 0.01 => (share * 100).ToString("0.000", Grouped),
        _ => (share * 100).ToString("0.0000", Grouped),
    };

    /// <summary>A share of tries as per cent, with a sign after it where one is given; where nothing was tried there is none.</summary>
    public static string Rate(double share, long tries, string sign = "") => tries == 0 ? "–" : Percent(share) + sign;

    /// <summary>An interval of a share of tries as per cent; where nothing was tried there is none.</summary>
    public static string Range(double low, double high, long tries) => tries == 0 ? "–" : $"{Percent(low)} – {Percent(high)}";

    /// <summary>A tick label: 25k rather than 25000 if there is little room.</summary>
    public static string Tick(double v) => Math.Abs(v) switch
    {
        >= 1e9 => (v / 1e9).ToString("0.##", Grouped) + "G",
        >= 1e6 => (v / 1e6).ToString("0.##", Grouped) + "M",
        >= 10e3 => (v / 1e3).ToString("0.##", Grouped) + "k",
        _ => v.ToString("#,0.##", Grouped),
    };

    /// <summary>A span in words a person uses: <c>59.8 s</c>, <c>9 min 58 s</c>, <c>3 h 20 min</c>, <c>12 d</c>, <c>19.0 years</c>.</summary>
    public static string Span(VirtualTime t)
    {
        double s = t.Microseconds / 1e6;
        return s switch
        {
            < 0.0005 => $"{t.Microseconds} µs",
            < 1 => string.Create(Grouped, $"{s * 1000:0.#} ms"),
            < 60 => string.Create(Grouped, $"{s:0.#} s"),
            < 3600 => Two(s, 60, "min", 1, "s"),
            < 48 * 3600 => Two(s, 3600, "h", 60, "min"),
            < 730 * 86_400.0 => string.Create(Grouped, $"{s / 86_400:#,0.#} d"),
            _ => string.Create(Grouped, $"{s / (365.25 * 86_400):#,0.0} years"),
        };
    }

    private static string Two(double seconds, int large, string largeName, int small, string smallName)
    {
        long total = (long)Math.Round(seconds / small);
        long per = large / small;
        return total % per == 0 ? $"{total / per} {largeName}" : $"{total / per} {largeName} {total % per} {smallName}";
    }
}
