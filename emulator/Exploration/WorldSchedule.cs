using System.Runtime.InteropServices;
using Stress.Emulator.Core;

namespace Stress.Emulator.Exploration;

/// <summary>
/// Who may take the next step in a state of a world, and which state follows. A state is bytes: the numbers of the kernels' images, the program counters, the
/// messages, then for each router the process on its CPU, the woken ones, and the pre-emptions used.
/// </summary>
internal sealed class WorldSchedule
{
    private const byte Idle = 0xFF;
    private readonly World _world;
    private readonly KernelImages _images;
    private readonly int? _preemptions;
    private readonly int _size, _pcs, _messages, _cpu;

    // Number of a kernel's message among the world's, or -1, by router and message; first step of each actor among all steps; which steps can be swapped.
    private readonly int[,] _kernelMessages;
    private readonly int[] _firstStep;
    private readonly bool[,] _independent;

    /// <summary>The rules of a world.</summary>
    /// <param name="world">The world.</param>
    /// <param name="images">Its kernels.</param>
    /// <param name="preemptions">Most pre-emptions (<see cref="ExplorationLimits.Preemptions"/>).</param>
    public WorldSchedule(World world, KernelImages images, int? preemptions)
    {
        _world = world;
        _images = images;
        _preemptions = preemptions;
        _pcs = 4 * world.Routers.Count;
        _messages = _pcs + world.Actors.Count;
        _cpu = _messages + world.Messages.Count;
        _size = _cpu + world.Routers.Count + 4 + 1;
        (_kernelMessages, _firstStep, _independent) = (KernelMessages(world), FirstSteps(world), Independence(world));
    }

    /// <summary>Bytes of a state.</summary>
    public int Size => _size;

    /// <summary>The state in which every router is as its setup leaves it and nobody has taken a step.</summary>
    /// <exception cref="ArgumentException">A step of a setup is refused by the kernel.</exception>
    public void Start(Span<byte> state)
    {
        state.Clear();
        for (int r = 0; r < _world.Routers.Count; r++)
        {
            MemoryMarshal.Write(state[(4 * r)..], _images.SetUp(r));
            state[_cpu + r] = Idle;
        }
    }

    /// <summary>The number of a router's image.</summary>
    public static int ImageOf(ReadOnlySpan<byte> state, int router) => MemoryMarshal.Read<int>(state[(4 * router)..]);

    /// <summary>An actor's next step; null if it has ended.</summary>
    public WorldStep? Next(ReadOnlySpan<byte> state, int actor)
    {
        int pc = state[_pcs + actor];
        IReadOnlyList<WorldStep> steps = _world.Actors[actor].Steps;
        return pc < steps.Count ? steps[pc] : null;
    }

    /// <summary>Whether an actor can take its next step.</summary>
    /// <param name="state">The state.</param>
    /// <param name="actor">The actor.</param>
    /// <param name="cost">Pre-emptions that this needs: 0 or 1.</param>
    public bool IsEnabled(ReadOnlySpan<byte> state, int actor, out int cost)
    {
        cost = 0;
        if (Next(state, actor) is not { } step || (step.Kind == WorldStepKind.Wait && state[_messages + step.Message] == 0))
        {
            return false;
        }

        if (_preemptions is { } most && _world.Actors[actor].Kind == WorldActorKind.Process)
        {
            int running = state[_cpu + _world.Actors[actor].Router];
            uint woken = MemoryMarshal.Read<uint>(state[(_cpu + _world.Routers.Count)..]);
            cost = running == Idle || running == actor || step.Kind == WorldStepKind.Use || (woken >> actor & 1) != 0 ? 0 : 1;
            return state[_size - 1] + cost <= most;
        }

        return true;
    }

    /// <summary>Changes the state by an actor's next step.</summary>
    /// <returns>The kernel's outcome; null if no kernel was involved.</returns>
    public StepOutcome? Take(Span<byte> state, int actor, int cost)
    {
        WorldActor a = _world.Actors[actor];
        WorldStep step = Next(state, actor)!;
        uint sleepers = _preemptions is null ? 0 : Sleepers(state);
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
                int image = ImageOf(state, a.Router);
                (outcome, int after) = _images.Execute(image, actor, state[_pcs + actor] - 1, step);
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

        if (_preemptions is not null)
        {
            Span<byte> flags = state[(_cpu + _world.Routers.Count)..];
            uint woken = MemoryMarshal.Read<uint>(flags) | (sleepers & ~Sleepers(state));
            if (a.Kind == WorldActorKind.Process)
            {
                woken &= ~(1u << actor);
                state[_cpu + a.Router] = IsAsleep(state, actor) ? Idle : (byte)actor;
            }

            MemoryMarshal.Write(flags, woken);
            state[_size - 1] += (byte)cost;
        }

        return outcome;
    }

    /// <summary>
    /// The actors among those whose next step need not be taken after this one's. Where pre-emptions count, two processes are never swapped: it would change the count.
    /// </summary>
    public uint Independent(ReadOnlySpan<byte> state, uint among, int actor)
    {
        uint result = 0;
        WorldActor a = _world.Actors[actor];
        int step = _firstStep[actor] + state[_pcs + actor];
        for (int b = 0; b < _world.Actors.Count; b++)
        {
            if ((among >> b & 1) != 0 && b != actor && state[_pcs + b] < _world.Actors[b].Steps.Count
                && (_preemptions is null || a.Kind != WorldActorKind.Process || _world.Actors[b].Kind != WorldActorKind.Process)
                && _independent[step, _firstStep[b] + state[_pcs + b]])
            {
                result |= 1u << b;
            }
        }

        return result;
    }

    // A process cannot go on: it has ended, waits for a message, or sleeps in the kernel.
    private bool IsAsleep(ReadOnlySpan<byte> state, int actor) =>
        Next(state, actor) is not { } step || step.Kind == WorldStepKind.Use || (step.Kind == WorldStepKind.Wait && state[_messages + step.Message] == 0);

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
}
