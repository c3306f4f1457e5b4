using Stress.Emulator.Oracle;

namespace Stress.Emulator.Kernel;

/// <summary>One reachable interface pointer.</summary>
public readonly record struct HeldPointer(HolderKind Holder, IfnetPtr Pointer);

public sealed partial class Kernel
{
    /// <summary>Number of <see cref="HolderKind"/> values.</summary>
    public const int HolderKinds = (int)HolderKind.Im6oMembership + 1;

    /// <summary>Counts, by holder kind, the reachable interface pointers that name no attached interface: the mail's invariant.</summary>
    /// <param name="counts">Room for <see cref="HolderKinds"/> numbers; added to.</param>
    /// <param name="generation">Only pointers from this allocation; 0 for all.</param>
    public void CountStale(Span<int> counts, uint generation = 0)
    {
        foreach (ref readonly InMulti m in _inMultis.AsSpan())
        {
            if (m.Used)
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

        foreach (ref readonly Kludge k in _kludges.AsSpan())
        {
            if (k.Used)
            {
                Count(counts, HolderKind.KludgeIfp, k.Ifp, generation);
            }
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
