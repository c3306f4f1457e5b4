using Stress.Emulator.Link;

namespace Stress.Emulator.Userland;

/// <summary>
/// What a process may report to the short path of quiet events: those that repeat what happened the last time while nothing around them has changed. If a process reports nothing,
/// every event of it is executed in full.
/// </summary>
public interface IQuietWay
{
    /// <summary>Frames sent so far on the site.</summary>
    long FramesSent { get; }

    /// <summary>The running process's step changed nothing that decides how a remembered send or a heard frame goes.</summary>
    void Steady();

    /// <summary>Something outside of a process's step may have changed it.</summary>
    void Changed();

    /// <summary>Remembers what a send put on the line, when it is to be repeated.</summary>
    /// <param name="process">Who sent.</param>
    /// <param name="which">The process's own number for what it sent.</param>
    /// <param name="kind">What a receiver may know of it.</param>
    /// <param name="interfaceIndex">if_index of the interface it went out of.</param>
    /// <param name="framesBefore"><see cref="FramesSent"/> before the send.</param>
    void Remember(int process, int which, RepeatedKind kind, ushort interfaceIndex, long framesBefore);

    /// <summary>What a process has remembered of a send, and of frames that it heard, no longer holds; for all others nothing has changed.</summary>
    /// <param name="process">The process.</param>
    /// <param name="which">Its own number of the send and of what it heard, or -1 for all.</param>
    void Forget(int process, int which = -1);

    /// <summary>Whether a send is remembered, and nothing has changed since.</summary>
    bool Remembers(int process, int which);

    /// <summary>Repeats the remembered send; does nothing if that had put nothing on a line.</summary>
    /// <param name="process">Who sends.</param>
    /// <param name="which">The process's own number for it.</param>
    /// <param name="identification">ip_id, where the frame is IPv4.</param>
    void SendAgain(int process, int which, ushort identification);

    /// <summary>The frame that is being received changed nothing but what <see cref="Process.HeardAgain"/> does.</summary>
    /// <param name="process">Who says so.</param>
    /// <param name="what">Returned with the repetition.</param>
    void Heard(int process, int what);
}
