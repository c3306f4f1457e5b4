using System.IO.Hashing;
using System.Runtime.InteropServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Exploration;

/// <summary>
/// Visits every state that a small world can reach within its limits, breadth first, so that the first schedule to anything is a shortest one. A state is the
/// kernels' images, the programs' places, the messages, the process on each CPU and the pre-emptions used (<see cref="WorldSchedule"/>); it is recognised by a
/// 128-bit hash.
/// </summary>
public sealed class Explorer
{
    private const int None = -1;
    private readonly World _world;
    private readonly KernelImages _images;
    private readonly WorldSchedule _schedule;
    private readonly Dictionary<UInt128, int> _visited = [];
    private readonly List<Node> _nodes = [];
    private readonly List<byte> _states = [];
    private readonly Dictionary<(int Router, Finding Finding), (int Node, int Actor)> _found = [];
    private readonly List<(int Router, Finding Finding)> _order = [];
    private Queue<Waiting> _frontier = new();
    private readonly List<Waiting> _beyond = [];

    private record struct Waiting(int Node, uint Todo) : IStateValue<Waiting>
    {
        public static void Fields<TPass>(ref Waiting value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            (int node, uint todo) = value;
            pass.Field(ref node);
            pass.Field(ref todo);
            value = new(node, todo);
        }
    }

