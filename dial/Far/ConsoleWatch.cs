using Stress.Dial.Lines;
using Stress.Emulator.Core;

namespace Stress.Dial.Far;

/// <summary>Watches the far system's console, a stream of bytes, for panics. Runs alongside the calls; a console that closes is reopened.</summary>
public sealed class ConsoleWatch
{
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(2), Reopen = TimeSpan.FromSeconds(1), FilePoll = TimeSpan.FromMilliseconds(100);
    private const int ReadRoom = 4096, MaxPanics = 10_000;
    private readonly string _source;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly ConsoleReader _reader;
    private readonly List<FarPanic> _panics = [];
    private readonly Lock _lock = new();

    private ConsoleWatch(string source, TimeProvider time, ConsolePatterns[] own)
    {
        _reader = new ConsoleReader(own);
        _source = source;
        _time = time;
        _start = time.GetTimestamp();
    }

    /// <summary>Checks a source.</summary>
    /// <param name="source"><c>file:PATH</c> (a growing log, or a pipe), or a line: <c>tcp://HOST:PORT</c>, <c>pty:PATH</c>, <c>exec:COMMAND</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="own">Patterns beside the systems' own.</param>
    /// <exception cref="FormatException">It is neither; the message says what is accepted.</exception>
    public static ConsoleWatch Of(string source, TimeProvider time, params ConsolePatterns[] own)
    {
        if (source.StartsWith("file:", StringComparison.Ordinal) && source.Length > 5)
        {
            return new ConsoleWatch(source, time, own);
        }

        try
        {
            _ = LineTarget.Parse(source);
            return new ConsoleWatch(source, time, own);
        }
        catch (FormatException)
        {
            throw new FormatException($"'{source}': accepted are tcp://HOST:PORT, file:PATH, pty:PATH and exec:COMMAND");
        }
    }

    /// <summary>Panics seen so far, in order.</summary>
    public IReadOnlyList<FarPanic> Panics
    {
        get
        {
            lock (_lock)
            {
                return [.. _panics];
            }
        }
    }

    /// <summary>The system behind the console, once it is identified.</summary>
    public FarSystem System
    {
        get
        {
            lock (_lock)
            {
                return _reader.System;
            }
        }
    }

    /// <summary>Watches until asked to stop.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                if (_source.StartsWith("file:", StringComparison.Ordinal))
                {
                    await WatchFileAsync(_source[5..], stop).ConfigureAwait(false);
                }
                else
                {
                    await using ILine line = await LineTarget.Parse(_source).OpenAsync(stop).ConfigureAwait(false);
                    await WatchLineAsync(line, stop).ConfigureAwait(false);
                }
            }
            catch (Exception e) when (e is LineException or IOException or UnauthorizedAccessException)
            {
                // The console is not there, or no longer: a booting system takes time.
            }
            catch (OperationCanceledException)
            {
                break;
            }

            CompletePending();
            await Task.Delay(Reopen, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        CompletePending();
    }

    /// <summary>Takes bytes of the console, whatever they are.</summary>
    public void Input(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            _reader.Input(bytes);
            TakeFound();
        }
    }

    /// <summary>The console is quiet: a pending panic is reported.</summary>
    public void CompletePending()
    {
        lock (_lock)
        {
            _reader.Quiet();
            TakeFound();
        }
    }

    private void TakeFound()
    {
        while (_reader.TryTake(out FarPanic? panic))
        {
            if (_panics.Count < MaxPanics)
            {
                _panics.Add(panic! with { At = new VirtualTime((long)_time.GetElapsedTime(_start).TotalMicroseconds) });
            }
        }
    }

    private bool Pending
    {
        get
        {
            lock (_lock)
            {
                return _reader.Pending;
            }
        }
    }

    private async Task WatchLineAsync(ILine line, CancellationToken stop)
    {
        await using CancellationTokenRegistration hangUp = stop.Register(line.HangUp);
        byte[] buffer = new byte[ReadRoom];
        while (true)
        {
            Task<int> read = line.ReadAsync(buffer).AsTask();
            if (Pending)
            {
                await ((Task)read).WaitAsync(Quiet, _time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!read.IsCompleted)
                {
                    CompletePending();
                }
            }

            int n = await read.ConfigureAwait(false);
            if (n == 0)
            {
                return;
            }

            Input(buffer.AsSpan(0, n));
        }
    }

    // A log that another program writes: read to its end, then polled. What is in it at the start is ignored.
    private async Task WatchFileAsync(string path, CancellationToken stop)
    {
        await using FileStream file = Terminals.OpenForReading(path);
        if (!file.CanSeek)
        {
            // A pipe or a device: read like a terminal.
            await using var line = new PtyLine((int)file.SafeFileHandle.DangerousGetHandle(), ownsFd: false);
            await WatchLineAsync(line, stop).ConfigureAwait(false);
            return;
        }

        file.Seek(0, SeekOrigin.End);

        byte[] buffer = new byte[ReadRoom];
        TimeSpan quiet = TimeSpan.Zero;
        while (!stop.IsCancellationRequested)
        {
            int n = await file.ReadAsync(buffer, stop).ConfigureAwait(false);
            if (n > 0)
            {
                Input(buffer.AsSpan(0, n));
                quiet = TimeSpan.Zero;
                continue;
            }

            if (file.Length < file.Position)
            {
                // Rotated or truncated.
                file.Seek(0, SeekOrigin.Begin);
            }

            quiet += FilePoll;
            if (quiet >= Quiet)
            {
                CompletePending();
                quiet = TimeSpan.Zero;
            }

            await Task.Delay(FilePoll, _time, stop).ConfigureAwait(false);
        }
    }
}
