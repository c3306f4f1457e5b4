using System.Net;
using System.Net.Sockets;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Simulation;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>The emulated caller against the emulated answerer, over real lines of this machine.</summary>
public class LoopbackTests
{
    private static readonly CallOptions Answering = LwipTests.Called with { Up = TimeRange.Fixed(VirtualTime.Never), Chat = ChatScript.Getty };
    private static readonly CallOptions LoggingIn = LwipTests.Caller with { Chat = ChatScript.Login("caller", "secret") };

    [Fact]
    public async Task Over_TCP_every_call_with_login_and_CHAP_is_up_at_both_ends_and_ends_as_planned()
    {
        CallOptions strict = Answering with { Ppp = Answering.Ppp with { Require = PppAuthentication.ChapMd5 } };
        (DialResult caller, DialResult called) = await CallAsync("tcp://127.0.0.1:0", LoggingIn, strict, cycles: 50, lines: 4);
        AllUp(caller, 200);
        AllUp(called, 200);
    }

    [Fact]
    public async Task Over_a_pty_every_call_is_up_at_both_ends_and_ends_as_planned()
    {
        string link = Path.Combine(Path.GetTempPath(), $"stress-pty-{Environment.ProcessId}");
        (DialResult caller, DialResult called) = await CallAsync($"pty:{link}", LoggingIn, Answering, cycles: 5, lines: 1);
        AllUp(caller, 5);
        AllUp(called, 5);
        Assert.False(File.Exists(link));
    }

    [Fact]
    public async Task A_caller_that_skips_the_login_is_heard_by_its_first_flag()
    {
        (DialResult caller, DialResult called) = await CallAsync("tcp://127.0.0.1:0", LwipTests.Caller, Answering, cycles: 3, lines: 1);
        AllUp(caller, 3);
        AllUp(called, 3);
    }

    [Fact]
    public async Task Carrier_loss_and_silence_end_calls_as_planned_too()
    {
        CallOptions mixed = LwipTests.Caller with { Ends = [CallEnd.Carrier, CallEnd.Silence, CallEnd.Hup], Silence = VirtualTime.FromMilliseconds(5) };
        (DialResult caller, DialResult called) = await CallAsync("tcp://127.0.0.1:0", mixed, Answering, cycles: 9, lines: 1);
        AllUp(caller, 9);
        Assert.Equal((3, 3, 3), (caller.Counters.CarrierDrops, caller.Counters.Silences, caller.Counters.Hups));
        Assert.Equal(9, called.Done);
    }

