using System.Text;
using Stress.Guests.Processes;

namespace Stress.Guests.Kernels;

/// <summary>The program that starts a guest and outlives it by nothing (launch/stress-launch.c), and the library that it has loaded with a guest (launch/stress-state.c), compiled once on each machine.</summary>
public static class Launcher
{
    private const string Source = "launch/stress-launch.c", StateSource = "launch/stress-state.c";

    /// <summary>The program's path.</summary>
    /// <exception cref="GuestException">gcc is not there.</exception>
    public static async Task<string> EnsureAsync(GuestCache cache, CancellationToken stop)
    {
        byte[] source = Resources.Bytes(Source), state = Resources.Bytes(StateSource);
        string folder = Path.Combine(cache.Root, "launch", GuestCache.Key([("source", source), ("state", state)])), program = Path.Combine(folder, "stress-launch");
        if (File.Exists(program))
        {
            return program;
        }

        BuildTools.Check(BuildTools.ForSystems);
        Directory.CreateDirectory(folder);

        // The program last: it is what is looked for.
        await CompileAsync(folder, Path.Combine(folder, "stress-state.so"), StateSource, state, stop, "-shared", "-fPIC").ConfigureAwait(false);
        await CompileAsync(folder, program, Source, source, stop).ConfigureAwait(false);
        return program;
    }

    private static async Task CompileAsync(string folder, string output, string name, byte[] source, CancellationToken stop, params string[] more)
    {
        string input = Path.Combine(folder, Path.GetFileName(name)), unfinished = $"{output}.{Environment.ProcessId}";
        await File.WriteAllBytesAsync(input, source, stop).ConfigureAwait(false);
        await Tool.OutputAsync(folder, stop, "gcc", ["-std=c99", "-O2", "-Wall", "-Werror", .. more, "-o", unfinished, input]).ConfigureAwait(false);
        File.Move(unfinished, output, overwrite: true);
    }
}
