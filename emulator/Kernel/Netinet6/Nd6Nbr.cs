// Modelled from NetBSD sys/netinet6/nd6_nbr.c (nd6_dad_start, nd6_dad_timer, nd6_dad_stop, nd6_dad_duplicated, nd6_dad_ns_input, nd6_dad_na_input; RFC 4862, 5.4), on interfaces without a line. Of these only
// a segment whose stations detect duplicates carries the messages; on others nothing answers, so that no address is a duplicate, and tentative addresses are used nevertheless.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const byte DadTicks = 5, DadCount = 1;
    private Table<Dadq> _dadqs = new();

    [KernelState]
    private void Nd6NbrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _dadqs.Fields(ref pass);
    }

    /// <summary>Addresses for which duplicate address detection runs.</summary>
    public ReadOnlySpan<Dadq> Dadqs => _dadqs.AsSpan();

    /// <summary>Duplicate address detection is running for an address.</summary>
    public bool DadRuns
    {
        get
        {
            foreach (ref readonly Dadq d in _dadqs.AsSpan())
            {
                if (d.Used)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // in6if_do_dad, nd6_dad_start: after up to a second the first solicitation, a second later the address is no longer tentative.
    private void Nd6DadStart(int ia, int slot)
    {
        bool onSegment = DadOnSegment(slot);
        if ((!onSegment && (!ClonedKind.IsCloned(_ifs[slot].Unit) || !ClonedKind.Of(_ifs[slot].Unit).DetectsDuplicates)) || !IsRunning(slot))
        {
            return;
        }

        // On a segment after a random delay, as in6_if_up has it.
        _dadqs.Put(new Dadq { Ifp = PointerTo(slot), Ifa = (short)ia, Ticks = onSegment ? (byte)(1 + _igmpRandom.Below(DadTicks)) : DadTicks, Used = true });
        _design.Hold(this, PointerTo(slot));
        _oracle.Stored(this, slot, HolderKind.DadIfp);
        _host.FastTimerWanted();
    }

    // nd6_dad_stop, for an address that is removed.
    private void Nd6DadStop(int ia)
    {
        int i = Has(KernelSwitch.DadKept) ? -1 : Nd6DadFind(ia);
        if (i < 0)
        {
            return;
        }

        if (_in6Ifaddrs[ia].Dad == In6Dad.Tentative)
        {
            _oracle.Probe(Probe.DadStopped);
        }

        Nd6DadEnd(ref _dadqs[i]);
    }

    // nd6_dad_find: the slot of an address's dadq, or -1.
    private int Nd6DadFind(int ia)
    {
        for (int i = 0; i < _dadqs.Length; i++)
        {
            if (_dadqs[i].Used && _dadqs[i].Ifa == ia)
            {
                return i;
            }
        }

        return -1;
    }

    private void Nd6DadEnd(ref Dadq d)
    {
        d.Used = false;
        _design.Release(this, d.Ifp);
    }

    /// <summary>A tick of 200 ms: nd6_dad_timer sends a solicitation through the address's interface, or is done.</summary>
    public void Nd6DadTimer()
    {
        for (int i = 0; i < _dadqs.Length; i++)
        {
            ref Dadq d = ref _dadqs[i];
            if (!d.Used || --d.Ticks > 0)
            {
                continue;
            }

            if (d.Sent == DadCount)
            {
                if (d.Heard > 0)
                {
                    Nd6DadDuplicated(ref d);
                    continue;
                }

                _in6Ifaddrs[d.Ifa].Dad = In6Dad.Ready;
                Nd6DadEnd(ref d);
                continue;
            }

            using Frame frame = Enter(KernelFunction.Nd6DadTimer);
            int slot = Use(d.Ifp, HolderKind.DadIfp, UseSite.Nd6DadTimer);
            if (slot == Dangling)
            {
                FollowStaleIfstat(d.Ifp, HolderKind.DadIfp, UseSite.Nd6DadTimer);
            }

            if (slot >= 0 && DadOnSegment(slot))
            {
                DadSolicitation(OnWire(_in6Ifaddrs[d.Ifa].Address));
            }

            d.Sent++;
            d.Ticks = DadTicks;
        }
    }

    /// <summary>Duplicate address detection goes over the segment. False by default: nothing is sent, and addresses there are used at once.</summary>
    public bool DetectsDuplicates { get; init; }

    private bool DadOnSegment(int slot) => DetectsDuplicates && slot == _station;

    // nd6_ns_output for DAD: from the unspecified address, and so without a link-layer address.
    private void DadSolicitation(Ipv6Address target)
    {
        Span<byte> packet = stackalloc byte[Ipv6Header.Length + Icmpv6Nd.Length];
        new Ipv6Header { NextHeader = IpProtocol.Icmpv6, HopLimit = 255, PayloadLength = Icmpv6Nd.Length, Destination = target.SolicitedNode }.Write(packet);
        new Icmpv6Nd(Icmpv6Type.NeighborSolicitation, 0, target).Write(packet[Ipv6Header.Length..], Ipv6Address.Any, target.SolicitedNode);
        EtherSend(EthernetHeader.OfGroup(target.SolicitedNode), EtherType.Ipv6, packet);
    }

    // What of nd6_ns_input and nd6_na_input is about an address of the receiving interface. False: the message is about somebody else's, or asks for the address of one that is ready.
    private bool DadInput(in Ipv6Header ip, in Icmpv6Nd message)
    {
        int ia = In6IfaIfpWithAddr(_station, Scoped(message.Target, _station));
        if (ia < 0)
        {
            return false;
        }

        In6Dad state = _in6Ifaddrs[ia].Dad;
        if (message.Type == Icmpv6Type.NeighborAdvertisement)
        {
            if (state == In6Dad.Tentative && Nd6DadFind(ia) is >= 0 and int i)
            {
                Nd6DadDuplicated(ref _dadqs[i]);
            }

            return true;
        }

        if (state == In6Dad.Tentative && ip.Source.IsAny)
        {
            Nd6DadNsInput(ia);
        }
        else if (state == In6Dad.Ready && ip.Source.IsAny && LinkLocalOf(_station) is { IsAny: false } source)
        {
            SendNd(
                new Icmpv6Nd(Icmpv6Type.NeighborAdvertisement, _options.Forwarding ? (byte)(Icmpv6Nd.OverrideFlag | Icmpv6Nd.RouterFlag) : Icmpv6Nd.OverrideFlag, message.Target), source, Ipv6Address.AllNodes,
                EthernetHeader.OfGroup(Ipv6Address.AllNodes));
        }

        return state != In6Dad.Ready || ip.Source.IsAny || ip.Source == message.Target;
    }

    // in6ifa_ifpwithaddr.
    private int In6IfaIfpWithAddr(int slot, Ipv6Address address)
    {
        for (int ia = 0; ia < _in6Ifaddrs.Length; ia++)
        {
            if (_in6Ifaddrs[ia].Used && _in6Ifaddrs[ia].Address == address && _in6Ifaddrs[ia].Ifp.Address == _ifs[slot].Address)
            {
                return ia;
            }
        }

        return -1;
    }

    // nd6_dad_ns_input: whoever has not sent its own solicitation yet gives way; of two who have, neither keeps the address.
    private void Nd6DadNsInput(int ia)
    {
        int i = Nd6DadFind(ia);
        if (i >= 0 && _dadqs[i].Sent > 0)
        {
            _dadqs[i].Heard++;
        }
        else if (i >= 0)
        {
            Nd6DadDuplicated(ref _dadqs[i]);
        }
    }

    // nd6_dad_duplicated: the address stays, and is not used ("manual intervention required").
    private void Nd6DadDuplicated(ref Dadq d)
    {
        _in6Ifaddrs[d.Ifa].Dad = In6Dad.Duplicated;
        _oracle.Probe(Probe.DadDuplicate);
        Nd6DadEnd(ref d);
    }

    // How many ticks only count down, or int.MaxValue.
    private int DadQuietTicks()
    {
        int least = int.MaxValue;
        foreach (ref readonly Dadq d in _dadqs.AsSpan())
        {
            least = d.Used ? Math.Min(least, d.Ticks) : least;
        }

        return least;
    }

    private void DadCountDown(int ticks)
    {
        foreach (ref Dadq d in _dadqs.AsSpan())
        {
            d.Ticks -= d.Used ? (byte)ticks : (byte)0;
        }
    }

    /// <summary>The interface of every address with duplicate address detection running.</summary>
    internal static void WalkDad(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly Dadq x in kernel._dadqs.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.DadIfp, x.Ifp);
            }
        }
    }
}
