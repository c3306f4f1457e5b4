using Stress.Emulator.Stacks;

namespace Stress.Emulator.Exploration;

/// <summary>Parts of a kernel that a step reads or writes. Two steps that touch no common part, or only read it, can be swapped.</summary>
[Flags]
public enum KernelPart : ushort
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>The interface table and its indexes.</summary>
    Interfaces = 1,

    /// <summary>IPv4 addresses, groups, router_infos.</summary>
    Inet = 2,

    /// <summary>IPv6 addresses, groups, kludges.</summary>
    Inet6 = 4,

    /// <summary>The pcbs of IPv4, with their multicast options.</summary>
    Pcb4 = 8,

    /// <summary>The pcbs of IPv6, with their multicast options.</summary>
    Pcb6 = 16,

    /// <summary>The IPv4 routing table and the cached routes.</summary>
    Routes4 = 32,

    /// <summary>The IPv6 routing table and the cached routes.</summary>
    Routes6 = 64,

    /// <summary>The class of the softc, and the references that keep one.</summary>
    Softc = 128,

    /// <summary>The class of in6_ifextra and router_info.</summary>
    Small = 256,

    /// <summary>The routing socket's queue.</summary>
    Routing = 512,

    /// <summary>Everything.</summary>
    All = 1023,
}

/// <summary>What a step touches.</summary>
/// <param name="Reads">Parts that it reads.</param>
/// <param name="Writes">Parts that it writes.</param>
public readonly record struct Footprint(KernelPart Reads, KernelPart Writes)
{
    // A purge of the design may follow, which closes memberships and drops references.
    private const KernelPart Purged4 = KernelPart.Inet | KernelPart.Pcb4 | KernelPart.Routes4 | KernelPart.Softc | KernelPart.Small;
    private const KernelPart Purged6 = KernelPart.Inet6 | KernelPart.Pcb6 | KernelPart.Routes6 | KernelPart.Softc | KernelPart.Small;

    /// <summary>What a step touches on its own router.</summary>
    public static Footprint Of(WorldStep step) => step.Kind switch
    {
        WorldStepKind.Post => default,
        WorldStepKind.Wait => new(KernelPart.None, KernelPart.Routing),
        WorldStepKind.Check => new(KernelPart.Interfaces, KernelPart.Pcb6 | KernelPart.Softc),
        WorldStepKind.Use => new(KernelPart.Interfaces | KernelPart.Inet6 | KernelPart.Small, KernelPart.Pcb6 | KernelPart.Routes6 | KernelPart.Softc),
        _ => Of(step.Operation!.Kind),
    };

    private static Footprint Of(OperationKind kind) => kind switch
    {
        OperationKind.Create => new(KernelPart.None, KernelPart.Interfaces | KernelPart.Softc | KernelPart.Small | KernelPart.Routing),
        OperationKind.Up or OperationKind.Down =>
            new(KernelPart.None, KernelPart.Interfaces | KernelPart.Softc | KernelPart.Routing | KernelPart.Inet6 | KernelPart.Routes6 | KernelPart.Small),
        OperationKind.Addr4 => new(KernelPart.Interfaces, KernelPart.Inet | KernelPart.Routes4 | KernelPart.Routing | KernelPart.Softc | KernelPart.Small),
        OperationKind.Addr6 => new(KernelPart.Interfaces, KernelPart.Inet6 | KernelPart.Routes6 | KernelPart.Routing | KernelPart.Softc),
        OperationKind.DelAddr4 => new(KernelPart.Interfaces, Purged4 | KernelPart.Routing),
        OperationKind.DelAddr6 => new(KernelPart.Interfaces, Purged6 | KernelPart.Routing),
        OperationKind.Raw4 or OperationKind.Udp6 => new(KernelPart.None, KernelPart.Pcb4 | KernelPart.Pcb6),
        OperationKind.Mcif4 => new(KernelPart.Interfaces | KernelPart.Inet, KernelPart.Pcb4 | KernelPart.Softc),
        OperationKind.Mcif6 => new(KernelPart.Interfaces, KernelPart.Pcb6 | KernelPart.Softc),
        OperationKind.Join4 => new(KernelPart.Interfaces | KernelPart.Routes4, KernelPart.Inet | KernelPart.Pcb4 | KernelPart.Small | KernelPart.Softc),
        OperationKind.Drop4 => new(KernelPart.Interfaces, KernelPart.Inet | KernelPart.Pcb4 | KernelPart.Softc),
        OperationKind.Join6 or OperationKind.Drop6 => new(KernelPart.Interfaces, KernelPart.Inet6 | KernelPart.Pcb6 | KernelPart.Softc),
        OperationKind.Send4 => new(KernelPart.Interfaces | KernelPart.Inet | KernelPart.Softc, KernelPart.Pcb4 | KernelPart.Routes4),
        OperationKind.Send6 or OperationKind.SendPkt6 =>
            new(KernelPart.Interfaces | KernelPart.Inet6 | KernelPart.Softc | KernelPart.Small, KernelPart.Pcb6 | KernelPart.Routes6),
        OperationKind.Alloc => new(KernelPart.None, KernelPart.Softc | KernelPart.Small),
        _ => new(KernelPart.All, KernelPart.All),
    };

    /// <summary>Whether two next steps of two actors can be swapped without a difference.</summary>
    public static bool AreIndependent(WorldActor a, WorldStep sa, WorldActor b, WorldStep sb)
    {
        if (sa.Message >= 0 && sa.Message == sb.Message)
        {
            return false;
        }

        if (a.Router != b.Router)
        {
            return true;
        }

        Footprint x = Of(sa), y = Of(sb);
        return (x.Writes & (y.Reads | y.Writes)) == 0 && (y.Writes & x.Reads) == 0;
    }
}
