namespace Stress.Emulator.Kernel;

/// <summary>
/// Deviations from the kernel of 2005, one at a time: a later fix, or the behaviour of another system before its fix. A run has none; operation
/// lists name them.
/// </summary>
[Flags]
public enum KernelSwitch : ushort
{
    /// <summary>The kernel of 2005.</summary>
    None = 0,

    /// <summary>A fix: the loopback route of an address that another interface has too is handed over to it when its owner goes.</summary>
    In6IfloopHandedOver = 1,

    /// <summary>A fix: purging an interface leaves its IPv6 group records to the sockets that still count them.</summary>
    In6MultiCounted = 2,

    /// <summary>Another's way: packets that wait for the soft interrupt survive the interface they came from.</summary>
    IpintrqKept = 4,

    /// <summary>A fix: a departing interface's packets leave dummynet.</summary>
    DummynetDeparture = 8,

    /// <summary>A fix: a departing interface's mifs go, and with them its part in every multicast route.</summary>
    Mif6Departure = 16,

    /// <summary>Another's way: a socket that joins a group which has a record uses the record without counting itself.</summary>
    InAddMultiBorrows = 32,

    /// <summary>Another's way: a third party's group record is given up by looking it up in its interface's list.</summary>
    InDelMultiBySearch = 64,

    /// <summary>A fix: a departing interface clears its pointer in the remaining group records.</summary>
    InMultiOrphaned = 128,

    /// <summary>A fix: a departing interface stops the carp devices on it.</summary>
    CarpIfDetach = 256,

    /// <summary>A fix: if_detach walks the routing table again after each route that it deletes.</summary>
    RouteWalkRestarts = 512,

    /// <summary>Another's way: what is on an Ethernet that goes keeps the pointer to it.</summary>
    ParentKept = 1024,

    /// <summary>Another's way: a tunnel continues with the route that it has cached, whether that is up or not.</summary>
    GifRouteUnchecked = 2048,

    /// <summary>Another's way: a packet filter's descriptor keeps the interface that it listens on.</summary>
    BpfKept = 4096,

    /// <summary>Another's way: an address that is taken away leaves the timer of its duplicate address detection running.</summary>
    DadKept = 8192,

    /// <summary>Another's way: an interface of PPP over Ethernet that is destroyed stays in the list that the keepalive timer goes through.</summary>
    SpppListKept = 16384,

    /// <summary>Another's way: a bridge lets go of its members, and changes its link address, after its per-family blocks are gone.</summary>
    LladdrEventLate = 32768,
}

/// <summary>The names of <see cref="KernelSwitch"/>, with what each does and where it comes from.</summary>
public static class KernelSwitches
{
    /// <summary>Name, switch, one line for people, source.</summary>
    public static IReadOnlyList<(string Name, KernelSwitch Switch, string Summary, string Source)> All { get; } =
    [
        ("in6-ifloop-handed-over", KernelSwitch.In6IfloopHandedOver, "in6_ifremloop hands the loopback route of a shared address to the interface that still has it", "NetBSD netinet6/in6.c, in6_addremloop (D. Young)"),
        ("in6-multi-counted", KernelSwitch.In6MultiCounted, "in6_purgeif leaves a group record to the sockets that count it", "FreeBSD r337866"),
        ("ipintrq-kept", KernelSwitch.IpintrqKept, "if_detach leaves packets of the interface in the input queues", "lwIP before a494b990dabd (pppos.c)"),
        ("dummynet-departure", KernelSwitch.DummynetDeparture, "a departing interface's packets leave dummynet", "FreeBSD D33064"),
        ("mif6-departure", KernelSwitch.Mif6Departure, "a departing interface leaves the IPv6 multicast router's tables", "FreeBSD a1c042a9641c"),
        ("in-addmulti-borrows", KernelSwitch.InAddMultiBorrows, "a join of a group that has a record does not count", "FreeBSD before 2018, in_getmulti"),
        ("in-delmulti-by-search", KernelSwitch.InDelMultiBySearch, "carp gives its group record up by a search in the interface's list", "FreeBSD before r167729"),
        ("in-multi-orphaned", KernelSwitch.InMultiOrphaned, "a departing interface takes its pointer out of the group records that are left", "FreeBSD r167729"),
        ("carp-ifdetach", KernelSwitch.CarpIfDetach, "a departing interface stops the carp devices on it", "FreeBSD PR kern/82908"),
        ("route-walk-restarts", KernelSwitch.RouteWalkRestarts, "if_detach walks the routing table again after each route that it deleted", "NetBSD 0d73006091 (D. Young)"),
        ("parent-kept", KernelSwitch.ParentKept, "what is on an Ethernet that goes keeps the pointer to it", "Linux before 40b9d1ab63f5 and fb64bb560e18"),
        ("gif-route-unchecked", KernelSwitch.GifRouteUnchecked, "a tunnel uses the route that it has cached without asking whether it is up", "NetBSD before eb04733c4ebd"),
        ("bpf-kept", KernelSwitch.BpfKept, "a bpf descriptor keeps an interface that goes", "FreeBSD before c892ec24d87e"),
        ("dad-kept", KernelSwitch.DadKept, "an address that is taken away leaves its DAD timer running", "FreeBSD before r275593"),
        ("sppp-list-kept", KernelSwitch.SpppListKept, "a pppoe interface that is destroyed stays in the keepalive's list", "NetBSD before cebf842aa629"),
        ("lladdr-event-late", KernelSwitch.LladdrEventLate, "a bridge that goes announces its new link address when its IPv6 block has been freed", "FreeBSD before D28860"),
    ];

    /// <summary>The names, as a message lists them.</summary>
    public static string Names => string.Join(", ", All.Select(s => s.Name));

    /// <summary>The switch of a name.</summary>
    /// <exception cref="ArgumentException">No such switch; the message lists what there is.</exception>
    public static KernelSwitch Named(string name)
    {
        foreach ((string known, KernelSwitch value, _, _) in All)
        {
            if (known == name)
            {
                return value;
            }
        }

        throw new ArgumentException($"switch \"{name}\" is not known; accepted: {Names}");
    }
}
