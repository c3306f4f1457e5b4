namespace Stress.Observability.Html;

/// <summary>
/// A crash's way over the picture of its network: (1) the node that died, (2) the interface that had gone, (3) where the packet or the timer that used it came from, with an arrow for each
/// stretch of the packet's way. The numbers are those of the sentences beside the picture; the names of the nodes are there however many the network has.
/// </summary>
/// <param name="svg">The picture.</param>
/// <param name="network">The network.</param>
/// <param name="at">Where a node is drawn.</param>
/// <param name="dot">The radius of the largest node.</param>
/// <param name="width">The width of the part with the network.</param>
/// <param name="height">Its height.</param>
internal sealed class WayLayer(Svg svg, NetworkReport network, Func<int, (double X, double Y)> at, double dot, double width, double height)
{
    // A badge's radius, how far an arrow stays from the line that it goes along and from the nodes, and the size of its head.
    private const double Badge = 8, Beside = 4, Head = 7, Letter = 7.2, Line = 15;

    private readonly List<(double X, double Y, double W, double H)> _taken = [];

    /// <summary>Draws a way.</summary>
    /// <param name="way">The way.</param>
    /// <param name="css">The layer's class.</param>
    public void Draw(CrashWay way, string css)
    {
        _taken.Clear();
        if (network.Nodes.Count <= NetworkPicture.NamedNodes)
        {
            foreach ((int i, NetworkNode node) in network.Nodes.Index())
            {
                double half = node.Name.Length * Letter / 2;
                _taken.Add((at(i).X - half, at(i).Y - dot - 4 - Line, 2 * half, Line));
            }
        }

        svg.Begin(css);
        (double x, double y) = at(way.Node);
        double ring = Math.Max(6, dot + 3);
        (double X, double Y) gone = Gone(way);
        foreach (CrashHop hop in way.Hops)
        {
            Hop(hop);
        }

        if (way.Through >= 0)
        {
            (int called, int calling) = (network.Links[way.Through].Called, network.Links[way.Through].Calling);
            Arrow(at(way.Node == called ? calling : called), (x, y), way.Used(network));
        }

        Cross(gone.X, gone.Y, 4.5, "waycross");
        Cross(x, y, ring, "waycross waydead");
        svg.Circle(x, y, ring + 3, "wayring", way.Died(network));
        Take(x, y, ring + 3);
        Take(gone.X, gone.Y, 6);
        (double X, double Y) from = way.Hops.Count > 0 ? at(way.Origin) : (x, y);
        if (way.Hops.Count > 0)
        {
            svg.Circle(from.X, from.Y, ring, "wayring wayfrom", way.Used(network));
            Take(from.X, from.Y, ring);
        }

        Number(1, (x, y), network.Nodes[way.Node].Name);
        Number(2, gone, way.Interface);
        Number(3, from, way.Hops.Count > 0 ? network.Nodes[way.Origin].Name : way.Through >= 0 ? network.Links[way.Through].Name : way.By);
        svg.End();
    }

    // The link or the station's cable whose interface had gone, and where on it the cross goes: beside the node, whose interface it was. One of no link is a stub of its own.
    private (double X, double Y) Gone(CrashWay way)
    {
        (double x, double y) = at(way.Node);
        (double X, double Y)? far = null;
        if (way.Link >= 0)
        {
            NetworkLink link = network.Links[way.Link];
            far = at(link.Called == way.Node ? link.Calling : link.Called);
        }
        else if (way.Segment >= 0)
        {
            far = Middle(way.Segment);
        }

        if (far is { } end)
        {
            svg.Path($"M{Svg.N(x)} {Svg.N(y)}L{Svg.N(end.X)} {Svg.N(end.Y)}", "waygone", way.Went(network));
            double length = Math.Max(1, Length((x, y), end)), share = Math.Min(0.5, Math.Max(24, dot + 18) / length);
            return (x + ((end.X - x) * share), y + ((end.Y - y) * share));
        }

        double stub = Math.Max(20, dot + 14), sign = x > width / 2 ? -1 : 1, down = y > height / 2 ? -1 : 1;
        svg.Path($"M{Svg.N(x)} {Svg.N(y)}L{Svg.N(x + (sign * stub))} {Svg.N(y + (down * stub))}", "waygone", way.Went(network));
        return (x + (sign * stub), y + (down * stub));
    }

    private (double X, double Y) Middle(int segment)
    {
        (double X, double Y)[] stations = [.. network.Segments![segment].Stations.Select(at)];
        return (stations.Average(s => s.X), stations.Average(s => s.Y));
    }

