// Modelled from sys/net/if_bridge.c (NetBSD, FreeBSD) as far as a bridge names its members, and what it sends itself leaves by each of them, with FreeBSD's iflladdr_event. It forwards nothing: no frame of another station comes to a member.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<BridgeMember> _bridgeMembers = new();

    [KernelState]
    private void IfBridgeFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _bridgeMembers.Fields(ref pass);
    }

    /// <summary>The members of every bridge.</summary>
    public ReadOnlySpan<BridgeMember> BridgeMembers => _bridgeMembers.AsSpan();

    /// <summary>BRDGADD: an Ethernet is a member of a bridge, which takes its link address from the first.</summary>
    /// <returns>EINVAL where one of them is not what it should be; EBUSY where the Ethernet is a member of some bridge already.</returns>
    public Errno BridgeAdd(int bridge, int member)
    {
        if (HearsCalls)
        {
            _oracle.Record(new SystemCall(SystemCallKind.AddMember, bridge, member));
        }

        if (!CanBeMember(member) || !ClonedKind.IsCloned(_ifs[bridge].Unit) || ClonedKind.Of(_ifs[bridge].Unit).Way != ClonedWay.Members)
        {
            return Errno.EINVAL;
        }

        foreach (ref readonly BridgeMember m in _bridgeMembers.AsSpan())
        {
            if (m.Used && Same(m.Ifp, PointerTo(member)))
            {
                return Errno.EBUSY;
            }
        }

        _bridgeMembers.Put(new BridgeMember { Ifp = PointerTo(member), Bridge = (short)bridge, Used = true });
        _design.Hold(this, PointerTo(member));
        _oracle.Stored(this, member, HolderKind.BridgeMemberIfp);
        return Errno.None;
    }

    private bool CanBeMember(int slot) => IsEthernet(slot) || (ClonedKind.IsCloned(_ifs[slot].Unit) && ClonedKind.Of(_ifs[slot].Unit).CanBeMember);

    // bridge_output of what the bridge itself sends: each member gets a copy, whatever becomes of the others'. A member at a segment would need the bridge's own link address there.
    private Errno BridgeOutput(int bridge, PppProtocol protocol, ReadOnlySpan<byte> packet)
    {
        using Frame frame = Enter(KernelFunction.BridgeOutput);
        for (int i = 0; i < _bridgeMembers.Length; i++)
        {
            if (!_bridgeMembers[i].Used || _bridgeMembers[i].Bridge != bridge)
            {
                continue;
            }

            IfnetPtr p = _bridgeMembers[i].Ifp;
            int member = Use(p, HolderKind.BridgeMemberIfp, UseSite.BridgeOutput);
            if (member == Dangling)
            {
                StaleOutput(p, HolderKind.BridgeMemberIfp, UseSite.BridgeOutput);
            }
            else if (member >= 0 && member != _station)
            {
                IfOutput(member, protocol, packet);
            }
        }

        return Errno.None;
    }

    // bridge_clone_destroy: members go, and with the last of them the link address that the bridge had from it, which iflladdr_event tells ARP and neighbour discovery.
    private void BridgeStop(int bridge)
    {
        bool had = false;
        foreach (ref BridgeMember m in _bridgeMembers.AsSpan())
        {
            if (m.Used && m.Bridge == bridge)
            {
                m.Used = false;
                had = true;
                _design.Release(this, m.Ifp);
            }
        }

        if (had)
        {
            IfLladdrEvent(bridge);
        }
    }

    // Its handlers announce the interface's addresses anew, for which they read if_afdata[AF_INET6].
    private void IfLladdrEvent(int slot)
    {
        using Frame frame = Enter(KernelFunction.IfLladdrEvent);
        IfnetPtr p = PointerTo(slot);
        if (_ifs[slot].ExtraBlock < 0)
        {
            _oracle.StaleUse(HolderKind.IfAfdata, UseSite.IfLladdrEvent, p);
            FollowStaleExtra(p, HolderKind.IfAfdata, UseSite.IfLladdrEvent, KernelWord.ExtraNdIfinfo);
        }
    }

    // bridge_ifdetach: a departing member leaves its bridge.
    private void BridgeIfDetach(IfnetPtr p)
    {
        foreach (ref BridgeMember m in _bridgeMembers.AsSpan())
        {
            if (m.Used && Same(m.Ifp, p))
            {
                m.Used = false;
                _design.Release(this, p);
            }
        }
    }

    /// <summary>bif_ifp of every member of a bridge.</summary>
    internal static void WalkBridge(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly BridgeMember x in kernel._bridgeMembers.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.BridgeMemberIfp, x.Ifp);
            }
        }
    }
}
