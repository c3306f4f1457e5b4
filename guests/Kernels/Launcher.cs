using System.Text;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>The program that starts a guest and ends with it (launch/stress-launch.c), compiled once on each machine.</summary>
public static class Launcher
{
    private const string Source = "launch/stress-launch.c";

    /// <summary>The program's path.</summary>
    /// <exception cref="GuestException">gcc is not there.</exception>
    public static async Task<string> EnsureAsync(GuestCache cache, CancellationToken stop)
    {
        byte[] source = Resources.Bytes(Source);
        string folder = Path.Combine(cache.Root, "launch", GuestCache.Key([("source", source)])), program = Path.Combine(folder, "stress-launch");
        if (File.Exists(program))
        {
            return program;
        }

        BuildTools.Check(BuildTools.ForSystems);
        Directory.CreateDirectory(folder);
        string input = Path.Combine(folder, "stress-launch.c"), output = $"{program}.{Environment.ProcessId}";
        await File.WriteAllBytesAsync(input, source, stop).ConfigureAwait(false);
        await Tool.OutputAsync(folder, stop, "gcc", "-std=c99", "-O2", "-Wall", "-Werror", "-o", output, input).ConfigureAwait(false);
        File.Move(output, program, overwrite: true);
        return program;
    }
}
