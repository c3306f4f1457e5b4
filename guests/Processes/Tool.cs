using System.Diagnostics;

namespace Stress.Guests.Processes;

/// <summary>Runs a program of the host.</summary>
internal static class Tool
{
    private const int Told = 12;

    /// <summary>The path of a program in PATH; null when it is not there.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Append("/sbin")
        .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>Runs a program to its end.</summary>
    /// <param name="folder">Where.</param>
    /// <param name="line">Takes each line of its output and errors; may be null.</param>
    /// <param name="stop">Ends it and everything below it.</param>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <returns>Its exit code and its last lines of output.</returns>
    public static async Task<(int Code, IReadOnlyList<string> Last)> RunAsync(string folder, Action<string>? line, CancellationToken stop, string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = folder };
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        var last = new Queue<string>();
        var gate = new Lock();
        void Take(string? text)
        {
            if (text is null)
            {
                return;
            }

            lock (gate)
            {
                last.Enqueue(text);
                if (last.Count > Told)
                {
                    last.Dequeue();
                }

                line?.Invoke(text);
            }
        }

        process.OutputDataReceived += (_, e) => Take(e.Data);
        process.ErrorDataReceived += (_, e) => Take(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        try
        {
            await process.WaitForExitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }

        return (process.ExitCode, [.. last]);
    }

    /// <summary>Runs a program and returns its output.</summary>
    /// <exception cref="GuestException">It failed.</exception>
    public static async Task<string> OutputAsync(string folder, CancellationToken stop, string program, params string[] arguments)
    {
        var lines = new List<string>();
        (int code, IReadOnlyList<string> last) = await RunAsync(folder, lines.Add, stop, program, arguments).ConfigureAwait(false);
        return code == 0 ? string.Join('\n', lines) : throw new GuestException(GuestProblem.Failed, $"{program} {string.Join(' ', arguments)}: exit {code}: {string.Join("; ", last)}");
    }
}
