using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Stress.Dial.Lines;

/// <summary>Kinds of <see cref="LineTarget"/>.</summary>
public enum LineKind
{
    /// <summary><c>tcp://HOST:PORT</c>: a serial port on the network (QEMU's <c>-serial tcp:</c>, a terminal server).</summary>
    Tcp,

    /// <summary><c>pty:PATH</c>: a terminal device.</summary>
    Pty,

    /// <summary><c>exec:COMMAND</c>: a command whose standard input and output are the line.</summary>
    Exec,
}

/// <summary>Where a line is. <c>{n}</c> in the text stands for the number of the line, from 0.</summary>
/// <param name="Kind">How it is reached.</param>
/// <param name="Address">Host, path or command.</param>
/// <param name="Port">TCP port as text (it may hold <c>{n}</c>), else empty.</param>
public sealed record LineTarget(LineKind Kind, string Address, string Port)
{
    /// <summary>What is accepted, for messages.</summary>
    public const string Accepted = "accepted are tcp://HOST:PORT, pty:PATH and exec:COMMAND";

    /// <summary>Parses the text of a target.</summary>
    /// <exception cref="FormatException">It is none; the message says what is accepted.</exception>
    public static LineTarget Parse(string text)
    {
        if (text.StartsWith("tcp://", StringComparison.Ordinal))
        {
            string rest = text["tcp://".Length..].TrimEnd('/');
            int colon = rest.LastIndexOf(':');
            if (colon > 0)
            {
                string host = rest[..colon].Trim('[', ']'), port = rest[(colon + 1)..];
                if (host.Length > 0 && ushort.TryParse(port.Replace("{n}", "0", StringComparison.Ordinal), NumberStyles.None, CultureInfo.InvariantCulture, out _))
                {
                    return new LineTarget(LineKind.Tcp, host, port);
                }
            }
        }
        else if (text.StartsWith("pty:", StringComparison.Ordinal) && text.Length > 4)
        {
            return new LineTarget(LineKind.Pty, text[4..], "");
        }
        else if (text.StartsWith("exec:", StringComparison.Ordinal) && text.Length > 5)
        {
            return new LineTarget(LineKind.Exec, text[5..], "");
        }

        throw new FormatException($"'{text}': {Accepted}");
    }

    /// <summary>The target of one line.</summary>
    public LineTarget ForLine(int line) => this with { Address = Number(Address, line), Port = Number(Port, line) };

    /// <summary>Opens the line: carrier is there when this returns.</summary>
    /// <exception cref="LineException">The far side cannot be reached.</exception>
    /// <exception cref="OperationCanceledException">Asked to stop.</exception>
    public async ValueTask<ILine> OpenAsync(CancellationToken stop)
    {
        try
        {
            switch (Kind)
            {
                case LineKind.Tcp:
                    var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                    try
                    {
                        await socket.ConnectAsync(Address, int.Parse(Port, CultureInfo.InvariantCulture), stop).ConfigureAwait(false);
                        return new TcpLine(socket);
                    }
                    catch
                    {
                        socket.Dispose();
                        throw;
                    }

                case LineKind.Pty:
                    return PtyLine.Open(Address);
                default:
                    return ExecLine.Start(Address);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or System.ComponentModel.Win32Exception or FormatException)
        {
            throw new LineException($"{this}: {e.Message}", e);
        }
    }

    /// <summary>Listens for calls. A pty is made, and <see cref="Address"/> becomes a symbolic link to it.</summary>
    /// <exception cref="LineException">It cannot be listened on.</exception>
    public ILineListener Listen()
    {
        try
        {
            return Kind switch
            {
                LineKind.Tcp => TcpLineListener.Start(Address, int.Parse(Port, CultureInfo.InvariantCulture)),
                LineKind.Pty => PtyLineListener.Start(Address),
                _ => throw new LineException($"{this}: accepted are tcp://HOST:PORT and pty:PATH"),
            };
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw new LineException($"{this}: {e.Message}", e);
        }
    }

    /// <summary>The text that <see cref="Parse"/> takes.</summary>
    public override string ToString() => Kind switch
    {
        LineKind.Tcp => Address.Contains(':', StringComparison.Ordinal) ? $"tcp://[{Address}]:{Port}" : $"tcp://{Address}:{Port}",
        LineKind.Pty => $"pty:{Address}",
        _ => $"exec:{Address}",
    };

    private static string Number(string text, int line) => text.Replace("{n}", line.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
}

/// <summary>A line over a TCP connection.</summary>
/// <param name="socket">A connected socket, owned from here.</param>
internal sealed class TcpLine(Socket socket) : ILine
{
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            return await socket.ReceiveAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return 0;
        }
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await socket.SendAsync(bytes, stop).ConfigureAwait(false)..];
            }

            return true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    public void HangUp() => socket.Dispose();

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

internal sealed class TcpLineListener(Socket socket) : ILineListener
{
    private const int Backlog = 64;

    public LineTarget Target
    {
        get
        {
            var end = (System.Net.IPEndPoint)socket.LocalEndPoint!;
            return new LineTarget(LineKind.Tcp, end.Address.ToString(), end.Port.ToString(CultureInfo.InvariantCulture));
        }
    }

    public static TcpLineListener Start(string host, int port)
    {
        System.Net.IPAddress address = System.Net.IPAddress.TryParse(host, out System.Net.IPAddress? parsed) ? parsed : System.Net.Dns.GetHostAddresses(host)[0];
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new System.Net.IPEndPoint(address, port));
            socket.Listen(Backlog);
            return new TcpLineListener(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async ValueTask<ILine> AcceptAsync(CancellationToken stop)
    {
        while (true)
        {
            Socket? accepted = null;
            try
            {
                accepted = await socket.AcceptAsync(stop).ConfigureAwait(false);
                accepted.NoDelay = true;
                return new TcpLine(accepted);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.InvalidArgument)
            {
                // The caller was gone before the call was accepted.
                accepted?.Dispose();
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        socket.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A line that is a command's standard input and output. Its standard error is ours.</summary>
internal sealed class ExecLine : ILine
{
    private readonly Process _process;
    private readonly Stream _input;
    private readonly Stream _output;
    private int _hungUp;

    private ExecLine(Process process)
    {
        _process = process;
        _input = process.StandardInput.BaseStream;
        _output = process.StandardOutput.BaseStream;
    }

    public static ExecLine Start(string command)
    {
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add(command);
        return new ExecLine(Process.Start(start) ?? throw new LineException($"exec:{command}: the command did not start"));
    }

    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            return await _output.ReadAsync(buffer).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return 0;
        }
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
    {
        try
        {
            await _input.WriteAsync(bytes, stop).ConfigureAwait(false);
            await _input.FlushAsync(stop).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            return false;
        }
    }

    public void HangUp()
    {
        if (Interlocked.Exchange(ref _hungUp, 1) != 0)
        {
            return;
        }

        try
        {
            _input.Dispose();
        }
        catch (IOException)
        {
            // The command has already closed its end.
        }

        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or System.ComponentModel.Win32Exception or AggregateException)
        {
            // It has ended on its own.
        }
    }

    public async ValueTask DisposeAsync()
    {
        HangUp();
        await _process.WaitForExitAsync().ConfigureAwait(false);
        _process.Dispose();
    }
}
