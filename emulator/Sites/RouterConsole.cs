using System.Text;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Sites;

/// <summary>Prints a router's state as ifconfig, netstat -g, netstat -rn and vmstat -m would.</summary>
public static class RouterConsole
{
    /// <summary>All of it.</summary>
    public static string Show(Router router)
    {
        var s = new StringBuilder();
        BsdKernel k = router.Kernel;
        s.Append("router ").Append(router.Number).Append(" (").Append(router.Label).Append(')').Append(router.IsUp ? ", up" : ", down: rebooting").AppendLine();
        s.AppendLine().AppendLine("interfaces");
        foreach (ref readonly Ifnet ifp in k.Interfaces)
        {
            if (!ifp.Attached)
            {
                continue;
            }

            int slot = k.IfByIndex(ifp.Index);
            s.Append($"{k.NameOf(slot)}: flags={(ushort)ifp.Flags:x}<{ifp.Flags}> index {ifp.Index} mtu {ifp.Mtu}  struct ifnet at 0x{ifp.Address:x8}").AppendLine();
            foreach (ref readonly InIfaddr a in k.InetAddresses)
            {
                if (a.Used && a.Ifp.Address == ifp.Address)
                {
                    s.Append($"        inet {a.Address}{(a.Destination.IsAny ? "" : $" -> {a.Destination}")}").AppendLine();
                }
            }

            foreach (ref readonly In6Ifaddr a in k.Inet6Addresses)
            {
                if (a.Used && a.Ifp.Address == ifp.Address)
                {
                    s.Append($"        inet6 {Plain(a.Address)}{(a.Destination.IsAny ? "" : $" -> {Plain(a.Destination)}")} prefixlen {a.PrefixLength}{(a.Automatic ? " (automatic)" : "")}{(a.Dad == In6Dad.Ready ? "" : $" {a.Dad.ToString().ToLowerInvariant()}")}").AppendLine();
                }
            }
        }

        s.AppendLine().AppendLine("multicast memberships");
        foreach (ref readonly InMulti m in k.InMultis)
        {
            if (m.Used)
            {
                s.Append($"{m.Group,-24} {Names(k, m.Ifp),-22} refs {m.RefCount}").AppendLine();
            }
        }

        foreach (ref readonly In6Multi m in k.In6Multis)
        {
            if (m.Used)
            {
                s.Append($"{Plain(m.Group),-24} {Names(k, m.Ifp),-22} refs {m.RefCount}{(m.Ia < 0 ? " (parked)" : "")}").AppendLine();
            }
        }

        s.AppendLine().AppendLine("sockets");
        int n = 0;
        foreach (ref readonly Pcb pcb in k.Pcbs)
        {
            if (pcb.Used)
            {
                string route = pcb.Route < 0 ? "none" : $"{Names(k, k.Routes[pcb.Route].Ifp)}{(k.Routes[pcb.Route].Up ? "" : " (down)")}";
                s.Append($"{n}  {pcb.Table,-5} {pcb.Port,-6} memberships {pcb.MembershipCount}/{BsdKernel.IpMaxMemberships}  multicast_if {(pcb.MulticastIfp.IsNull ? "none" : Names(k, pcb.MulticastIfp))}  cached route {route}").AppendLine();
            }

            n++;
        }

        s.AppendLine().AppendLine("routes");
        foreach (ref readonly RtEntry rt in k.Routes)
        {
            if (rt.Allocated)
            {
                string to = rt.Family == 2 ? rt.PrefixLength == 0 ? "default" : $"{new Ipv4Address((uint)rt.Destination.Low)}/{rt.PrefixLength}" : $"{Plain(rt.Destination)}/{rt.PrefixLength}";
                s.Append($"{to,-34} {(rt.Up ? "U" : "-")} refs {rt.RefCount}  {Names(k, rt.Ifp)}").AppendLine();
            }
        }

        s.AppendLine().AppendLine("kernel memory");
        for (int c = 0; c < 2; c++)
        {
            s.Append($"class {k.Heap.SizeOf(c),-5} {k.Heap.FreeCount(c)} free").AppendLine();
        }

        Blocks(s, k);
        return s.ToString();
    }

    // The class of the ppp_softc, block by block: what a stale pointer finds, and how many mallocs away its reuse is.
    private static void Blocks(StringBuilder s, BsdKernel k)
    {
        int[] turn = new int[k.Heap.Count];
        for (int b = k.Heap.HeadOf(0), n = 1; b >= 0; b = k.Heap.Block(b).Next, n++)
        {
            turn[b] = n;
        }

        s.Append($"class {k.Heap.SizeOf(0)}, block by block").AppendLine();
        for (int b = 0; b < k.Heap.Count; b++)
        {
            HeapBlock block = k.Heap.Block(b);
            if (block.Class == 0)
            {
                string state = turn[b] > 0 ? $"free, handed out by malloc {turn[b]} from now" : block.Interface >= 0 ? $"in use: softc of {k.NameOf(block.Interface)}" : "in use";
                s.Append($"  0x{k.Heap.AddressOf(b):x8} {state}; content {block.Image}{(block.Poisoned ? ", freed" : "")}").AppendLine();
            }
        }
    }

    private static Ipv6Address Plain(Ipv6Address a) => a.HasEmbeddedScope ? a.WithEmbeddedScope(0) : a;

    private static string Names(BsdKernel k, IfnetPtr p)
    {
        foreach (ref readonly Ifnet ifp in k.Interfaces)
        {
            if (ifp.Attached && ifp.Generation == p.Generation)
            {
                return k.NameOf(k.IfByIndex(ifp.Index));
            }
        }

        return $"STALE 0x{p.Address:x8}";
    }
}
