// Modelled from NetBSD sys/netinet6/nd6_rtr.c (nd6_prelist_add, prelist_remove, nd6_prefix_onlink, nd6_prefix_offlink) and nd6.c (nd6_purge), as far as the
// prefixes of own addresses go (reference 3.1, 3.4).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet6;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private Table<NdPrefix> _ndPrefixes = new();

    [KernelState]
    private void Nd6RtrFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _ndPrefixes.Fields(ref pass);
    }

    /// <summary>Prefixes.</summary>
    public ReadOnlySpan<NdPrefix> NdPrefixes => _ndPrefixes.AsSpan();

    private static Ipv6Address PrefixOf(Ipv6Address a, int length) =>
        length <= 64 ? new(length == 0 ? 0 : a.High & (ulong.MaxValue << (64 - length)), 0) : new(a.High, length == 128 ? a.Low : a.Low & (ulong.MaxValue << (128 - length)));

    // The prefix that an address brings along: counted, and on the link from its first address on.
    private short Nd6PrelistAdd(int slot, Ipv6Address address, byte length, int ia)
    {
        if (length == 128)
        {
            return -1;
        }

        Ipv6Address prefix = PrefixOf(address, length);
        IfnetPtr p = PointerTo(slot);
        int pr = -1;
        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && _ndPrefixes[i].Prefix == prefix && _ndPrefixes[i].Length == length && Same(_ndPrefixes[i].Ifp, p))
            {
                pr = i;
            }
        }

        if (pr < 0)
        {
            pr = _ndPrefixes.Put(new NdPrefix { Ifp = p, Prefix = prefix, Length = length, Used = true });
            Nd6PrefixOnlink(pr, slot, ia);
        }

        _ndPrefixes[pr].RefCount++;
        return (short)pr;
    }

    // nd6_prefix_onlink: nothing to do while another interface's prefix owns the route.
    private void Nd6PrefixOnlink(int pr, int slot, int ia) =>
        _ndPrefixes[pr].OnLink = RtAdd(AfInet6, _ndPrefixes[pr].Prefix, _ndPrefixes[pr].Length, slot, ia) >= 0;

    // prelist_remove, nd6_prefix_offlink: the route goes, and to another interface that has the same prefix.
    private void PrelistRemove(int pr)
    {
        NdPrefix prefix = _ndPrefixes[pr];
        _ndPrefixes[pr].Used = false;
        if (!prefix.OnLink)
        {
            return;
        }

        int r = RtExact(AfInet6, prefix.Prefix, prefix.Length);
        if (r >= 0)
        {
            RtDelete(r);
        }

        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && !_ndPrefixes[i].OnLink && _ndPrefixes[i].Prefix == prefix.Prefix && _ndPrefixes[i].Length == prefix.Length)
            {
                int slot = LiveAt(_ndPrefixes[i].Ifp.Address), ia = slot < 0 ? -1 : FirstInet6Address(_ifs[slot].Address);
                if (ia >= 0)
                {
                    Nd6PrefixOnlink(i, slot, ia);
                    return;
                }
            }
        }
    }

    // nd6_purge: the interface's prefixes go, whoever counts them.
    private void Nd6Purge(IfnetPtr p)
    {
        for (int i = 0; i < _ndPrefixes.Length; i++)
        {
            if (_ndPrefixes[i].Used && Same(_ndPrefixes[i].Ifp, p))
            {
                PrelistRemove(i);
            }
        }
    }

    /// <summary>ndpr_ifp of every prefix.</summary>
    internal static void WalkNdPrefix(BsdKernel kernel, ref HolderVisitor visitor)
    {
        foreach (ref readonly NdPrefix x in kernel._ndPrefixes.AsSpan())
        {
            if (x.Used)
            {
                visitor.Visit(HolderKind.NdPrefixIfp, x.Ifp);
            }
        }
    }
}