    [Fact]
    public async Task The_frames_on_a_real_line_are_those_inside_the_emulator()
    {
        // Inside: both endpoints in virtual time, with the numbers that the real calls draw from the same seed.
        string folder = Directory.CreateTempSubdirectory("stress-dial-").FullName;
        (DialResult caller, _) = await CallAsync("tcp://127.0.0.1:0", LwipTests.Caller, Answering, cycles: 1, lines: 1, transcripts: folder);
        AllUp(caller, 1);
        var real = new SortedSet<string>(File.ReadLines(Directory.GetFiles(folder, "line*.txt").Single())
            .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length == 3 && words[1] is "sent" or "rcvd").Select(words => $"{words[1]} {words[2]}"), StringComparer.Ordinal);
        Assert.Equal(Emulated(LwipTests.Caller.Ppp, Answering.Ppp), real);
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Hellos_and_RIPng_cross_the_link_while_it_is_up()
    {
        CallOptions busy = LwipTests.Caller with { Up = TimeRange.Fixed(VirtualTime.FromMilliseconds(1100)) };
        (DialResult caller, DialResult called) = await CallAsync("tcp://127.0.0.1:0", busy, Answering, cycles: 1, lines: 1);
        Assert.True(caller.Counters.HellosSent > 0 && caller.Counters.RipngSent > 0);
        Assert.Equal((caller.Counters.HellosSent, caller.Counters.RipngSent), (called.Counters.HellosHeard, called.Counters.RipngHeard));
        Assert.Equal(0, called.Counters.OtherPackets);
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_failed_call_and_never_an_exception()
    {
        int port;
        using (var unused = new TcpListener(IPAddress.Loopback, 0))
        {
            unused.Start();
            port = ((IPEndPoint)unused.LocalEndpoint).Port;
        }

        foreach (string target in (string[])[$"tcp://127.0.0.1:{port}", "pty:/nonexistent/tty", "exec:exit 1"])
        {
            DialResult result = await new Dialer(LwipTests.Options(LineTarget.Parse(target), LwipTests.Caller, 2), TimeProvider.System).RunAsync(CancellationToken.None);
            Assert.Equal((2, 0, 2, 0), (result.Planned, result.Done, result.Failed, result.Lost));
            Assert.All(result.Problems, problem => Assert.NotEmpty(problem.Detail));
        }
    }

    [Fact]
    public async Task A_system_that_answered_and_then_says_nothing_for_three_calls_counts_as_silent_once()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task far = Task.Run(async () =>
        {
            for (int n = 0; n < 6; n++)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await using var line = new TcpLine(client.Client);
                if (n == 0)
                {
                    await new Call(line, LwipTests.Called with { Up = TimeRange.Fixed(VirtualTime.Never) }, (0, 0), 1, new DialCounters(), NoCallLog.Instance, TimeProvider.System).RunAsync(CancellationToken.None);
                }
                else
                {
                    while (await line.ReadAsync(new byte[256]) > 0)
                    {
                    }
                }
            }
        });
        CallOptions call = LwipTests.Caller with { Establish = VirtualTime.FromSeconds(2) };
        DialOptions options = LwipTests.Options(LineTarget.Parse($"tcp://127.0.0.1:{port}"), call, 6) with { SilentAttempts = 3 };
        var dialer = new Dialer(options with { CallOf = _ => call with { Establish = VirtualTime.FromMilliseconds(300) } }, TimeProvider.System);
        DialResult result = await dialer.RunAsync(CancellationToken.None);
        await far;
        Assert.Equal(1, result.SilentCrashes);
        Assert.Equal(5, result.Counters.Of(CallOutcome.NegotiationFailed));
    }

    [Fact]
    public async Task Asked_to_stop_it_hangs_up_and_what_was_not_done_is_lost()
    {
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        using var stop = new CancellationTokenSource();
        CallOptions forever = LwipTests.Caller with { Up = TimeRange.Fixed(VirtualTime.FromHours(1)) };
        var first = new TaskCompletionSource();
        Task<DialResult> dialing = new Dialer(LwipTests.Options(listener.Target, forever, 5), TimeProvider.System).RunAsync(stop.Token);
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, Answering, 1), listener, TimeProvider.System).RunAsync(CancellationToken.None);
        _ = first;
        stop.CancelAfter(50);
        DialResult result = await dialing;
        await answering;
        Assert.True(result.Interrupted);
        Assert.Equal(result.Planned, result.Done + result.Failed + result.Lost);
        Assert.True(result.Lost > 0);
    }

    private static void AllUp(DialResult result, long calls)
    {
        Assert.True(result.Problems.Count == 0, string.Join('\n', result.Problems));
        Assert.Equal((calls, calls, calls), (result.Done, result.Counters.IpcpOpened, result.Counters.Ipv6cpOpened));
    }

    private static async Task<(DialResult Caller, DialResult Called)> CallAsync(
        string listen, CallOptions caller, CallOptions called, int cycles, int lines, string? transcripts = null)
    {
        await using ILineListener listener = LineTarget.Parse(listen).Listen();
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, called, cycles * lines, lines), listener, TimeProvider.System).RunAsync(CancellationToken.None);
        DialResult result = await new Dialer(LwipTests.Options(listener.Target, caller, cycles, lines) with { Transcripts = transcripts }, TimeProvider.System).RunAsync(CancellationToken.None);
        return (result, await answering);
    }

    private static SortedSet<string> Emulated(PppEndpointOptions caller, PppEndpointOptions called)
    {
        var a = new Wired(caller, 1);
        var b = new Wired(called, 0);
        a.Start();
        b.Start();
        for (bool closed = false; !a.Ppp.IsDead;)
        {
            bool moved = a.Pass(b) | b.Pass(a);
            if (!moved && !closed)
            {
                closed = true;
                a.Ppp.Close(VirtualTime.Zero, a);
            }
        }

        return a.Seen;
    }

    private sealed class Wired : IPppActions
    {
        private readonly Queue<byte[]> _sent = new();

        public Wired(PppEndpointOptions options, ulong entity)
        {
            var random = new RandomStream(1, entity, RandomPurpose.Pppd);
            Ppp = new PppEndpoint(options) { Magic = (uint)random.Next() | 1, InterfaceIdentifier = (random.Next() & ~(2UL << 56)) | 1 };
        }

        public PppEndpoint Ppp { get; }

        public SortedSet<string> Seen { get; } = new(StringComparer.Ordinal);

        public void Start()
        {
            Ppp.Open(VirtualTime.Zero, this);
            Ppp.LowerUp(VirtualTime.Zero, this);
        }

        public bool Pass(Wired to)
        {
            if (!_sent.TryDequeue(out byte[]? frame))
            {
                return false;
            }

            to.Seen.Add($"rcvd {FrameText.Describe(frame)}");
            to.Ppp.Input(frame, VirtualTime.Zero, to);
            return true;
        }

        public void SendFrame(ReadOnlySpan<byte> frame)
        {
            Seen.Add($"sent {FrameText.Describe(frame)}");
            _sent.Enqueue(frame.ToArray());
        }

        public void IpcpUp(Ipv4Address ours, Ipv4Address his)
        {
        }

        public void IpcpDown()
        {
        }

        public void Ipv6cpUp(ulong ours, ulong his)
        {
        }

        public void Ipv6cpDown()
        {
        }

        public void LinkTerminated(PppTermination reason)
        {
        }
    }
}
