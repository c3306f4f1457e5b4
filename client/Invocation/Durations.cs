using System.Globalization;
using Stress.Emulator.Core;
using Stress.Scenarios;

namespace Stress.Client;

/// <summary>Times on a command line: a number in the option's own unit, or with a unit as a scenario writes it (250ms, 90s, 40min, 2h, 1d).</summary>
public static class Durations
{
    private const decimal MicrosecondsPerSecond = 1_000_000m, MicrosecondsPerHour = 3_600_000_000m;

    /// <summary>The units that are accepted, for messages.</summary>
    public const string WithUnit = "a time with a unit, such as 40min, 90s or 2h";

    /// <summary>Reads hours, or a time with a unit; null for anything else. A time of zero or above; never <c>never</c>.</summary>
    public static VirtualTime? Hours(string text) => Read(text, MicrosecondsPerHour);

    /// <summary>Reads seconds, or a time with a unit; null for anything else. A time of zero or above; never <c>never</c>.</summary>
    public static VirtualTime? Seconds(string text) => Read(text, MicrosecondsPerSecond);

    /// <summary>Reads whole seconds, or a time with a unit that amounts to whole seconds; null for anything else.</summary>
    public static long? WholeSeconds(string text) => Seconds(text) is { } time && time.Microseconds % (long)MicrosecondsPerSecond == 0 ? time.Microseconds / (long)MicrosecondsPerSecond : null;

    /// <summary>Hours as a command line spells them: a whole number, or with a unit what no decimal fraction says exactly. <see cref="Hours"/> reads the same time.</summary>
    public static string SpellHours(VirtualTime time) =>
        time.Microseconds % MicrosecondsPerHour == 0 ? (time.Microseconds / (long)MicrosecondsPerHour).ToString(CultureInfo.InvariantCulture) : ScenarioFields.SpellTime(time);

    private static VirtualTime? Read(string text, decimal unit)
    {
        if (decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number))
        {
            return number <= long.MaxValue / unit ? new VirtualTime((long)(number * unit)) : null;
        }

        return ScenarioFields.TryTime(text, out VirtualTime time) && !time.IsNever ? time : null;
    }
}
