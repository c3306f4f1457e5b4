using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>A node's Ethernet, as the segment that it is at sees it.</summary>
public interface IStation
{
    /// <summary>A frame of another station has come to it.</summary>
    /// <param name="frame">From the header's first byte on, without FCS; valid during the call.</param>
    /// <param name="now">Virtual time.</param>
    void EtherArrived(ReadOnlySpan<byte> frame, VirtualTime now);

    /// <summary>Whether its NIC would take a frame, if it came.</summary>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    bool Takes(ReadOnlySpan<byte> frame) => false;
}

/// <summary>What a segment sees of the site that it is in.</summary>
public interface ISegmentSite
{
    /// <summary>The queue that has the segment's events.</summary>
    EventQueue Events { get; }

    /// <summary>A frame has entered a segment.</summary>
    /// <param name="segment">The segment's number.</param>
    /// <param name="station">The station that sent it.</param>
    /// <param name="frame">Its bytes, without FCS.</param>
    void FrameSent(int segment, int station, ReadOnlySpan<byte> frame);

    /// <summary>Tells the trace, if there is one, of something at a station of a segment.</summary>
    void Say(int segment, int station, string text);
}

/// <summary>
/// An Ethernet at 10 Mbit/s with up to <see cref="MaxStations"/> stations: one frame at a time, in the order in which they were given to it, which reaches all other stations at once. There are no collisions
/// and no noise. A station whose cable is out hears nothing and is not heard, and its NIC does not notice.
/// </summary>
public sealed class EthernetSegment : IState
{
    /// <summary>Its events, in the order of equal times.</summary>
    public const int Events = 2;

    /// <summary>Most stations.</summary>
    public const int MaxStations = 64;

    /// <summary>Longest frame in bytes, without FCS.</summary>
    public const int MaxFrame = 1514;

    private const int Arrival = 0, CableBack = 1;

    // Preamble, FCS and the gap between two frames, in bytes; a byte takes 0.8 us.
    private const int Overhead = 8 + 4 + 12;
    private static readonly VirtualTime Delay = new(5);
    private readonly ISegmentSite _site;
    private readonly IStation[] _stations;
    private readonly TimeRange _down;
    private readonly int _number;
    private readonly int _firstSlot;
    private readonly FrameRing _frames = new();
    private readonly long[] _back;
    private readonly SnoopingSwitch? _snooping;
    private long _freeAt;
    private RandomStream _random;

    /// <summary>A segment on which nothing is sent.</summary>
    /// <param name="site">The site that it is in.</param>
    /// <param name="number">The segment's number there.</param>
    /// <param name="firstSlot">Its first slot in the queue of events.</param>
    /// <param name="stations">The stations.</param>
    /// <param name="down">How long a cable is out.</param>
    /// <param name="random">Draws that.</param>
    /// <param name="snooping">Which stations a frame to a group reaches; null: all of them.</param>
    public EthernetSegment(ISegmentSite site, int number, int firstSlot, IStation[] stations, TimeRange down, RandomStream random, SnoopingSwitch? snooping = null)
    {
        _snooping = snooping;
        _site = site;
        _number = number;
        _firstSlot = firstSlot;
        _stations = stations;
        _down = down;
        _random = random;
        _back = new long[stations.Length];
    }

    /// <summary>What a switch that snoops knows; null for a segment without one.</summary>
    public SnoopingSwitch? Snooping => _snooping;

    /// <summary>A station's NIC is gone: its port has no link.</summary>
    public void LinkLost(int station) => _snooping?.Forget(station);

    /// <summary>Whether a station's cable is plugged in.</summary>
    public bool IsIn(int station) => _back[station] == 0;

    /// <summary>A station sends a frame.</summary>
    /// <param name="from">The station.</param>
    /// <param name="frame">From the header's first byte on, without FCS.</param>
    /// <param name="now">Virtual time.</param>
    public void Transmit(int from, ReadOnlySpan<byte> frame, VirtualTime now)
    {
        if (!IsIn(from))
        {
            return;
        }

        _site.FrameSent(_number, from, frame);
        _freeAt = Math.Max(now.Microseconds, _freeAt) + ((frame.Length + Overhead) * 4 / 5);
        _frames.Add(new VirtualTime(_freeAt) + Delay, frame, (byte)from);
        _site.Events.Schedule(_firstSlot + Arrival, _frames.NextTime);
    }

    /// <summary>Pulls a station's cable out; it is plugged in again after its time. One that is out already keeps its time.</summary>
    public void PullCable(int station, VirtualTime now)
    {
        if (!IsIn(station))
        {
            return;
        }

        _site.Say(_number, station, "cable of the Ethernet pulled out");
        _back[station] = Math.Max(1, (now + _random.Draw(_down)).Microseconds);
        LinkLost(station);
        ScheduleBack();
    }

    private void ScheduleBack()
    {
        VirtualTime next = VirtualTime.Never;
        foreach (long at in _back)
        {
            next = at > 0 ? VirtualTime.Min(next, new VirtualTime(at)) : next;
        }

        _site.Events.Schedule(_firstSlot + CableBack, next);
    }

    /// <summary>One of the segment's events is due.</summary>
    /// <param name="which">Its number among the segment's own.</param>
    /// <param name="now">Virtual time.</param>
    public void Fire(int which, VirtualTime now)
    {
        if (which == CableBack)
        {
            for (int station = 0; station < _back.Length; station++)
            {
                if (_back[station] > 0 && _back[station] <= now.Microseconds)
                {
                    _back[station] = 0;
                    _site.Say(_number, station, "cable of the Ethernet plugged in");
                }
            }

            ScheduleBack();
            return;
        }

        // A copy: a station that hears it may send.
        Span<byte> frame = stackalloc byte[MaxFrame];
        Span<byte> taken = _frames.Take(out byte from);
        taken.CopyTo(frame);
        frame = frame[..taken.Length];
        _site.Events.Schedule(_firstSlot + Arrival, _frames.NextTime);
        bool isData = true;
        ulong ports = _snooping?.Forward(from, frame, now, out isData) ?? ulong.MaxValue;
        for (int station = 0; station < _stations.Length; station++)
        {
            if (station == from || !IsIn(station))
            {
                continue;
            }

            if ((ports & (1UL << station)) != 0)
            {
                _stations[station].EtherArrived(frame, now);
            }
            else if (isData && _snooping!.Keep(_stations[station].Takes(frame)))
            {
                _site.Say(_number, station, "the switch keeps a frame of a group that is joined here");
            }
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _frames.Fields(ref pass);
        pass.Numbers<long>(_back);
        pass.Field(ref _freeAt);
        pass.Struct(ref _random);
        _snooping?.Fields(ref pass);
    }
}
