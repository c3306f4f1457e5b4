using System.Runtime.InteropServices;

namespace Stress.Dial.Tests.Frr;

/// <summary>A TUN or TAP of this machine: IP packets or Ethernet frames, one a read and one a write.</summary>
internal sealed class Tun : IDisposable
{
    private const int ReadWrite = 2, NonBlocking = 0x800;
    private const ulong SetIff = 0x400454CA;
    private const short IffTun = 1, IffTap = 2, IffNoPi = 0x1000, PollIn = 1;
    private readonly int _fd;

    public Tun(string name, bool ethernet = false)
    {
        _fd = Open("/dev/net/tun", ReadWrite | NonBlocking);
        byte[] request = new byte[40];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(request, 0);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)((ethernet ? IffTap : IffTun) | IffNoPi));
        if (_fd < 0 || IoCtl(_fd, SetIff, request) < 0)
        {
            throw new InvalidOperationException($"/dev/net/tun: errno {Marshal.GetLastPInvokeError()}");
        }
    }

    /// <summary>Waits for a packet, for so long at most.</summary>
    public void Wait(int milliseconds) => Poll([new PollFd { Fd = _fd, Events = PollIn }], 1, milliseconds);

    /// <summary>Bytes of the next packet; 0 when none is there.</summary>
    public int Read(byte[] buffer) => (int)Math.Max(Read(_fd, buffer, buffer.Length), 0);

    /// <summary>A packet for the kernel at the other side; while the interface is down it is lost.</summary>
    public void Write(ReadOnlySpan<byte> packet) => _ = Write(_fd, packet.ToArray(), packet.Length);

    public void Dispose() => _ = Close(_fd);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Fd;
        public short Events;
        public short Returned;
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);

    [DllImport("libc", EntryPoint = "close", SetLastError = true)]
    private static extern int Close(int fd);

    [DllImport("libc", EntryPoint = "read", SetLastError = true)]
    private static extern nint Read(int fd, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    private static extern nint Write(int fd, byte[] buffer, nint count);

    [DllImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static extern int Poll([In, Out] PollFd[] fds, nuint count, int timeoutMilliseconds);

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static extern int IoCtl(int fd, ulong request, byte[] argument);
}
