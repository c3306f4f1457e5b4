using BenchmarkDotNet.Attributes;
using Stress.Emulator.Core;

namespace Stress.Bench.Micro;

/// <summary>The event queue with as many timers as a pair has, each with its own period.</summary>
public class QueueBenchmarks
{
    private static readonly int[] Periods = [10_000_000, 10_000_000, 30_000_000, 30_000_000, 500_000, 200_000, 24_000, 60_000_000];
    private EventQueue _queue = new(0);

    /// <summary>Slots of the queue.</summary>
    [Params(48, 1_024)]
    public int Slots { get; set; }

    /// <summary>A queue of as many events as a site has.</summary>
    [GlobalSetup]
    public void Fill()
    {
        _queue = new EventQueue(Slots);
        for (int slot = 0; slot < Slots; slot += 3)
        {
            _queue.Schedule(slot, new VirtualTime(slot * 977));
        }
    }

    /// <summary>The earliest event taken, and scheduled again.</summary>
    [Benchmark]
    public int Take_the_next_and_schedule_it_again()
    {
        int slot = _queue.Pop(out VirtualTime at);
        _queue.Schedule(slot, new VirtualTime(at.Microseconds + Periods[slot & 7]));
        return slot;
    }
}
