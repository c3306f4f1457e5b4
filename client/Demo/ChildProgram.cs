using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Stress.Client.Demo;

/// <summary>A program that this one started and ends again.</summary>
public sealed class ChildProgram
{
    private const int Sigterm = 15;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ChildProgram(string name, ProcessStartInfo start)
    {
        Name = name;
        _process = new Process { StartInfo = start };
        _process.Start();
        Ended = _process.WaitForExitAsync();

        // Its output is read, so that it never waits for a reader.
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>Its name in messages.</summary>
    public string Name { get; }

    /// <summary>Done once it has ended.</summary>
    public Task Ended { get; }

    /// <summary>Starts a program.</summary>
    /// <param name="program">Its file, or its name on the path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Environment variables on top of this process' own.</param>
    public static ChildProgram Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[name] = value;
        }

        return new ChildProgram(Path.GetFileName(program), start);
    }

    /// <summary>Starts this program again, with another command line.</summary>
    public static ChildProgram OfThisProgram(IReadOnlyList<string> arguments) => new(
        $"stress {arguments[0]}", new ProcessStartInfo("dotnet", [typeof(ChildProgram).Assembly.Location, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = true });

    /// <summary>Waits for its end, and returns its exit code; ends it if the wait is cancelled.</summary>
    public async Task<int> End(CancellationToken stop)
    {
        try
        {
            await Ended.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            await Stop();
            throw;
        }

        return _process.ExitCode;
    }

    /// <summary>Asks it to end, and kills it if it does not.</summary>
    public async Task Stop()
    {
        if (!_process.HasExited)
        {
            _ = Kill(_process.Id, Sigterm);
        }

        try
        {
            await Ended.WaitAsync(Grace);
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            await Ended;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
