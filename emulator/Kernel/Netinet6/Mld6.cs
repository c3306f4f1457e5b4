// Modelled from NetBSD sys/netinet6/mld6.c 1.26 (reference 3.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int MldMaxReportDelayTicks = 10 * 5, MillisecondsPerTick = 200;
    private bool _mldTimersRunning;

    [KernelState]
    private void Mld6Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _mldTimersRunning);
    }

    /// <summary>Whether mld6_fasttimeo has anything to look at.</summary>
    public bool MldTimersRunning => _mldTimersRunning;

    private static bool MldReports(Ipv6Address group) => group.Scope >= Ipv6Scope.LinkLocal && OnWire(group) != Ipv6Address.AllNodes;

    private void Mld6StartListening(int m, int slot)
    {
        if (!MldReports(_in6Multis[m].Group))
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.Mld6StartListening);
        Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerReport);
        _in6Multis[m].LastReporter = true;
        _in6Multis[m].Timer = (ushort)(1 + _igmpRandom.Below(MldMaxReportDelayTicks));
        _mldTimersRunning = true;
        _host.FastTimerWanted();
    }

    // mld6_stop_listening: reads if_index always; as last reporter mld6_sendpkt walks if_addrlist for a link-local.
    private void Mld6StopListening(int m)
    {
        using Frame frame = Enter(KernelFunction.Mld6StopListening);
        IfnetPtr p = _in6Multis[m].Ifp;
        int slot;
        if (Differs(KernelDifference.ScopeTable))
        {
            In6SetScope(p, HolderKind.In6MultiIfp, Ipv6Address.AllNodes);
            slot = !MldReports(_in6Multis[m].Group) || !_in6Multis[m].LastReporter ? Gone : Use(p, HolderKind.In6MultiIfp, UseSite.In6IfaIfpForLinkLocal);
        }
        else
        {
            slot = Use(p, HolderKind.In6MultiIfp, UseSite.Mld6StopListening);
        }

        if (_in6Multis[m].LastReporter && MldReports(_in6Multis[m].Group))
        {
            if (slot >= 0)
            {
                Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerDone);
            }
            else if (slot == Dangling)
            {
                using Frame inner = Enter(KernelFunction.Mld6SendPkt);
                WalkStaleAddrList(p, HolderKind.In6MultiIfp, Differs(KernelDifference.ScopeTable) ? UseSite.In6IfaIfpForLinkLocal : UseSite.Mld6SendPkt);
            }
        }
    }

    /// <summary>mld6_fasttimeo: visits only records on live addresses' lists; parked ones are never touched.</summary>
    public void Mld6FastTimeo()
    {
        if (!_mldTimersRunning)
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.Mld6FastTimo);
        _mldTimersRunning = false;
        for (int m = 0; m < _in6Multis.Length; m++)
        {
            if (!_in6Multis[m].Used || _in6Multis[m].Timer == 0 || _in6Multis[m].Ia < 0)
            {
                continue;
            }

            if (--_in6Multis[m].Timer == 0)
            {
                int slot = Use(_in6Multis[m].Ifp, HolderKind.In6MultiIfp, UseSite.Mld6SendPkt);
                if (slot >= 0)
                {
                    Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerReport);
                }

                _in6Multis[m].LastReporter = true;
            }
            else
            {
                _mldTimersRunning = true;
            }
        }
    }

    // mld6_input. A query looks at the groups of the interface's first address, on whose list in6_addmulti puts all of them; those that wait on the kludge record are not on it.
    private void Mld6Input(int slot, in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        ReadOnlySpan<byte> payload = ip.Payload(packet);
        if (!HearsReports(slot) || !ip.Source.IsLinkLocal || Ipv6HopByHop.TryParse(payload, out Ipv6HopByHop options) != WireError.None || options.NextHeader != IpProtocol.Icmpv6
            || MldMessage.TryParse(payload[options.HeaderLength..], ip.Source, ip.Destination, out MldMessage message) != WireError.None)
        {
            return;
        }

        Ipv6Address group = Scoped(message.Group, slot);
        switch (message.Type)
        {
            case Icmpv6Type.MulticastListenerQuery when FirstInet6Address(_ifs[slot].Address) is >= 0 and int first:
                int max = message.MaxResponseMilliseconds / MillisecondsPerTick;
                max = max == 0 && message.MaxResponseMilliseconds > 0 ? 1 : max;
                for (int m = 0; m < _in6Multis.Length; m++)
                {
                    if (_in6Multis[m].Used && _in6Multis[m].Ia == first && MldReports(_in6Multis[m].Group) && (group.IsAny || group == _in6Multis[m].Group))
                    {
                        Mld6Queried(m, slot, max);
                    }
                }

                break;
            case Icmpv6Type.MulticastListenerReport when In6LookupMulti(group, slot) is >= 0 and int known:
                _in6Multis[known].Timer = 0;
                _in6Multis[known].LastReporter = false;
                break;
        }

        for (int s = 0; s < _pcbs.Length; s++)
        {
            if (_pcbs[s].Used && _pcbs[s].Table == PcbTable.Raw6 && _pcbs[s].Port == IpProtocol.Icmpv6)
            {
                _host.MldInput(s, _ifs[slot].Index, message);
            }
        }
    }

    private void Mld6Queried(int m, int slot, int max)
    {
        ref In6Multi in6m = ref _in6Multis[m];
        if (max == 0)
        {
            Mld6SendPkt(m, slot, Icmpv6Type.MulticastListenerReport);
            in6m.Timer = 0;
            in6m.LastReporter = true;
        }
        else if (in6m.Timer == 0 || in6m.Timer > max)
        {
            in6m.Timer = (ushort)(1 + _igmpRandom.Below((uint)max));
            _mldTimersRunning = true;
            _host.FastTimerWanted();
        }
    }

    /// <summary>sendmsg(2) of a Multicast Listener Query on a raw ICMPv6 socket, with a hop-by-hop Router Alert, IPV6_PKTINFO and a hop limit of 1 (rip6_output).</summary>
    /// <param name="index">The interface's index.</param>
    /// <param name="group">The group that is asked about; :: in a general query, which goes to ff02::1.</param>
    /// <param name="maxResponseMilliseconds">Maximum Response Delay.</param>
    /// <returns>ENXIO for an index without interface, EADDRNOTAVAIL without a link-local source, ENETDOWN.</returns>
    public Errno SendMldQuery(int index, Ipv6Address group, ushort maxResponseMilliseconds)
    {
        using Frame frame = FromUser(KernelFunction.Syscall, KernelFunction.Sosend, KernelFunction.Ip6Output);
        int slot = IfByIndex(index);
        return slot < 0 ? Errno.ENXIO : LinkLocalOf(slot).IsAny ? Errno.EADDRNOTAVAIL : MldOutput(slot, new MldMessage(Icmpv6Type.MulticastListenerQuery, maxResponseMilliseconds, group), group.IsAny ? Ipv6Address.AllNodes : group);
    }

    private Errno MldOutput(int slot, in MldMessage message, Ipv6Address destination)
    {
        Ipv6Address source = LinkLocalOf(slot);
        Span<byte> b = stackalloc byte[Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength + MldMessage.Length];
        new Ipv6Header { NextHeader = IpProtocol.HopByHop, HopLimit = 1, PayloadLength = Ipv6HopByHop.RouterAlertLength + MldMessage.Length, Source = source, Destination = destination }.Write(b);
        Ipv6HopByHop.WriteRouterAlert(b[Ipv6Header.Length..], IpProtocol.Icmpv6);
        message.Write(b[(Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength)..], source, destination);
        return IfOutput(slot, PppProtocol.Ipv6, b);
    }

    private void Mld6SendPkt(int m, int slot, Icmpv6Type type)
    {
        using Frame frame = Enter(KernelFunction.Mld6SendPkt);
        // From the unspecified address while the link-local one is tentative, so that its own solicited-node group can be reported; not at all from a duplicate.
        if (FirstLinkLocal(slot) is >= 0 and int ia && _in6Ifaddrs[ia].Dad != In6Dad.Duplicated && !LeadsOut(slot))
        {
            Ipv6Address group = OnWire(_in6Multis[m].Group);
            MldOutput(slot, new MldMessage(type, 0, group), type == Icmpv6Type.MulticastListenerDone ? Ipv6Address.AllRouters : group);
        }
    }

    // The interface's first link-local address as it goes on the wire, or ::, also where detection has not said yet that it is its own (IN6_IFF_NOTREADY).
    private Ipv6Address LinkLocalOf(int slot) => FirstLinkLocal(slot) is >= 0 and int ia && _in6Ifaddrs[ia].Dad == In6Dad.Ready ? OnWire(_in6Ifaddrs[ia].Address) : default;
}
