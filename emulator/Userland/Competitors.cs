using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;

namespace Stress.Emulator.Userland;

/// <summary>Other parts of the system that allocate from the same classes: logins, ptys, drivers (reference 5.4). They know nothing of interfaces.</summary>
public sealed class Competitors
{
    private struct Held
    {
        public VirtualTime Until;
        public int Block;
    }

    private readonly IReadOnlyList<CompetitorOptions> _options;
    private readonly VirtualTime[] _next;
    private Held[] _held = new Held[4];
    private int _heldCount;
    private readonly SiteClock? _clock;
    private readonly int _router;
    private RandomStream _random;

    /// <summary>Competitors that have not started.</summary>
    /// <param name="options">Who they are.</param>
    /// <param name="random">Their timing.</param>
    /// <param name="router">The router's number.</param>
    /// <param name="clock">The site's clock, or null where nothing is left out.</param>
    public Competitors(IReadOnlyList<CompetitorOptions> options, RandomStream random, int router = 0, SiteClock? clock = null)
    {
        _router = router;
        _clock = clock;
        _options = options;
        _random = random;
        _next = new VirtualTime[options.Count];
        Array.Fill(_next, VirtualTime.Never);
    }

    /// <summary>The system has booted: background work begins.</summary>
    public void Boot(VirtualTime now)
    {
        _heldCount = 0;
        for (int i = 0; i < _options.Count; i++)
        {
            _next[i] = _options[i].Trigger == CompetitorTrigger.Background ? now + _random.Exponential(_options[i].Every) : VirtualTime.Never;
        }
    }

    /// <summary>The kernel is gone.</summary>
    public void Stop()
    {
        _heldCount = 0;
        Array.Fill(_next, VirtualTime.Never);
    }

    /// <summary>When something is next due.</summary>
    public VirtualTime NextTime
    {
        get
        {
            VirtualTime next = VirtualTime.Never;
            foreach (VirtualTime t in _next)
            {
                next = t < next ? t : next;
            }

            for (int i = 0; i < _heldCount; i++)
            {
                next = _held[i].Until < next ? _held[i].Until : next;
            }

            return next;
        }
    }

    /// <summary>Something happened that makes competitors allocate.</summary>
    public void Trigger(CompetitorTrigger trigger, KernelHeap heap, RouterOracle oracle, VirtualTime now)
    {
        for (int i = 0; i < _options.Count; i++)
        {
            if (_options[i].Trigger == trigger)
            {
                Allocate(i, heap, oracle, now);
            }
        }
    }

    /// <summary>Frees what is due and runs background work that is due.</summary>
    public void Run(KernelHeap heap, RouterOracle oracle, VirtualTime now)
    {
        for (int i = 0; i < _heldCount;)
        {
            if (_held[i].Until <= now)
            {
                heap.Free(_held[i].Block);
                for (int k = i + 1; k < _heldCount; k++)
                {
                    _held[k - 1] = _held[k];
                }

                _heldCount--;
            }
            else
            {
                i++;
            }
        }

        for (int i = 0; i < _options.Count; i++)
        {
            if (_next[i] <= now)
            {
                Allocate(i, heap, oracle, now);
                _next[i] = now + _random.Exponential(_options[i].Every);
            }
        }
    }

    private void Allocate(int competitor, KernelHeap heap, RouterOracle oracle, VirtualTime now)
    {
        CompetitorOptions c = _options[competitor];
        int heapClass = heap.ClassOf(c.Bytes);
        int count = _random.Draw(c.Count);
        VirtualTime hold = _random.Draw(c.Hold);
        if (heapClass < 0)
        {
            return;
        }

        for (int n = 0; n < count; n++)
        {
            if (_clock?.Parts is { } parts && !parts.Admits(SitePartKind.Allocation, _router, competitor))
            {
                continue;
            }

            oracle.Record(new SystemCall(SystemCallKind.Allocate, Number: c.Bytes));
            int block = heap.Malloc(heapClass, c.Content switch
            {
                BlockContent.Text => BlockImage.Text,
                BlockContent.SmallIntegers => BlockImage.SmallIntegers,
                _ => BlockImage.Zero,
            });
            if (heap.ReplacedImage == BlockImage.PppSoftc)
            {
                oracle.Reused(heap.AddressOf(block), c.Name);
            }

            if (hold.IsNever)
            {
                continue;
            }

            if (_heldCount == _held.Length)
            {
                Array.Resize(ref _held, _heldCount * 2);
            }

            _held[_heldCount++] = new Held { Until = now + hold, Block = block };
        }
    }

    /// <summary>Writes the competitors.</summary>
    public void Save(ImageWriter image)
    {
        image.WriteArray<VirtualTime>(_next);
        image.WriteArray<Held>(_held.AsSpan(0, _heldCount));
        image.Write(_random);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    public void Load(ImageReader image)
    {
        image.ReadArray<VirtualTime>().CopyTo(_next, 0);
        Held[] held = image.ReadArray<Held>();
        _heldCount = held.Length;
        _held = held.Length == 0 ? new Held[4] : held;
        _random = image.Read<RandomStream>();
    }
}
