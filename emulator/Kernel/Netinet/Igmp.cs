// Modelled from NetBSD sys/netinet/igmp.c 1.36: the IGMPv2 host with its router_info list (reference 2.7).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int IgmpMaxReportDelayTicks = 10 * 5;
    private Table<RouterInfo> _routerInfos = new();
    private bool _igmpTimersRunning;
    private RandomStream _igmpRandom;

    [KernelState]
    private void IgmpFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _routerInfos.Fields(ref pass);
        pass.Field(ref _igmpTimersRunning);
        pass.Struct(ref _igmpRandom);
    }

    /// <summary>router_info records.</summary>
    public ReadOnlySpan<RouterInfo> RouterInfos => _routerInfos.AsSpan();

    /// <summary>Whether igmp_fasttimo has anything to look at.</summary>
    public bool IgmpTimersRunning => _igmpTimersRunning;

    private int RtiFind(int slot)
    {
        IfnetPtr p = PointerTo(slot);
        for (int i = 0; i < _routerInfos.Length; i++)
        {
            if (_routerInfos[i].Used && Same(_routerInfos[i].Ifp, p))
            {
                if (_routerInfos[i].Ifp.Generation != p.Generation)
                {
                    _oracle.Probe(Probe.RouterInfoAdopted);
                    _oracle.Alias(HolderKind.RouterInfoIfp, UseSite.IgmpJoinGroup, _routerInfos[i].Ifp, p.Generation);
                }

                return i;
            }
        }

        int block = Heap.Malloc(1, BlockImage.RouterInfo);
        int rti = _routerInfos.Put(new RouterInfo { Ifp = p, Version = 2, Used = true, Generation = Heap.Block(block).Generation, Block = block });
        _oracle.Stored(this, slot, HolderKind.RouterInfoIfp);
        return rti;
    }

    // Groups of 224.0.0.0/24 are never reported and get no router_info.
    private void IgmpJoinGroup(int m, int slot)
    {
        if (_inMultis[m].Group.IsLocalGroup || (_ifs[slot].Flags & Iff.Loopback) != 0)
        {
            _inMultis[m].Timer = 0;
            _inMultis[m].State = IgmpState.Idle;
            return;
        }

        using Frame frame = Enter(KernelFunction.IgmpJoinGroup);
        int rti = RtiFind(slot);
        _inMultis[m].Rti = (short)rti;
        _inMultis[m].RtiGeneration = _routerInfos[rti].Generation;
        IgmpSendPkt(m, _routerInfos[rti].Version == 1 ? IgmpType.MembershipReportV1 : IgmpType.MembershipReportV2);
        _inMultis[m].State = IgmpState.Delaying;
        _inMultis[m].Timer = (ushort)(1 + _igmpRandom.Below(IgmpMaxReportDelayTicks));
        _igmpTimersRunning = true;
        _host.FastTimerWanted();
    }

    private void IgmpLeaveGroup(int m)
    {
        if (_inMultis[m].Group.IsLocalGroup)
        {
            return;
        }

        // The state is looked at before inm_ifp: a member of whose group another one has reported last leaves in silence.
        if (_inMultis[m].State is not (IgmpState.Delaying or IgmpState.Idle))
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.IgmpLeaveGroup);
        IfnetPtr p = _inMultis[m].Ifp;
        int slot = Use(p, HolderKind.InMultiIfp, UseSite.IgmpLeaveGroup);
        Iff flags = slot >= 0 ? _ifs[slot].Flags : slot == Dangling ? (Iff)ReadWord(p, KernelWord.IfFlags) : Iff.Loopback;
        if ((flags & Iff.Loopback) == 0)
        {
            // inm_rti->rti_type: another protocol's turn may have freed the record (2.3). The word read decides only the packet's type.
            int rti = _inMultis[m].Rti;
            bool version1 = false;
            if (rti >= 0)
            {
                if (!_routerInfos.Names(rti, _inMultis[m].RtiGeneration))
                {
                    _oracle.StaleUse(HolderKind.InMultiRti, UseSite.IgmpLeaveGroup, p);
                }
                else
                {
                    version1 = _routerInfos[rti].Version == 1;
                }
            }

            if (!version1)
            {
                IgmpSendPkt(m, IgmpType.LeaveGroup);
            }
        }
    }

    private void IgmpPurgeIf(IfnetPtr p)
    {
        for (int i = 0; i < _routerInfos.Length; i++)
        {
            if (_routerInfos[i].Used && Same(_routerInfos[i].Ifp, p))
            {
                _routerInfos[i].Used = false;
                Heap.Free(_routerInfos[i].Block);
            }
        }
    }

    /// <summary>igmp_fasttimo, every 200 ms while a timer runs: visits all records, stale ones included.</summary>
    public void IgmpFastTimo()
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.FastTimeout));
        }

        if (!_igmpTimersRunning)
        {
            return;
        }

        using Frame frame = Enter(KernelFunction.IgmpFastTimo);
        _igmpTimersRunning = false;
        for (int m = 0; m < _inMultis.Length; m++)
        {
            if (!_inMultis[m].Used || _inMultis[m].Timer == 0)
            {
                continue;
            }

            if (--_inMultis[m].Timer == 0)
            {
                if (_inMultis[m].State == IgmpState.Delaying)
                {
                    IgmpSendPkt(m, IgmpType.MembershipReportV2);
                    _inMultis[m].State = IgmpState.Idle;
                }
            }
            else
            {
                _igmpTimersRunning = true;
            }
        }
    }

    // igmp_sendpkt: ip_output with imo_multicast_ifp = inm_ifp.
    private void IgmpSendPkt(int m, IgmpType type)
    {
        using Frame frame = Enter(KernelFunction.IgmpSendPkt);
        Ipv4Address group = _inMultis[m].Group;
        Ipv4Address destination = type == IgmpType.LeaveGroup ? Ipv4Address.AllRouters : group;
        Span<byte> payload = stackalloc byte[IgmpMessage.Length];
        new IgmpMessage(type, 0, group).Write(payload);
        IpOutputMulticast(_inMultis[m].Ifp, HolderKind.InMultiIfp, UseSite.IgmpSendPkt, destination, default, IpProtocol.Igmp, 1, payload, routerAlert: true);
    }

    // igmp_input: inm_ifp is compared, never followed.
    private void IgmpInput(int slot, in Ipv4Header ip, ReadOnlySpan<byte> payload)
    {
        if (IgmpMessage.TryParse(payload, out IgmpMessage message) != WireError.None)
        {
            return;
        }

        switch (message.Type)
        {
            case IgmpType.MembershipQuery:
                IgmpQueryInput(slot, message);
                break;
            case IgmpType.MembershipReportV1 or IgmpType.MembershipReportV2 when HearsReports(slot) && message.Group == ip.Destination:
                IgmpReportInput(slot, message);
                break;
        }
    }

    // A query arms the records of the receiving interface, also those that an earlier one at the same address has left.
    private void IgmpQueryInput(int slot, in IgmpMessage message)
    {
        IfnetPtr p = PointerTo(slot);
        if (message.IsVersion1Query)
        {
            int rti = RtiFind(slot);
            _routerInfos[rti].Version = 1;
            _routerInfos[rti].Age = 0;
        }

        int max = message.IsVersion1Query ? IgmpMaxReportDelayTicks : Math.Max(1, message.MaxResponseTenths / 2);
        for (int m = 0; m < _inMultis.Length; m++)
        {
            ref InMulti inm = ref _inMultis[m];
            if (inm.Used && Same(inm.Ifp, p) && !inm.Group.IsLocalGroup && (message.Group.IsAny || message.Group == inm.Group))
            {
                if (inm.State == IgmpState.Sleeping)
                {
                    inm.State = IgmpState.Awakening;
                    continue;
                }

                if (inm.State != IgmpState.Delaying || inm.Timer > max)
                {
                    inm.State = IgmpState.Delaying;
                    inm.Timer = (ushort)(1 + _igmpRandom.Below((uint)max));
                }

                _igmpTimersRunning = true;
                _host.FastTimerWanted();
            }
        }
    }

    // Another member has reported: our own report of the group is not sent (RFC 2236, 3).
    private void IgmpReportInput(int slot, in IgmpMessage message)
    {
        int m = InLookupMulti(message.Group, slot);
        if (m < 0)
        {
            return;
        }

        ref InMulti inm = ref _inMultis[m];
        inm.Timer = 0;
        bool sleeps = message.Type == IgmpType.MembershipReportV1
            && (inm.State != IgmpState.Delaying || inm.Rti < 0 || !_routerInfos.Names(inm.Rti, inm.RtiGeneration) || _routerInfos[inm.Rti].Version != 1);
        inm.State = sleeps || (message.Type == IgmpType.MembershipReportV2 && inm.State == IgmpState.Sleeping) ? IgmpState.Sleeping : IgmpState.Lazy;
    }

    /// <summary>rti_ifp of every router_info.</summary>
    internal static void WalkRouterInfo(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly RouterInfo x in kernel._routerInfos.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.RouterInfoIfp, x.Ifp);
            }
        }
    }
}
