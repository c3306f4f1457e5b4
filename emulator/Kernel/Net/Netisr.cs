// Modelled from NetBSD sys/net/netisr.h, ipintr, ip6intr and if_detach_queues (net/if.c): packets between the driver and the protocols' soft interrupt.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private readonly List<Mbuf> _ipintrq = [];

    [KernelState]
    private void NetisrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        MbufQueues.Fields(_ipintrq, ref pass);
    }

    /// <summary>A packet arrives and waits in ipintrq or ip6intrq for the soft interrupt. A run delivers packets at once and never gets here.</summary>
    public void NetisrEnqueue(int slot, ReadOnlySpan<byte> packet) => _ipintrq.Add(new Mbuf(PointerTo(slot), packet.ToArray()));

    /// <summary>The soft interrupt: ipintr and ip6intr take their queues in.</summary>
    /// <returns>How many packets there were.</returns>
    public int Netisr()
    {
        Mbuf[] waiting = [.. _ipintrq];
        _ipintrq.Clear();
        foreach (Mbuf m in waiting)
        {
            Input(m);
        }

        return waiting.Length;
    }

    // Input of a packet that waited in a queue. IPv6 counts it at rcvif at once (in6_ifstat_inc); IPv4 reads flags and the index, which no content makes fatal.
    private void Input(Mbuf m)
    {
        using Frame frame = FromUser(KernelFunction.SoftNet, m.IsIpv6 ? KernelFunction.Ip6Input : KernelFunction.IpInput);
        UseSite site = m.IsIpv6 ? UseSite.Ip6Input : UseSite.IpInput;
        int slot = Use(m.RcvIf, HolderKind.RcvIf, site);
        if (slot >= 0 && m.IsIpv6)
        {
            Ip6Input(slot, m.Data);
        }
        else if (slot >= 0)
        {
            IpInput(slot, m.Data);
        }
        else if (slot == Dangling && m.IsIpv6)
        {
            FollowStaleIfstat(m.RcvIf, HolderKind.RcvIf, site);
        }
    }

    // What besides the protocols is notified of a departing interface: the kernel's own input queues, and what a switch adds.
    private void IfnetDeparture(IfnetPtr p)
    {
        if (!Has(KernelSwitch.IpintrqKept))
        {
            _ipintrq.RemoveAll(m => Same(m.RcvIf, p));
        }

        if (!Has(KernelSwitch.BpfKept))
        {
            BpfDetach(p);
        }

        BridgeIfDetach(p);
        if (Has(KernelSwitch.LladdrEventLate) && LiveAt(p.Address) is >= 0 and int slot)
        {
            BridgeStop(slot);
        }

        if (Has(KernelSwitch.DummynetDeparture))
        {
            _dummynet.RemoveAll(m => Same(m.RcvIf, p));
        }

        if (Has(KernelSwitch.Mif6Departure))
        {
            Ip6MrouterDeparture(p);
        }

        if (Has(KernelSwitch.CarpIfDetach))
        {
            CarpIfDetach(p);
        }

        if (Has(KernelSwitch.InMultiOrphaned))
        {
            InMultiOrphan(p);
        }
    }

    /// <summary>m_pkthdr.rcvif of every packet that waits: in the input queue, in dummynet, for reassembly.</summary>
    internal static void WalkRcvIf(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (List<Mbuf> queue in (ReadOnlySpan<List<Mbuf>>)[kernel._ipintrq, kernel._dummynet, kernel._ipq])
        {
            foreach (Mbuf m in queue)
            {
                visitor.Visit(HolderKind.RcvIf, m.RcvIf);
            }
        }
    }
}
