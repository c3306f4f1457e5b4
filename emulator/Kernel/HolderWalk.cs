using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    /// <summary>Number of <see cref="HolderKind"/> values.</summary>
    public const int HolderKinds = (int)HolderKind.PktInfoIfp + 1;

    /// <summary>Counts, by holder kind, the reachable interface pointers that name no attached interface: the mail's invariant.</summary>
    /// <param name="counts">Room for <see cref="HolderKinds"/> numbers; added to.</param>
    /// <param name="generation">Only pointers from this allocation; 0 for all.</param>
    public void CountStale(Span<int> counts, uint generation = 0)
    {
        var count = new StaleCount { Kernel = this, Counts = counts, Generation = generation };
        WalkHolders(ref count);
    }

    /// <summary>The reachable interface pointers that name no attached interface, and that this kernel's design would follow all the same.</summary>
    /// <param name="found">Holders; added to.</param>
    public void FindUnguarded(List<HeldPointer> found)
    {
        var search = new UnguardedSearch { Kernel = this, Found = found };
        WalkHolders(ref search);
    }

    private interface IHolderVisitor
    {
        /// <param name="kind">Where the pointer is stored.</param>
        /// <param name="p">The pointer.</param>
        /// <param name="down">It is a cached route's, and RTF_UP is clear.</param>
        void Visit(HolderKind kind, IfnetPtr p, bool down);
    }

    private void WalkHolders<TVisitor>(ref TVisitor visitor)
        where TVisitor : struct, IHolderVisitor, allows ref struct
    {
        foreach (ref readonly InMulti m in _inMultis.AsSpan())
        {
            if (m.Used && !m.Ifp.IsNull)
            {
                visitor.Visit(HolderKind.InMultiIfp, m.Ifp, false);
            }
        }

        foreach (ref readonly Pcb pcb in _pcbs.AsSpan())
        {
            if (!pcb.Used)
            {
                continue;
            }

            bool v6 = pcb.Table > PcbTable.Raw;
            if (!pcb.MulticastIfp.IsNull)
            {
                visitor.Visit(v6 ? HolderKind.Ip6MoptionsIfp : HolderKind.IpMoptionsIfp, pcb.MulticastIfp, false);
            }

            if (pcb.Route >= 0)
            {
                visitor.Visit(v6 ? HolderKind.In6pRouteIfp : HolderKind.InpRouteIfp, _routes[pcb.Route].Ifp, !_routes[pcb.Route].Up);
            }
        }

        foreach (ref readonly RouterInfo rti in _routerInfos.AsSpan())
        {
            if (rti.Used)
            {
                visitor.Visit(HolderKind.RouterInfoIfp, rti.Ifp, false);
            }
        }

        foreach (ref readonly RtEntry rt in _routes.AsSpan())
        {
            if (rt.Up)
            {
                visitor.Visit(HolderKind.RtEntryIfp, rt.Ifp, false);
                if (!rt.IfaIfp.IsNull)
                {
                    visitor.Visit(HolderKind.IfaddrIfp, rt.IfaIfp, false);
                }
            }
        }

        foreach (ref readonly In6Multi m in _in6Multis.AsSpan())
        {
            if (m.Used)
            {
                visitor.Visit(HolderKind.In6MultiIfp, m.Ifp, false);
            }
        }

        WalkQueue(ref visitor, _ipintrq);
        WalkQueue(ref visitor, _dummynet);
        WalkQueue(ref visitor, _ipq);
        foreach (ref readonly Mif6 mif in _mif6table.AsSpan())
        {
            if (mif.Used)
            {
                visitor.Visit(HolderKind.Mif6Ifp, mif.Ifp, false);
            }
        }

        foreach (ref readonly CarpSoftc carp in _carps.AsSpan())
        {
            if (carp.Used && !carp.CarpDev.IsNull)
            {
                visitor.Visit(HolderKind.CarpDevIfp, carp.CarpDev, false);
            }
        }

        foreach (ref readonly Kludge k in _kludges.AsSpan())
        {
            if (k.Used)
            {
                visitor.Visit(HolderKind.KludgeIfp, k.Ifp, false);
            }
        }
    }

    private static void WalkQueue<TVisitor>(ref TVisitor visitor, List<Mbuf> queue)
        where TVisitor : struct, IHolderVisitor, allows ref struct
    {
        foreach (Mbuf m in queue)
        {
            visitor.Visit(HolderKind.RcvIf, m.RcvIf, false);
        }
    }

    private ref struct StaleCount : IHolderVisitor
    {
        public BsdKernel Kernel;
        public Span<int> Counts;
        public uint Generation;

        public readonly void Visit(HolderKind kind, IfnetPtr p, bool down)
        {
            if (Generation != 0 ? p.Generation == Generation : !Kernel.IsAttached(p))
            {
                Counts[(int)kind]++;
            }
        }
    }

    private struct UnguardedSearch : IHolderVisitor
    {
        public BsdKernel Kernel;
        public List<HeldPointer> Found;

        public readonly void Visit(HolderKind kind, IfnetPtr p, bool down)
        {
            if (Kernel.IsUnguarded(kind, p, down))
            {
                Found.Add(new HeldPointer(kind, p));
            }
        }
    }

    /// <summary>Whether a pointer names no attached interface, the design's check before a use would not notice, and no reference keeps the memory.</summary>
    /// <param name="kind">Where it is stored.</param>
    /// <param name="p">The pointer.</param>
    /// <param name="down">It is a cached route's, and RTF_UP is clear.</param>
    public bool IsUnguarded(HolderKind kind, IfnetPtr p, bool down)
    {
        if (IsAttached(p) || (down && _design.ValidatesRouteBeforeUse))
        {
            return false;
        }

        DesignPrice before = Price;
        UseCheck check = _design.Check(this, p, kind, out _);
        Price = before;
        int block = Heap.BlockAt(p.Address);
        return check == UseCheck.Unchecked && (block < 0 || !Heap.IsLive(block, p.Generation));
    }

    private bool IsAttached(IfnetPtr p)
    {
        for (int i = 0; i < _ifs.Length; i++)
        {
            if (_ifs[i].Attached && _ifs[i].Generation == p.Generation)
            {
                return true;
            }
        }

        return false;
    }
}
