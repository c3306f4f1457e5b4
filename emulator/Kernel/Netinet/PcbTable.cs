namespace Stress.Emulator.Kernel.Netinet;

/// <summary>The pcb tables that PRU_PURGEIF walks, one turn each.</summary>
public enum PcbTable : byte
{
    /// <summary>udbtable: UDP over IPv4.</summary>
    Udp,

    /// <summary>tcbtable: TCP over IPv4.</summary>
    Tcp,

    /// <summary>rawcbtable: raw IPv4 sockets.</summary>
    Raw,

    /// <summary>UDP over IPv6.</summary>
    Udp6,

    /// <summary>TCP over IPv6.</summary>
    Tcp6,

    /// <summary>raw6cbtable: raw IPv6 sockets.</summary>
    Raw6,
}
