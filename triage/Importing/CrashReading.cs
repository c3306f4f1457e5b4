using Stress.Observability;
using Stress.Triage.Bugs;

namespace Stress.Triage.Importing;

/// <summary>A crash of a run that was read.</summary>
/// <param name="Crash">The crash.</param>
/// <param name="Disconnects">Disconnects of its end; 0 if the report has no rate for it.</param>
/// <param name="Title">Its title without the parts that differ from boot to boot.</param>
/// <param name="DesignEffect">Ratio of the squared interval over sites to one that takes disconnects as independent; at least 1.</param>
public sealed record CrashReading(CrashRecord Crash, string Title, long Disconnects, double DesignEffect)
{
    /// <summary>A crash with its rate from the report.</summary>
    public static CrashReading Of(CrashRecord crash, CodePathRate? rate)
    {
        if (rate is null)
        {
            return new CrashReading(crash, BugTitle.Of(crash.Title), 0, 1);
        }

        WilsonInterval independent = WilsonInterval.Of(rate.Crashes, rate.Disconnects);
        double wider = independent.High > independent.Low ? (rate.High - rate.Low) / (independent.High - independent.Low) : 1;
        return new CrashReading(crash, BugTitle.Of(crash.Title), rate.Disconnects, double.IsFinite(wider) ? Math.Max(1, wider * wider) : 1);
    }
}
