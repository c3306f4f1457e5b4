using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Stress.Dial.Far;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Kernels;
using Stress.Guests.Line;
using Stress.Guests.Processes;
using Stress.Guests.Systems;

namespace Stress.Guests.Running;

/// <summary>
/// Debian's pppd in a guest of its own, in real time, with its modem at the end of TCP connections: as the called end it answers every connection (<see cref="Port"/>), as
/// the calling end it connects to a port whenever its pppd opens its terminal. Carrier is the connection; a terminal that is closed drops it.
/// </summary>
public sealed class PppdPeer : IAsyncDisposable
{
    private const int Piece = 1024;

    private readonly GuestProcess _process;
    private readonly Socket _unix;
    private readonly TcpListener? _calls;
    private readonly int _callTo;
    private readonly PeerLine _line;
    private readonly PeerImpairment _toGuest, _fromGuest;
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Channel<bool> _terminal = Channel.CreateUnbounded<bool>();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _scratch;
    private readonly Task _running;
    private volatile Socket? _carrier;
    private Socket? _port;

    /// <summary>Starts a guest.</summary>
    /// <param name="parts">Kernel, system and launcher; the called end's kernel is taken.</param>
    /// <param name="role">Which end pppd is.</param>
    /// <param name="callTo">The TCP port of 127.0.0.1 that a calling end calls; 0 for a called one.</param>
    /// <param name="line">The line.</param>
    /// <param name="seed">Decides what the line does to frames.</param>
    /// <param name="number">The peer's number, which the line's draws depend on.</param>
    public PppdPeer(PairParts parts, Role role, int callTo, PeerLine line, ulong seed, int number)
    {
        (_callTo, _line) = (callTo, line);
        _toGuest = new PeerImpairment(line.PerThousand, new RandomStream(seed, (ulong)number * 2, RandomPurpose.Line));
        _fromGuest = new PeerImpairment(line.PerThousand, new RandomStream(seed, ((ulong)number * 2) + 1, RandomPurpose.Line));
        _scratch = ScratchFolder.Create();
        string folder = Path.Combine(_scratch, "0"), path = Path.Combine(folder, "port");
        Directory.CreateDirectory(folder);
        File.CreateSymbolicLink(Path.Combine(folder, "initramfs"), parts.System.ImageOf(parts.Cache, GuestLoad.Pppd));
        _unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _unix.Bind(new UnixDomainSocketEndPoint(path));
        _unix.Listen(1);
        if (role == Role.Called)
        {
            _calls = new TcpListener(IPAddress.Loopback, 0);
            _calls.Start();
        }

        _process = new GuestProcess(
            parts.Launcher, folder, parts.Called.ProgramOf(parts.Cache),
            [
                $"mem={PairOptions.UsualMemoryMiB}M", "initrd=initramfs", "umid=guest", "uml_dir=.", "con=null", "con0=null,fd:1", "stderr=1", "stress_tty=port",
                "kasan.fault=panic", "oops=panic", "panic=-1", .. KernelWords.Seeded,
                "job=peer", $"role={(role == Role.Called ? "called" : "calling")}", string.Create(CultureInfo.InvariantCulture, $"up={line.PppdUp}"), string.Create(CultureInfo.InvariantCulture, $"restart={line.Restart}"), "end",
            ],
            seed);
        _running = Task.Run(RunAsync);
    }

    /// <summary>The TCP port of 127.0.0.1 at which the called end is reached.</summary>
    public int Port => ((IPEndPoint)_calls!.LocalEndpoint).Port;

    /// <summary>The guest has booted and its pppd has opened the terminal: a call that comes earlier waits longer than an endpoint may.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Frames that the line doubled, dropped or corrupted.</summary>
    public long Touched => _toGuest.Touched + _fromGuest.Touched;

    /// <summary>What the kernel reported.</summary>
    public IReadOnlyList<FarPanic> Reports => ConsoleText.Reports(_process.Console);

