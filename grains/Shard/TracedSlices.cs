using Stress.Contracts;

namespace Stress.Grains;

/// <summary>
/// Chooses the slices of a silo that are traced: some each second. A run has hundreds a second, each with a score of our spans and Orleans'; tracing all would cost more than the
/// rest of the instruments together, and nobody would read them. A paced run has few, and all are traced.
/// </summary>
/// <param name="clock">The silo's clock.</param>
public sealed class TracedSlices(RunClock clock)
{
    /// <summary>Slices a second, at most.</summary>
    public const int ASecond = 10;

    private readonly Lock _lock = new();
    private long _second = long.MinValue;
    private int _taken;

    /// <summary>True when the slice that starts now is to be traced.</summary>
    public bool Take()
    {
        long second = clock.Time.GetTimestamp() / clock.Time.TimestampFrequency;
        lock (_lock)
        {
            if (second != _second)
            {
                (_second, _taken) = (second, 0);
            }

            return _taken++ < ASecond;
        }
    }
}
