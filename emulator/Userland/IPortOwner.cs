using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>
/// A process that has a port of its machine: what a tty and its modem report to the process that opened it. A machine has one for each of its ports, and knows nothing else about them.
/// </summary>
public interface IPortOwner
{
    /// <summary>The port's number on the machine: the tty's.</summary>
    int Line { get; }

    /// <summary>Whether a call would be answered.</summary>
    bool AnswersCalls { get; }

    /// <summary>A frame that is not network data waits on the tty.</summary>
    void TtyInput(ReadOnlySpan<byte> frame);

    /// <summary>The modem found carrier.</summary>
    /// <param name="login">Time until the owner has the line.</param>
    /// <param name="now">Virtual time.</param>
    void Connected(VirtualTime login, VirtualTime now);

    /// <summary>The attempt ended without carrier.</summary>
    void DialFailed(VirtualTime now);

    /// <summary>Carrier has gone.</summary>
    void CarrierLost();

    /// <summary>The kernel has panicked: what the owner would still have waited for does not come.</summary>
    void KernelDied();
}
