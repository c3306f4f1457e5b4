using System.Net;
using System.Net.Sockets;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Stress.Tests.Shared;
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
    public async Task Who_opens_a_pty_writes_and_closes_it_before_anybody_looks_is_a_call_with_what_was_written()
    {
        string link = Path.Combine(Path.GetTempPath(), $"stress-pty-gone-{Environment.ProcessId}");
        await using ILineListener listener = LineTarget.Parse($"pty:{link}").Listen();
        await using (ILine caller = await LineTarget.Parse($"pty:{link}").OpenAsync(CancellationToken.None))
        {
            Assert.True(await caller.WriteAsync("AT\r"u8.ToArray(), CancellationToken.None));
        }

        await using ILine call = await listener.AcceptAsync(new CancellationToken(canceled: true));
        byte[] heard = new byte[8];

        Assert.Equal(3, await call.ReadAsync(heard));
        Assert.Equal("AT\r"u8.ToArray(), heard[..3]);
        Assert.Equal(0, await call.ReadAsync(heard));
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
        var time = new WatchedTime();
        VirtualTime silence = VirtualTime.FromSeconds(77);
        CallOptions mixed = LwipTests.Caller with { Ends = [CallEnd.Carrier, CallEnd.Silence, CallEnd.Hup], Silence = silence };
        Task<(DialResult Caller, DialResult Called)> calls = CallAsync("tcp://127.0.0.1:0", mixed, Answering, cycles: 9, lines: 1, time: time);
        for (int n = 0; n < 3; n++)
        {
            await time.WaitsAsync(TimeSpan.FromSeconds(77));
            time.Advance(TimeSpan.FromSeconds(77));
        }

        (DialResult caller, DialResult called) = await calls;
        AllUp(caller, 9);
        Assert.Equal((3, 3, 3), (caller.Counters.CarrierDrops, caller.Counters.Silences, caller.Counters.Hups));
        Assert.Equal(9, called.Done);
    }

    [Fact]
    public async Task The_frames_on_a_real_line_are_those_of_the_two_automata_with_the_same_draws()
    {
        string folder = Directory.CreateTempSubdirectory("stress-dial-").FullName;
        (DialResult caller, _) = await CallAsync("tcp://127.0.0.1:0", LwipTests.Caller, Answering, cycles: 1, lines: 1, transcripts: folder);
        AllUp(caller, 1);
        IEnumerable<string> real = File.ReadLines(Directory.GetFiles(folder, "line*.txt").Single())
            .Select(line => line.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries)).Where(words => words.Length == 3 && words[1] is "sent" or "rcvd").Select(words => $"{words[1]} {words[2]}");
        Assert.Equal(Wired(LwipTests.Caller.Ppp, Answering.Ppp).Order(StringComparer.Ordinal), real.Order(StringComparer.Ordinal));
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("tcp", IpcpAddressing.Dynamic)]
    [InlineData("tcp", IpcpAddressing.Static)]
    [InlineData("pty", IpcpAddressing.Dynamic)]
    public async Task A_real_call_is_byte_for_byte_the_emulator_s_call_of_the_same_scenario_apart_from_its_draws(string kind, IpcpAddressing addressing)
    {
        SiteOptions site = EmulatedCall.Quiet(addressing);
        IReadOnlyList<(bool FromCaller, byte[] Frame)> emulated = EmulatedCall.Execute(site);
        CallOptions Of(Role role) => CallOptions.Of(site, role, 0) with { Up = TimeRange.Fixed(role == Role.Calling ? VirtualTime.Zero : VirtualTime.Never) };
        string link = Path.Combine(Path.GetTempPath(), $"stress-same-{Environment.ProcessId}");
        await using ILineListener listener = LineTarget.Parse(kind == "tcp" ? "tcp://127.0.0.1:0" : $"pty:{link}").Listen();
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, Of(Role.Called), 1), listener, TimeProvider.System).RunAsync(CancellationToken.None);
        var heard = new ControlFrames();
        CallResult result;
        await using (ILine line = await listener.Target.OpenAsync(CancellationToken.None))
        {
            result = await new Call(line, Of(Role.Calling), (0, 0), 1, new DialCounters(), heard, TimeProvider.System).RunAsync(CancellationToken.None);
        }

        AllUp(await answering, 1);
        Assert.Equal((CallOutcome.Completed, Ipv4Address.Of(10, 0, 0, 2), Ipv4Address.Of(10, 0, 0, 1)), (result.Outcome, result.Ours, result.His));
        Assert.Equal(EmulatedCall.Sequences(emulated), EmulatedCall.Sequences(heard.Frames));
    }

    [Fact]
    public async Task Hellos_and_RIPng_cross_the_link_while_it_is_up()
    {
        CallOptions busy = LwipTests.Caller with { Up = TimeRange.Fixed(VirtualTime.FromMilliseconds(1100)) };
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        ValueTask<ILine> accepted = listener.AcceptAsync(CancellationToken.None);
        await using ILine calling = await listener.Target.OpenAsync(CancellationToken.None), answering = await accepted;
        (DialCounters caller, DialCounters called) = await new QuietPair(calling, answering).RunAsync(busy, Answering);
        Assert.Equal((1, 1, 1, 1), (caller.HellosSent, caller.RipngSent, caller.HellosHeard, caller.RipngHeard));
        Assert.Equal((1, 1, 1, 1), (called.HellosSent, called.RipngSent, called.HellosHeard, called.RipngHeard));
        Assert.Equal((0, 0), (caller.OtherPackets, called.OtherPackets));
    }

    [Fact]
    public async Task A_link_that_the_far_side_terminates_before_the_planned_end_is_not_completed()
    {
        // The planned HUP would come within the restart period for which the line stays after a Terminate-Request.
        CallOptions caller = LwipTests.Caller with { Up = TimeRange.Fixed(VirtualTime.FromSeconds(2)) };
        CallOptions called = LwipTests.Called with { Up = TimeRange.Fixed(VirtualTime.FromMilliseconds(100)) };
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        ValueTask<ILine> accepted = listener.AcceptAsync(CancellationToken.None);
        await using ILine calling = await listener.Target.OpenAsync(CancellationToken.None), answering = await accepted;
        (DialCounters result, _) = await new QuietPair(calling, new DeafOnceItTerminates(answering)).RunAsync(caller, called);
        Assert.Equal((1, 0, 0), (result.Of(CallOutcome.PeerTerminated), result.Of(CallOutcome.Completed), result.Hups));
    }

    // Hears no Terminate-Ack, so that it keeps the line: what comes after its Terminate-Request is noise.
    private sealed class DeafOnceItTerminates(ILine line) : ILine
    {
        private static readonly byte[] TerminateRequest = [0xC0, 0x21, HdlcFraming.Escape, (byte)LcpCode.TerminateRequest ^ 0x20];
        private bool _deaf;

        public async ValueTask<int> ReadAsync(Memory<byte> buffer)
        {
            int read = await line.ReadAsync(buffer);
            if (_deaf)
            {
                buffer.Span[..read].Clear();
            }

            return read;
        }

        public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop)
        {
            _deaf |= bytes.Span.IndexOf(TerminateRequest) >= 0;
            return line.WriteAsync(bytes, stop);
        }

        public void HangUp() => line.HangUp();

        public ValueTask DisposeAsync() => line.DisposeAsync();
    }

    [Fact]
    public async Task Nobody_at_the_address_is_a_failed_call_and_never_an_exception()
    {
        int port = Programs.FreeLoopbackPort();
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
        var time = new WatchedTime();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task far = Task.Run(async () =>
        {
            for (int n = 0; n < 6; n++)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await using var line = new TcpLine(client.Client);
                if (n == 0)
                {
                    await new Call(line, LwipTests.Called with { Up = TimeRange.Fixed(VirtualTime.Never) }, (0, 0), 1, new DialCounters(), NoCallLog.Instance, time).RunAsync(CancellationToken.None);
                    first.SetResult();
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
        Task<DialResult> dialing = new Dialer(LwipTests.Options(LineTarget.Parse($"tcp://127.0.0.1:{port}"), call, 6), time).RunAsync(CancellationToken.None);
        await first.Task;
        for (int n = 0; n < 5; n++)
        {
            await time.WaitsAsync(TimeSpan.FromSeconds(2));
            time.Advance(TimeSpan.FromSeconds(2));
        }

        DialResult result = await dialing;
        await far;
        Assert.Equal(1, result.SilentCrashes);
        Assert.Equal(5, result.Counters.Of(CallOutcome.NegotiationFailed));
    }

    [Fact]
    public async Task An_answerer_whose_callers_stop_calling_ends_and_counts_them_as_silent()
    {
        var time = new WatchedTime();
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, Answering, 3) with { Wait = VirtualTime.FromSeconds(50) }, listener, time).RunAsync(CancellationToken.None);
        DialResult one = await new Dialer(LwipTests.Options(listener.Target, LwipTests.Caller, 1), TimeProvider.System).RunAsync(CancellationToken.None);
        AllUp(one, 1);
        while (!answering.IsCompleted)
        {
            await Task.WhenAny(answering, time.WaitsAsync(TimeSpan.FromSeconds(50)));
            time.Advance(TimeSpan.FromSeconds(50));
        }

        DialResult result = await answering;
        Assert.Equal((1, 1, 0, 2), (result.SilentCrashes, result.Done, result.Failed, result.Lost));
    }

    [Fact]
    public async Task Asked_to_stop_it_hangs_up_and_what_was_not_done_is_lost()
    {
        var time = new WatchedTime();
        await using ILineListener listener = LineTarget.Parse("tcp://127.0.0.1:0").Listen();
        using var stop = new CancellationTokenSource();
        CallOptions forever = LwipTests.Caller with { Up = TimeRange.Fixed(VirtualTime.FromHours(1)) };
        Task<DialResult> dialing = new Dialer(LwipTests.Options(listener.Target, forever, 5), time).RunAsync(stop.Token);
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, Answering, 1), listener, time).RunAsync(CancellationToken.None);
        await time.WaitsAsync(TimeSpan.FromSeconds(1), count: 2);
        await stop.CancelAsync();
        DialResult result = await dialing;
        await answering;
        Assert.True(result.Interrupted);
        Assert.Equal((5, 0, 0, 5), (result.Planned, result.Done, result.Failed, result.Lost));
    }

    private static void AllUp(DialResult result, long calls)
    {
        Assert.True(result.Problems.Count == 0, string.Join('\n', result.Problems));
        Assert.Equal((calls, calls, calls), (result.Done, result.Counters.IpcpOpened, result.Counters.Ipv6cpOpened));
    }

    private static async Task<(DialResult Caller, DialResult Called)> CallAsync(
        string listen, CallOptions caller, CallOptions called, int cycles, int lines, string? transcripts = null, TimeProvider? time = null)
    {
        await using ILineListener listener = LineTarget.Parse(listen).Listen();
        time ??= TimeProvider.System;
        Task<DialResult> answering = new Answerer(LwipTests.Options(listener.Target, called, cycles * lines, lines), listener, time).RunAsync(CancellationToken.None);
        DialResult result = await new Dialer(LwipTests.Options(listener.Target, caller, cycles, lines) with { Transcripts = transcripts }, time).RunAsync(CancellationToken.None);
        return (result, await answering);
    }

    private static List<string> Wired(PppEndpointOptions caller, PppEndpointOptions called)
    {
        var a = new WiredEndpoint(caller, 1, 1);
        var b = new WiredEndpoint(called, 1, 0);
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

    private sealed class ControlFrames : ICallLog
    {
        public List<(bool FromCaller, byte[] Frame)> Frames { get; } = [];

        public void Frame(VirtualTime now, bool sent, ReadOnlySpan<byte> frame)
        {
            if (EmulatedCall.IsControl(frame))
            {
                Frames.Add((sent, frame.ToArray()));
            }
        }

        public void Text(VirtualTime now, bool sent, ReadOnlySpan<byte> bytes)
        {
        }

        public void Note(VirtualTime now, string note)
        {
        }
    }
}