    /// <summary>The console's lines.</summary>
    public IEnumerable<string> Console
    {
        get
        {
            _process.TakeOutput();
            return ConsoleText.Lines(_process.Console);
        }
    }

    /// <summary>Ends the guest.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        _carrier?.Dispose();
        _port?.Dispose();
        _unix.Dispose();
        _calls?.Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await Task.Run(_process.Dispose).ConfigureAwait(false);
        ScratchFolder.Remove(_scratch);
        _stop.Dispose();
        _sending.Dispose();
    }

    private async Task RunAsync()
    {
        _port = await _unix.AcceptAsync(_stop.Token).ConfigureAwait(false);
        Task reading = ReadPortAsync(_port);
        await CallsAsync().ConfigureAwait(false);
        await reading.ConfigureAwait(false);
    }

    // One call after another: the terminal is open, carrier comes, carrier goes, the terminal is closed.
    private async Task CallsAsync()
    {
        // The guest opens the terminal once to switch its echo off.
        await TerminalAsync(open: true).ConfigureAwait(false);
        await TerminalAsync(open: false).ConfigureAwait(false);
        while (!_stop.IsCancellationRequested)
        {
            await TerminalAsync(open: true).ConfigureAwait(false);
            _ready.TrySetResult();
            Socket? call;
            if (_calls is not null)
            {
                call = await _calls.AcceptSocketAsync(_stop.Token).ConfigureAwait(false);
            }
            else
            {
                call = new Socket(SocketType.Stream, ProtocolType.Tcp);
                try
                {
                    await call.ConnectAsync(IPAddress.Loopback, _callTo, _stop.Token).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    // Nobody answers any more.
                    call.Dispose();
                    return;
                }
            }

            call.NoDelay = true;
            _carrier = call;
            Channel<(long Due, byte[] Bytes)> outward = _outward = Delayed(), inward = Delayed();
            _detected = true;
            await SendAsync(PortMessageKind.Lines, PortLines.CarrierDetect | Idle, default).ConfigureAwait(false);
            Task carrying = Task.WhenAll(CarryAsync(outward, bytes => SendAllAsync(call, bytes)), CarryAsync(inward, ArriveAsync));
            await ReadCallAsync(call, inward).ConfigureAwait(false);
            _outward = null;
            outward.Writer.Complete();
            PutEnd(inward);
            inward.Writer.Complete();
            await carrying.ConfigureAwait(false);
            _carrier = null;
            call.Dispose();
            await DropCarrierAsync().ConfigureAwait(false);
            await TerminalAsync(open: false).ConfigureAwait(false);
        }
    }

    private const PortLines Idle = PortLines.ClearToSend | PortLines.DataSetReady;

    private volatile Channel<(long Due, byte[] Bytes)>? _outward;

    // The guest's modem has carrier: what arrives without one is lost.
    private volatile bool _detected;

    // What comes over the line; nothing is the far modem's hanging up.
    private Task ArriveAsync(byte[] bytes) =>
        bytes.Length == 0 ? DropCarrierAsync() : _detected ? SendAsync(PortMessageKind.Data, PortLines.None, bytes) : Task.CompletedTask;

    private async Task DropCarrierAsync()
    {
        if (_detected)
        {
            _detected = false;
            await SendAsync(PortMessageKind.Lines, Idle, default).ConfigureAwait(false);
        }
    }

    private static Channel<(long Due, byte[] Bytes)> Delayed() => Channel.CreateUnbounded<(long Due, byte[] Bytes)>();

    // The last known state of the terminal may be old: it is read until it is as wanted.
    private async Task TerminalAsync(bool open)
    {
        while (_open != open)
        {
            _open = await _terminal.Reader.ReadAsync(_stop.Token).ConfigureAwait(false);
        }
    }

    private bool _open;

    private async Task CarryAsync(Channel<(long Due, byte[] Bytes)> channel, Func<byte[], Task> send)
    {
        await foreach ((long due, byte[] bytes) in channel.Reader.ReadAllAsync(_stop.Token).ConfigureAwait(false))
        {
            long wait = due - Environment.TickCount64;
            if (wait > 0)
            {
                await Task.Delay((int)wait, _stop.Token).ConfigureAwait(false);
            }

            await send(bytes).ConfigureAwait(false);
        }
    }

    private void Put(Channel<(long Due, byte[] Bytes)> channel, byte[] bytes)
    {
        if (bytes.Length > 0)
        {
            channel.Writer.TryWrite((Environment.TickCount64 + (long)_line.Delay.TotalMilliseconds, bytes));
        }
    }

    private void PutEnd(Channel<(long Due, byte[] Bytes)> channel) => channel.Writer.TryWrite((Environment.TickCount64 + (long)_line.Delay.TotalMilliseconds, []));

    private async Task ReadCallAsync(Socket call, Channel<(long Due, byte[] Bytes)> inward)
    {
        byte[] buffer = new byte[Piece];
        try
        {
            int n;
            while ((n = await call.ReceiveAsync(buffer, _stop.Token).ConfigureAwait(false)) > 0)
            {
                Put(inward, _toGuest.Take(buffer.AsSpan(0, n)));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Carrier is gone, one way or the other.
        }
    }

    private async Task ReadPortAsync(Socket port)
    {
        byte[] buffer = new byte[64 * 1024];
        int length = 0;
        try
        {
            int n;
            while ((n = await port.ReceiveAsync(buffer.AsMemory(length), _stop.Token).ConfigureAwait(false)) > 0)
            {
                length += n;
                int at = 0;
                while (length - at >= PortMessage.Bytes)
                {
                    PortMessage message = PortMessage.Read(buffer.AsSpan(at));
                    if (length - at < PortMessage.Bytes + message.Length)
                    {
                        break;
                    }

                    await TakeAsync(message, buffer.AsMemory(at + PortMessage.Bytes, message.Length)).ConfigureAwait(false);
                    at += PortMessage.Bytes + message.Length;
                }

                buffer.AsSpan(at, length - at).CopyTo(buffer);
                length -= at;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The guest has ended.
        }

        // A caller waiting for one that never came finds out by calling it.
        _ready.TrySetResult();
    }

    private async Task TakeAsync(PortMessage message, ReadOnlyMemory<byte> data)
    {
        if (message.Kind == PortMessageKind.Lines)
        {
            bool open = ((PortLines)message.Value & PortLines.DataTerminalReady) != 0;
            _terminal.Writer.TryWrite(open);
            if (!open)
            {
                // A modem whose terminal is closed hangs up at once. At the far end, if it has not hung up itself, what was written before comes first; then carrier goes there.
                if (_outward is { } channel)
                {
                    PutEnd(channel);
                }

                await DropCarrierAsync().ConfigureAwait(false);
            }
        }
        else if (message.Kind == PortMessageKind.Data && _outward is { } outward)
        {
            Put(outward, _fromGuest.Take(data.Span));
        }
    }

    // An empty read is the end of the call.
    private static async Task SendAllAsync(Socket call, byte[] bytes)
    {
        try
        {
            if (bytes.Length == 0)
            {
                call.Shutdown(SocketShutdown.Both);
                return;
            }

            for (int sent = 0; sent < bytes.Length;)
            {
                sent += await call.SendAsync(bytes.AsMemory(sent)).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Carrier went while it was on its way.
        }
    }

    private async Task SendAsync(PortMessageKind kind, PortLines lines, byte[]? data)
    {
        await _sending.WaitAsync(_stop.Token).ConfigureAwait(false);
        try
        {
            var bytes = new List<byte>();
            PortMessage.Append(bytes, kind, (uint)lines, data ?? []);
            for (byte[] all = [.. bytes]; all.Length > 0;)
            {
                all = all[await _port!.SendAsync(all, SocketFlags.None, _stop.Token).ConfigureAwait(false)..];
            }
        }
        catch (SocketException)
        {
            // The guest has ended; its console says why.
        }
        finally
        {
            _sending.Release();
        }
    }
}
