namespace Stress.Triage.Store;

/// <summary>Times as they are stored: microseconds since 1970, UTC.</summary>
public static class Microseconds
{
    /// <summary>A time as it is stored.</summary>
    public static long Of(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;

    /// <summary>A stored time.</summary>
    public static DateTimeOffset Time(long microseconds) => DateTimeOffset.UnixEpoch.AddTicks(microseconds * TimeSpan.TicksPerMicrosecond);
}
