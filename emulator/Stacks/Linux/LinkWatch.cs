namespace Stress.Emulator.Stacks.Linux;

/// <summary>
/// net/core/link_watch.c, for devices whose carrier is a file that is attached to them. A change of carrier is put off: until the program sleeps where the device is up and waits for it (urgent), else
/// until a second after the last round. Only then does the device get its queueing discipline and NETDEV_CHANGE, and IPv6 its route to groups.
/// </summary>
/// <param name="becameReady">Called with an interface that has become ready (addrconf_notify at NETDEV_CHANGE).</param>
internal sealed class LinkWatch(Action<StackInterface> becameReady)
{
    /// <summary>The least time between two rounds, milliseconds: linkwatch_nextevent.</summary>
    private const int Round = 1_000;

    private readonly List<Link> _links = [];

    // rcu_barrier in netdev_run_todo: to the next tick.
    private const int Barrier = 10;

    private int _untilRound = Round;

    /// <summary>register_netdevice and the close of the file that made it: tun_detach takes the carrier.</summary>
    public void Registered(StackInterface ifp) => _links.Add(new Link(ifp) { IsPending = true });

    /// <summary>netif_carrier_on, netif_carrier_off.</summary>
    public void CarrierChanged(StackInterface ifp, bool hasCarrier)
    {
        Link link = Of(ifp);
        link.IsPending |= link.HasCarrier != hasCarrier;
        link.HasCarrier = hasCarrier;
    }

    /// <summary>NETDEV_UP.</summary>
    /// <returns>addrconf_link_ready.</returns>
    public bool CameUp(StackInterface ifp)
    {
        Link link = Of(ifp);
        link.HasQueue = link.HasCarrier;
        return link.IsReady = link.HasQueue && !link.IsSeenDown;
    }

    /// <summary>NETDEV_DOWN.</summary>
    public void WentDown(StackInterface ifp) => Of(ifp).HasQueue = Of(ifp).IsReady = false;

    /// <summary>unregister_netdevice: the device's own event is dealt with at once (linkwatch_sync_dev), and readers are waited for.</summary>
    /// <returns>Milliseconds that it waited.</returns>
    public int Gone(StackInterface ifp)
    {
        _links.Remove(Of(ifp));
        Slept(Barrier);
        return Barrier;
    }

    /// <summary>The program sleeps.</summary>
    public void Slept(int milliseconds)
    {
        _untilRound -= milliseconds;
        if (_links.Exists(link => link.IsPending))
        {
            Run(onlyUrgent: _untilRound > 0);
        }
    }

    private void Run(bool onlyUrgent)
    {
        _untilRound = onlyUrgent ? _untilRound : Round;
        foreach (Link link in _links.FindAll(link => link.IsPending && (!onlyUrgent || link.IsUrgent)))
        {
            link.IsPending = false;
            link.IsSeenDown = !link.HasCarrier;
            if (!link.Interface.IsUp)
            {
                continue;
            }

            link.HasQueue = link.HasCarrier;
            if (link.HasQueue && !link.IsReady)
            {
                link.IsReady = true;
                becameReady(link.Interface);
            }
        }
    }

    private Link Of(StackInterface ifp) => _links.Find(link => link.Interface == ifp)!;

    private sealed class Link(StackInterface ifp)
    {
        public StackInterface Interface => ifp;

        public bool HasCarrier { get; set; }

        // It has its queueing discipline, not noop_qdisc.
        public bool HasQueue { get; set; }

        // IF_OPER_DOWN: a round found it without a carrier.
        public bool IsSeenDown { get; set; }

        // IF_READY of inet6_dev.
        public bool IsReady { get; set; }

        public bool IsPending { get; set; }

        // linkwatch_urgent_event.
        public bool IsUrgent => ifp.IsUp && HasCarrier && !HasQueue;
    }
}
