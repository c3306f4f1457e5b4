using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>The shape of a network.</summary>
public enum NetworkShape : byte
{
    /// <summary>Two nodes and a link.</summary>
    Pair,

    /// <summary>A hub that answers every other node.</summary>
    Star,

    /// <summary>Each node calls the one before it, and the first the last.</summary>
    Ring,

    /// <summary>Each node has a link to every other.</summary>
    Mesh,

    /// <summary>Each node answers its branches, filled level by level.</summary>
    Tree,

    /// <summary>Rows and columns, with links between neighbours.</summary>
    Grid,

    /// <summary>A random tree, and links between random nodes until there are as many as asked for.</summary>
    Random,
}

/// <summary>A network that is made from a shape: the same options give the same nodes and links.</summary>
public sealed record NetworkOptions
{
    /// <summary>Its shape.</summary>
    public NetworkShape Shape { get; init; } = NetworkShape.Pair;

    /// <summary>Its nodes. Always two for a pair; for a grid the product of its sides.</summary>
    public int Nodes { get; init; } = 2;

    /// <summary>Columns of a grid.</summary>
    public int Width { get; init; } = 2;

    /// <summary>Rows of a grid.</summary>
    public int Height { get; init; } = 2;

    /// <summary>Branches of each node of a tree.</summary>
    public int Branches { get; init; } = 2;

    /// <summary>Links of a random network: at least one fewer than its nodes, which then are a tree.</summary>
    public int Links { get; init; } = 1;

    /// <summary>The seed of a random network. It is independent of the run's seed: a network stays the same from run to run.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The labels that a shape's nodes may have, in the order of their numbers.</summary>
    public static IReadOnlyList<string> LabelsOf(NetworkShape shape) => shape switch
    {
        NetworkShape.Pair => PairTopology.Labels,
        NetworkShape.Star => ["hub", "leaf"],
        NetworkShape.Tree => ["root", "branch", "leaf"],
        NetworkShape.Grid => ["inner", "edge"],
        _ => ["router"],
    };

    /// <summary>Why it is not a network, with what is accepted; null if it is one.</summary>
    public (string Field, string Problem, string Accepted)? Problem()
    {
        (int nodes, long links) = Size();
        return nodes < (Shape == NetworkShape.Ring ? 3 : 2) ? ("nodes", $"{nodes} are no {Name}", $"at least {(Shape == NetworkShape.Ring ? 3 : 2)}")
            : Shape == NetworkShape.Mesh && nodes - 1 > Topology.MaxPorts ? ("nodes", $"a mesh of {nodes} has {nodes - 1} ports at each", $"at most {Topology.MaxPorts + 1} nodes")
            : Shape == NetworkShape.Star && nodes - 1 > Topology.MaxPorts ? ("nodes", $"a star of {nodes} has {nodes - 1} ports at its hub", $"at most {Topology.MaxPorts + 1} nodes")
            : Shape == NetworkShape.Tree && Branches + 1 > Topology.MaxPorts ? ("branches", $"{Branches} branches and the link above are {Branches + 1} ports", $"at most {Topology.MaxPorts - 1}")
            : Shape == NetworkShape.Tree && Branches < 1 ? ("branches", $"{Branches} are no tree", $"1 to {Topology.MaxPorts - 1}")
            : Shape == NetworkShape.Random && (links < nodes - 1 || links > Math.Min((long)nodes * (nodes - 1) / 2, nodes * (long)Topology.MaxPorts / 4))
                ? ("links", $"{links} links cannot join {nodes} nodes", $"{nodes - 1} (a tree) to {Math.Min((long)nodes * (nodes - 1) / 2, nodes * (long)Topology.MaxPorts / 4)}")
            : null;
    }

    private string Name => Shape.ToString().ToLowerInvariant();

    /// <summary>How many nodes and links it has.</summary>
    public (int Nodes, long Links) Size() => Shape switch
    {
        NetworkShape.Pair => (2, 1),
        NetworkShape.Ring => (Nodes, Nodes),
        NetworkShape.Mesh => (Nodes, (long)Nodes * (Nodes - 1) / 2),
        NetworkShape.Grid => ((int)Math.Min(int.MaxValue, (long)Width * Height), ((long)Width * (Height - 1)) + ((long)Height * (Width - 1))),
        NetworkShape.Random => (Nodes, Links),
        _ => (Nodes, Nodes - 1),
    };

