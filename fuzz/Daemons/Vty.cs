using System.Net.Sockets;
using System.Text;

namespace Stress.Fuzz.Daemons;

/// <summary>A daemon's vty over its socket, as FRR's vtysh speaks it (vtysh/vtysh.c, lib/vty.c): a command ends with a zero byte, its answer with three and the code.</summary>
internal sealed class Vty : IDisposable
{
    private const int EndLength = 4;

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[64 * 1024];

    /// <summary>Connects.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="patience">Milliseconds that an answer may take.</param>
    /// <exception cref="SocketException">Nothing listens there.</exception>
    public Vty(string path, int patience)
    {
        _socket.ReceiveTimeout = _socket.SendTimeout = patience;
        _socket.Connect(new UnixDomainSocketEndPoint(path));
        _ = Ask("enable");
    }

    /// <summary>Types a command.</summary>
    /// <returns>The code (0 for success) and the text of the answer.</returns>
    /// <exception cref="SocketException">The daemon is gone, or does not answer.</exception>
    public (int Code, string Text) Ask(string command)
    {
        _socket.Send(Encoding.UTF8.GetBytes(command + "\0"));
        var answer = new MemoryStream();
        for (; ; )
        {
            int read = _socket.Receive(_buffer);
            if (read == 0)
            {
                throw new SocketException((int)SocketError.ConnectionReset);
            }

            answer.Write(_buffer, 0, read);
            ReadOnlySpan<byte> bytes = answer.GetBuffer().AsSpan(0, (int)answer.Length);
            if (bytes.Length >= EndLength && bytes[^EndLength..^1].IndexOfAnyExcept((byte)0) < 0)
            {
                return (bytes[^1], Encoding.UTF8.GetString(bytes[..^EndLength]));
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();
}
