using System.Net;
using System.Net.Sockets;

namespace Stress.Tests.Clusters;

/// <summary>A TCP proxy in front of a silo's port, which plays the network: while it is held, nothing passes, and neither side notices.</summary>
public sealed class HeldProxy : IAsyncDisposable
{
    private const int BufferBytes = 64 * 1024;
    private readonly TcpListener _listener;
    private readonly IPEndPoint _target;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _open = Opened();

    /// <summary>Starts it.</summary>
    /// <param name="address">Where it listens.</param>
    /// <param name="target">Where to forward connections.</param>
    public HeldProxy(IPEndPoint address, IPEndPoint target)
    {
        _target = target;
        _listener = new TcpListener(address);
        _listener.Start();
        _accepting = Accept();
    }

    /// <summary>Stops forwarding, on open connections and new ones.</summary>
    public void Hold() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Forwards what has waited, and what comes.</summary>
    public void Release() => _open.TrySetResult();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        _end.Dispose();
    }

    private static TaskCompletionSource Opened()
    {
        var open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        open.SetResult();
        return open;
    }

    private async Task Accept()
    {
        List<Task> connections = [];
        try
        {
            for (; ; )
            {
                connections.Add(Serve(await _listener.AcceptTcpClientAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task Serve(TcpClient from)
    {
        using TcpClient near = from, far = new();
        try
        {
            await _open.Task.WaitAsync(_end.Token);
            await far.ConnectAsync(_target, _end.Token);
            await Task.WhenAny(Pump(near.GetStream(), far.GetStream()), Pump(far.GetStream(), near.GetStream()));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException)
        {
            // Both ends are closed.
        }
    }

    private async Task Pump(NetworkStream from, NetworkStream to)
    {
        byte[] buffer = new byte[BufferBytes];
        try
        {
            for (; ; )
            {
                int read = await from.ReadAsync(buffer, _end.Token);
                await _open.Task.WaitAsync(_end.Token);
                if (read == 0)
                {
                    return;
                }

                await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or IOException or ObjectDisposedException)
        {
            // The other pump ends with it.
        }
    }
}
