using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>An entry of ripngd's routing table (RFC 2080, 2.1).</summary>
public struct RipngEntry : ITableRow<RipngEntry>
{
    /// <summary>The row is taken.</summary>
    public bool Used;

    /// <summary>A network of the router's own, which does not age.</summary>
    public bool Local;

    /// <summary>The route change flag: the next triggered update has it.</summary>
    public bool Changed;

    /// <summary>What zebra has not been told yet.</summary>
    public RouteNews News;

    /// <summary>The network.</summary>
    public Ipv6Address Prefix;

    /// <summary>Bits of its mask.</summary>
    public byte PrefixLength;

    /// <summary>Hops, 16 for unreachable.</summary>
    public byte Metric;

    /// <summary>if_index of the interface that it was learned on.</summary>
    public ushort Index;

    /// <summary>The link-local address of the router that it was learned from.</summary>
    public Ipv6Address NextHop;

    /// <summary>When it times out; never for one that is unreachable already.</summary>
    public VirtualTime Timeout;

    /// <summary>When it is deleted; never for one that is reachable.</summary>
    public VirtualTime Garbage;

    /// <inheritdoc/>
    public static TableRoom Room => new("entry of RIPng's routing table", 2, 8, TableRoom.ShortLimit);

    readonly bool ITableRow<RipngEntry>.InUse => Used;

    /// <inheritdoc/>
    public static void Fields<TPass>(ref RipngEntry value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref value.Used);
        pass.Field(ref value.Local);
        pass.Field(ref value.Changed);
        pass.Field(ref value.News);
        pass.Struct(ref value.Prefix);
        pass.Field(ref value.PrefixLength);
        pass.Field(ref value.Metric);
        pass.Field(ref value.Index);
        pass.Struct(ref value.NextHop);
        pass.Struct(ref value.Timeout);
        pass.Struct(ref value.Garbage);
    }
}

/// <summary>
/// The routing table of RIPng (RFC 2080, 2.3 to 2.6): what responses do to it, its timers, and what goes out of an interface, split horizon with poisoned reverse.
/// It sends nothing itself; time is passed in.
/// </summary>
public sealed class RipngTable : IState
{
    /// <summary>Entries of a message that fits 1,500 bytes over IPv6 and UDP.</summary>
    public const int MaxEntries = (1500 - Ipv6Header.Length - UdpHeader.Length - RipngMessage.HeaderLength) / RipngMessage.RouteLength;

    /// <summary>Time without an update until a route is unreachable.</summary>
    public static readonly VirtualTime Timeout = VirtualTime.FromSeconds(180);

    /// <summary>Time for which an unreachable route is still announced.</summary>
    public static readonly VirtualTime GarbageCollection = VirtualTime.FromSeconds(120);

    private Table<RipngEntry> _entries = new();

    /// <summary>The entries; a row is in use when <see cref="RipngEntry.Used"/>.</summary>
    public ReadOnlySpan<RipngEntry> Entries => _entries.AsSpan();

    /// <summary>The table with nothing but the router's own network.</summary>
    public void Open(Ipv6Address network, byte prefixLength)
    {
        _entries.Clear();
        _entries.Put(new RipngEntry { Used = true, Local = true, Prefix = network, PrefixLength = prefixLength, Metric = 1, Timeout = VirtualTime.Never, Garbage = VirtualTime.Never });
    }

