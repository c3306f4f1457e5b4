namespace Stress.Bench.Speed;

/// <summary>Two silo processes on a Redis of their own against one embedded silo.</summary>
internal static class ClusterSpeed
{
    /// <summary>The row.</summary>
    public static Task<Row> Measure(bool quick) => Task.FromResult(new Row("two silo processes on Redis to one embedded silo", "at least 80 %", "not measured", null));
}
