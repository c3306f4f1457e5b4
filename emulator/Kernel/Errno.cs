using System.Runtime.CompilerServices;

namespace Stress.Emulator.Kernel;

/// <summary>Error numbers with NetBSD's values (sys/errno.h); 0 is success.</summary>
public enum Errno : byte
{
    None = 0,
    ENXIO = 6,
    EBUSY = 16,
    EEXIST = 17,
    EINVAL = 22,
    EADDRINUSE = 48,
    EADDRNOTAVAIL = 49,
    ENETDOWN = 50,
    ENETUNREACH = 51,
    ENOBUFS = 55,
    EMSGSIZE = 40,
    ETOOMANYREFS = 59,
    EHOSTUNREACH = 65,
    ESRCH = 3,
    EOPNOTSUPP = 45,
}