    private void Hop(CrashHop hop)
    {
        string tip = $"{network.Nodes[hop.From].Name} to {network.Nodes[hop.To].Name}{(hop.Link >= 0 ? $", link {network.Links[hop.Link].Name}" : $", segment {network.Segments![hop.Segment].Name}")}";
        if (hop.Segment >= 0)
        {
            (double X, double Y) middle = Middle(hop.Segment);
            Arrow(at(hop.From), middle, tip, head: false);
            Arrow(middle, at(hop.To), tip);
            return;
        }

        Arrow(at(hop.From), at(hop.To), tip);
    }

    // Beside the line and not on it, on the right of its direction.
    private void Arrow((double X, double Y) from, (double X, double Y) to, string tip, bool head = true)
    {
        double length = Math.Max(1, Length(from, to));
        (double dx, double dy) = ((to.X - from.X) / length, (to.Y - from.Y) / length);
        double apart = Math.Min(Math.Max(6, dot + 3) + 2, length / 4);
        (double x1, double y1) = (from.X + (dx * apart) - (dy * Beside), from.Y + (dy * apart) + (dx * Beside));
        (double x2, double y2) = (to.X - (dx * apart) - (dy * Beside), to.Y - (dy * apart) + (dx * Beside));
        string point = head
            ? $"M{Svg.N(x2 - (dx * Head) + (dy * Head / 2))} {Svg.N(y2 - (dy * Head) - (dx * Head / 2))}L{Svg.N(x2)} {Svg.N(y2)}L{Svg.N(x2 - (dx * Head) - (dy * Head / 2))} {Svg.N(y2 - (dy * Head) + (dx * Head / 2))}"
            : "";
        svg.Path($"M{Svg.N(x1)} {Svg.N(y1)}L{Svg.N(x2)} {Svg.N(y2)}{point}", "wayhop", tip);
        if (head)
        {
            Take(x2 - (dx * Head), y2 - (dy * Head), Head);
        }
    }

    private void Cross(double x, double y, double r, string css)
    {
        r *= 0.7;
        svg.Path($"M{Svg.N(x - r)} {Svg.N(y - r)}L{Svg.N(x + r)} {Svg.N(y + r)}M{Svg.N(x - r)} {Svg.N(y + r)}L{Svg.N(x + r)} {Svg.N(y - r)}", css);
    }

    // A badge with its name: where it covers nothing of the way, and inside the picture.
    private void Number(int number, (double X, double Y) of, string name)
    {
        string text = name.Length > 28 ? name[..27] + "…" : name;
        double w = (2 * Badge) + 10 + (text.Length * Letter), h = Math.Max(2 * Badge, Line);
        (double X, double Y) best = default;
        double least = double.MaxValue;
        for (double far = Math.Max(6, dot + 3) + 6; far < 120 && least > 0; far += 8)
        {
            foreach ((double dx, double dy) in new[] { (1.0, -1.0), (-1, -1), (1, 1), (-1, 1), (0, -1), (0, 1), (1, 0), (-1, 0) })
            {
                double x = of.X + (dx * far) - (dx < 0 ? w : dx == 0 ? w / 2 : 0), y = of.Y + (dy * far) - (h / 2);
                x = Math.Clamp(x, 0, Math.Max(0, width - w));
                y = Math.Clamp(y, 0, Math.Max(0, height - h));
                double covered = _taken.Sum(box => Shared(x, box.X, w, box.W) * Shared(y, box.Y, h, box.H));
                if (covered < least)
                {
                    (least, best) = (covered, (x, y));
                }
            }
        }

        _taken.Add((best.X, best.Y, w, h));
        (double cx, double cy) = (best.X + Badge, best.Y + (h / 2));
        svg.Line(of.X, of.Y, cx, cy, "wayleader");
        svg.Circle(cx, cy, Badge, $"waybadge waybadge{number}");
        svg.Text(cx, cy + 4, $"{number}", "waynumber", "middle");
        svg.Text(cx + Badge + 4, cy + 4.5, text, "wayname");
    }

    private void Take(double x, double y, double r) => _taken.Add((x - r, y - r, 2 * r, 2 * r));

    private static double Shared(double a, double b, double w, double v) => Math.Max(0, Math.Min(a + w, b + v) - Math.Max(a, b));

    private static double Length((double X, double Y) a, (double X, double Y) b) => Math.Sqrt(((a.X - b.X) * (a.X - b.X)) + ((a.Y - b.Y) * (a.Y - b.Y)));
}
