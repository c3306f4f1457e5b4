using System.IO.Hashing;
using System.Runtime.InteropServices;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Sites;

namespace Stress.Emulator.Exploration;

/// <summary>How far an exploration goes.</summary>
/// <param name="Depth">Longest schedule, in steps.</param>
/// <param name="Preemptions">
/// Most switches away from a process that could go on, to one that nobody woke; null for any number. Switches at a sleep, and to a process that was just woken, are free.
/// </param>
/// <param name="Reduces">Partial-order reduction by sleep sets (Godefroid 1996): of orders that differ only in independent steps one is executed.</param>
public sealed record ExplorationLimits(int Depth = 40, int? Preemptions = 2, bool Reduces = true);

/// <summary>A step of a schedule.</summary>
/// <param name="Router">Its router.</param>
/// <param name="Actor">Whose step.</param>
/// <param name="Step">What it does.</param>
/// <param name="Answer">What the kernel answered.</param>
/// <param name="Preempts">It takes the CPU from a process that could go on.</param>
public sealed record ScheduleStep(string Router, string Actor, string Step, string Answer, bool Preempts);

/// <summary>Something that was found, and the shortest schedule to it.</summary>
/// <param name="Router">The router it was found on.</param>
/// <param name="Finding">What.</param>
/// <param name="Schedule">The steps, the last one being the one that does it.</param>
public sealed record Counterexample(string Router, Finding Finding, IReadOnlyList<ScheduleStep> Schedule);

/// <summary>
/// Visits every state that a small world can reach within its limits, breadth first, so that the first schedule to anything is a shortest one. A state is the
/// kernels' images, the programs' places, the messages, the process on each CPU and the pre-emptions used; it is recognised by a 128-bit hash.
/// A kernel executes a step in an image once; whoever comes to the same image again takes the same result.
/// </summary>
public sealed class Explorer
{
    private const int None = -1;
    private readonly World _world;
    private readonly WorldMachine[] _machines;
    private readonly List<byte[]> _images = [];
    private readonly List<IReadOnlyList<Finding>> _stale = [];
    private readonly Dictionary<UInt128, int> _imageIds = [];
    private readonly Dictionary<(int Image, int Actor, int Step), (StepOutcome Outcome, int Image)> _outcomes = [];
    private readonly Dictionary<UInt128, int> _visited = [];
    private readonly List<Node> _nodes = [];
    private readonly List<byte> _states = [];
    private readonly Dictionary<(int Router, Finding Finding), (int Node, int Actor)> _found = [];
    private readonly List<(int Router, Finding Finding)> _order = [];
    private readonly SortedSet<string> _notModelled = new(StringComparer.Ordinal);
    private Queue<Waiting> _frontier = new();
    private readonly List<Waiting> _beyond = [];
    private readonly int _size, _pcs, _messages, _cpu;

    // Number of a kernel's message among the world's, or -1, by router and message; first step of each actor among all steps; which steps can be swapped.
    private readonly int[,] _kernelMessages;
    private readonly int[] _firstStep;
    private readonly bool[,] _independent;

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

        // Layout of a state: image numbers, program counters, messages, then for each router the process on its CPU, the woken ones, and the pre-emptions used.
        _pcs = 4 * world.Routers.Count;
        _messages = _pcs + world.Actors.Count;
        _cpu = _messages + world.Messages.Count;
        _size = _cpu + world.Routers.Count + 4 + 1;
        (_kernelMessages, _firstStep, _independent) = (KernelMessages(world), FirstSteps(world), Independence(world));
        _machines = [.. world.Routers.Select(r => new WorldMachine(r, design, world.Sleepers, world.KeepsPointer))];
        Span<byte> start = stackalloc byte[_size];
        start.Clear();
        for (int r = 0; r < _machines.Length; r++)
        {
            foreach (Stacks.Operation o in world.Routers[r].Setup)
            {
                StepOutcome outcome = _machines[r].Run(new WorldStep(WorldStepKind.Operation, o.Text, o));
                if (outcome.Died || outcome.Answer != "0")
                {
                    throw new ArgumentException($"{o.Line}: setup of {world.Routers[r].Name}: \"{o.Text}\" answers {outcome.Answer}; accepted are operations that succeed");
                }
            }

            MemoryMarshal.Write(start[(4 * r)..], Intern(r));
            start[_cpu + r] = 0xFF;
        }

