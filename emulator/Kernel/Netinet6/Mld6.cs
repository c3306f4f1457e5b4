// Modelled from NetBSD sys/netinet6/mld6.c 1.26 (reference 3.5).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int MldMaxReportDelayTicks = 10 * 5;
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
            }
            else
            {
                _mldTimersRunning = true;
            }
        }
    }

    private void Mld6SendPkt(int m, int slot, Icmpv6Type type)
    {
        using Frame frame = Enter(KernelFunction.Mld6SendPkt);
        Ipv6Address source = LinkLocalOf(slot);
        if (!source.IsAny && !LeadsOut(slot))
        {
            Ipv6Address group = OnWire(_in6Multis[m].Group);
            Ipv6Address destination = type == Icmpv6Type.MulticastListenerDone ? Ipv6Address.AllRouters : group;
            Span<byte> b = stackalloc byte[Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength + MldMessage.Length];
            new Ipv6Header { NextHeader = IpProtocol.HopByHop, HopLimit = 1, PayloadLength = Ipv6HopByHop.RouterAlertLength + MldMessage.Length, Source = source, Destination = destination }.Write(b);
            Ipv6HopByHop.WriteRouterAlert(b[Ipv6Header.Length..], IpProtocol.Icmpv6);
            new MldMessage(type, 0, group).Write(b[(Ipv6Header.Length + Ipv6HopByHop.RouterAlertLength)..], source, destination);
            IfOutput(slot, PppProtocol.Ipv6, b);
        }
    }

    // The interface's first link-local address as it goes on the wire, or ::.
    private Ipv6Address LinkLocalOf(int slot) => FirstLinkLocal(slot) is >= 0 and int ia ? OnWire(_in6Ifaddrs[ia].Address) : default;
}
