using System.Diagnostics;

namespace Stress.Bench.Speed;

/// <summary>What a piece of work took.</summary>
/// <param name="PairHours">Virtual hours, summed over the pairs.</param>
/// <param name="Events">Executed events.</param>
/// <param name="Digest">Over the sites in their order: two ways to do the same work must agree on it.</param>
/// <param name="Wall">Wall time.</param>
/// <param name="Processor">Processor time of the whole process: a collector's or compiler's thread counts too.</param>
/// <param name="Allocated">Bytes allocated by the process.</param>
internal sealed record Measurement(double PairHours, long Events, ulong Digest, TimeSpan Wall, TimeSpan Processor, long Allocated)
{
    /// <summary>Pair-hours for each second of wall time.</summary>
    public double Speed => PairHours / Wall.TotalSeconds;

    /// <summary>Pair-hours for each second of one core: what is left of noise when others use the machine too.</summary>
    public double SpeedPerCore => PairHours / Processor.TotalSeconds;

    /// <summary>Does the work and measures it.</summary>
    public static async Task<Measurement> Of(Func<Task<(double PairHours, long Events, ulong Digest)>> work)
    {
        GC.Collect();
        long allocated = GC.GetTotalAllocatedBytes();
        TimeSpan processor = Environment.CpuUsage.TotalTime;
        long start = Stopwatch.GetTimestamp();
        (double pairHours, long events, ulong digest) = await work();
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        return new Measurement(pairHours, events, digest, wall, Environment.CpuUsage.TotalTime - processor, GC.GetTotalAllocatedBytes() - allocated);
    }
}
