namespace Stress.Emulator.Kernel;

/// <summary>
/// Ways in which another kernel, or the conditions under which one was recorded, differ from the mail's kernel. The code is the same: each difference is a
/// branch in the function that it concerns. The mail's kernel has none.
/// </summary>
[Flags]
public enum KernelDifference : ushort
{
    /// <summary>The mail's kernel.</summary>
    None = 0,

    /// <summary>The zone of a scoped IPv6 address is looked up in a table behind if_afdata, not taken from if_index.</summary>
    ScopeTable = 1,

    /// <summary>in6_selectsrc goes by RFC 3484, asks for a route first, and does without a cached one that is down.</summary>
    SourceByPolicy = 2,

    /// <summary>ip6_output leaves the cached route alone when the packet's interface is named.</summary>
    RouteOnlyWhenAsked = 4,

    /// <summary>Index 0 in IPV6_JOIN_GROUP asks the routing table; in IPV6_LEAVE_GROUP it means any interface.</summary>
    AnyInterfaceByZero = 8,

    /// <summary>A condition: freed memory is never handed out again, and free writes no more than an identifier into it.</summary>
    Quarantine = 16,
}

/// <summary>The names of <see cref="KernelDifference"/>, with what each kernel does and where that is read.</summary>
public static class KernelDifferences
{
    /// <summary>One difference.</summary>
    /// <param name="Name">What reports call it.</param>
    /// <param name="Difference">The branch.</param>
    /// <param name="Of2005">What the mail's kernel does, with its source.</param>
    /// <param name="OfTheOther">What the other does, with its source.</param>
    /// <param name="IsSeen">Recorded answers show it; false where it is read in the source alone.</param>
    public sealed record Entry(string Name, KernelDifference Difference, string Of2005, string OfTheOther, bool IsSeen = true);

    /// <summary>Every difference.</summary>
    public static IReadOnlyList<Entry> All { get; } =
    [
        new(
            "scope-table", KernelDifference.ScopeTable,
            "a zone is if_index: in6_src.c 1.18 (in6_embedscope), in6.c 1.86 (in6_addr2scopeid), mld6.c 1.26 (mld6_stop_listening reads if_index)",
            "a zone is an entry of scope6_id, reached by if_afdata and in6_ifextra: scope6.c (in6_setscope), called by mld_stop_listening of mld6.c and by in6_selectsrc of in6_src.c, 2006"),
        new(
            "source-by-policy", KernelDifference.SourceByPolicy,
            "in6_ifawithscope chooses among all interfaces, a cached route is taken without a look at RTF_UP: in6_src.c 1.18 (in6_selectsrc)",
            "selectroute validates the cached route, then the rules of RFC 3484 choose; an address whose zone does not hold the outgoing interface is left out: in6_src.c of 2006 (in6_selectsrc, in6_selectif)"),
        new(
            "route-only-when-asked", KernelDifference.RouteOnlyWhenAsked,
            "ip6_output frees a cached route to another destination before it chooses the interface: ip6_output.c 1.82.2.1",
            "in6_selectroute goes past the cached route when IPV6_PKTINFO or the multicast interface names the way: ip6_output.c 1.95.2.4 and in6_src.c of 2006",
            IsSeen: false),
        new(
            "any-interface-by-zero", KernelDifference.AnyInterfaceByZero,
            "the index is checked first, and slot 0 is empty: ENXIO; ip6_output.c 1.82.2.1 (ip6_setmoptions)",
            "index 0 is taken first: the route to the group, or any membership of it; ip6_output.c 1.95.2.4 (ip6_setmoptions)"),
        new(
            "quarantine", KernelDifference.Quarantine,
            "free lists are first in, first out, and DIAGNOSTIC poisons 32 bytes: kern_malloc.c 1.105",
            "AddressSanitizer's quarantine: a block is not handed out again, its first 8 bytes hold the identifier of the stack that freed it, the rest stays (compiler-rt, asan_allocator.cpp)"),
    ];
}
