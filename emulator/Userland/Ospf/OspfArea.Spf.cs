using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>The calculation of routes (RFC 2328, 16.1 and 16.1.1): the tree of shortest paths over Router-LSAs, and their stub networks.</summary>
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

    /// <summary>The next route of which zebra is to be told.</summary>
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

    /// <summary>Somebody else is told from now on, who knows nothing yet.</summary>
    public void TellAgain()
    {
        foreach (ref OspfRoute row in _routes.AsSpan())
        {
            row.Used &= row.News != RouteNews.Gone;
            row.News = row.Used ? RouteNews.Added : RouteNews.None;
            _news |= row.Used;
        }
    }

    private void Spf()
    {
        int rows = _database.Length;
        Span<uint> distance = rows <= MostOnStack ? stackalloc uint[rows] : new uint[rows];
        Span<short> way = rows <= MostOnStack ? stackalloc short[rows] : new short[rows];
        Span<bool> done = rows <= MostOnStack ? stackalloc bool[rows] : new bool[rows];
        distance.Fill(Unreachable);
        way.Fill(-1);
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
            if (v != root && distance[v] != Unreachable)
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

    private static int Nearest(ReadOnlySpan<uint> distance, ReadOnlySpan<bool> done)
    {
        int nearest = -1;
        uint least = Unreachable;
        for (int i = 0; i < distance.Length; i++)
        {
            if (!done[i] && distance[i] < least)
            {
                (nearest, least) = (i, distance[i]);
            }
        }

        return nearest;
    }

    // 16.1 (2): the routers that v has links to, where they have one back.
    private void Expand(int root, int v, Span<uint> distance, Span<short> way, ReadOnlySpan<bool> done)
    {
        if (_database[v].Flushed)
        {
            return;
        }

        Ipv4Address from = _database[v].Header.AdvertisingRouter;
        for (int p = _database[v].First; p >= 0; p = _pieces[p].Next)
        {
            OspfRouterLink link = _pieces[p].Link;
            if (link.Type != OspfLinkType.PointToPoint || Find(new OspfLsaKey(OspfLsaType.Router, link.Id, link.Id)) is not (>= 0 and int w) || done[w] || !LeadsBack(w, from))
            {
                continue;
            }

            uint d = distance[v] + link.Metric;
            short first = v == root ? InterfaceOf(link) : way[v];
            if (first >= 0 && (d < distance[w] || (d == distance[w] && first < way[w])))
            {
                (distance[w], way[w]) = (d, first);
            }
        }
    }

    private bool LeadsBack(int w, Ipv4Address to)
    {
        if (_database[w].Flushed)
        {
            return false;
        }

        for (int p = _database[w].First; p >= 0; p = _pieces[p].Next)
        {
            if (_pieces[p].Link is { Type: OspfLinkType.PointToPoint } link && link.Id == to)
            {
                return true;
            }
        }

        return false;
    }

    // 16.1.1: the next hop of a link of our own is the interface that it was made for.
    private short InterfaceOf(in OspfRouterLink link)
    {
        for (int i = 0; i < _neighbors.Length; i++)
        {
            ref readonly OspfNeighbor n = ref _neighbors[i];
            if (n.Used && n.State == OspfNeighborState.Full && n.RouterId == link.Id && n.Address == link.Data)
            {
                return (short)i;
            }
        }

        return -1;
    }

    private void Stubs(int v, uint distance, short way)
    {
        for (int p = _database[v].First; p >= 0; p = _pieces[p].Next)
        {
            OspfRouterLink link = _pieces[p].Link;
            if (link.Type == OspfLinkType.Stub)
            {
                byte length = (byte)System.Numerics.BitOperations.LeadingZeroCount(~link.Data.Value);
                Ipv4Address prefix = link.Id.Network(length);
                if (!IsOurs(prefix, length))
                {
                    Found(prefix, length, distance + link.Metric, way);
                }
            }
        }
    }

    // What the router is attached to itself needs no route.
    private bool IsOurs(Ipv4Address prefix, byte length)
    {
        if (length == _stubLength && prefix == _stub)
        {
            return true;
        }

        foreach (ref readonly OspfNeighbor n in _neighbors.AsSpan())
        {
            if (n.Used && length == 32 && (n.Peer == prefix || n.Address == prefix))
            {
                return true;
            }
        }

        return false;
    }

    private void Found(Ipv4Address prefix, byte length, uint cost, short way)
    {
        ref readonly OspfNeighbor n = ref _neighbors[way];
        for (int i = 0; i < _routes.Length; i++)
        {
            ref OspfRoute route = ref _routes[i];
            if (!route.Used || route.Prefix != prefix || route.PrefixLength != length)
            {
                continue;
            }

            if (route.Found && (cost > route.Cost || (cost == route.Cost && way >= route.Interface)))
            {
                return;
            }

            if (route.Interface != way || route.NextHop != n.Peer || route.News == RouteNews.Gone)
            {
                route.News = RouteNews.Added;
                _news = true;
            }

            (route.Found, route.Cost, route.Interface, route.NextHop) = (true, cost, way, n.Peer);
            return;
        }

        _routes.Put(new OspfRoute { Used = true, Found = true, News = RouteNews.Added, Prefix = prefix, PrefixLength = length, Cost = cost, Interface = way, NextHop = n.Peer });
        _news = true;
    }
}
