namespace Stress.Emulator.Core;

/// <summary>A point in virtual time, or a span of it: a 64-bit count of microseconds. The emulator knows no other clock.</summary>
/// <param name="Microseconds">Microseconds since the site was created.</param>
public readonly record struct VirtualTime(long Microseconds) : IComparable<VirtualTime>, IStateValue<VirtualTime>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref VirtualTime value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        long microseconds = value.Microseconds;
        pass.Field(ref microseconds);
        value = new(microseconds);
    }

    /// <summary>A time that never comes.</summary>
    public static readonly VirtualTime Never = new(long.MaxValue);

    /// <summary>The start of a site.</summary>
    public static readonly VirtualTime Zero = new(0);

    /// <summary>A time of some milliseconds; an overflow is not checked.</summary>
    public static VirtualTime FromMilliseconds(long ms) => new(ms * 1_000);

    /// <summary>A time of some seconds; an overflow is not checked.</summary>
    public static VirtualTime FromSeconds(long s) => new(s * 1_000_000);

    /// <summary>A time of some minutes; an overflow is not checked.</summary>
    public static VirtualTime FromMinutes(long m) => new(m * 60_000_000);

    /// <summary>A time of some hours; an overflow is not checked.</summary>
    public static VirtualTime FromHours(long h) => new(h * 3_600_000_000);

    /// <summary>Whether it is later than every event: the largest value.</summary>
    public bool IsNever => Microseconds == long.MaxValue;

    /// <summary>The sum; an overflow is not checked.</summary>
    public static VirtualTime operator +(VirtualTime a, VirtualTime b) => new(a.Microseconds + b.Microseconds);

    /// <summary>The difference, which may be negative.</summary>
    public static VirtualTime operator -(VirtualTime a, VirtualTime b) => new(a.Microseconds - b.Microseconds);

    /// <summary>The earlier of two.</summary>
    public static VirtualTime Min(VirtualTime a, VirtualTime b) => b < a ? b : a;

    /// <summary>Whether it is earlier.</summary>
    public static bool operator <(VirtualTime a, VirtualTime b) => a.Microseconds < b.Microseconds;

    /// <summary>Whether it is later.</summary>
    public static bool operator >(VirtualTime a, VirtualTime b) => a.Microseconds > b.Microseconds;

    /// <summary>Whether it is earlier, or the same.</summary>
    public static bool operator <=(VirtualTime a, VirtualTime b) => a.Microseconds <= b.Microseconds;

    /// <summary>Whether it is later, or the same.</summary>
    public static bool operator >=(VirtualTime a, VirtualTime b) => a.Microseconds >= b.Microseconds;

    /// <inheritdoc/>
    public int CompareTo(VirtualTime other) => Microseconds.CompareTo(other.Microseconds);

    /// <summary>Hours, minutes, seconds and microseconds, as <c>01:10:00.000000</c>.</summary>
    public override string ToString()
    {
        if (IsNever)
        {
            return "never";
        }

        long us = Microseconds % 1_000_000, s = Microseconds / 1_000_000;
        return string.Create(null, stackalloc char[32], $"{s / 3600:00}:{s / 60 % 60:00}:{s % 60:00}.{us:000000}");
    }
}

/// <summary>An inclusive range from which a time is drawn uniformly.</summary>
/// <param name="Min">Shortest.</param>
/// <param name="Max">Longest; equal to <paramref name="Min"/> for a fixed time.</param>
public readonly record struct TimeRange(VirtualTime Min, VirtualTime Max)
{
    /// <summary>A range of one time.</summary>
    public static TimeRange Fixed(VirtualTime t) => new(t, t);

    /// <summary>A range in milliseconds, both ends included.</summary>
    public static TimeRange Milliseconds(long min, long max) => new(VirtualTime.FromMilliseconds(min), VirtualTime.FromMilliseconds(max));

    /// <summary>A range in seconds, both ends included.</summary>
    public static TimeRange Seconds(long min, long max) => new(VirtualTime.FromSeconds(min), VirtualTime.FromSeconds(max));
}

/// <summary>An inclusive range from which a count is drawn uniformly.</summary>
public readonly record struct CountRange(int Min, int Max)
{
    /// <summary>A range of one count.</summary>
    public static CountRange Fixed(int n) => new(n, n);
}