    /// <summary>A route has changed since the last update.</summary>
    public bool HasChanged
    {
        get
        {
            foreach (ref readonly RipngEntry e in _entries.AsSpan())
            {
                if (e.Used && e.Changed)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>When the next route times out or is deleted.</summary>
    public VirtualTime NextDue
    {
        get
        {
            VirtualTime next = VirtualTime.Never;
            foreach (ref readonly RipngEntry e in _entries.AsSpan())
            {
                next = e.Used ? VirtualTime.Min(next, VirtualTime.Min(e.Timeout, e.Garbage)) : next;
            }

            return next;
        }
    }

    /// <summary>Routes that time out become unreachable, and those that have been so for long enough are deleted.</summary>
    public void Timers(VirtualTime now)
    {
        foreach (ref RipngEntry e in _entries.AsSpan())
        {
            if (e.Used && e.Timeout <= now)
            {
                Unreachable(ref e, now);
            }
            else if (e.Used && e.Garbage <= now)
            {
                e.Garbage = VirtualTime.Never;
                e.Used = e.News != RouteNews.None; // zebra is told first
            }
        }
    }

    /// <summary>An interface went down: what was learned on it is unreachable.</summary>
    public void InterfaceDown(ushort index, VirtualTime now)
    {
        foreach (ref RipngEntry e in _entries.AsSpan())
        {
            if (e.Used && !e.Local && e.Index == index && e.Metric < RipngMessage.Infinity)
            {
                Unreachable(ref e, now);
            }
        }
    }

    private static void Unreachable(ref RipngEntry e, VirtualTime now)
    {
        (e.Metric, e.Changed, e.News) = (RipngMessage.Infinity, true, RouteNews.Gone);
        (e.Timeout, e.Garbage) = (VirtualTime.Never, now + GarbageCollection);
    }

    /// <summary>A response (2.4.2), which came from a link-local address and, to the group, with a hop limit of 255. Anything at all may be in it.</summary>
    /// <param name="index">if_index of the interface.</param>
    /// <param name="from">The router that sent it.</param>
    /// <param name="payload">The message.</param>
    /// <param name="now">Virtual time.</param>
    public void Receive(ushort index, Ipv6Address from, ReadOnlySpan<byte> payload, VirtualTime now)
    {
        if (RipngMessage.TryParse(payload, out RipngMessage message) != WireError.None || message.Command != RipngMessage.Response)
        {
            return;
        }

        for (int i = 0; i < message.RouteCount; i++)
        {
            RipngRoute route = RipngMessage.Route(payload, i);
            if (route.Metric is >= 1 and <= RipngMessage.Infinity && route.PrefixLength <= 128 && !route.Prefix.IsLinkLocal && !route.Prefix.IsMulticast)
            {
                Take(index, from, route, now);
            }
        }
    }

    private void Take(ushort index, Ipv6Address from, in RipngRoute route, VirtualTime now)
    {
        byte metric = (byte)Math.Min(route.Metric + 1, RipngMessage.Infinity);
        for (int i = 0; i < _entries.Length; i++)
        {
            ref RipngEntry e = ref _entries[i];
            if (!e.Used || e.PrefixLength != route.PrefixLength || e.Prefix != route.Prefix)
            {
                continue;
            }

            if (e.Local)
            {
                return;
            }

            bool same = e.Index == index && e.NextHop == from;
            bool reachable = metric < RipngMessage.Infinity;

            // A route that is half timed out gives way to one as good (2.4.2's heuristic).
            bool tired = metric == e.Metric && reachable && !e.Timeout.IsNever && e.Timeout - now < new VirtualTime(Timeout.Microseconds / 2);
            if (same && reachable && metric == e.Metric)
            {
                e.Timeout = now + Timeout;
            }
            else if (same && !reachable)
            {
                if (e.Metric < RipngMessage.Infinity)
                {
                    Unreachable(ref e, now);
                }
            }
            else if (reachable && (same || metric < e.Metric || tired))
            {
                bool moves = !same || e.Metric == RipngMessage.Infinity;
                (e.Changed, e.Metric, e.Index, e.NextHop) = (e.Changed || metric != e.Metric || moves, metric, index, from);
                (e.Timeout, e.Garbage, e.News) = (now + Timeout, VirtualTime.Never, moves ? RouteNews.Added : e.News);
            }

            return;
        }

        if (metric < RipngMessage.Infinity)
        {
            _entries.Put(new RipngEntry
            {
                Used = true, Changed = true, News = RouteNews.Added, Prefix = route.Prefix, PrefixLength = route.PrefixLength, Metric = metric, Index = index, NextHop = from,
                Timeout = now + Timeout, Garbage = VirtualTime.Never,
            });
        }
    }

    /// <summary>The next message of an update out of an interface (2.5): what was learned on it is unreachable there.</summary>
    /// <param name="payload">Room for <see cref="MaxEntries"/>.</param>
    /// <param name="index">if_index of the interface.</param>
    /// <param name="onlyChanged">A triggered update.</param>
    /// <param name="row">The row to go on at, 0 at the start; then where the next message begins.</param>
    /// <returns>Bytes; 0 when nothing is left.</returns>
    public int Write(Span<byte> payload, ushort index, bool onlyChanged, ref int row)
    {
        Span<RipngRoute> routes = stackalloc RipngRoute[MaxEntries];
        int n = 0;
        for (; row < _entries.Length && n < MaxEntries; row++)
        {
            ref readonly RipngEntry e = ref _entries[row];
            if (e.Used && (!onlyChanged || e.Changed))
            {
                bool poisoned = !e.Local && e.Index == index;
                routes[n++] = new RipngRoute(e.Prefix, 0, e.PrefixLength, poisoned ? RipngMessage.Infinity : e.Metric);
            }
        }

        return n == 0 ? 0 : RipngMessage.Write(payload, RipngMessage.Response, routes[..n]);
    }

    /// <summary>An update has gone out of every interface: nothing has changed since.</summary>
    public void Updated()
    {
        foreach (ref RipngEntry e in _entries.AsSpan())
        {
            e.Changed = false;
        }
    }

    /// <summary>The next route to tell zebra.</summary>
    /// <param name="entry">The route, with what is new of it.</param>
    /// <returns>False when there is no news.</returns>
    public bool NextRoute(out RipngEntry entry)
    {
        foreach (ref RipngEntry e in _entries.AsSpan())
        {
            if (e.Used && e.News != RouteNews.None)
            {
                entry = e;
                e.News = RouteNews.None;
                e.Used = entry.News == RouteNews.Added || !e.Garbage.IsNever;
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>From now on another client is told; everything is new to it.</summary>
    public void TellAgain()
    {
        foreach (ref RipngEntry e in _entries.AsSpan())
        {
            e.News = e.Used && !e.Local && e.Metric < RipngMessage.Infinity ? RouteNews.Added : RouteNews.None;
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass => _entries.Fields(ref pass);
}
