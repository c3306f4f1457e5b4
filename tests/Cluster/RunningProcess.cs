using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Stress.Tests.Clusters;

/// <summary>A process that was started here, with what it writes.</summary>
public sealed class RunningProcess
{
    /// <summary>A limit for hangs, far above what a busy machine needs: no test passes or fails by it.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(4);

    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private readonly Process _process;
    private readonly StringBuilder _text = new();
    private readonly string _what;
    private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningProcess(Process process)
    {
        _process = process;
        _what = $"{process.StartInfo.FileName} {string.Join(' ', process.StartInfo.ArgumentList)}";
    }

    /// <summary>What it has written so far, both streams.</summary>
    public string Output
    {
        get
        {
            lock (_text)
            {
                return _text.ToString();
            }
        }
    }

    /// <summary>Starts a program.</summary>
    /// <param name="program">The program.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="environment">Environment variables on top of this process' own.</param>
    public static RunningProcess Start(string program, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var running = new RunningProcess(new Process
        {
            StartInfo = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true },
        });
        foreach ((string name, string value) in environment ?? new Dictionary<string, string>())
        {
            running._process.StartInfo.Environment[name] = value;
        }

        running._process.OutputDataReceived += (_, line) => running.Append(line.Data);
        running._process.ErrorDataReceived += (_, line) => running.Append(line.Data);
        running._process.Start();
        running._process.BeginOutputReadLine();
        running._process.BeginErrorReadLine();
        return running;
    }

    /// <summary>Waits for the end, and returns the exit code.</summary>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public Task<int> End() => End(Longest);

    /// <summary>Waits for the end, and returns the exit code.</summary>
    /// <param name="longest">How long; the base library's infinite time-out for any time.</param>
    /// <exception cref="TimeoutException">It does not end.</exception>
    public async Task<int> End(TimeSpan longest)
    {
        await Within(_process.WaitForExitAsync(), longest, "did not end");
        return _process.ExitCode;
    }

    /// <summary>Processor time that it has taken so far, of all its threads.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Most memory that it has had so far.</summary>
    public long PeakMemoryBytes
    {
        get
        {
            _process.Refresh();
            return _process.PeakWorkingSet64;
        }
    }

    /// <summary>Waits until it has written something.</summary>
    /// <exception cref="InvalidOperationException">It ended without.</exception>
    /// <exception cref="TimeoutException">It does not write it.</exception>
    public Task Says(string text) => Within(UntilSaid(text), Longest, $"did not say '{text}'");

    private async Task UntilSaid(string text)
    {
        // The end comes with the last line.
        Task ended = _process.WaitForExitAsync();
        for (; ; )
        {
            Task more;
            lock (_text)
            {
                if (_text.ToString().Contains(text, StringComparison.Ordinal))
                {
                    return;
                }

                more = _more.Task;
            }

            if (ended.IsCompleted)
            {
                throw new InvalidOperationException($"the process ended with {_process.ExitCode} before it said '{text}': {Output}");
            }

            await Task.WhenAny(more, ended);
        }
    }

    private async Task Within(Task task, TimeSpan longest, string problem)
    {
        try
        {
            await task.WaitAsync(longest);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"{_what} {problem} within {longest.TotalMinutes:0} minutes: {Output}");
        }
    }

    /// <summary>SIGKILL.</summary>
    public async Task Kill()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public Task<int> Terminate()
    {
        _ = Signal(_process.Id, Sigterm);
        return End();
    }

    /// <summary>SIGSTOP: it hangs.</summary>
    public void Stop() => _ = Signal(_process.Id, Sigstop);

    /// <summary>SIGCONT: it goes on.</summary>
    public void Continue() => _ = Signal(_process.Id, Sigcont);

    /// <summary>The process's command line, as everybody on the machine can read it.</summary>
    public string CommandLine => File.ReadAllText($"/proc/{_process.Id}/cmdline");

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);

    private void Append(string? line)
    {
        TaskCompletionSource heard;
        lock (_text)
        {
            _text.AppendLine(line);
            (heard, _more) = (_more, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        heard.SetResult();
    }
}
