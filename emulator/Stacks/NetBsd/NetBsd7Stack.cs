using System.Globalization;

namespace Stress.Emulator.Stacks.NetBsd;

/// <summary>
/// NetBSD 7.99.34 (August 2016): interfaces, the tun driver and if_detach. Modelled from sys/net/if.c and if_tun.c as the reference (sections 1 to 3)
/// describes their forebears, with the differences of 2016 that <c>docs/agreement.md</c> lists; checked against the recorded answers.
/// </summary>
public sealed partial class NetBsd7Stack : StackBase
{
    private const byte Icmp6 = 58;
    private const byte Udp = 17;
    private readonly NetBsd7Design design;
    private readonly RecordingConditions conditions;

    /// <summary>Devices that are open although their interface was destroyed: they keep the memory (tunz_softc_list).</summary>
    private readonly List<StackInterface> zombies = [];

    private uint indexCursor = LoopbackIndex;

    /// <summary>A router that has just booted: lo0 is up with 127.0.0.1 and ::1.</summary>
    /// <param name="design">What if_detach purges, and when.</param>
    /// <param name="conditions">How the router is set up.</param>
    public NetBsd7Stack(NetBsd7Design design, RecordingConditions conditions)
    {
        (this.design, this.conditions) = (design, conditions);
        Loopback.IsUp = Loopback.IsRunning = true;
        BootLoopback();
    }

    /// <inheritdoc/>
    public override string Name => "netbsd-7";

    /// <inheritdoc/>
    public override string Design => design.Name;

    /// <inheritdoc/>
    public override bool KeepsOneLastIndex => true;

    /// <inheritdoc/>
    protected override StackError BadDescriptor => NetBsdErrno.EBADF;

    /// <inheritdoc/>
    protected override StackError NoInterface(string name) => NetBsdErrno.ENXIO;

    /// <summary>A timer that waits for its random moment may fire now.</summary>
    public override void NoteTimers()
    {
        mldTimers.ForEach(t => Oracle.MayRead(t.Record.Interface.Memory, ReadsAddresses));
        igmpTimers.ForEach(t => Oracle.MayRead(t.Record.Interface.Memory, ReadsIndex));
    }

    /// <summary>if_attach: the cursor stays until its slot is taken (reference 1.3), so that the newest interface's index is given out again at once.</summary>
    protected override uint AllocateIndex()
    {
        while (indexCursor == LoopbackIndex || ByIndex(indexCursor) is not null)
        {
            indexCursor = indexCursor == ushort.MaxValue ? LoopbackIndex : indexCursor + 1;
        }

        return indexCursor;
    }

    /// <summary>tun_clone_create, if_attach.</summary>
    public override OperationResult Create(string name)
    {
        if (Find(name) is not null)
        {
            return OperationResult.Fail(NetBsdErrno.EEXIST);
        }

        TunCloneCreate(name);
        return OperationResult.Ok;
    }

    /// <summary>tunopen, which creates an interface that is not there, then TUNSIFMODE with IFF_POINTOPOINT | IFF_MULTICAST.</summary>
    public override OperationResult Open(string name)
    {
        StackInterface ifp = Find(name) ?? TunCloneCreate(name);
        if (ifp.IsOpen)
        {
            return OperationResult.Fail(NetBsdErrno.EBUSY);
        }

        ifp.IsOpen = ifp.IsMulticast = true;
        return OperationResult.With("0");
    }

    /// <inheritdoc/>
    public override OperationResult Index(string name)
    {
        uint index = IndexOf(name);
        return index == 0 ? OperationResult.Fail(NetBsdErrno.ENXIO, "0") : OperationResult.With(Text(index));
    }

    /// <summary>SIOCSIFFLAGS with IFF_UP.</summary>
    public override OperationResult Up(string name)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        if (!ifp.IsUp)
        {
            IfUp(ifp);
        }