    /// <summary>The nodes and links. The node with the lower number answers on a link, but for that between the first and the last of a ring.</summary>
    /// <exception cref="ArgumentException">It is not a network (<see cref="Problem"/>).</exception>
    public Topology Build()
    {
        if (Problem() is { } problem)
        {
            throw new ArgumentException($"network.{problem.Field}: {problem.Problem}; accepted: {problem.Accepted}");
        }

        List<(int Called, int Calling)> links = Shape switch
        {
            NetworkShape.Ring => [.. Enumerable.Range(1, Nodes - 1).Select(static n => (n - 1, n)), (Nodes - 1, 0)],
            NetworkShape.Mesh => [.. from a in Enumerable.Range(0, Nodes) from b in Enumerable.Range(a + 1, Nodes - a - 1) select (a, b)],
            NetworkShape.Tree => [.. Enumerable.Range(1, Nodes - 1).Select(n => ((n - 1) / Branches, n))],
            NetworkShape.Grid => GridLinks(),
            NetworkShape.Random => RandomLinks(),
            _ => [.. Enumerable.Range(1, Size().Nodes - 1).Select(static n => (0, n))],
        };
        int nodes = Size().Nodes;
        int[] labels = [.. Enumerable.Range(0, nodes).Select(n => LabelOf(n, nodes))];

        // A label without nodes, such as inner in a grid of two rows, would be an empty column.
        List<int> used = [.. labels.Distinct().Order()];
        return Of([.. used.Select(label => LabelsOf(Shape)[label])], [.. labels.Select(label => (Role)used.IndexOf(label))], links.Select(static link => (LinkKind.Modem, link.Called, link.Calling)));
    }

    /// <summary>Nodes and links between them: each link takes the next port of both its nodes.</summary>
    /// <param name="labels">The labels.</param>
    /// <param name="nodes">The label of each node.</param>
    /// <param name="links">What each link is, who answers on it and who calls.</param>
    public static Topology Of(IReadOnlyList<string> labels, IReadOnlyList<Role> nodes, IEnumerable<(LinkKind Kind, int Called, int Calling)> links)
    {
        var ports = new int[nodes.Count];
        return new Topology(labels, nodes, [.. links.Select(link => new PlannedLink(link.Kind, new LinkEnd(link.Called, ports[link.Called]++), new LinkEnd(link.Calling, ports[link.Calling]++)))]);
    }

    private int LabelOf(int node, int nodes) => Shape switch
    {
        NetworkShape.Pair or NetworkShape.Star => node == 0 ? 0 : 1,
        NetworkShape.Tree => node == 0 ? 0 : ((long)node * Branches) + 1 < nodes ? 1 : 2,
        NetworkShape.Grid => node / Width is var row && node % Width is var column && row > 0 && row < Height - 1 && column > 0 && column < Width - 1 ? 0 : 1,
        _ => 0,
    };

    private List<(int, int)> GridLinks()
    {
        List<(int, int)> links = [];
        for (int node = 0; node < Width * Height; node++)
        {
            if ((node + 1) % Width != 0)
            {
                links.Add((node, node + 1));
            }

            if (node + Width < Width * Height)
            {
                links.Add((node, node + Width));
            }
        }

        return links;
    }

    private List<(int, int)> RandomLinks()
    {
        var draws = new RandomStream(Seed, 0, RandomPurpose.Topology);
        var ports = new int[Nodes];
        var there = new HashSet<(int, int)>();
        List<(int, int)> links = [];
        for (int node = 1; node < Nodes; node++)
        {
            int parent;
            do
            {
                parent = (int)draws.Below((uint)node);
            }
            while (ports[parent] == Topology.MaxPorts);

            Join(parent, node);
        }

        while (links.Count < Links)
        {
            int a = (int)draws.Below((uint)Nodes), b = (int)draws.Below((uint)Nodes);
            if (a != b && !there.Contains((Math.Min(a, b), Math.Max(a, b))) && ports[a] < Topology.MaxPorts && ports[b] < Topology.MaxPorts)
            {
                Join(Math.Min(a, b), Math.Max(a, b));
            }
        }

        return links;

        void Join(int called, int calling)
        {
            there.Add((called, calling));
            links.Add((called, calling));
            ports[called]++;
            ports[calling]++;
        }
    }
}