    private struct Node : IStateValue<Node>
    {
        public int Parent;
        public int Actor;
        public int Depth;
        public uint Sleep;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Node value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Parent);
            pass.Field(ref value.Actor);
            pass.Field(ref value.Depth);
            pass.Field(ref value.Sleep);
        }
    }

    /// <summary>A world before its first step.</summary>
    /// <exception cref="ArgumentException">A step of the setup is refused by the kernel.</exception>
    public Explorer(World world, TeardownDesign design, ExplorationLimits limits)
    {
        _world = world;
        Limits = limits;
        _images = new KernelImages(world, design);
        _schedule = new WorldSchedule(world, _images, limits.Preemptions);
        Span<byte> start = stackalloc byte[_schedule.Size];
        _schedule.Start(start);
        Visit(start, None, None, 0, 0);
    }

    /// <summary>The limits. A finished exploration continues when its depth is raised.</summary>
    public ExplorationLimits Limits { get; private set; }

    /// <summary>Distinct states.</summary>
    public int States => _nodes.Count;

    /// <summary>Distinct kernel images among them.</summary>
    public int Images => _images.Count;

    /// <summary>Steps taken from states, those with a known result included.</summary>
    public long Transitions { get; private set; }

    /// <summary>Steps that a kernel executed.</summary>
    public long Executed => _images.Executed;

    /// <summary>Longest shortest schedule so far.</summary>
    public int DepthReached { get; private set; }

    /// <summary>No state within the depth is left to expand.</summary>
    public bool IsFinished => _frontier.Count == 0;

    /// <summary>No state is left at all: the depth did not limit.</summary>
    public bool IsExhaustive => IsFinished && _beyond.Count == 0;

    /// <summary>Steps that the kernel does not model, by their text: what was not found may be reachable with them.</summary>
    public IReadOnlyCollection<string> NotModelled => _images.NotModelled;

    /// <summary>Sends in which the sender slept between check and use, as states.</summary>
    public int StatesAsleep { get; private set; }

    /// <summary>Expands states until none is left within the depth.</summary>
    /// <param name="stop">Asked before each state; true stops the search, which can continue later.</param>
    public void Run(Func<bool> stop)
    {
        while (_frontier.Count > 0 && !stop())
        {
            (int node, uint todo) = _frontier.Dequeue();
            Expand(node, todo);
        }
    }

    /// <summary>Raises the depth: states beyond the old one come back.</summary>
    public void Deepen(int depth)
    {
        if (depth > Limits.Depth)
        {
            Limits = Limits with { Depth = depth };
            foreach ((int node, uint todo) in _beyond)
            {
                _frontier.Enqueue(new Waiting(node, todo));
            }

            _beyond.Clear();
        }
    }

    /// <summary>What was found, in the order in which it was.</summary>
    public IReadOnlyList<Counterexample> Found() =>
        [.. _order.Select(f => new Counterexample(_world.Routers[f.Router].Name, f.Finding, Schedule(_found[f].Node, _found[f].Actor)))];

    private ReadOnlySpan<byte> State(int node) => CollectionsMarshal.AsSpan(_states).Slice(node * _schedule.Size, _schedule.Size);

    private void Expand(int node, uint todo)
    {
        int depth = _nodes[node].Depth;
        if (depth >= Limits.Depth)
        {
            _beyond.Add(new Waiting(node, todo));
            return;
        }

        Span<byte> state = stackalloc byte[_schedule.Size], next = stackalloc byte[_schedule.Size];
        State(node).CopyTo(state);
        uint asleep = _nodes[node].Sleep;
        for (int a = 0; a < _world.Actors.Count; a++)
        {
            if ((todo >> a & 1) == 0 || !_schedule.IsEnabled(state, a, out int cost))
            {
                continue;
            }

            Transitions++;
            state.CopyTo(next);
            StepOutcome? outcome = _schedule.Take(next, a, cost);
            int router = _world.Actors[a].Router;
            foreach (Finding f in outcome?.Findings ?? [])
            {
                Note(router, f, node, a);
            }

            if (outcome is null || !outcome.Died)
            {
                Visit(next, node, a, depth + 1, Limits.Reduces ? _schedule.Independent(state, asleep, a) : 0);
            }

            asleep |= 1u << a;
        }
    }

    private void Visit(ReadOnlySpan<byte> state, int parent, int actor, int depth, uint sleep)
    {
        UInt128 hash = XxHash128.HashToUInt128(state);
        if (_visited.TryGetValue(hash, out int node))
        {
            // Godefroid's rule for a state that is known: actors that slept then and do not now must still be explored.
            ref Node known = ref CollectionsMarshal.AsSpan(_nodes)[node];
            uint todo = known.Sleep & ~sleep;
            if (todo != 0)
            {
                known.Sleep &= sleep;
                _frontier.Enqueue(new Waiting(node, todo));
            }

            return;
        }

        node = _nodes.Count;
        _visited[hash] = node;
        _nodes.Add(new Node { Parent = parent, Actor = actor, Depth = depth, Sleep = sleep });
        _states.AddRange(state);
        _frontier.Enqueue(new Waiting(node, ~sleep));
        DepthReached = Math.Max(DepthReached, depth);
        bool sleeps = false;
        for (int a = 0; a < _world.Actors.Count; a++)
        {
            sleeps |= _schedule.Next(state, a) is { Kind: WorldStepKind.Use };
        }

        StatesAsleep += sleeps ? 1 : 0;
        for (int r = 0; r < _world.Routers.Count; r++)
        {
            foreach (Finding f in _images.StaleOf(WorldSchedule.ImageOf(state, r)))
            {
                Note(r, f, node, None);
            }
        }
    }

    private void Note(int router, Finding finding, int node, int actor)
    {
        int length = _nodes[node].Depth + (actor == None ? 0 : 1);
        if (!_found.TryGetValue((router, finding), out var known))
        {
            _order.Add((router, finding));
        }
        else if (_nodes[known.Node].Depth + (known.Actor == None ? 0 : 1) <= length)
        {
            return;
        }

        _found[(router, finding)] = (node, actor);
    }

    private List<ScheduleStep> Schedule(int node, int last)
    {
        var way = new List<(int Node, int Actor)>();
        if (last != None)
        {
            way.Add((node, last));
        }

        for (int n = node; _nodes[n].Parent != None; n = _nodes[n].Parent)
        {
            way.Add((_nodes[n].Parent, _nodes[n].Actor));
        }

        way.Reverse();
        var schedule = new List<ScheduleStep>();
        foreach ((int at, int actor) in way)
        {
            byte[] state = State(at).ToArray();
            WorldActor a = _world.Actors[actor];
            WorldStep step = _schedule.Next(state, actor)!;
            _schedule.IsEnabled(state, actor, out int cost);
            StepOutcome? outcome = _schedule.Take(state, actor, cost);
            schedule.Add(new ScheduleStep(_world.Routers[a.Router].Name, a.Name, step.Text, outcome is null ? "" : outcome.Died ? "panic" : outcome.Answer, cost > 0));
        }

        return schedule;
    }

    /// <summary>Writes the search, to continue later: <see cref="Site.Format"/> first, since a kernel's image is a part of a site's.</summary>
    public void Save(ImageWriter image)
    {
        Site.Format.Write(image);
        _images.Save(image);
        image.WriteStructs(CollectionsMarshal.AsSpan(_nodes));
        image.WriteArray<byte>(CollectionsMarshal.AsSpan(_states));
        image.WriteStructs<Waiting>(_frontier.ToArray());
        image.WriteStructs(CollectionsMarshal.AsSpan(_beyond));
        image.Write(Transitions);
        image.Write(DepthReached);
        image.Write(StatesAsleep);
        image.Write(Limits.Depth);
        _images.SaveNotModelled(image);
        image.Write(_order.Count);
        foreach ((int Router, Finding Finding) f in _order)
        {
            image.Write(f.Router);
            image.Write(f.Finding.Kind);
            image.WriteArray<char>(f.Finding.Title);
            image.Write(_found[f].Node);
            image.Write(_found[f].Actor);
        }
    }

    /// <summary>A search as <see cref="Save"/> wrote it.</summary>
    /// <param name="world">The same world.</param>
    /// <param name="design">The same design.</param>
    /// <param name="limits">The same limits; the depth may be greater.</param>
    /// <param name="image">What was written, to its last byte.</param>
    /// <exception cref="InvalidDataException">There are too few bytes, or too many.</exception>
    /// <exception cref="ImageFormatException">Another format or layout: nothing of it is read.</exception>
    public static Explorer Load(World world, TeardownDesign design, ExplorationLimits limits, ImageReader image)
    {
        Site.Format.Check(image);
        var explorer = new Explorer(world, design, limits);
        explorer.Restore(image, limits.Depth);
        return explorer;
    }

    private void Restore(ImageReader image, int depth)
    {
        _visited.Clear();
        _nodes.Clear();
        _states.Clear();
        _frontier.Clear();
        _images.Load(image);
        _nodes.AddRange(image.ReadStructs<Node>());
        _states.AddRange(image.ReadArray<byte>());
        _frontier = new Queue<Waiting>(image.ReadStructs<Waiting>());
        _beyond.AddRange(image.ReadStructs<Waiting>());
        Transitions = image.Read<long>();
        DepthReached = image.Read<int>();
        StatesAsleep = image.Read<int>();
        Limits = Limits with { Depth = image.Read<int>() };
        _images.LoadNotModelled(image);
        for (int n = image.Read<int>(); n > 0; n--)
        {
            var key = (image.Read<int>(), new Finding(image.Read<FindingKind>(), new string(image.ReadArray<char>())));
            _order.Add(key);
            _found[key] = (image.Read<int>(), image.Read<int>());
        }

        image.End();

        // Which router an image belongs to: that of a state that has it.
        int[] router = new int[_images.Count];
        for (int node = 0; node < _nodes.Count; node++)
        {
            ReadOnlySpan<byte> state = State(node);
            _visited[XxHash128.HashToUInt128(state)] = node;
            for (int r = 0; r < _world.Routers.Count; r++)
            {
                router[WorldSchedule.ImageOf(state, r)] = r;
            }
        }

        _images.BelongTo(router);
        Deepen(depth);
    }
}
