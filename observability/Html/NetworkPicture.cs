using System.Globalization;

namespace Stress.Observability.Html;

/// <summary>
/// A network as a picture: links coloured, and as thick, by their crash rate; nodes as large as their panics. A grid is drawn as a grid; a ring, a star and a mesh as circles; any other in rings around its first node, each branch in a sector as wide as its number of leaves. A segment is a bar among its stations, with a line to each: its crashes belong to its nodes.
/// </summary>
public static class NetworkPicture
{
    /// <summary>Steps of the scale, from no crash to the highest rate.</summary>
    public const int Steps = 6;

    /// <summary>Up to so many nodes have their names beside them.</summary>
    internal const int NamedNodes = 40;

    /// <summary>Draws it.</summary>
    /// <param name="network">The network.</param>
    /// <param name="width">In CSS pixels.</param>
    /// <param name="title">What a screen reader says.</param>
    /// <param name="css">Class of the picture.</param>
    /// <param name="ways">Ways of crashes, each in a layer of its own with the class <c>way</c> and its number: a style sheet shows one, and dims what is below it.</param>
    public static string Draw(NetworkReport network, double width, string title, string css, IReadOnlyList<CrashWay>? ways = null)
    {
        (double X, double Y)[] places = Places(network);
        double aspect = network.Width > 0 ? Math.Clamp(Math.Ceiling((double)network.Nodes.Count / network.Width) / network.Width, 0.2, 1.4) : 0.72;
        double margin = network.Nodes.Count <= NamedNodes ? 46 : 16, height = Math.Max(140, width * aspect), legend = 14 + (LegendLine * ((Steps + LegendColumns(width) - 1) / LegendColumns(width)));
        var svg = new Svg(width, title, css) { Height = height + legend };
        double top = network.Links.Count == 0 ? 0 : network.Links.Max(link => link.Rate);
        double dot = Math.Clamp(Math.Sqrt(width * height / Math.Max(1, network.Nodes.Count)) / 9, 2, 9);
        (double X, double Y) At(int node) => (margin + (places[node].X * (width - (2 * margin))), margin + (places[node].Y * (height - (2 * margin))));

        if (ways is not null)
        {
            svg.Begin("netbase");
        }

        foreach (NetworkSegment segment in network.Segments ?? [])
        {
            (double X, double Y)[] stations = [.. segment.Stations.Select(At)];
            (double x, double y) = (stations.Average(s => s.X), stations.Average(s => s.Y));
            string spokes = string.Concat(stations.Select(s => $"M{Svg.N(x)} {Svg.N(y)}L{Svg.N(s.X)} {Svg.N(s.Y)}"));
            svg.Path($"M{Svg.N(x - (2 * dot))} {Svg.N(y)}L{Svg.N(x + (2 * dot))} {Svg.N(y)}{spokes}", "net net0", $"{segment.Name}: an Ethernet segment of {string.Join(", ", segment.Stations.Select(s => network.Nodes[s].Name))}");
            if (network.Nodes.Count <= NamedNodes)
            {
                svg.Text(x, y - 5, segment.Name, "tick", "middle");
            }
        }

        // The worst on top, where lines cross.
        foreach (NetworkLink link in network.Links.OrderBy(link => link.Rate).ThenBy(link => link.Link))
        {
            ((double x1, double y1), (double x2, double y2)) = (At(link.Called), At(link.Calling));
            string tip = string.Create(CultureInfo.InvariantCulture, $"{link.Name}{(link.Group.Length == 0 ? "" : $" ({link.Group})")}: {link.Crashes} of {link.Disconnects} disconnects crashed{(link.Crashes == 0 ? "" : $", {Figures.Percent(link.Rate)} %: {link.PathsInWords()}")}");
            svg.Path($"M{Svg.N(x1)} {Svg.N(y1)}L{Svg.N(x2)} {Svg.N(y2)}", $"net net{StepOf(link.Rate, top)}", tip);
        }

        long most = Math.Max(1, network.Nodes.Max(node => node.Panics));
        foreach ((int i, NetworkNode node) in network.Nodes.Index())
        {
            (double x, double y) = At(i);
            svg.Circle(x, y, dot * (0.6 + (0.4 * node.Panics / most)), node.Panics > 0 ? "netnode netdied" : "netnode", $"{node.Name} ({node.Role}): {Counted.Of(node.Panics, "panic")}");
            if (network.Nodes.Count <= NamedNodes)
            {
                svg.Text(x, y - dot - 4, node.Name, "tick", "middle");
            }
        }

        if (ways is not null)
        {
            svg.End();
            var layer = new WayLayer(svg, network, At, dot, width, height);
            foreach ((int i, CrashWay way) in ways.Index())
            {
                layer.Draw(way, $"way way{i}");
            }
        }

        for (int step = 0; step < (top > 0 ? Steps : 1); step++)
        {
            int columns = LegendColumns(width);
            double x = 2 + (step % columns * Math.Min(150, (width - 10) / columns)), y = height + 18 + (step / columns * LegendLine);
            svg.Line(x, y, x + 22, y, $"net net{step}");
            svg.Text(x + 27, y + 4, step == 0 ? "none" : $"≤ {Figures.Percent(top * step / (Steps - 1))} %", "tick");
        }

        return svg.ToString();
    }

