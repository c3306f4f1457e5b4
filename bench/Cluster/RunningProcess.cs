using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Stress.Bench.Cluster;

/// <summary>A process that was started here, with what it writes.</summary>
public sealed class RunningProcess
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;
    private readonly Process _process;
    private readonly StringBuilder _text = new();

    private RunningProcess(Process process) => _process = process;

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
    public async Task<int> End()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }

    /// <summary>Waits until it has written something.</summary>
    /// <exception cref="InvalidOperationException">It ended without.</exception>
    public async Task Says(string text)
    {
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException($"the process ended with {_process.ExitCode} before it said '{text}': {Output}");
            }

            await Task.Delay(50);
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

    /// <summary>What the process was started with, as everybody on the machine can read it.</summary>
    public string CommandLine => File.ReadAllText($"/proc/{_process.Id}/cmdline");

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Signal(int pid, int signal);

    private void Append(string? line)
    {
        lock (_text)
        {
            _text.AppendLine(line);
        }
    }
}
