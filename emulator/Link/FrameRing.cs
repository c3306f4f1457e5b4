using System.Runtime.CompilerServices;
using Stress.Emulator.Core;

namespace Stress.Emulator.Link;

/// <summary>A first-in-first-out queue of frames, each with a time, in one byte buffer.</summary>
public sealed class FrameRing : IState
{
    private readonly Ring<Entry> _entries = new();
    private byte[] _bytes = [];
    private int _start;
    private int _used;
    private const int SmallestBuffer = 128;

    private struct Entry : IStateValue<Entry>
    {
        public VirtualTime At;
        [NotSaved("a frame whose content is not known again takes the full way, to the same end")]
        public int Tag;
        public ushort Length;
        public byte Mark;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Entry value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.At);
            pass.Field(ref value.Length);
            pass.Field(ref value.Mark);
        }
    }

    /// <summary>Frames in the queue.</summary>
    public int Count => _entries.Count;

    /// <summary>Time of the oldest frame.</summary>
    public VirtualTime NextTime => _entries.Count == 0 ? VirtualTime.Never : _entries.Front.At;

    /// <summary>Appends a frame.</summary>
    /// <param name="at">Its time, not before the last one's.</param>
    /// <param name="frame">Its bytes.</param>
    /// <param name="mark">Returned with it.</param>
    public void Add(VirtualTime at, ReadOnlySpan<byte> frame, byte mark)
    {
        frame.CopyTo(Reserve(frame.Length));
        Stamp(at, mark);
    }

    /// <summary>Makes room at the end for a frame that the caller fills in, and then gives its time by <see cref="Stamp"/>.</summary>
    /// <returns>The frame's bytes, valid until the next call.</returns>
    public Span<byte> Reserve(int length)
    {
        if (_start + _used + length > _bytes.Length)
        {
            byte[] target = _used + length > _bytes.Length ? new byte[Math.Max(Math.Max(SmallestBuffer, _bytes.Length * 2), _used + length)] : _bytes;
            _bytes.AsSpan(_start, _used).CopyTo(target);
            _bytes = target;
            _start = 0;
        }

        Span<byte> room = _bytes.AsSpan(_start + _used, length);
        _used += length;
        _entries.Add(new Entry { At = VirtualTime.Never, Length = checked((ushort)length) });
        return room;
    }

    /// <summary>Bytes of the last frame.</summary>
    public ReadOnlySpan<byte> Last
    {
        get
        {
            int length = _entries[_entries.Count - 1].Length;
            return _bytes.AsSpan(_start + _used - length, length);
        }
    }

    /// <summary>Names the content of the last frame (<see cref="RepeatedFrame.Tag"/>). Not part of the image.</summary>
    public void TagLast(int tag) => _entries[_entries.Count - 1].Tag = tag;

    /// <summary>Mark of the oldest frame.</summary>
    public byte FrontMark => _entries.Front.Mark;

    /// <summary>Tag of the oldest frame, or 0.</summary>
    public int FrontTag => _entries.Count == 0 ? 0 : _entries.Front.Tag;

    /// <summary>Gives the last frame its time and mark.</summary>
    public void Stamp(VirtualTime at, byte mark)
    {
        ref Entry last = ref _entries[_entries.Count - 1];
        last.At = at;
        last.Mark = mark;
    }

    /// <summary>Takes the oldest frame.</summary>
    /// <returns>Its bytes, valid until the next <see cref="Add"/>.</returns>
    public Span<byte> Take(out byte mark)
    {
        Entry e = _entries.Take();
        mark = e.Mark;
        Span<byte> frame = _bytes.AsSpan(_start, e.Length);
        _start += e.Length;
        _used -= e.Length;
        if (_used == 0)
        {
            _start = 0;
        }

        return frame;
    }

    /// <summary>Empties the queue.</summary>
    public void Clear()
    {
        _entries.Clear();
        _start = 0;
        _used = 0;
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _entries.Fields(ref pass);
        pass.Part(ref _bytes, ref _start, ref _used);
    }
}