    // As many as have room beside each other.
    private const int LegendLine = 20;

    private static int LegendColumns(double width) => Math.Min(Steps, (int)(width / 100));

    /// <summary>The step of a rate: 0 for none, then the remaining steps up to the highest rate.</summary>
    public static int StepOf(double rate, double highest) => rate <= 0 || highest <= 0 ? 0 : Math.Clamp((int)Math.Ceiling((Steps - 1) * rate / highest), 1, Steps - 1);

    /// <summary>The position of each node, from 0 to 1 in both directions. No two share a position.</summary>
    public static (double X, double Y)[] Places(NetworkReport network)
    {
        int nodes = network.Nodes.Count;
        if (network.Width > 0)
        {
            int rows = Math.Max(1, (nodes + network.Width - 1) / network.Width);
            return [.. Enumerable.Range(0, nodes).Select(n => (
                network.Width == 1 ? 0.5 : n % network.Width / (double)(network.Width - 1), rows == 1 ? 0.5 : n / network.Width / (double)(rows - 1)))];
        }

        return network.Shape is "ring" or "mesh" ? [.. Enumerable.Range(0, nodes).Select(n => OnCircle(n / (double)nodes, 1))]
            : network.Shape == "pair" ? [(0, 0.5), (1, 0.5)]
            : InRings(network);
    }

    private static (double X, double Y) OnCircle(double turn, double radius) =>
        (0.5 + (0.5 * radius * Math.Sin(turn * 2 * Math.PI)), 0.5 - (0.5 * radius * Math.Cos(turn * 2 * Math.PI)));

    // The tree of shortest paths from node 0, each node on the ring of its distance, in the middle of a sector that is as wide as it has leaves.
    private static (double X, double Y)[] InRings(NetworkReport network)
    {
        int nodes = network.Nodes.Count;
        var neighbours = new List<int>[nodes];
        for (int node = 0; node < nodes; node++)
        {
            neighbours[node] = [];
        }

        foreach (NetworkLink link in network.Links)
        {
            neighbours[link.Called].Add(link.Calling);
            neighbours[link.Calling].Add(link.Called);
        }

        foreach (NetworkSegment segment in network.Segments ?? [])
        {
            foreach (int station in segment.Stations.Skip(1))
            {
                neighbours[segment.Stations[0]].Add(station);
                neighbours[station].Add(segment.Stations[0]);
            }
        }

        var parent = new int[nodes];
        var depth = new int[nodes];
        Array.Fill(parent, -1);
        var order = new List<int> { 0 };
        parent[0] = 0;
        for (int i = 0; i < order.Count; i++)
        {
            foreach (int next in neighbours[order[i]].Where(next => parent[next] < 0))
            {
                parent[next] = order[i];
                depth[next] = depth[order[i]] + 1;
                order.Add(next);
            }
        }

        // Unconnected nodes, which a scenario cannot have, are on the outer ring.
        int deepest = Math.Max(1, depth.Max());
        foreach (int apart in Enumerable.Range(0, nodes).Where(n => parent[n] < 0).ToList())
        {
            (parent[apart], depth[apart]) = (0, deepest);
            order.Add(apart);
        }

        var leaves = new int[nodes];
        for (int i = order.Count - 1; i > 0; i--)
        {
            leaves[order[i]] = Math.Max(1, leaves[order[i]]);
            leaves[parent[order[i]]] += leaves[order[i]];
        }

        var from = new double[nodes];
        var used = new double[nodes];
        var places = new (double, double)[nodes];
        double share = 1.0 / Math.Max(1, leaves[0]);
        places[0] = (0.5, 0.5);
        foreach (int node in order.Skip(1))
        {
            from[node] = from[parent[node]] + used[parent[node]];
            used[parent[node]] += leaves[node] * share;
            places[node] = OnCircle(from[node] + (leaves[node] * share / 2), depth[node] / (double)deepest);
        }

        return places;
    }
}
