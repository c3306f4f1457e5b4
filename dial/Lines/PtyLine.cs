using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.Win32.SafeHandles;

namespace Stress.Dial.Lines;

/// <summary>The terminal calls of POSIX that .NET does not offer. File descriptors are plain numbers here and owned by <see cref="PtyLine"/>.</summary>
internal static class Terminals
{
    public const int ReadOnly = 0, ReadWrite = 2, NoControllingTty = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    public const short PollIn = 1, PollOut = 4;
    private const int SetNow = 0, DtrBit = 2;

    // <asm-generic/ioctls.h>: TIOCMBIC, clear modem bits.
    private const ulong ClearModemBits = 0x5417;

    // More than any libc's struct termios.
    private const int TermiosRoom = 256;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    public static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    public static extern int Close(int fd);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    public static extern nint Read(int fd, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    public static extern nint Write(int fd, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static extern int Poll([In, Out] PollFd[] fds, nuint count, int timeoutMilliseconds);

    [DllImport("libc", EntryPoint = "pipe2", SetLastError = true)]
    public static extern int Pipe([Out] int[] ends, int flags);

    [DllImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    public static extern int OpenPt(int flags);

    [DllImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    public static extern int GrantPt(int fd);

    [DllImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    public static extern int UnlockPt(int fd);

    [DllImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    public static extern int PtsName(int fd, byte[] buffer, nuint length);

    [DllImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static extern int TcGetAttr(int fd, byte[] termios);

    [DllImport("libc", EntryPoint = "tcsendbreak", SetLastError = true)]
    public static extern int SendBreak(int fd, int duration);

    [DllImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static extern int TcSetAttr(int fd, int when, byte[] termios);

    [DllImport("libc", EntryPoint = "cfmakeraw")]
    private static extern void CfMakeRaw(byte[] termios);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int IoCtl(int fd, ulong request, ref int argument);

    /// <summary>Eight bits, no echo, no signals, no line editing.</summary>
    public static void MakeRaw(int fd)
    {
        byte[] termios = new byte[TermiosRoom];
        if (TcGetAttr(fd, termios) == 0)
        {
            CfMakeRaw(termios);
            _ = TcSetAttr(fd, SetNow, termios);
        }
    }

    /// <summary>Lowers DTR: a modem hangs up. A pty has none, and returns an error.</summary>
    public static void DropDtr(int fd)
    {
        int bits = DtrBit;
        _ = IoCtl(fd, ClearModemBits, ref bits);
    }

    /// <summary>Opens a file, pipe or device without waiting for its other end.</summary>
    /// <exception cref="IOException">It cannot be opened.</exception>
    public static FileStream OpenForReading(string path)
    {
        int fd = Open(path, ReadOnly | NoControllingTty | NonBlocking | CloseOnExec);
        return fd >= 0 ? new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, bufferSize: 0) : throw Error(path);
    }

    public static IOException Error(string what) => new($"{what}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
}

/// <summary>A line on a terminal device: a serial port, or one end of a pty. A thread of its own reads it, since there is no other way to wait for a terminal.</summary>
internal sealed class PtyLine : ILine
{
    private const int PiecesInFlight = 16, PieceLength = 4096, WriteWaitMilliseconds = 1000;
    private readonly int _fd;
    private readonly bool _ownsFd;
    private readonly int[] _wake = new int[2];
    private readonly Channel<byte[]> _pieces = Channel.CreateBounded<byte[]>(PiecesInFlight);
    private readonly Task _reader;
    private ReadOnlyMemory<byte> _rest;
    private int _hungUp, _disposed;

    internal PtyLine(int fd, bool ownsFd)
    {
        _fd = fd;
        _ownsFd = ownsFd;
        if (Terminals.Pipe(_wake, Terminals.CloseOnExec) != 0)
        {
            throw Terminals.Error("pipe");
        }

        _reader = Task.Factory.StartNew(Pump, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    public static PtyLine Open(string path)
    {
        int fd = Terminals.Open(path, Terminals.ReadWrite | Terminals.NoControllingTty | Terminals.NonBlocking | Terminals.CloseOnExec);
        if (fd < 0)
        {
            throw Terminals.Error(path);
        }

        Terminals.MakeRaw(fd);
        return new PtyLine(fd, ownsFd: true);
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        while (_rest.IsEmpty)
        {
            if (!await _pieces.Reader.WaitToReadAsync().ConfigureAwait(false))
            {
                return 0;
            }

            if (_pieces.Reader.TryRead(out byte[]? piece))
            {
                _rest = piece;
            }
        }

        int n = Math.Min(buffer.Length, _rest.Length);
        _rest[..n].CopyTo(buffer);
        _rest = _rest[n..];
        return n;
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        // A terminal's queue nearly always has room; waiting for it goes to another thread.
        byte[] rest = bytes.ToArray();
        while (rest.Length > 0 && Volatile.Read(ref _hungUp) == 0 && !stop.IsCancellationRequested)
        {
            nint n = Terminals.Write(_fd, rest, rest.Length);
            if (n > 0)
            {
                rest = rest[(int)n..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            if (error is not (11 or 4))
            {
                return false;
            }

            await Task.Run(() => Terminals.Poll([new Terminals.PollFd { Fd = _fd, Events = Terminals.PollOut }], 1, WriteWaitMilliseconds), CancellationToken.None).ConfigureAwait(false);
        }

        return rest.Length == 0;
    }

    public async ValueTask BreakAsync() => await Task.Run(() => Terminals.SendBreak(_fd, 0), CancellationToken.None).ConfigureAwait(false);

    public void HangUp()
    {
        if (Interlocked.Exchange(ref _hungUp, 1) == 0)
        {
            Terminals.DropDtr(_fd);
            _ = Terminals.Write(_wake[1], [0], 1);
        }
    }

    public async ValueTask DisposeAsync()
    {
        // A descriptor closed twice may belong to something else by then.
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        HangUp();
        _pieces.Writer.TryComplete();
        await _reader.ConfigureAwait(false);
        if (_ownsFd)
        {
            _ = Terminals.Close(_fd);
        }

        _ = Terminals.Close(_wake[0]);
        _ = Terminals.Close(_wake[1]);
    }

    private void Pump()
    {
        byte[] buffer = new byte[PieceLength];
        Terminals.PollFd[] polled = [new() { Fd = _fd, Events = Terminals.PollIn }, new() { Fd = _wake[0], Events = Terminals.PollIn }];
        while (Volatile.Read(ref _hungUp) == 0)
        {
            polled[0].Returned = polled[1].Returned = 0;
            if (Terminals.Poll(polled, 2, -1) < 0)
            {
                continue;
            }

            if (polled[0].Returned == 0)
            {
                continue;
            }

            nint n = Terminals.Read(_fd, buffer, buffer.Length);
            if (n > 0)
            {
                if (!Deliver(buffer[..(int)n]))
                {
                    break;
                }
            }
            else if (n == 0 || Marshal.GetLastPInvokeError() is not (11 or 4))
            {
                // End of file, or EIO: the other end of the pty is closed.
                break;
            }
        }

        _pieces.Writer.TryComplete();
    }

    private bool Deliver(byte[] piece)
    {
        while (!_pieces.Writer.TryWrite(piece))
        {
            if (Volatile.Read(ref _hungUp) != 0 || !_pieces.Writer.WaitToWriteAsync().AsTask().GetAwaiter().GetResult())
            {
                return false;
            }
        }

        return true;
    }
}

/// <summary>A pty whose other end callers open through a symbolic link. Each call is one opening of that end.</summary>
internal sealed class PtyLineListener : ILineListener
{
    private const int NameRoom = 256, ClosedPollMilliseconds = 20;
    private readonly string _link;
    private int _master = -1;

    private PtyLineListener(string link) => _link = link;

    public LineTarget Target => new(LineKind.Pty, _link, "");

    public static PtyLineListener Start(string link)
    {
        var listener = new PtyLineListener(link);
        listener.Renew();
        return listener;
    }

    public async ValueTask<ILine> AcceptAsync(CancellationToken stop)
    {
        // While the other end is not open, a pty's master polls as hung up; the first opening clears that. A caller that opened it, wrote and closed it between two polls has left what it wrote.
        while (true)
        {
            if (_master < 0)
            {
                stop.ThrowIfCancellationRequested();
                throw new ObjectDisposedException(_link);
            }

            Terminals.PollFd[] polled = [new() { Fd = _master, Events = Terminals.PollIn }];
            int ready = Terminals.Poll(polled, 1, 0);
            const short hungUp = 0x10;
            if (ready >= 0 && ((polled[0].Returned & hungUp) == 0 || (polled[0].Returned & Terminals.PollIn) != 0))
            {
                // The next caller must find a fresh pty at once, even during this call.
                int fd = _master;
                Renew();
                return new PtyLine(fd, ownsFd: true);
            }

            stop.ThrowIfCancellationRequested();
            await Task.Delay(ClosedPollMilliseconds, stop).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _master, -1) is var master and >= 0)
        {
            _ = Terminals.Close(master);
            File.Delete(_link);
        }

        return ValueTask.CompletedTask;
    }

    // A new pty for each call: what an earlier caller left in the queues is gone with the old one.
    private void Renew()
    {
        int fd = Terminals.OpenPt(Terminals.ReadWrite | Terminals.NoControllingTty | Terminals.NonBlocking | Terminals.CloseOnExec);
        byte[] name = new byte[NameRoom];
        if (fd < 0 || Terminals.GrantPt(fd) != 0 || Terminals.UnlockPt(fd) != 0 || Terminals.PtsName(fd, name, (nuint)name.Length) != 0)
        {
            throw Terminals.Error("pty");
        }

        string path = System.Text.Encoding.UTF8.GetString(name, 0, Array.IndexOf(name, (byte)0));

        // Opening and closing the other end once makes the master report "hung up" until a caller comes.
        int other = Terminals.Open(path, Terminals.ReadWrite | Terminals.NoControllingTty | Terminals.CloseOnExec);
        Terminals.MakeRaw(other);
        _ = Terminals.Close(other);
        string next = $"{_link}.{Environment.ProcessId}";
        File.Delete(next);
        File.CreateSymbolicLink(next, path);
        File.Move(next, _link, overwrite: true);
        _master = fd;
    }
}
