using Stress.Emulator.Kernel;
using Stress.Emulator.Sites;
using Stress.Emulator.Stacks;

namespace Stress.Emulator.Exploration;

/// <summary>What a step of a small world does.</summary>
public enum WorldStepKind : byte
{
    /// <summary>One system call, interrupt or allocation, from its entry into the kernel to its end.</summary>
    Operation,

    /// <summary>The check of an IPV6_PKTINFO index; the sender then sleeps in the kernel for memory.</summary>
    Check,

    /// <summary>The rest of that send.</summary>
    Use,

    /// <summary>Sleeps until a message is there, and takes it.</summary>
    Wait,

    /// <summary>Leaves a message.</summary>
    Post,
}

/// <summary>A step of an actor.</summary>
/// <param name="Kind">What it does.</param>
/// <param name="Text">As the file has it.</param>
/// <param name="Operation">The operation of the kinds that have one.</param>
/// <param name="Message">Number of the message that it waits for or leaves, or -1.</param>
/// <param name="Sleeper">Number of the sleeping send that it belongs to, or -1.</param>
public sealed record WorldStep(WorldStepKind Kind, string Text, Operation? Operation = null, int Message = -1, int Sleeper = -1);

/// <summary>Who acts, and so where a switch is possible.</summary>
public enum WorldActorKind : byte
{
    /// <summary>A process: it has the CPU until it sleeps or returns from a system call and another process takes its place.</summary>
    Process,

    /// <summary>An interrupt or timer: it may come at each return from a system call and while a process sleeps, when the priority level is low, but not inside a call.</summary>
    Interrupt,

    /// <summary>An allocation by another part of the system, wherever an interrupt may come.</summary>
    Allocation,
}

/// <summary>A program of steps.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">Who it is.</param>
/// <param name="Router">Number of its router.</param>
/// <param name="Steps">Its steps, in order.</param>
public sealed record WorldActor(string Name, WorldActorKind Kind, int Router, IReadOnlyList<WorldStep> Steps);

/// <summary>A router of a world.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kernel">Its kernel's options.</param>
/// <param name="Setup">What has happened before, in this order.</param>
public sealed record WorldRouter(string Name, KernelOptions Kernel, IReadOnlyList<Operation> Setup);

/// <summary>A small world: routers, and programs that act on them in every order possible with one CPU each.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Routers">The routers.</param>
/// <param name="Actors">The programs: at most <see cref="MaxActors"/> of at most <see cref="MaxSteps"/> steps.</param>
/// <param name="Messages">Names of the messages. One of the kernel's is its router's number, a full stop and its name in lower case.</param>
/// <param name="Sleepers">Sends that sleep between check and use.</param>
/// <param name="KeepsPointer">A sleeping send keeps the interface's pointer; false: it looks the index up again.</param>
public sealed record World(
    string Name, IReadOnlyList<WorldRouter> Routers, IReadOnlyList<WorldActor> Actors, IReadOnlyList<string> Messages, int Sleepers, bool KeepsPointer)
{
    /// <summary>Most programs.</summary>
    public const int MaxActors = 32;

    /// <summary>Most steps of a program.</summary>
    public const int MaxSteps = 200;

    /// <summary>The messages of the kernel's routing socket that a process can wait for.</summary>
    public static readonly IReadOnlyList<string> KernelMessages = ["rtm_ifinfo", "rtm_newaddr", "rtm_deladdr", "rtm_ifannounce"];

    /// <summary>
    /// The world of an operation list: what acts on interfaces is one process, what acts on a socket another, <c>alloc</c> is another part of the system, and
    /// <c>tick</c> and <c>deliver</c> are interrupts. Each keeps its own order; between them every order is possible.
    /// </summary>
    /// <exception cref="ArgumentException">Too many programs or steps.</exception>
    public static World FromOperations(string name, IReadOnlyList<Operation> operations)
    {
        var builder = new WorldBuilder(name);
        int router = builder.Router("router", new KernelOptions(), []);
        foreach (Operation o in operations)
        {
            (WorldActorKind kind, string actor) = o.Kind switch
            {
                OperationKind.Alloc => (WorldActorKind.Allocation, "allocations"),
                OperationKind.Tick or OperationKind.Deliver or OperationKind.Enqueue or OperationKind.Softint => (WorldActorKind.Interrupt, "interrupts"),
                OperationKind.Create or OperationKind.Open or OperationKind.Index or OperationKind.Addr4 or OperationKind.Addr6 or OperationKind.Up or OperationKind.Down
                    or OperationKind.DelAddr4 or OperationKind.DelAddr6 or OperationKind.Drain or OperationKind.State or OperationKind.IfClose or OperationKind.Destroy
                    or OperationKind.Show or OperationKind.Pipe or OperationKind.Carp or OperationKind.Uncarp => (WorldActorKind.Process, "interfaces"),
                _ => (WorldActorKind.Process, $"socket {o.Target}"),
            };
            builder.Add(router, kind, actor, o);
        }

        return builder.Build();
    }
}

