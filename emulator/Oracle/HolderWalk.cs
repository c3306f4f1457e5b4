using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Kernel;

/// <summary>One reachable interface pointer.</summary>
public readonly record struct HeldPointer(HolderKind Holder, IfnetPtr Pointer);

public sealed partial class Kernel
{
    /// <summary>Number of <see cref="HolderKind"/> values.</summary>
    public const int HolderKinds = (int)HolderKind.ReaderIfp + 1;

    /// <summary>Counts, by holder kind, the reachable interface pointers that name no attached interface: the mail's invariant.</summary>
    /// <param name="counts">Room for <see cref="HolderKinds"/> numbers; added to.</param>
    /// <param name="generation">Only pointers from this allocation; 0 for all.</param>
    public void CountStale(Span<int> counts, uint generation = 0)
    {
        foreach (ref readonly InMulti m in _inMultis.AsSpan())
        {
            if (m.Used && !m.Ifp.IsNull)
            {
                Count(counts, HolderKind.InMultiIfp, m.Ifp, generation);
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
                Count(counts, v6 ? HolderKind.Ip6MoptionsIfp : HolderKind.IpMoptionsIfp, pcb.MulticastIfp, generation);
            }

            if (pcb.Route >= 0)
            {
                Count(counts, v6 ? HolderKind.In6pRouteIfp : HolderKind.InpRouteIfp, _routes[pcb.Route].Ifp, generation);
            }
        }

        foreach (ref readonly RouterInfo rti in _routerInfos.AsSpan())
        {
            if (rti.Used)
            {
                Count(counts, HolderKind.RouterInfoIfp, rti.Ifp, generation);
            }
        }

        foreach (ref readonly RtEntry rt in _routes.AsSpan())
        {
            if (rt.Up)
            {
                Count(counts, HolderKind.RtEntryIfp, rt.Ifp, generation);
                if (!rt.IfaIfp.IsNull)
                {
                    Count(counts, HolderKind.IfaddrIfp, rt.IfaIfp, generation);
                }
            }
        }

        foreach (ref readonly In6Multi m in _in6Multis.AsSpan())
        {
            if (m.Used)
            {
                Count(counts, HolderKind.In6MultiIfp, m.Ifp, generation);
            }
        }

        CountStaleQueue(counts, _ipintrq, generation);
        CountStaleQueue(counts, _dummynet, generation);
        CountStaleQueue(counts, _ipq, generation);
        foreach (ref readonly Mif6 mif in _mif6table.AsSpan())
        {
            if (mif.Used)
            {
                Count(counts, HolderKind.Mif6Ifp, mif.Ifp, generation);
            }
        }

        foreach (ref readonly CarpSoftc carp in _carps.AsSpan())
        {
            if (carp.Used && !carp.CarpDev.IsNull)
            {
                Count(counts, HolderKind.CarpDevIfp, carp.CarpDev, generation);
            }
        }

        foreach (ref readonly Kludge k in _kludges.AsSpan())
        {
            if (k.Used)
            {
                Count(counts, HolderKind.KludgeIfp, k.Ifp, generation);
            }
        }
    }

    private void CountStaleQueue(Span<int> counts, List<Mbuf> queue, uint generation)
    {
        foreach (Mbuf m in queue)
        {
            Count(counts, HolderKind.RcvIf, m.RcvIf, generation);
        }
    }

    private void Count(Span<int> counts, HolderKind kind, IfnetPtr p, uint generation)
    {
        if (generation != 0 ? p.Generation == generation : !IsAttached(p))
        {
            counts[(int)kind]++;
        }
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
