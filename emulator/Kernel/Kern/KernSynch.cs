// Modelled from NetBSD sys/kern/kern_synch.c and the switching rules of reference section 4: one CPU; a process loses it when it sleeps, or on its return to
// user mode when a process of better priority was woken meanwhile. A woken process runs at its sleep priority (PSOCK); a preempted one waits at user priority.
using Stress.Emulator.Core;

namespace Stress.Emulator.Kernel.Kern;

/// <summary>The run queues of one CPU.</summary>
public sealed class RunQueues
{
    private readonly Ring<byte> _kernelPriority = new();
    private readonly Ring<byte> _userPriority = new();
    private ulong _queued0;
    private ulong _queued1;

    /// <summary>The process on the CPU, or -1.</summary>
    public int Running { get; private set; } = -1;

    /// <summary>want_resched: a process of better priority than the running one was woken.</summary>
    public bool WantResched { get; private set; }

    /// <summary>wakeup(9) of a process that sleeps in the kernel. No effect on one that runs or is runnable.</summary>
    public void Wakeup(int process)
    {
        if (process == Running || IsQueued(process))
        {
            return;
        }

        Mark(process, true);
        _kernelPriority.Add((byte)process);
        WantResched = true;
    }

    /// <summary>Picks the next process: sleep priorities before user priorities, first in first out.</summary>
    /// <returns>False when no process is runnable.</returns>
    public bool Pick(out int process)
    {
        process = -1;
        WantResched = false;
        if (_kernelPriority.Count > 0)
        {
            process = _kernelPriority.Take();
        }
        else if (_userPriority.Count > 0)
        {
            process = _userPriority.Take();
        }
        else
        {
            Running = -1;
            return false;
        }

        Mark(process, false);
        Running = process;
        return true;
    }

    /// <summary>preempt(): the running process goes to the tail of its user-priority queue.</summary>
    public void Preempt()
    {
        Mark(Running, true);
        _userPriority.Add((byte)Running);
        Running = -1;
    }

    /// <summary>The running process sleeps.</summary>
    public void Sleep() => Running = -1;

    /// <summary>Everything stops: a panic.</summary>
    public void Clear()
    {
        _kernelPriority.Clear();
        _userPriority.Clear();
        _queued0 = _queued1 = 0;
        Running = -1;
        WantResched = false;
    }

    private bool IsQueued(int p) => ((p < 64 ? _queued0 : _queued1) >> (p & 63) & 1) != 0;

    private void Mark(int p, bool queued)
    {
        ref ulong word = ref (p < 64 ? ref _queued0 : ref _queued1);
        word = queued ? word | (1UL << (p & 63)) : word & ~(1UL << (p & 63));
    }
}
