namespace Stress.Guests.Running;

/// <summary>Runs one pair of real systems in virtual time, from its start to its end.</summary>
/// <param name="parts">Kernels and systems.</param>
public sealed class PairRun(PairParts parts)
{
    /// <summary>Runs it.</summary>
    /// <param name="options">What to run.</param>
    /// <param name="stop">Ends it early; what was reached is returned.</param>
    /// <param name="observe">Sees every event of the line in order of time; may be null.</param>
    /// <exception cref="GuestException">A kernel cannot be a site.</exception>
    public PairResult Run(PairOptions options, CancellationToken stop, Action<LineEvent>? observe = null)
    {
        using var session = new PairSession(parts, options, observe);
        session.RunTo(options.Duration, stop);
        return session.Finish();
    }
}
