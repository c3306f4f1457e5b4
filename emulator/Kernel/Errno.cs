namespace Stress.Emulator.Kernel;

/// <summary>Error numbers with NetBSD's values (sys/errno.h); 0 is success.</summary>
public enum Errno : byte
{
    None = 0,
    ESRCH = 3,
    ENXIO = 6,
    EBUSY = 16,
    EEXIST = 17,
    EINVAL = 22,
    EMSGSIZE = 40,
    EOPNOTSUPP = 45,
    EADDRINUSE = 48,
    EADDRNOTAVAIL = 49,
    ENETDOWN = 50,
    ENETUNREACH = 51,
    ENOBUFS = 55,
    ETOOMANYREFS = 59,
    EHOSTUNREACH = 65,
}
