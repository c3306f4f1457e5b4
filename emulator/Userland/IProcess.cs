using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>What a process does when the CPU is given to it.</summary>
public interface IProcess
{
    /// <summary>Runs to the end of one system call.</summary>
    /// <returns>False when it found nothing to do and sleeps.</returns>
    bool Step(VirtualTime now);
}