        Visit(start, None, None, 0, 0);
    }

    /// <summary>The limits. A finished exploration goes on when its depth is raised.</summary>
    public ExplorationLimits Limits { get; private set; }

    /// <summary>Distinct states.</summary>
    public int States => _nodes.Count;

    /// <summary>Distinct kernel images among them.</summary>
    public int Images => _images.Count;

    /// <summary>Steps taken from states, those with a known result included.</summary>
    public long Transitions { get; private set; }

    /// <summary>Steps that a kernel executed.</summary>
    public long Executed => _outcomes.Count;

    /// <summary>Longest shortest schedule so far.</summary>
    public int DepthReached { get; private set; }

    /// <summary>No state within the depth is left to expand.</summary>
    public bool IsFinished => _frontier.Count == 0;

    /// <summary>No state is left at all: the depth did not limit.</summary>
    public bool IsExhaustive => IsFinished && _beyond.Count == 0;

    /// <summary>Steps that the kernel does not model, by their text: what was not found may be reachable with them.</summary>
    public IReadOnlyCollection<string> NotModelled => _notModelled;

    /// <summary>Sends in which the sender slept between check and use, as states.</summary>
    public int StatesAsleep { get; private set; }

    /// <summary>Expands states until none is left within the depth.</summary>
    /// <param name="stop">Asked before each state; true ends the search where it is, and it can go on later.</param>
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

    private ReadOnlySpan<byte> State(int node) => CollectionsMarshal.AsSpan(_states).Slice(node * _size, _size);

    private WorldStep? Next(ReadOnlySpan<byte> state, int actor)
    {
        int pc = state[_pcs + actor];
        IReadOnlyList<WorldStep> steps = _world.Actors[actor].Steps;
        return pc < steps.Count ? steps[pc] : null;
    }

    // A process cannot go on: it has ended, waits for a message, or sleeps in the kernel.
    private bool IsAsleep(ReadOnlySpan<byte> state, int actor) =>
        Next(state, actor) is not { } step || step.Kind == WorldStepKind.Use || (step.Kind == WorldStepKind.Wait && state[_messages + step.Message] == 0);

    private bool IsEnabled(ReadOnlySpan<byte> state, int actor, out int cost)
    {
        cost = 0;
        if (Next(state, actor) is not { } step || (step.Kind == WorldStepKind.Wait && state[_messages + step.Message] == 0))
        {
            return false;
        }

        if (Limits.Preemptions is { } most && _world.Actors[actor].Kind == WorldActorKind.Process)
        {
            int running = state[_cpu + _world.Actors[actor].Router];
            uint woken = MemoryMarshal.Read<uint>(state[(_cpu + _world.Routers.Count)..]);
            cost = running == 0xFF || running == actor || step.Kind == WorldStepKind.Use || (woken >> actor & 1) != 0 ? 0 : 1;
            return state[_size - 1] + cost <= most;
        }

        return true;
    }

    private void Expand(int node, uint todo)
    {
        int depth = _nodes[node].Depth;
        if (depth >= Limits.Depth)
        {
            _beyond.Add(new Waiting(node, todo));
            return;
        }

        Span<byte> state = stackalloc byte[_size], next = stackalloc byte[_size];
        State(node).CopyTo(state);
        uint asleep = _nodes[node].Sleep;
        for (int a = 0; a < _world.Actors.Count; a++)
        {
            if ((todo >> a & 1) == 0 || !IsEnabled(state, a, out int cost))
            {
                continue;
            }

            Transitions++;
            state.CopyTo(next);
            StepOutcome? outcome = Take(next, a, cost);
            int router = _world.Actors[a].Router;
            foreach (Finding f in outcome?.Findings ?? [])
            {
                Note(router, f, node, a);
            }

            if (outcome is null || !outcome.Died)
            {
                Visit(next, node, a, depth + 1, Limits.Reduces ? Independent(state, asleep, a) : 0);
            }

            asleep |= 1u << a;
        }
    }

    private static int[,] KernelMessages(World world)
    {
        var numbers = new int[world.Routers.Count, World.KernelMessages.Count];
        for (int r = 0; r < world.Routers.Count; r++)
        {
            for (int m = 0; m < World.KernelMessages.Count; m++)
            {
                numbers[r, m] = world.Messages.ToList().IndexOf($"{r}.{World.KernelMessages[m]}");
            }
        }

        return numbers;
    }

    private static int[] FirstSteps(World world)
    {
        var first = new int[world.Actors.Count + 1];
        for (int a = 0; a < world.Actors.Count; a++)
        {
            first[a + 1] = first[a] + world.Actors[a].Steps.Count;
        }

        return first;
    }

    private static bool[,] Independence(World world)
    {
        (WorldActor Actor, WorldStep Step)[] all = [.. world.Actors.SelectMany(a => a.Steps.Select(s => (a, s)))];
        var independent = new bool[all.Length, all.Length];
        for (int x = 0; x < all.Length; x++)
        {
            for (int y = 0; y < all.Length; y++)
            {
                independent[x, y] = Footprint.AreIndependent(all[x].Actor, all[x].Step, all[y].Actor, all[y].Step);
            }
        }

        return independent;
    }

    // The steps among those that need not be taken after this one. Where pre-emptions count, two processes are never swapped: it would change the count.
    private uint Independent(ReadOnlySpan<byte> state, uint among, int actor)
    {
        uint result = 0;
        WorldActor a = _world.Actors[actor];
        int step = _firstStep[actor] + state[_pcs + actor];
        for (int b = 0; b < _world.Actors.Count; b++)
        {
            if ((among >> b & 1) != 0 && b != actor && state[_pcs + b] < _world.Actors[b].Steps.Count
                && (Limits.Preemptions is null || a.Kind != WorldActorKind.Process || _world.Actors[b].Kind != WorldActorKind.Process)
                && _independent[step, _firstStep[b] + state[_pcs + b]])
            {
                result |= 1u << b;
            }
        }

        return result;
    }

    // Changes the state by the actor's next step.
    private StepOutcome? Take(Span<byte> state, int actor, int cost)
    {
        WorldActor a = _world.Actors[actor];
        WorldStep step = Next(state, actor)!;
        uint sleepers = Limits.Preemptions is null ? 0 : Sleepers(state);
        state[_pcs + actor]++;
        StepOutcome? outcome = null;
        switch (step.Kind)
        {
            case WorldStepKind.Wait:
                state[_messages + step.Message]--;
                break;
            case WorldStepKind.Post:
                Post(state, step.Message, 1);
                break;
            default:
                int image = MemoryMarshal.Read<int>(state[(4 * a.Router)..]);
                (outcome, int after) = Execute(image, actor, state[_pcs + actor] - 1, step);
                MemoryMarshal.Write(state[(4 * a.Router)..], after);
                state[_pcs + actor] += (byte)(outcome.Skips ? 1 : 0);
                for (int m = 0; m < outcome.Messages.Length; m++)
                {
                    if (outcome.Messages[m] > 0 && _kernelMessages[a.Router, m] is >= 0 and var number)
                    {
                        Post(state, number, outcome.Messages[m]);
                    }
                }

                break;
        }

        if (Limits.Preemptions is not null)
        {
            Span<byte> flags = state[(_cpu + _world.Routers.Count)..];
            uint woken = MemoryMarshal.Read<uint>(flags) | (sleepers & ~Sleepers(state));
            if (a.Kind == WorldActorKind.Process)
            {
                woken &= ~(1u << actor);
                state[_cpu + a.Router] = IsAsleep(state, actor) ? (byte)0xFF : (byte)actor;
            }

            MemoryMarshal.Write(flags, woken);
            state[_size - 1] += (byte)cost;
        }

        return outcome;
    }

    // Processes that wait for a message that is not there.
    private uint Sleepers(ReadOnlySpan<byte> state)
    {
        uint asleep = 0;
        for (int a = 0; a < _world.Actors.Count; a++)
        {
            if (Next(state, a) is { Kind: WorldStepKind.Wait } step && state[_messages + step.Message] == 0)
            {
                asleep |= 1u << a;
            }
        }

        return asleep;
    }

    private void Post(Span<byte> state, int message, int count) => state[_messages + message] = (byte)Math.Min(byte.MaxValue, state[_messages + message] + count);

    private (StepOutcome Outcome, int Image) Execute(int image, int actor, int number, WorldStep step)
    {
        if (_outcomes.TryGetValue((image, actor, number), out var known))
        {
            return known;
        }

        int router = _world.Actors[actor].Router;
        _machines[router].Load(_images[image]);
        StepOutcome outcome = _machines[router].Run(step);
        if (outcome.Answer == WorldMachine.NotModelled)
        {
            _notModelled.Add(step.Text);
        }

        var result = (outcome, outcome.Died ? image : Intern(router));
        _outcomes[(image, actor, number)] = result;
        return result;
    }

    private int Intern(int router)
    {
        byte[] bytes = _machines[router].Save();
        UInt128 hash = XxHash128.HashToUInt128(bytes, router);
        if (!_imageIds.TryGetValue(hash, out int id))
        {
            id = _images.Count;
            _imageIds[hash] = id;
            _images.Add(bytes);
            _stale.Add(_machines[router].StalePointers());
        }

        return id;
    }

    private void Visit(ReadOnlySpan<byte> state, int parent, int actor, int depth, uint sleep)
    {
        UInt128 hash = XxHash128.HashToUInt128(state);
        if (_visited.TryGetValue(hash, out int node))
        {
            // Godefroid's rule for a state that is known: what slept then and does not now is still to be done.
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
            sleeps |= Next(state, a) is { Kind: WorldStepKind.Use };
        }

        StatesAsleep += sleeps ? 1 : 0;
        for (int r = 0; r < _world.Routers.Count; r++)
        {
            foreach (Finding f in _stale[MemoryMarshal.Read<int>(state[(4 * r)..])])
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
            WorldStep step = Next(state, actor)!;
            IsEnabled(state, actor, out int cost);
            StepOutcome? outcome = Take(state, actor, cost);
            schedule.Add(new ScheduleStep(_world.Routers[a.Router].Name, a.Name, step.Text, outcome is null ? "" : outcome.Died ? "panic" : outcome.Answer, cost > 0));
        }

        return schedule;
    }

    /// <summary>Writes the search, to go on later: <see cref="Site.Format"/> first, since a kernel's image is a part of a site's.</summary>
    public void Save(ImageWriter image)
    {
        Site.Format.Write(image);
        image.Write(_images.Count);
        foreach (byte[] bytes in _images)
        {
            image.WriteArray<byte>(bytes);
        }

        image.WriteStructs(CollectionsMarshal.AsSpan(_nodes));
        image.WriteArray<byte>(CollectionsMarshal.AsSpan(_states));
        image.WriteStructs<Waiting>(_frontier.ToArray());
        image.WriteStructs(CollectionsMarshal.AsSpan(_beyond));
        image.Write(Transitions);
        image.Write(DepthReached);
        image.Write(StatesAsleep);
        image.Write(Limits.Depth);
        image.Write(_notModelled.Count);
        foreach (string step in _notModelled)
        {
            image.WriteArray<char>(step);
        }

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
    /// <exception cref="InvalidDataException">The bytes end early or go on.</exception>
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
        _images.Clear();
        _stale.Clear();
        _imageIds.Clear();
        _visited.Clear();
        _nodes.Clear();
        _states.Clear();
        _frontier.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            _images.Add(image.ReadArray<byte>());
        }

        _nodes.AddRange(image.ReadStructs<Node>());
        _states.AddRange(image.ReadArray<byte>());
        _frontier = new Queue<Waiting>(image.ReadStructs<Waiting>());
        _beyond.AddRange(image.ReadStructs<Waiting>());
        Transitions = image.Read<long>();
        DepthReached = image.Read<int>();
        StatesAsleep = image.Read<int>();
        Limits = Limits with { Depth = image.Read<int>() };
        _notModelled.Clear();
        for (int n = image.Read<int>(); n > 0; n--)
        {
            _notModelled.Add(new string(image.ReadArray<char>()));
        }

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
            for (int r = 0; r < _machines.Length; r++)
            {
                router[MemoryMarshal.Read<int>(state[(4 * r)..])] = r;
            }
        }

        for (int i = 0; i < _images.Count; i++)
        {
            _machines[router[i]].Load(_images[i]);
            _imageIds[XxHash128.HashToUInt128(_images[i], router[i])] = i;
            _stale.Add(_machines[router[i]].StalePointers());
        }

        Deepen(depth);
    }
}
