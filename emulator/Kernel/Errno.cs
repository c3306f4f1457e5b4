namespace Stress.Emulator.Kernel;

/// <summary>Error numbers with NetBSD's values (sys/errno.h); 0 is success.</summary>
public enum Errno : byte
{
    /// <summary>Success.</summary>
    None = 0,

    /// <summary>No such process; of route(4), no such entry.</summary>
    ESRCH = 3,

    /// <summary>Device not configured: no interface of that name or index.</summary>
    ENXIO = 6,

    /// <summary>Device busy.</summary>
    EBUSY = 16,

    /// <summary>The entry is there already.</summary>
    EEXIST = 17,

    /// <summary>Invalid argument.</summary>
    EINVAL = 22,

    /// <summary>A call that does not wait would have to.</summary>
    EAGAIN = 35,

    /// <summary>Message too long.</summary>
    EMSGSIZE = 40,

    /// <summary>Operation not supported.</summary>
    EOPNOTSUPP = 45,

    /// <summary>Address already in use: the group was joined before.</summary>
    EADDRINUSE = 48,

    /// <summary>Cannot assign the address: no such membership, or no interface with it.</summary>
    EADDRNOTAVAIL = 49,

    /// <summary>The network is down.</summary>
    ENETDOWN = 50,

    /// <summary>No route leads there.</summary>
    ENETUNREACH = 51,

    /// <summary>The peer has reset the connection.</summary>
    ECONNRESET = 54,

    /// <summary>No buffer space: a queue or a table is full.</summary>
    ENOBUFS = 55,

    /// <summary>Too many memberships: IP_MAX_MEMBERSHIPS.</summary>
    ETOOMANYREFS = 59,

    /// <summary>The peer has not answered for too long.</summary>
    ETIMEDOUT = 60,

    /// <summary>Nobody listens there.</summary>
    ECONNREFUSED = 61,

    /// <summary>No route to the host.</summary>
    EHOSTUNREACH = 65,
}
