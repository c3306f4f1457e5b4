namespace Stress.Emulator.Stacks.Linux;

/// <summary>Error numbers of Linux (asm-generic/errno.h), and what iproute2 prints for a refused netlink request.</summary>
internal static class LinuxErrno
{
    public static readonly StackError EBADF = new("EBADF", "9");
    public static readonly StackError EBUSY = new("EBUSY", "16");
    public static readonly StackError ENODEV = new("ENODEV", "19");
    public static readonly StackError EINVAL = new("EINVAL", "22");
    public static readonly StackError EPROTO = new("EPROTO", "71");
    public static readonly StackError EADDRINUSE = new("EADDRINUSE", "98");
    public static readonly StackError EADDRNOTAVAIL = new("EADDRNOTAVAIL", "99");
    public static readonly StackError ENETUNREACH = new("ENETUNREACH", "101");
    public static readonly StackError ENOBUFS = new("ENOBUFS", "105");
    public static readonly StackError Address4Assigned = new("Error: ipv4: Address already assigned.", "-1") { Errno = "EEXIST(17)" };
    public static readonly StackError Address6Assigned = new("Error: ipv6: address already assigned.", "-1") { Errno = "EEXIST(17)" };
    public static readonly StackError Address4NotFound = new("Error: ipv4: Address not found.", "-1") { Errno = "EADDRNOTAVAIL(99)" };
    public static readonly StackError Address6NotFound = new("Error: ipv6: address not found.", "-1") { Errno = "EADDRNOTAVAIL(99)" };

    public static readonly StackError RouteExists = new("RTNETLINK answers: File exists", "-1") { Errno = "EEXIST(17)" };
    public static readonly StackError RoutePrefixInvalid = new("Error: Invalid prefix for given prefix length.", "-1") { Errno = "EINVAL(22)" };
    public static readonly StackError RouteDeviceDown4 = new("Error: Device for nexthop is not up.", "-1") { Errno = "ENETDOWN(100)" };
    public static readonly StackError RouteDeviceDown6 = new("Error: Nexthop device is not up.", "-1") { Errno = "ENETDOWN(100)" };

    /// <summary>Two tools were used: <c>ip</c> for addresses and flags, a program with if_nametoindex for <c>index</c>.</summary>
    public static readonly StackError NoIndex = new("None", "None") { Errno = "ENODEV(19)" };

    public static StackError CannotFindDevice(string name) => new($"Cannot find device \"{name}\"", "-1") { Errno = "ENODEV(19)" };
}
