using System.Diagnostics;
using System.Globalization;
using System.IO.Pipes;

namespace Stress.Guests.Processes;

/// <summary>How a guest ended.</summary>
/// <param name="Code">Its exit code, or the signal that ended it.</param>
/// <param name="BySignal">A signal ended it.</param>
/// <param name="Cpu">CPU time of all its processes, user and system.</param>
/// <param name="HostCpu">How much of it the host's kernel took: ptrace, signals and futexes, its page faults.</param>
public readonly record struct GuestEnd(int Code, bool BySignal, TimeSpan Cpu, TimeSpan HostCpu)
{
    /// <inheritdoc/>
    public override string ToString() => BySignal ? $"signal {Code}" : $"exit {Code}";
}

/// <summary>
/// A guest's processes under their launcher (launch/stress-launch.c): they end with this one however it ends, and their scratch folder is removed with them.
/// </summary>
internal sealed class GuestProcess : IDisposable
{
    private readonly Process _launcher;
    private readonly Task _reading;
    private readonly int _output;
    private readonly Task<string> _errors;
    private readonly MemoryStream _console = new();
    private readonly Lock _lock = new();
    private bool _ended;
    private const int ConsoleLimit = 64 << 20;

    /// <summary>Starts a guest.</summary>
    /// <param name="launcher">The launcher's program.</param>
    /// <param name="scratch">The guest's folder; it has to exist.</param>
    /// <param name="program">The kernel.</param>
    /// <param name="arguments">Its command line.</param>
    /// <param name="seed">What the kernel's host half draws its random numbers from.</param>
    public GuestProcess(string launcher, string scratch, string program, IEnumerable<string> arguments, ulong seed)
    {
        var start = new ProcessStartInfo(launcher) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = scratch };
        start.ArgumentList.Add(scratch);
        start.ArgumentList.Add(program);
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        // The environment is on the guest's stack: it must be the same for every start.
        start.Environment.Clear();
        start.Environment["PATH"] = "/usr/bin:/bin";
        start.Environment["TMPDIR"] = ".";
        start.Environment["HOME"] = "/";

        // The guest's memory is mapped over where the host may have put the heap. The kernel's own allocations are elsewhere (kernel/stress_user.c); what the C library
        // allocates for itself, as in strdup and fopen, would be overwritten in one of some twenty boots: it takes a mapping for each.
        start.Environment["GLIBC_TUNABLES"] = "glibc.malloc.mmap_threshold=0";
        start.Environment["STRESS_SEED"] = seed.ToString("D20", CultureInfo.InvariantCulture);
        _launcher = Process.Start(start)!;
        _errors = _launcher.StandardError.ReadToEndAsync();
        _output = (int)((PipeStream)_launcher.StandardOutput.BaseStream).SafePipeHandle.DangerousGetHandle();
        _reading = Task.Factory.StartNew(Read, TaskCreationOptions.LongRunning);
    }

    /// <summary>The launcher's process id.</summary>
    public int Id => _launcher.Id;

    /// <summary>What the console has printed so far.</summary>
    public byte[] Console
    {
        get
        {
            lock (_lock)
            {
                return _console.ToArray();
            }
        }
    }

    /// <summary>What the console has printed from a place on.</summary>
    /// <param name="from">Bytes that are known already.</param>
    public byte[] ConsoleFrom(int from)
    {
        lock (_lock)
        {
            return _console.GetBuffer().AsSpan(from, (int)_console.Length - from).ToArray();
        }
    }

    /// <summary>It has ended on its own, or the launcher has.</summary>
    public bool HasExited => _launcher.HasExited;

    /// <summary>CPU time so far of the guest's processes that still exist.</summary>
    public TimeSpan CpuSoFar() => ProcessTree.Cpu(_launcher.Id);

    /// <summary>Waits for the end.</summary>
    public GuestEnd WaitForEnd()
    {
        _launcher.WaitForExit();
        _reading.Wait();
        string[] words = _errors.Result.TrimEnd().Split('\n')[^1].Split(' ');
        if (words is not ["launch:", "exit" or "signal", var code, var user, var system])
        {
            return new GuestEnd(_launcher.ExitCode, false, TimeSpan.Zero, TimeSpan.Zero);
        }

        TimeSpan host = Microseconds(system);
        return new GuestEnd(int.Parse(code, CultureInfo.InvariantCulture), words[1] == "signal", Microseconds(user) + host, host);
    }

    /// <summary>Waits for a while.</summary>
    /// <returns>Whether it has ended.</returns>
    public bool WaitForEnd(TimeSpan atMost) => _launcher.WaitForExit(atMost);

    /// <summary>Ends it and waits.</summary>
    public GuestEnd End()
    {
        try
        {
            _launcher.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended on its own.
        }

        return WaitForEnd();
    }

    public void Dispose()
    {
        End();
        _launcher.Dispose();
    }

    /// <summary>Takes what has been printed and not yet been read: of a guest that waits, this is everything it has printed.</summary>
    public void TakeOutput()
    {
        byte[] buffer = new byte[16 * 1024];
        lock (_lock)
        {
            while (!_ended && Posix.HasNews(_output, 0) && TakeSome(buffer))
            {
            }
        }
    }

    private static TimeSpan Microseconds(string text) => TimeSpan.FromMicroseconds(double.Parse(text, CultureInfo.InvariantCulture));

    // There is one waiter and one reader: what is read is in the console before the lock is released.
    private void Read()
    {
        byte[] buffer = new byte[16 * 1024];
        while (true)
        {
            if (!Posix.HasNews(_output, Timeout.Infinite))
            {
                continue;
            }

            lock (_lock)
            {
                if (_ended || (Posix.HasNews(_output, 0) && !TakeSome(buffer)))
                {
                    return;
                }
            }
        }
    }

    private bool TakeSome(byte[] buffer)
    {
        int n = Posix.Read(_output, buffer);
        _ended = n == 0;
        if (n > 0 && _console.Length < ConsoleLimit)
        {
            _console.Write(buffer, 0, n);
        }

        return n > 0;
    }
}
