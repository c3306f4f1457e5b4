using Stress.Guests.Line;
using Stress.Guests.Processes;

namespace Stress.Guests.Calendar;

/// <summary>The outer end of a guest's serial port: a UNIX socket to which the guest connects while it boots.</summary>
internal sealed class GuestPort(string path) : IDisposable
{
    private readonly byte[] _input = new byte[64 * 1024];
    private int _listener = Posix.Listen(path), _length;
    private uint _sent, _taken;
    private int _fd = -1;

    /// <summary>What to wait for: news, or the guest's call.</summary>
    public int Descriptor => _fd >= 0 ? _fd : _listener;

    /// <summary>The guest has its port.</summary>
    public bool IsConnected => _fd >= 0;

    /// <summary>Everything that was sent has been read by the guest.</summary>
    public bool IsTaken => _sent == _taken;

    /// <summary>Reads what the guest has written, without waiting.</summary>
    /// <param name="offset">The run's time at which the guest's clock was zero, ns.</param>
    /// <param name="events">Takes what was read, in order.</param>
    public void Read(long offset, List<PortEvent> events)
    {
        if (_fd < 0)
        {
            Span<Posix.PollFd> call = [new() { Fd = _listener, Events = Posix.PollIn }];
            if (Posix.Poll(call, 0) == 0)
            {
                return;
            }

            _fd = Posix.Accept(_listener);
        }

        int n;
        while ((n = Posix.Receive(_fd, _input.AsSpan(_length), wait: false)) > 0)
        {
            _length += n;
            Take(offset, events);
        }
    }

    /// <summary>Tells the guest something; it has to be waiting.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        _sent += (uint)bytes.Length;
        Posix.Send(_fd, bytes);
    }

    public void Dispose()
    {
        if (_listener >= 0)
        {
            Posix.Close(_listener);
            _listener = -1;
        }

        if (_fd >= 0)
        {
            Posix.Close(_fd);
            _fd = -1;
        }
    }

    private void Take(long offset, List<PortEvent> events)
    {
        int at = 0;
        while (_length - at >= PortMessage.Bytes)
        {
            PortMessage message = PortMessage.Read(_input.AsSpan(at));
            if (_length - at < PortMessage.Bytes + message.Length)
            {
                break;
            }

            if (message.Kind == PortMessageKind.Taken)
            {
                _taken = message.Value;
            }
            else
            {
                byte[] data = _input.AsSpan(at + PortMessage.Bytes, message.Length).ToArray();
                events.Add(new PortEvent(message.Time + offset, message.Kind, (PortLines)message.Value, data));
            }

            at += PortMessage.Bytes + message.Length;
        }

        _input.AsSpan(at, _length - at).CopyTo(_input);
        _length -= at;
    }
}
