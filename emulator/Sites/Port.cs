using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>A port of a router: a tty with a modem, and the end of the link at it.</summary>
/// <param name="router">The router.</param>
/// <param name="number">The port's number on it: the tty's.</param>
/// <param name="end">Which end of its link it is.</param>
public sealed class Port(Router router, int number, int end) : IModemEnd
{
    private ILink? _link;

    private IPortOwner Owner => router.Processes.PortOwners[number];

    /// <summary>The router.</summary>
    public Router Router => router;

    /// <summary>Its number on the router.</summary>
    public int Number => number;

    /// <summary>Which end of its link it is.</summary>
    public int End => end;

    /// <summary>The link at it.</summary>
    public ILink Link => _link!;

    /// <summary>Plugs the link in.</summary>
    public void Plug(ILink link) => _link = link;

    /// <inheritdoc/>
    public bool IsUp => router.IsUp;

    /// <inheritdoc/>
    public bool AnswersCalls => Owner.AnswersCalls;

    /// <inheritdoc/>
    public void Connected(VirtualTime login, VirtualTime now) => Owner.Connected(login, now);

    /// <inheritdoc/>
    public void DialFailed(VirtualTime now) => Owner.DialFailed(now);

    /// <inheritdoc/>
    public void CarrierLost(VirtualTime now) => router.CarrierLost(number, now);

    /// <inheritdoc/>
    public void FrameArrived(ReadOnlySpan<byte> frame, int tag, VirtualTime now) => router.FrameArrived(number, frame, tag, now);
}
