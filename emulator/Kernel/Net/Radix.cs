// Modelled from NetBSD sys/net/radix.c (rn_insert, rn_addroute, rn_delete, rn_walktree): the patricia tree whose nodes lie in pairs inside the routes, as far as
// the order of a walk depends on it. Masks only order routes of one key.
using System.Numerics;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    // A head has three nodes: the leaf of zeros, the top, the leaf of ones. Then two a route.
    internal const int RadixHead = 3, RadixRoutes = 2 * RadixHead;
    private const int RadixLeft = 0, RadixTop = 1, RadixRight = 2;

    private Table<RadixNode> _radix = new();

    [KernelState]
    private void RadixFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _radix.Fields(ref pass);
        if (_radix[RadixTop].P == 0)
        {
            RadixEmpty(); // reset: a head's top is its own parent, or no head was ever made
        }
    }

    private void RadixEmpty()
    {
        for (int head = 0; head < RadixRoutes; head += RadixHead)
        {
            short top = (short)(head + RadixTop);
            _radix[head + RadixLeft] = _radix[head + RadixRight] = new RadixNode { P = top, L = -1, R = -1, B = -1, Dup = -1 };
            _radix[top] = new RadixNode { P = top, L = (short)(head + RadixLeft), R = (short)(head + RadixRight), B = 0, Dup = -1, Active = true };
        }
    }

    private static int RadixHeadOf(byte family) => family == AfInet ? 0 : RadixHead;

    private static short RadixLeaf(int r) => (short)(RadixRoutes + (2 * r));

    private static int RouteOfLeaf(int leaf) => (leaf - RadixRoutes) / 2;

    private static bool IsRadixRoot(int node) => node < RadixRoutes;

    private static bool RadixBit(byte family, Ipv6Address key, int bit) => family == AfInet
        ? (key.Low >> (31 - bit) & 1) != 0
        : ((bit < 64 ? key.High >> (63 - bit) : key.Low >> (127 - bit)) & 1) != 0;

    // The bit in which a key first differs from a leaf's, or -1.
    private int RadixDiffers(byte family, Ipv6Address key, int leaf)
    {
        Ipv6Address other = !IsRadixRoot(leaf) ? _routes[RouteOfLeaf(leaf)].Destination
            : leaf % RadixHead == RadixRight ? new Ipv6Address(ulong.MaxValue, ulong.MaxValue) : default;
        if (family == AfInet)
        {
            uint differ = (uint)(key.Low ^ other.Low);
            return differ == 0 ? -1 : BitOperations.LeadingZeroCount(differ);
        }

        return key.High != other.High ? BitOperations.LeadingZeroCount(key.High ^ other.High)
            : key.Low != other.Low ? 64 + BitOperations.LeadingZeroCount(key.Low ^ other.Low) : -1;
    }

    private int RadixSearch(byte family, Ipv6Address key)
    {
        int x = RadixHeadOf(family) + RadixTop;
        while (_radix[x].B >= 0)
        {
            x = RadixBit(family, key, _radix[x].B) ? _radix[x].R : _radix[x].L;
        }

        return x;
    }

    private void RadixReplaceChild(int parent, int old, int with)
    {
        if (_radix[parent].L == old)
        {
            _radix[parent].L = (short)with;
        }
        else
        {
            _radix[parent].R = (short)with;
        }
    }

    // rn_addroute, for a route that is not in the tree.
    private void RadixInsert(int r)
    {
        _radix.Reserve(RadixRoutes + (2 * _routes.Length));
        (byte family, Ipv6Address key) = (_routes[r].Family, _routes[r].Destination);
        short leaf = RadixLeaf(r);
        int found = RadixSearch(family, key), b = RadixDiffers(family, key, found);
        _radix[leaf] = new RadixNode { L = -1, R = -1, B = -1, Dup = -1 };
        _radix[leaf + 1] = new RadixNode { L = -1, R = -1, B = -1, Dup = -1 };
        if (b < 0)
        {
            RadixChain(leaf, found);
            return;
        }

        int p, x = RadixHeadOf(family) + RadixTop;
        do
        {
            p = x;
            x = RadixBit(family, key, _radix[x].B) ? _radix[x].R : _radix[x].L;
        }
        while (_radix[x].B >= 0 && b > _radix[x].B);
        int t = leaf + 1;
        bool right = RadixBit(family, key, b);
        _radix[leaf].P = (short)t;
        _radix[t] = new RadixNode { P = (short)p, B = (short)b, L = right ? (short)x : leaf, R = right ? leaf : (short)x, Dup = -1, Active = true };
        RadixReplaceChild(p, x, t);
        _radix[x].P = (short)t;
    }

    // Routes of one key: the longer prefix first, and a head's own leaf before all.
    private void RadixChain(short leaf, int first)
    {
        int before = -1;
        for (int n = first; n >= 0 && (IsRadixRoot(n) || _routes[RouteOfLeaf(n)].PrefixLength > _routes[RouteOfLeaf(leaf)].PrefixLength); n = _radix[n].Dup)
        {
            before = n;
        }

        if (before < 0)
        {
            _radix[leaf].Dup = (short)first;
            _radix[leaf].P = _radix[first].P;
            RadixReplaceChild(_radix[first].P, first, leaf);
            _radix[first].P = leaf;
            return;
        }

        _radix[leaf].Dup = _radix[before].Dup;
        _radix[leaf].P = (short)before;
        _radix[before].Dup = leaf;
        if (_radix[leaf].Dup >= 0)
        {
            _radix[_radix[leaf].Dup].P = leaf;
        }
    }

    // rn_delete. The pair's internal node may still be at work elsewhere in the tree: its role moves to the freed node, so a holder of a removed node may find that node elsewhere in the tree.
    private void RadixDelete(int r)
    {
        int tt = RadixLeaf(r), first = RadixSearch(_routes[r].Family, _routes[r].Destination), t = _radix[first].P;
        if (first != tt)
        {
            int before = first;
            while (_radix[before].Dup != tt)
            {
                before = _radix[before].Dup;
            }

            _radix[before].Dup = _radix[tt].Dup;
            if (_radix[tt].Dup >= 0)
            {
                _radix[_radix[tt].Dup].P = (short)before;
            }

            return;
        }

        if (_radix[tt].Dup >= 0)
        {
            int heir = _radix[tt].Dup;
            _radix[heir].P = (short)t;
            RadixReplaceChild(t, tt, heir);
            RadixMove(tt + 1, heir + 1);
            return;
        }

        int x = _radix[t].L == tt ? _radix[t].R : _radix[t].L, p = _radix[t].P;
        RadixReplaceChild(p, t, x);
        _radix[x].P = (short)p;
        RadixMove(tt + 1, t);
    }

    private void RadixMove(int from, int to)
    {
        if (from != to && _radix[from].Active)
        {
            _radix[to] = _radix[from];
            _radix[_radix[to].L].P = (short)to;
            _radix[_radix[to].R].P = (short)to;
            RadixReplaceChild(_radix[to].P, from, to);
        }

        _radix[from].Active = false;
    }

    // The next leaf after one, found as in rn_walktree: up while it is a right child, over, and down to the left.
    private int RadixNext(int rn)
    {
        while (_radix[_radix[rn].P].R == rn && !IsRadixRoot(rn))
        {
            rn = _radix[rn].P;
        }

        rn = _radix[_radix[rn].P].R;
        while (_radix[rn].B >= 0)
        {
            rn = _radix[rn].L;
        }

        return rn;
    }

    // rn_walktree: the next leaf is found before the call, since this one may go. If the call removes the next one too, the walk continues from where that was.
    private void RadixWalk(byte family, Func<int, bool> f)
    {
        int head = RadixHeadOf(family), rn = head + RadixTop;
        while (_radix[rn].B >= 0)
        {
            rn = _radix[rn].L;
        }

        do
        {
            int next = RadixNext(rn);
            for (int leaf = rn, after; leaf >= 0; leaf = after)
            {
                after = _radix[leaf].Dup;
                if (!IsRadixRoot(leaf) && !f(RouteOfLeaf(leaf)))
                {
                    return;
                }
            }

            rn = next;
        }
        while (!IsRadixRoot(rn));
    }
}
