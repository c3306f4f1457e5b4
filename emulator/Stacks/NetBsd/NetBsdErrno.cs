namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>Error numbers of NetBSD (sys/errno.h).</summary>
internal static class NetBsdErrno
{
    public static readonly StackError ENXIO = new("ENXIO", "6");
    public static readonly StackError EBADF = new("EBADF", "9");
    public static readonly StackError EBUSY = new("EBUSY", "16");
    public static readonly StackError EEXIST = new("EEXIST", "17");
    public static readonly StackError EINVAL = new("EINVAL", "22");
    public static readonly StackError EADDRINUSE = new("EADDRINUSE", "48");
    public static readonly StackError EADDRNOTAVAIL = new("EADDRNOTAVAIL", "49");
    public static readonly StackError ENETUNREACH = new("ENETUNREACH", "51");
    public static readonly StackError ETOOMANYREFS = new("ETOOMANYREFS", "59");
    public static readonly StackError EHOSTUNREACH = new("EHOSTUNREACH", "65");
}
