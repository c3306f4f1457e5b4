using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>The calculation of routes (RFC 2328, 16.1 and 16.1.1): the tree of shortest paths over Router- and Network-LSAs, the networks of the latter and the stub networks of the former.</summary>
public sealed partial class OspfArea
{
    private const uint Unreachable = uint.MaxValue;
    private const int MostOnStack = 2048;
    private Table<OspfRoute> _routes = new();
    private VirtualTime _spfDue;
    private VirtualTime _calculated;
    private bool _hasCalculated;
    private bool _news;

    private void SpfFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _routes.Fields(ref pass);
        pass.Struct(ref _spfDue);
        pass.Struct(ref _calculated);
        pass.Field(ref _hasCalculated);
        pass.Field(ref _news);
    }

    /// <summary>The routing table; a row is in use when <see cref="OspfRoute.Used"/>, and its news is not <see cref="RouteNews.Gone"/>.</summary>
    public ReadOnlySpan<OspfRoute> Routes => _routes.AsSpan();

    private void ScheduleSpf(VirtualTime now)
    {
        VirtualTime held = _hasCalculated ? _calculated + times.SpfHold : now, due = now + times.SpfDelay;
        _spfDue = _spfDue.IsNever ? held > due ? held : due : _spfDue;
    }

    /// <summary>The next route to tell zebra.</summary>
    /// <param name="route">The route, with what is new of it.</param>
    /// <returns>False when there is no news.</returns>
    public bool NextRoute(out OspfRoute route)
    {
        if (_news)
        {
            foreach (ref OspfRoute row in _routes.AsSpan())
            {
                if (row.Used && row.News != RouteNews.None)
                {
                    route = row;
                    row.Used = row.News != RouteNews.Gone;
                    row.News = RouteNews.None;
                    return true;
                }
            }

            _news = false;
        }

        route = default;
        return false;
    }

    /// <summary>From now on another client is told; it knows nothing yet.</summary>
    public void TellAgain()
    {
        foreach (ref OspfRoute row in _routes.AsSpan())
        {
            row.Used &= row.News != RouteNews.Gone;
            row.News = row.Used ? RouteNews.Added : RouteNews.None;
            _news |= row.Used;
        }
    }

    // A path: the interface that it leads out of, and the next hop; 0.0.0.0 to a network of our own.
    private readonly record struct Way(short Interface, Ipv4Address NextHop)
    {
        public bool IsBefore(Way other) => Interface < other.Interface || (Interface == other.Interface && NextHop.CompareTo(other.NextHop) < 0);
    }

    private void Spf()
    {
        int rows = _database.Length;
        Span<uint> distance = rows <= MostOnStack ? stackalloc uint[rows] : new uint[rows];
        Span<Way> way = rows <= MostOnStack ? stackalloc Way[rows] : new Way[rows];
        Span<bool> done = rows <= MostOnStack ? stackalloc bool[rows] : new bool[rows];
        distance.Fill(Unreachable);
        way.Fill(new Way(-1, default));
        done.Clear();
        int root = Find(OwnKey);
        if (root >= 0)
        {
            distance[root] = 0;
            for (int v = root; v >= 0; v = Nearest(distance, done))
            {
                done[v] = true;
                Expand(root, v, distance, way, done);
            }
        }

        foreach (ref OspfRoute route in _routes.AsSpan())
        {
            route.Found = false;
        }

        for (int v = 0; v < rows; v++)
        {
            if (v == root || distance[v] == Unreachable)
            {
                continue;
            }

            if (_database[v].Header.Type == OspfLsaType.Network)
            {
                byte length = PrefixLengthOf(new Ipv4Address(_database[v].Word));
                FoundUnlessOurs(_database[v].Header.LinkStateId.Network(length), length, distance[v], way[v]);
            }
            else
            {
                Stubs(v, distance[v], way[v]);
            }
        }

        foreach (ref OspfRoute route in _routes.AsSpan())
        {
            if (route.Used && !route.Found && route.News != RouteNews.Gone)
            {
                route.News = RouteNews.Gone;
                _news = true;
            }
        }
    }

    private static byte PrefixLengthOf(Ipv4Address mask) => (byte)System.Numerics.BitOperations.LeadingZeroCount(~mask.Value);

    // Of vertices that are as near a network comes before a router (16.1 (3)).
    private int Nearest(ReadOnlySpan<uint> distance, ReadOnlySpan<bool> done)
    {
        int nearest = -1;
        uint least = Unreachable;
        for (int i = 0; i < distance.Length; i++)
        {
            if (!done[i] && (distance[i] < least || (distance[i] == least && nearest >= 0
                && _database[i].Header.Type == OspfLsaType.Network && _database[nearest].Header.Type != OspfLsaType.Network)))
            {
                (nearest, least) = (i, distance[i]);
            }
        }

        return nearest;
    }

    // 16.1 (2): the vertices that v has links to, where they have one back.
    private void Expand(int root, int v, Span<uint> distance, Span<Way> way, ReadOnlySpan<bool> done)
    {
        if (_database[v].Flushed)
        {
            return;
        }

        if (_database[v].Header.Type == OspfLsaType.Network)
        {
            foreach (Ipv4Address id in AttachedTo(v))
            {
                if (Find(new OspfLsaKey(OspfLsaType.Router, id, id)) is >= 0 and int w && !done[w] && LinkBack(w, OspfLinkType.Transit, _database[v].Header.LinkStateId, out Ipv4Address address))
                {
                    // 16.1.1: behind a network of our own the next hop is the router itself.
                    Reach(w, distance[v], way[v].NextHop.IsAny ? way[v] with { NextHop = address } : way[v], distance, way);
                }
            }

            return;
        }

        Ipv4Address from = _database[v].Header.AdvertisingRouter;
        for (int p = _database[v].First; p >= 0; p = _pieces[p].Next)
        {
            OspfRouterLink link = _pieces[p].Link;
            int w = link.Type == OspfLinkType.PointToPoint ? Find(new OspfLsaKey(OspfLsaType.Router, link.Id, link.Id)) : link.Type == OspfLinkType.Transit ? FindNetwork(link.Id) : -1;
            if (w < 0 || done[w] || !(link.Type == OspfLinkType.Transit ? Lists(w, from) : LinkBack(w, OspfLinkType.PointToPoint, from, out _)))
            {
                continue;
            }

            Way first = v == root ? WayOf(link) : way[v];
            if (first.Interface >= 0)
            {
                Reach(w, distance[v] + link.Metric, first, distance, way);
            }
        }
    }

    private static void Reach(int w, uint d, Way first, Span<uint> distance, Span<Way> way)
    {
        if (d < distance[w] || (d == distance[w] && first.IsBefore(way[w])))
        {
            (distance[w], way[w]) = (d, first);
        }
    }

    // Routers that a Network-LSA lists (A.4.3): its body is a mask and their IDs.
    private AttachedRouters AttachedTo(int v) =>
        new(_pieces.AsSpan(), _database[v].First, (_database[v].Header.Length - OspfLsaHeader.HeaderLength - OspfNetworkLsa.MaskLength) / OspfNetworkLsa.AttachedLength);

    private bool Lists(int w, Ipv4Address router)
    {
        foreach (Ipv4Address id in AttachedTo(w))
        {
            if (id == router)
            {
                return true;
            }
        }

        return false;
    }

    // Goes through the chain of pieces once, word by word.
    private ref struct AttachedRouters(ReadOnlySpan<OspfPiece> pieces, int first, int count)
    {
        private readonly ReadOnlySpan<OspfPiece> _pieces = pieces;
        private int _piece = first, _word = -1, _left = count;

        public readonly Ipv4Address Current => new(_pieces[_piece][_word]);

        public readonly AttachedRouters GetEnumerator() => this;

        public bool MoveNext()
        {
            if (++_word == OspfPiece.Words && _piece >= 0)
            {
                (_piece, _word) = (_pieces[_piece].Next, 0);
            }

            return _piece >= 0 && _left-- > 0;
        }
    }

    // The Link Data of a link from router w.
    private bool LinkBack(int w, OspfLinkType type, Ipv4Address to, out Ipv4Address data)
    {
        for (int p = _database[w].Flushed ? -1 : _database[w].First; p >= 0; p = _pieces[p].Next)
        {
            if (_pieces[p].Link is var link && link.Type == type && link.Id == to)
            {
                data = link.Data;
                return true;
            }
        }

        data = default;
        return false;
    }

    // 16.1.1: the next hop of a link of our own is the interface that it was made for.
    private Way WayOf(in OspfRouterLink link)
    {
        for (int i = 0; i < _interfaces.Length; i++)
        {
            ref readonly OspfInterface at = ref _interfaces[i];
            if (!at.Used || at.Address != link.Data)
            {
                continue;
            }

            if (link.Type == OspfLinkType.Transit)
            {
                return at.Type == OspfNetworkType.Broadcast ? new Way((short)i, default) : new Way(-1, default);
            }

            if (at.Type == OspfNetworkType.PointToPoint && _neighbors[at.First].State == OspfNeighborState.Full && _neighbors[at.First].RouterId == link.Id)
            {
                return new Way((short)i, at.Peer);
            }
        }

        return new Way(-1, default);
    }

    private void Stubs(int v, uint distance, Way way)
    {
        for (int p = _database[v].First; p >= 0; p = _pieces[p].Next)
        {
            OspfRouterLink link = _pieces[p].Link;
            if (link.Type == OspfLinkType.Stub)
            {
                byte length = PrefixLengthOf(link.Data);
                FoundUnlessOurs(link.Id.Network(length), length, distance + link.Metric, way);
            }
        }
    }

    // What the router is attached to itself needs no route.
    private void FoundUnlessOurs(Ipv4Address prefix, byte length, uint cost, Way way)
    {
        if (!IsOurs(prefix, length) && !way.NextHop.IsAny)
        {
            Found(prefix, length, cost, way);
        }
    }

    private bool IsOurs(Ipv4Address prefix, byte length)
    {
        if (length == _stubLength && prefix == _stub)
        {
            return true;
        }

        foreach (ref readonly OspfInterface i in _interfaces.AsSpan())
        {
            bool ours = i.Used && (i.Type == OspfNetworkType.Broadcast ? length == i.PrefixLength && prefix == i.Network : length == 32 && (i.Peer == prefix || i.Address == prefix));
            if (ours)
            {
                return true;
            }
        }

        return false;
    }

    private void Found(Ipv4Address prefix, byte length, uint cost, Way way)
    {
        for (int i = 0; i < _routes.Length; i++)
        {
            ref OspfRoute route = ref _routes[i];
            if (!route.Used || route.Prefix != prefix || route.PrefixLength != length)
            {
                continue;
            }

            if (route.Found && (cost > route.Cost || (cost == route.Cost && !way.IsBefore(new Way(route.Interface, route.NextHop)))))
            {
                return;
            }

            if (route.Interface != way.Interface || route.NextHop != way.NextHop || route.News == RouteNews.Gone)
            {
                route.News = RouteNews.Added;
                _news = true;
            }

            (route.Found, route.Cost, route.Interface, route.NextHop) = (true, cost, way.Interface, way.NextHop);
            return;
        }

        _routes.Put(new OspfRoute { Used = true, Found = true, News = RouteNews.Added, Prefix = prefix, PrefixLength = length, Cost = cost, Interface = way.Interface, NextHop = way.NextHop });
        _news = true;
    }
}
