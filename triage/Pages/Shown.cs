using System.Globalization;
using System.Text;
using Stress.Contracts.Triage;

namespace Stress.Triage.Pages;

/// <summary>Values as pages show them.</summary>
public static class Shown
{
    /// <summary>A number with thousands separators.</summary>
    public static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>Bytes in MiB.</summary>
    public static string Bytes(long bytes) => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1048576.0:#,0} MiB");

    /// <summary>A time to the minute, UTC.</summary>
    public static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    /// <summary>A share in per cent, with as many significant figures as make sense.</summary>
    public static string Percent(double share) => share switch
    {
        0 => "0 %",
        < 0.0001 => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0e+0} %"),
        < 0.01 => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.000} %"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0} %"),
    };

    /// <summary>A rate with its interval.</summary>
    public static string Rate(Rate rate) => rate.Trials == 0 ? "nothing tried" : $"{Percent(rate.Share)} ({Percent(rate.Low)} to {Percent(rate.High)})";

    /// <summary>Virtual time.</summary>
    public static string Virtual(long microseconds)
    {
        TimeSpan time = TimeSpan.FromMicroseconds(microseconds);
        return string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours:00}:{time.Minutes:00}:{time.Seconds:00}.{microseconds % 1_000_000:000000}");
    }

    /// <summary>Text that came from a console or a file: control characters are shown as text, so that nothing in it can control a screen.</summary>
    public static string Text(string text)
    {
        var shown = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            shown.Append(char.IsControl(c) && c != '\t' ? '\uFFFD' : CharUnicodeInfo.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\uFFFD' : c);
        }

        return shown.ToString();
    }

    /// <summary>The result of runs with equal seeds.</summary>
    public static string Paired(SeedPairs pairs) => string.Create(
        CultureInfo.InvariantCulture,
        $"in both {pairs.Both}, only first {pairs.OnlyFirst}, only second {pairs.OnlySecond}, neither {pairs.Neither}; p = {(pairs.P < 0.001 ? "below 0.001" : pairs.P.ToString("0.###", CultureInfo.InvariantCulture))}");

    /// <summary>Words for a status.</summary>
    public static string Status(BugRow bug) => bug.Regressed ? $"back (was fixed by {Text(bug.FixedBy)})" : bug.Status == BugStatus.Fixed ? $"fixed by {Text(bug.FixedBy)}" : bug.Status.ToString().ToLowerInvariant();

    /// <summary>The class of a status.</summary>
    public static string StatusClass(BugRow bug) => bug.Regressed ? "bad" : bug.Status == BugStatus.Open ? "warn" : "ok";

    /// <summary>The class of a verdict.</summary>
    public static string VerdictClass(string verdict) => verdict is "met" ? "ok" : verdict is "not met" or "incomplete" ? "bad" : "warn";
}