/// <summary>Puts a world together.</summary>
/// <param name="name">Its name.</param>
public sealed class WorldBuilder(string name)
{
    private readonly List<WorldRouter> _routers = [];
    private readonly List<(string Name, WorldActorKind Kind, int Router, List<WorldStep> Steps)> _actors = [];
    private readonly List<string> _messages = [];
    private int _sleepers;

    /// <summary>Sends with IPV6_PKTINFO sleep between check and use.</summary>
    public bool Sleeps { get; set; }

    /// <summary>Such a send keeps the interface's pointer.</summary>
    public bool KeepsPointer { get; set; }

    /// <summary>Adds a router.</summary>
    /// <returns>Its number.</returns>
    public int Router(string name, KernelOptions kernel, IReadOnlyList<Operation> setup)
    {
        _routers.Add(new WorldRouter(name, kernel, setup));
        return _routers.Count - 1;
    }

    /// <summary>Adds an operation to a program.</summary>
    public void Add(int router, WorldActorKind kind, string actor, Operation operation)
    {
        List<WorldStep> steps = Steps(router, kind, actor);
        if (Sleeps && kind == WorldActorKind.Process && operation.Kind == OperationKind.SendPkt6)
        {
            steps.Add(new WorldStep(WorldStepKind.Check, $"{operation.Text}: index checked, then asleep for memory", operation, Sleeper: _sleepers));
            steps.Add(new WorldStep(WorldStepKind.Use, $"{operation.Text}: awake, sends", operation, Sleeper: _sleepers++));
        }
        else
        {
            steps.Add(new WorldStep(WorldStepKind.Operation, operation.Text, operation));
        }
    }

    /// <summary>Lets a program wait for a message: of its kernel, or of another program.</summary>
    public void Wait(int router, WorldActorKind kind, string actor, string message) =>
        Steps(router, kind, actor).Add(new WorldStep(WorldStepKind.Wait, $"wait {message}", Message: Message(router, message)));

    /// <summary>Lets a program leave a message.</summary>
    public void Post(int router, WorldActorKind kind, string actor, string message) =>
        Steps(router, kind, actor).Add(new WorldStep(WorldStepKind.Post, $"post {message}", Message: Message(router, message)));

    /// <summary>The world.</summary>
    /// <exception cref="ArgumentException">Too many programs or steps.</exception>
    public World Build()
    {
        if (_actors.Count > World.MaxActors)
        {
            throw new ArgumentException($"{_actors.Count} programs; accepted: at most {World.MaxActors}");
        }

        if (_actors.Find(a => a.Steps.Count > World.MaxSteps) is { Name: not null } long_)
        {
            throw new ArgumentException($"{long_.Name} has {long_.Steps.Count} steps; accepted: at most {World.MaxSteps}");
        }

        return new World(name, _routers, [.. _actors.Select(a => new WorldActor(a.Name, a.Kind, a.Router, a.Steps))], _messages, _sleepers, KeepsPointer);
    }

    private int Message(int router, string message)
    {
        string full = World.KernelMessages.Contains(message) ? $"{router}.{message}" : message;
        int i = _messages.IndexOf(full);
        if (i < 0)
        {
            i = _messages.Count;
            _messages.Add(full);
        }

        return i;
    }

    private List<WorldStep> Steps(int router, WorldActorKind kind, string actor)
    {
        foreach ((string n, WorldActorKind k, int r, List<WorldStep> steps) in _actors)
        {
            if (n == actor && k == kind && r == router)
            {
                return steps;
            }
        }

        _actors.Add((actor, kind, router, []));
        return _actors[^1].Steps;
    }
}
