using System.Diagnostics;
using Stress.Guests.Kernels;

namespace Stress.Client.RealStacks;

/// <summary>How far the build of a kernel is, a line at each step and every few seconds.</summary>
internal static class BuildLines
{
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    /// <summary>Writes a line to the terminal's error output. May be called from any thread.</summary>
    /// <param name="terminal">The terminal.</param>
    /// <param name="words">The line.</param>
    public static Action<BuildProgress> On(Terminal terminal, Func<BuildProgress, string> words)
    {
        long told = 0;
        string step = "";
        var gate = new Lock();
        return progress =>
        {
            lock (gate)
            {
                if (progress.Step == step && Stopwatch.GetElapsedTime(told) < Between)
                {
                    return;
                }

                (step, told) = (progress.Step, Stopwatch.GetTimestamp());
                terminal.Error.WriteLine(words(progress));
            }
        };
    }
}