        return OperationResult.Ok;
    }

    /// <summary>SIOCSIFFLAGS without IFF_UP: if_down clears nothing in any control block (reference 1.4).</summary>
    public override OperationResult Down(string name)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        if (ifp.IsUp)
        {
            IfDown(ifp);
        }

        return OperationResult.Ok;
    }

    /// <summary>
    /// tunclose: the queue is thrown away; an interface that was up goes down, and if its driver had initialised itself the routes of its addresses go. Which
    /// routes, TUN_DSTADDR decides: with it the host routes to the far ends, without it the ones to the addresses' own prefixes.
    /// </summary>
    public override OperationResult CloseDevice(string name)
    {
        if (Find(name) is not { } ifp)
        {
            return CloseZombie(name) ? OperationResult.Ok : OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        if (!ifp.IsOpen)
        {
            return OperationResult.Fail(NetBsdErrno.EBADF);
        }

        ifp.IsOpen = false;
        ifp.Queue.Clear();
        if (ifp.IsUp)
        {
            IfDown(ifp);
            if (ifp.IsRunning && ifp.HasFarEnd)
            {
                ifp.Addresses4.ForEach(a => routes4.RemoveAll(r => r.Destination == a.Peer && r.Owner == a));
                ifp.Addresses6.ForEach(a => routes6.RemoveAll(r => r.Destination == a.Peer && r.Owner == a));
            }
            else if (ifp.IsRunning)
            {
                ifp.Addresses6.ForEach(a => prefixes.FindAll(p => p.Route == a).ForEach(p => p.Route = null));
            }
        }

        FreeAddresses6();
        return OperationResult.Ok;
    }

    /// <summary>tun_clone_destroy: a device that is still open keeps the memory until its last close.</summary>
    public override OperationResult Destroy(string name)
    {
        if (Find(name) is not { } ifp)
        {
            return OperationResult.Fail(NetBsdErrno.ENXIO);
        }

        ifp.Queue.Clear();
        IfDetach(ifp);
        if (Oracle.HasDied)
        {
            return OperationResult.Ok;
        }

        if (ifp.IsOpen)
        {
            zombies.Add(ifp);
        }
        else
        {
            Oracle.Free(ifp.Memory);
        }

        return OperationResult.Ok;
    }

    /// <inheritdoc/>
    public override OperationResult Drain(string name)
    {
        if (Find(name) is not { } ifp || !ifp.IsOpen)
        {
            return OperationResult.Fail(Find(name) is null ? NetBsdErrno.ENXIO : NetBsdErrno.EBADF);
        }

        // tunread of a device that is not TUN_READY is EHOSTDOWN; what waits keeps waiting.
        Frame[] frames = ifp.IsReady ? [.. ifp.Queue] : [];
        ifp.Queue.RemoveRange(0, frames.Length);
        return new OperationResult(0, null, Text((uint)frames.Length), frames.Length == 0 ? null : string.Join(" ", frames.Select(f => f.ToNetBsdText()))) { Frames = frames };
    }

    /// <summary>The recorded system has no tool that shows its groups.</summary>
    public override OperationResult State() => new(0, null, null, "(n/a)");

    /// <inheritdoc/>
    protected override void ReleaseMemberships(StackSocket socket)
    {
        IpFreeMoptions(socket);
        Ip6FreeMoptions(socket);
    }

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);

    /// <summary>
    /// tun_clone_create. A device that stayed open when its interface was destroyed would be reused, memory and all; but a list's program closes it first (docs/operations.md).
    /// </summary>
    private StackInterface TunCloneCreate(string name)
    {
        CloseZombie(name);
        var ifp = new StackInterface(name, AllocateIndex(), Oracle.Allocate("ifnet", name));
        Interfaces.Add(ifp);
        return ifp;
    }

    /// <summary>tunclose of a device whose interface was destroyed: the memory goes with the last close.</summary>
    /// <returns>False when there is no such device.</returns>
    private bool CloseZombie(string name)
    {
        if (zombies.Find(z => z.Name == name) is not { } zombie)
        {
            return false;
        }

        zombies.Remove(zombie);
        Oracle.Free(zombie.Memory);
        return true;
    }

    /// <summary>
    /// The driver's SIOCINITIFADDR (tuninit) marks the interface up and running, and looks at the addresses that are on its list then: not yet at the one that is
    /// being added. For IPv4 it is called with every address, for IPv6 only with an interface's first (in_ifinit, in6_ifinit).
    /// </summary>
    private static void TunInit(StackInterface ifp)
    {
        ifp.IsUp = ifp.IsRunning = true;
        ifp.IsReady = ifp.Addresses4.Count + ifp.Addresses6.Count > 0;
        ifp.HasFarEnd = ifp.Addresses4.Count > 0 || ifp.Addresses6.Exists(a => a.Peer is not null);
    }

    /// <summary>if_up: IPv6 attaches, and IPv6 addresses that were detached are good again once the driver runs (in6_if_link_up).</summary>
    private void IfUp(StackInterface ifp)
    {
        ifp.IsUp = true;
        In6IfAttach(ifp);
        if (ifp.IsRunning)
        {
            ifp.Addresses6.ForEach(a => a.IsDetached = false);
        }
    }

    /// <summary>if_down: every IPv6 address is detached (in6_if_link_down); no control block is touched.</summary>
    private static void IfDown(StackInterface ifp)
    {
        ifp.IsUp = false;
        ifp.Queue.Clear();
        ifp.Addresses6.ForEach(a => a.IsDetached = true);
    }

    /// <summary>
    /// tun_output: until the device is open and TUN_READY a packet is thrown away, without telling the sender. Whether the interface is up does not matter.
    /// </summary>
    private static void TunOutput(StackInterface ifp, Frame frame)
    {
        if (ifp.IsOpen && ifp.IsReady)
        {
            ifp.Queue.Add(frame);
        }
    }

    /// <summary>
    /// if_detach of 2016: the index slot and the list go first, then the purge driven by addresses (reference 1.5 step 3), the routes, and at the end for
    /// every family dom_ifdetach and the purge of PR_PURGEIF protocols, in the order that the design says.
    /// </summary>
    private void IfDetach(StackInterface ifp)
    {
        ifp.IsAttached = false;
        Interfaces.Remove(ifp);
        while (FirstFamily(ifp) is { } family && !Oracle.HasDied)
        {
            Purge(ifp, family);
        }

        routes4.RemoveAll(r => !r.IsLocal && r.Owner.Interface == ifp);
        routes6.RemoveAll(r => !r.IsLocal && r.Owner.Interface == ifp);
        for (int pass = 0; pass < 2 && !Oracle.HasDied; pass++)
        {
            bool isIpv6 = pass == 1;
            if (isIpv6 && !design.PurgesBeforeFamilyData)
            {
                ifp.HasFamilyData6 = false;
            }

            if (design.PurgesFlagged)
            {
                Purge(ifp, isIpv6);
            }
        }

        ifp.HasFamilyData6 = false;
        FreeAddresses6();
    }

    /// <summary>The family of the first address on if_addrlist: true for IPv6, null when there is none.</summary>
    private static bool? FirstFamily(StackInterface ifp) => (ifp.Addresses4.Count, ifp.Addresses6.Count) switch
    {
        (0, 0) => null,
        (0, _) => true,
        (_, 0) => false,
        _ => ifp.Addresses6[0].Sequence < ifp.Addresses4[0].Sequence,
    };

    /// <summary>
    /// PRU_PURGEIF to a family's protocols in protosw order: UDP, TCP, raw. Each turn drops what its own sockets hold and then does the family's whole
    /// purge, so a raw socket's memberships are dropped after UDP's turn has freed the router_info (reference 2.3).
    /// </summary>
    private void Purge(StackInterface ifp, bool isIpv6)
    {
        ReadOnlySpan<bool> rawTurns = [false, false, true];
        foreach (bool isRaw in rawTurns)
        {
            if (isIpv6)
            {
                if (!isRaw)
                {
                    In6PcbPurgeIf0(ifp);
                }

                In6PurgeIf(ifp);
            }
            else
            {
                if (isRaw)
                {
                    InPcbPurgeIf0(ifp);
                }

                InPurgeIf(ifp);
            }

            if (Oracle.HasDied)
            {
                return;
            }
        }
    }

    // What both families' purges do to a socket's options: the departing interface is no longer chosen.
    private static void ForgetMulticastInterface(StackSocket so, StackInterface ifp)
    {
        if (so.MulticastIndex == ifp.Index)
        {
            so.MulticastIndex = 0;
        }
    }

    // A membership leaves its socket; the caller drops the record that it counted.
    private static TRecord TakeOut<TMembership, TRecord>(TMembership membership, List<TMembership> ofSocket, List<(TMembership Membership, TRecord Record)> records)
        where TMembership : class
    {
        int at = records.FindIndex(m => ReferenceEquals(m.Membership, membership));
        TRecord record = records[at].Record;
        records.RemoveAt(at);
        ofSocket.RemoveAll(m => ReferenceEquals(m, membership));
        return record;
    }
}
