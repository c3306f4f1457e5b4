using System.Runtime.InteropServices;

namespace Stress.Guests.Processes;

/// <summary>The calls of Linux that the base library does not offer: sockets that pass descriptors, memory files, polling.</summary>
internal static unsafe partial class Posix
{
    public const short PollIn = 1, PollHangUp = 0x10;
    private const int AfUnix = 1, SockStream = 1, SockCloexec = 0x80000, SolSocket = 1, ScmRights = 1, MsgNoSignal = 0x4000, Eintr = 4, Eagain = 11;
    private const int ProtReadWrite = 3, MapShared = 1, OpenReadWrite = 2, Cloexec = 0x80000;

    [StructLayout(LayoutKind.Sequential)]
    public struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct IoVector
    {
        public void* Base;
        public nuint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct MessageHeader
    {
        public void* Name;
        public uint NameLength;
        public IoVector* Vectors;
        public nuint VectorCount;
        public void* Control;
        public nuint ControlLength;
        public int Flags;
    }

    /// <summary>A listening UNIX socket at a path that is free.</summary>
    public static int Listen(string path)
    {
        Span<byte> address = stackalloc byte[110];
        address.Clear();
        address[0] = AfUnix;
        int n = System.Text.Encoding.UTF8.GetBytes(path, address[2..]);
        if (n > 107)
        {
            throw new GuestException(GuestProblem.Failed, $"{path}: too long for a UNIX socket; accepted are 107 bytes (set TMPDIR to a shorter folder)");
        }

        int fd = Checked(socket(AfUnix, SockStream | SockCloexec, 0), "socket");
        fixed (byte* a = address)
        {
            Checked(bind(fd, a, (uint)(2 + n + 1)), "bind");
        }

        Checked(listen(fd, 4), "listen");
        return fd;
    }

    public static int Accept(int fd) => Checked(accept4(fd, null, null, SockCloexec), "accept");

    public static void Close(int fd) => _ = close(fd);

    /// <summary>Waits until one of the descriptors has news.</summary>
    /// <returns>How many have; 0 when the time is over.</returns>
    public static int Poll(Span<PollFd> fds, int milliseconds)
    {
        fixed (PollFd* p = fds)
        {
            int n = poll(p, (nuint)fds.Length, milliseconds);
            return n < 0 && Marshal.GetLastPInvokeError() == Eintr ? 0 : Checked(n, "poll");
        }
    }

    /// <summary>Reads the available bytes.</summary>
    /// <returns>Bytes read; 0 at the end, -1 when nothing is there.</returns>
    public static int Receive(int fd, Span<byte> buffer, bool wait)
    {
        fixed (byte* b = buffer)
        {
            while (true)
            {
                nint n = recv(fd, b, (nuint)buffer.Length, wait ? 0 : 0x40);
                if (n >= 0)
                {
                    return (int)n;
                }

                switch (Marshal.GetLastPInvokeError())
                {
                    case Eintr:
                        continue;
                    case Eagain:
                        return -1;
                    default:
                        return 0; // the other end is gone
                }
            }
        }
    }

    /// <summary>Waits until a descriptor can be read, or its other end is gone.</summary>
    public static bool HasNews(int fd, int milliseconds)
    {
        Span<PollFd> one = [new() { Fd = fd, Events = PollIn }];
        return Poll(one, milliseconds) > 0;
    }

    /// <summary>Reads from a pipe that has news.</summary>
    /// <returns>Bytes read; 0 at its end.</returns>
    public static int Read(int fd, Span<byte> buffer)
    {
        fixed (byte* b = buffer)
        {
            nint n;
            while ((n = read(fd, b, (nuint)buffer.Length)) < 0 && Marshal.GetLastPInvokeError() == Eintr)
            {
            }

            return (int)Math.Max(n, 0);
        }
    }

    /// <summary>Writes all of it.</summary>
    /// <returns>False when the other end is gone.</returns>
    public static bool Send(int fd, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* b = bytes)
        {
            for (int done = 0; done < bytes.Length;)
            {
                nint n = send(fd, b + done, (nuint)(bytes.Length - done), MsgNoSignal);
                if (n >= 0)
                {
                    done += (int)n;
                }
                else if (Marshal.GetLastPInvokeError() != Eintr)
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>Writes bytes together with two descriptors.</summary>
    public static bool SendWithDescriptors(int fd, ReadOnlySpan<byte> bytes, int first, int second)
    {
        byte* control = stackalloc byte[24];
        new Span<byte>(control, 24).Clear();
        *(nuint*)control = 24;
        *(int*)(control + 8) = SolSocket;
        *(int*)(control + 12) = ScmRights;
        *(int*)(control + 16) = first;
        *(int*)(control + 20) = second;
        fixed (byte* b = bytes)
        {
            IoVector vector = new() { Base = b, Length = (nuint)bytes.Length };
            MessageHeader header = new() { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = 24 };
            return sendmsg(fd, &header, MsgNoSignal) == bytes.Length;
        }
    }

    /// <summary>A memory file of that size.</summary>
    public static int MemoryFile(string name, int bytes)
    {
        int fd = Checked(memfd_create(name, 1), "memfd_create");
        Checked(ftruncate(fd, bytes), "ftruncate");
        return fd;
    }

    /// <summary>/dev/null, for reading and writing.</summary>
    public static int OpenNothing() => Checked(open("/dev/null", OpenReadWrite | Cloexec, 0), "open");

    public static byte* Map(int fd, int bytes)
    {
        void* memory = mmap(null, (nuint)bytes, ProtReadWrite, MapShared, fd, 0);
        return (nint)memory == -1 ? throw Failure("mmap") : (byte*)memory;
    }

    public static void Unmap(byte* memory, int bytes) => _ = munmap(memory, (nuint)bytes);

    private static int Checked(int result, string call) => result >= 0 ? result : throw Failure(call);

    private static GuestException Failure(string call) => new(GuestProblem.Failed, $"{call}: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");

    [LibraryImport("libc", SetLastError = true)]
    private static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int bind(int fd, byte* address, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int listen(int fd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int accept4(int fd, void* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFd* fds, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint send(int fd, byte* buffer, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint sendmsg(int fd, MessageHeader* header, int flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(int fd, nint length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial void* mmap(void* address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint length);
}
