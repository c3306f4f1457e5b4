using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Link;

/// <summary>Where a telephone line is in its cycle.</summary>
public enum LineState : byte
{
    /// <summary>No call: the modem waits for DTR and a number.</summary>
    OnHook,

    /// <summary>The calling modem dials or trains; no carrier yet.</summary>
    Dialing,

    /// <summary>Carrier at both ends: bytes pass.</summary>
    Connected,
}

/// <summary>
/// One telephone line with a modem at each end: dialling and training, carrier, the bit rate's serialisation, one-way delay, noise.
/// The caller's line is number <see cref="Number"/> of the site.
/// </summary>
public sealed class ModemLine : IState
{
    private readonly LineOptions _options;
    private RandomStream _dial;
    private RandomStream _noise;
    private RandomStream _line;

    /// <summary>A line on hook.</summary>
    public ModemLine(LineOptions options, ulong seed, ulong entity, int number)
    {
        _options = options;
        Number = number;
        _dial = new RandomStream(seed, entity, RandomPurpose.Dial);
        _noise = new RandomStream(seed, entity, RandomPurpose.Noise);
        _line = new RandomStream(seed, entity, RandomPurpose.Line);
    }

    /// <summary>The line's number in the site.</summary>
    public int Number { get; }

    /// <summary>On hook, dialling or connected.</summary>
    public LineState State => _state;

    /// <summary>Frames on the way to the called end and to the calling end.</summary>
    public FrameRing[] InFlight { get; } = [new(), new()];

    private LineState _state;
    private VirtualTime _delay;
    private readonly long[] _freeAt = new long[2];
    private bool _succeeds;

    /// <summary>Dialling starts.</summary>
    /// <returns>How long until <see cref="Answer"/> tells the outcome.</returns>
    public VirtualTime Dial(bool answererReady)
    {
        _state = LineState.Dialing;
        _succeeds = _dial.Below(1000) >= (uint)_options.TrainingFailuresPerThousand;
        VirtualTime good = _dial.Draw(_options.DialTime), bad = _dial.Draw(_options.FailedDialTime);
        _succeeds &= answererReady;
        return _succeeds ? good : bad;
    }

    /// <summary>The attempt is over.</summary>
    /// <returns>Whether there is carrier.</returns>
    public bool Answer(bool answererReady)
    {
        if (!_succeeds || !answererReady)
        {
            _state = LineState.OnHook;
            return false;
        }

        _state = LineState.Connected;
        _delay = _line.Draw(_options.Delay);
        _freeAt[0] = _freeAt[1] = 0;
        return true;
    }

    /// <summary>Time of getty, name, password and shell on this call.</summary>
    public VirtualTime LoginTime() => _line.Draw(_options.LoginTime);

    /// <summary>From DTR low at one end to loss of carrier at the other.</summary>
    public VirtualTime CarrierDetect() => _line.Draw(_options.CarrierDetect);

    /// <summary>Until the line itself next loses carrier, or never.</summary>
    public VirtualTime NextLoss() => _options.CarrierLossEvery is { IsNever: true } or { Microseconds: 0 } ? VirtualTime.Never : _line.Exponential(_options.CarrierLossEvery);

    /// <summary>The line goes on hook; what was on the way is lost.</summary>
    public void HangUp()
    {
        _state = LineState.OnHook;
        InFlight[0].Clear();
        InFlight[1].Clear();
    }

    /// <summary>A frame enters the line.</summary>
    /// <param name="to">The end it goes to.</param>
    /// <param name="now">Virtual time.</param>
    /// <param name="frame">HDLC content; its FCS is added here.</param>
    /// <returns>Arrival time of the oldest frame on the way to that end.</returns>
    public VirtualTime Send(int to, VirtualTime now, ReadOnlySpan<byte> frame)
    {
        Span<byte> room = InFlight[to].Reserve(frame.Length + 2);
        frame.CopyTo(room);
        BinaryPrimitives.WriteUInt16LittleEndian(room[frame.Length..], (ushort)~Fcs16.Add(Fcs16.Initial, frame));

        return Enter(to, now, room.Length, room.Count(HdlcFraming.Escape) + room.Count(HdlcFraming.Flag), 0);
    }

    /// <summary>A frame enters the line that was sent before.</summary>
    /// <returns>Arrival time of the oldest frame on the way to that end.</returns>
    public VirtualTime SendAgain(int to, VirtualTime now, in RepeatedFrame frame, ushort identification)
    {
        int escapes = frame.Write(InFlight[to].Reserve(frame.Length), identification);
        return Enter(to, now, frame.Length, escapes, frame.Tag);
    }

    private VirtualTime Enter(int to, VirtualTime now, int length, int escapes, int tag)
    {
        // Flags and escapes take their time too: with ACCM 0 only 7D and 7E are escaped.
        FrameRing ring = InFlight[to];
        int bytes = length + 1 + escapes;
        long start = Math.Max(now.Microseconds, _freeAt[to]);
        long end = start + (bytes * 10_000_000L / _options.BitRate);
        _freeAt[to] = end;
        byte broken = (byte)(NoiseBreaksFrame() ? 1 : 0);
        ring.Stamp(new VirtualTime(end + _delay.Microseconds), broken);
        ring.TagLast(tag);
        return ring.NextTime;
    }

    /// <summary>Bytes enter the line as they are: what a real system's serial port sends.</summary>
    /// <param name="to">The end they go to.</param>
    /// <param name="now">Virtual time.</param>
    /// <param name="bytes">How many.</param>
    /// <returns>When the last of them arrives.</returns>
    public VirtualTime SendBytes(int to, VirtualTime now, int bytes)
    {
        long end = Math.Max(now.Microseconds, _freeAt[to]) + (bytes * 10_000_000L / _options.BitRate);
        _freeAt[to] = end;
        return new VirtualTime(end + _delay.Microseconds);
    }

    /// <summary>When the last byte that entered towards an end has left the modem: until then it is in the modem's buffer.</summary>
    public VirtualTime BusyUntil(int to) => new(_freeAt[to]);

    /// <summary>Whether noise corrupts the frame that begins now.</summary>
    public bool NoiseBreaksFrame() => _options.NoisePerMillionFrames > 0 && _noise.Below(1_000_000) < (uint)_options.NoisePerMillionFrames;

    /// <summary>Which bit noise flips in a corrupted frame of this length.</summary>
    public int BrokenBit(int length) => (int)_noise.Below((uint)(length * 8));

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref _dial);
        pass.Struct(ref _noise);
        pass.Struct(ref _line);
        pass.Field(ref _state);
        pass.Struct(ref _delay);
        pass.Numbers<long>(_freeAt);
        pass.Field(ref _succeeds);
        InFlight[0].Fields(ref pass);
        InFlight[1].Fields(ref pass);
    }
}
