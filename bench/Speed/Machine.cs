using System.Diagnostics;
using System.Globalization;
using System.Runtime;
using System.Runtime.InteropServices;

namespace Stress.Bench.Speed;

/// <summary>The machine that a figure was measured on.</summary>
internal static class Machine
{
    /// <summary>Writes machine, system, runtime and collector, a line each.</summary>
    public static void Write()
    {
        Console.WriteLine($"machine    {Processor()}, {Environment.ProcessorCount} processors, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20} MB, load {Load()}");
        Console.WriteLine($"system     {RuntimeInformation.OSDescription}, {RuntimeInformation.ProcessArchitecture}");
        Console.WriteLine($"runtime    {RuntimeInformation.FrameworkDescription}, Orleans {typeof(Grain).Assembly.GetName().Version?.ToString(3)}, tiered PGO {Switch("System.Runtime.TieredPGO")}");
        Console.WriteLine($"collector  {(GCSettings.IsServerGC ? "server" : "workstation")}, {(GCSettings.LatencyMode == GCLatencyMode.Batch ? "not concurrent" : "concurrent")}, heaps {GC.GetConfigurationVariables().GetValueOrDefault("GCHeapCount", "default")}");
    }

    /// <summary>Most memory that a process ever had, in bytes.</summary>
    public static long Peak(Process process) => process.PeakWorkingSet64;

    private static string Processor() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown"
        : "unknown";

    /// <summary>Mean number of programs that ran or were ready to, over the last minute (/proc/loadavg); "unknown" on systems without it.</summary>
    public static string Load() => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    private static string Switch(string name) => AppContext.TryGetSwitch(name, out bool on) ? on.ToString(CultureInfo.InvariantCulture).ToLowerInvariant() : "default";
}
