namespace Stress.Emulator.Wire;

/// <summary>
/// Finds frames of RFC 1662 in a stream of bytes that arrives in pieces. Its memory is the buffer that the caller lends at each call: always the same one, not modified between
/// calls, except that the caller may use the payload at its start after a positive result. Bytes before the first flag are dropped, so a login
/// banner costs nothing. <c>default</c> is ready to use.
/// </summary>
public struct HdlcDeframer
{
    private int _length;
    private bool _synchronized;
    private bool _escaped;
    private bool _overflow;

    /// <summary>Bit n set: an unescaped control character n was added by the line and is dropped (RFC 1662 section 7.1). Zero keeps all.</summary>
    public uint ReceiveAsyncMap { get; set; }

    /// <summary>Bytes of the unfinished frame.</summary>
    public readonly int Pending => _length;

    /// <summary>Takes bytes until a frame ends or no bytes are left.</summary>
    /// <param name="bytes">New bytes from the line.</param>
    /// <param name="buffer">Where the frame is gathered: longest frame, its length bounds the memory.</param>
    /// <param name="consumed">Bytes taken; call again with the rest.</param>
    /// <returns>Positive: length of the payload (protocol and information) at the start of <paramref name="buffer"/>. Zero: no frame has ended.
    /// Negative: a frame was discarded, for a reason of <see cref="HdlcFraming"/>.</returns>
    public int Input(ReadOnlySpan<byte> bytes, Span<byte> buffer, out int consumed)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            byte b = bytes[i];
            if (b == HdlcFraming.Flag)
            {
                bool empty = _length == 0 && !_escaped && !_overflow;
                if (!_synchronized || empty)
                {
                    _synchronized = true;
                    continue;
                }

                consumed = i + 1;
                return End(buffer);
            }

            if (!_synchronized || (b < 0x20 && (ReceiveAsyncMap >> b & 1) != 0))
            {
                continue;
            }

            if (b == HdlcFraming.Escape && !_escaped)
            {
                _escaped = true;
                continue;
            }

            if (_escaped)
            {
                b ^= 0x20;
                _escaped = false;
            }

            if (_length == buffer.Length)
            {
                _overflow = true;
                continue;
            }

            buffer[_length++] = b;
        }

        consumed = bytes.Length;
        return 0;
    }

    internal static HdlcDeframer InsideFrame(uint receiveAsyncMap) => new() { _synchronized = true, ReceiveAsyncMap = receiveAsyncMap };

    // The frame gathered so far is over.
    internal int End(Span<byte> buffer)
    {
        int result = _escaped ? HdlcFraming.Aborted
            : _overflow ? HdlcFraming.TooLong
            : HdlcFraming.Finish(buffer, _length);
        _length = 0;
        _escaped = false;
        _overflow = false;
        return result;
    }
}
