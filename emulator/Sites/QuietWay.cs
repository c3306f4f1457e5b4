using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>
/// The short path of quiet events of one router (docs/performance.md): fast timeouts that only count down, sends that repeat the last one, and their arrival. It does to the site
/// exactly what the full path does, or returns false before doing anything. Nothing here is a part of the image.
/// </summary>
/// <param name="site">The site.</param>
/// <param name="router">The router.</param>
/// <param name="processes">How many processes it has.</param>
/// <param name="lines">Its lines.</param>
public sealed class QuietWay(Site site, Router router, int processes, int lines) : IQuietWay
{
    // The last repeated frame of a line that a process took.
    private struct HeardFrame
    {
        public int Tag;
        public int Epoch;
        public Process Process;
        public int What;
    }

    private readonly BsdKernel _kernel = router.Kernel;
    private readonly EventQueue _queue = site.Queue;
    private readonly RepeatedFrame[][] _sent = [.. Enumerable.Repeat(Array.Empty<RepeatedFrame>(), processes)];
    private readonly HeardFrame[] _heard = new HeardFrame[lines];
    private int _heardBy = -1;
    private int _heardWhat;
    private bool _steady;

    // Counts the steps by which a process may have changed the kernel's tables or its own, and panics and boots. As long as it stands still, a remembered frame takes the same path
    // through the kernel as the last time, both when sent and when received.
    private int _epoch = 1;

    /// <inheritdoc/>
    public long FramesSent => site.Frames;

    /// <inheritdoc/>
    public void Steady() => _steady = true;

    /// <inheritdoc/>
    public void Changed() => _epoch++;

    /// <summary>A process has taken a step.</summary>
    public void Stepped()
    {
        if (_steady)
        {
            _steady = false;
        }
        else
        {
            _epoch++;
        }
    }

    /// <summary>The kernel is gone: what its running process had reported is void.</summary>
    public void Halted()
    {
        _epoch++;
        _steady = false;
    }

    /// <inheritdoc/>
    public void Remember(int process, int which, RepeatedKind kind, ushort interfaceIndex, long framesBefore)
    {
        if (!site.SkipsQuiet)
        {
            return;
        }

        if (_kernel.IsStation(interfaceIndex))
        {
            return; // what is sent on a segment is sent in full
        }

        if (which >= _sent[process].Length)
        {
            Array.Resize(ref _sent[process], which + 1);
        }

        ref RepeatedFrame frame = ref _sent[process][which];
        ref readonly Ifnet ifp = ref _kernel.Interfaces[_kernel.IfByIndex(interfaceIndex)];
        if (ifp.Unit < 0)
        {
            frame.RememberNothingSent(_epoch);
        }
        else if (site.Frames == framesBefore + 1 && ifp.Line >= 0)
        {
            FrameRing sent = router.Ports[ifp.Line].Link.SentBy(router.Ports[ifp.Line].End);
            int newTag = RepeatedFrame.TagAfter(site.LastTag, kind);
            if (frame.Remember(sent.Last, ifp.Line, _epoch, newTag))
            {
                site.LastTag = newTag;
            }

            sent.TagLast(frame.Tag);
        }
    }

    /// <inheritdoc/>
    public void Forget(int process, int which = -1)
    {
        RepeatedFrame[] frames = _sent[process];
        for (int i = 0; i < frames.Length; i++)
        {
            if (which < 0 || i == which)
            {
                frames[i].Forget();
            }
        }

        foreach (ref HeardFrame heard in _heard.AsSpan())
        {
            if (heard.Tag != 0 && heard.Process.Number == process && (which < 0 || heard.What == which))
            {
                heard.Tag = 0;
            }
        }
    }

    /// <inheritdoc/>
    public bool Remembers(int process, int which)
    {
        RepeatedFrame[] frames = _sent[process];
        return (uint)which < (uint)frames.Length && frames[which].Epoch == _epoch;
    }

    /// <inheritdoc/>
    public void SendAgain(int process, int which, ushort identification)
    {
        ref readonly RepeatedFrame frame = ref _sent[process][which];
        if (frame.Line >= 0)
        {
            Port port = router.Ports[frame.Line];
            port.Link.TransmitAgain(port.End, frame, identification, site.Now);
        }
    }

    /// <inheritdoc/>
    public void Heard(int process, int what)
    {
        _heardBy = process;
        _heardWhat = what;
    }

    /// <summary>A frame is about to be received in full.</summary>
    /// <returns>The epoch, for <see cref="Received"/>.</returns>
    public int Receiving()
    {
        _heardBy = -1;
        return _epoch;
    }

    /// <summary>A frame has been received: what a process reported about it is remembered.</summary>
    /// <param name="line">The line that it came from.</param>
    /// <param name="tag">Names its content, or 0.</param>
    /// <param name="epoch">That of <see cref="Receiving"/>.</param>
    public void Received(int line, int tag, int epoch)
    {
        if (tag != 0 && epoch == _epoch && _heardBy >= 0)
        {
            _heard[line] = new HeardFrame { Tag = tag, Epoch = epoch, Process = router.Processes[_heardBy], What = _heardWhat };
        }
    }

    /// <summary>A frame arrives: an intact repetition of one whose effect at this router is known.</summary>
    /// <param name="line">The line that it comes from.</param>
    /// <param name="frames">Frames on the way, of which it is the oldest; it is taken.</param>
    /// <param name="now">Virtual time.</param>
    public bool Arrive(int line, FrameRing frames, VirtualTime now)
    {
        int tag = frames.FrontTag;
        if (tag == 0 || frames.FrontMark != 0)
        {
            return false;
        }

        if (RepeatedFrame.KindOf(tag) == RepeatedKind.Hello)
        {
            ref readonly HeardFrame heard = ref _heard[line];
            if (heard.Tag != tag || heard.Epoch != _epoch || !router.IsUp)
            {
                return false;
            }

            heard.Process.HeardAgain(heard.What, now);
        }

        frames.Take(out _);
        return true;
    }

    /// <summary>The router's kernel and its processes run.</summary>
    public bool IsUp => router.IsUp;

    /// <summary>The fast timeout is due: executes its ticks that only count down, up to the next event of any other kind.</summary>
    /// <param name="slot">The fast timeout's in the site's queue.</param>
    /// <param name="now">Virtual time.</param>
    /// <param name="end">Events at this time or later are left.</param>
    /// <param name="lastEvent">No event after this one is executed.</param>
    public bool Tick(int slot, VirtualTime now, VirtualTime end, long lastEvent)
    {
        int quiet = router.IsUp ? _kernel.QuietTicks : 0;
        if (quiet <= 0)
        {
            return false;
        }

        VirtualTime stop = _queue.NextTime < end ? _queue.NextTime : end;
        VirtualTime next = now + Router.FastTick;
        int ticks = 1 + site.CountRepeated(slot, ref next, Router.FastTick, quiet - 1, stop, lastEvent);
        _kernel.CountDown(ticks);
        _queue.Schedule(slot, next);
        return true;
    }
}
