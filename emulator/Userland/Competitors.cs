using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Userland;

/// <summary>Other parts of the system that allocate from the same classes: logins, ptys, drivers (reference 5.4). They know nothing of interfaces.</summary>
public sealed class Competitors : Process
{
    private struct Held : IStateValue<Held>, IRoomed
    {
        public VirtualTime Until;
        public int Block;

        /// <inheritdoc/>
        public static TableRoom Room => new("block held by others", 4, 4, TableRoom.ShortLimit);

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Held value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.Until);
            pass.Field(ref value.Block);
        }
    }

    private readonly CompetitorOptions[] _options;
    [NotSaved("the machine's, which saves it")]
    private readonly RouterOracle _oracle;
    private readonly VirtualTime[] _next;
    private Sequence<Held> _held = new();
    private RandomStream _random;

    /// <summary>Competitors that have not started.</summary>
    /// <param name="entry">Their entry in the table.</param>
    /// <param name="options">Who they are.</param>
    /// <param name="random">Their timing, over all boots.</param>
    public Competitors(ProcessEntry entry, IReadOnlyList<CompetitorOptions> options, RandomStream random)
        : base(entry)
    {
        _options = [.. options];
        _oracle = Machine.Oracle;
        _random = random;
        _next = new VirtualTime[options.Count];
        Array.Fill(_next, VirtualTime.Never);
    }

    /// <summary>The system has booted: background work begins.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _held.Clear();
        for (int i = 0; i < _options.Length; i++)
        {
            // A user of a class other than the two of the model has no visible effect.
            bool works = _options[i].Trigger == CompetitorTrigger.Background && Kernel.Heap.ClassOf(_options[i].Bytes) >= 0;
            _next[i] = works ? now + _random.Exponential(_options[i].Every) : VirtualTime.Never;
        }

        Arm(0, NextTime);
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _held.Clear();
        Array.Fill(_next, VirtualTime.Never);
    }

    // When something is next due.
    private VirtualTime NextTime
    {
        get
        {
            VirtualTime next = VirtualTime.Never;
            foreach (VirtualTime t in _next)
            {
                next = VirtualTime.Min(next, t);
            }

            for (int i = 0; i < _held.Count; i++)
            {
                next = VirtualTime.Min(next, _held[i].Until);
            }

            return next;
        }
    }

    /// <inheritdoc/>
    public override void Compete(CompetitorTrigger trigger, VirtualTime now)
    {
        for (int i = 0; i < _options.Length; i++)
        {
            if (_options[i].Trigger == trigger)
            {
                Allocate(i, now);
            }
        }

        Arm(0, NextTime);
    }

    /// <summary>Frees what is due and runs background work that is due.</summary>
    public override void Timer(int which, VirtualTime now)
    {
        KernelHeap heap = Kernel.Heap;
        for (int i = 0; i < _held.Count;)
        {
            if (_held[i].Until <= now)
            {
                heap.Free(_held[i].Block);
                _held.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }

        for (int i = 0; i < _options.Length; i++)
        {
            if (_next[i] <= now)
            {
                Allocate(i, now);
                _next[i] = now + _random.Exponential(_options[i].Every);
            }
        }

        Arm(0, NextTime);
    }

    /// <summary>All of it may take the short path: no process sleeps on memory of these classes, so no other needs the CPU.</summary>
    public override bool Again(int which, VirtualTime now)
    {
        Timer(which, now);
        return true;
    }

    private void Allocate(int competitor, VirtualTime now)
    {
        CompetitorOptions c = _options[competitor];
        int heapClass = Kernel.Heap.ClassOf(c.Bytes);
        for (int left = heapClass < 0 ? 0 : _random.Draw(c.Times); left > 0; left--)
        {
            int count = _random.Draw(c.Count);
            VirtualTime hold = _random.Draw(c.Hold);
            Allocate(competitor, heapClass, count, hold.IsNever ? hold : now + hold, now);
        }
    }

    // Blocks that are allocated together, and freed together in the same order.
    private void Allocate(int competitor, int heapClass, int count, VirtualTime until, VirtualTime now)
    {
        KernelHeap heap = Kernel.Heap;
        CompetitorOptions c = _options[competitor];
        int first = _held.Count;
        for (int n = 0; n < count; n++)
        {
            if (!Admits(SitePartKind.Allocation, competitor))
            {
                continue;
            }

            _oracle.Record(new SystemCall(SystemCallKind.Allocate, Number: c.Bytes));
            int block = heap.Malloc(heapClass, c.Content switch
            {
                BlockContent.Text => BlockImage.Text,
                BlockContent.SmallIntegers => BlockImage.SmallIntegers,
                _ => BlockImage.Zero,
            });
            if (KernelHeap.IsSoftc(heap.ReplacedImage))
            {
                _oracle.Reused(heap.AddressOf(block), c.Name);
            }

            if (!until.IsNever)
            {
                _held.Add(new Held { Until = until, Block = block });
            }
        }

        while (until == now && _held.Count > first)
        {
            heap.Free(_held[first].Block);
            _held.RemoveAt(first);
        }
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Structs<VirtualTime>(_next);
        _held.Fields(ref pass);
        pass.Struct(ref _random);
    }
}
