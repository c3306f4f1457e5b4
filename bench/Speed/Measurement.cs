using System.Diagnostics;

namespace Stress.Bench.Speed;

/// <summary>What a piece of work came to.</summary>
/// <param name="PairHours">Virtual hours, summed over the pairs.</param>
/// <param name="Events">Events of the sites.</param>
/// <param name="Quiet">Those of them that were not executed in full; 0 if not counted.</param>
/// <param name="Digest">Over the sites in their order: two ways to do the same work must agree on it.</param>
internal sealed record Done(double PairHours, long Events, long Quiet, ulong Digest);

/// <summary>What a piece of work took.</summary>
/// <param name="Done">Its result.</param>
/// <param name="Wall">Wall time.</param>
/// <param name="Processor">Processor time of the whole process: a collector's or compiler's thread counts too.</param>
internal sealed record Measurement(Done Done, TimeSpan Wall, TimeSpan Processor)
{
    /// <summary>Virtual hours, summed over the pairs.</summary>
    public double PairHours => Done.PairHours;

    /// <summary>Events of the sites.</summary>
    public long Events => Done.Events;

    /// <summary>Over the sites in their order.</summary>
    public ulong Digest => Done.Digest;

    /// <summary>Pair-hours for each second of wall time.</summary>
    public double Speed => PairHours / Wall.TotalSeconds;

    /// <summary>Pair-hours for each second of one core: less noisy when others use the machine too.</summary>
    public double SpeedPerCore => PairHours / Processor.TotalSeconds;

    /// <summary>Does the work and measures it.</summary>
    public static async Task<Measurement> Of(Func<Task<Done>> work)
    {
        GC.Collect();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        Done done = await work();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        return new Measurement(done, wall, Environment.CpuUsage.TotalTime - processor);
    }
}
