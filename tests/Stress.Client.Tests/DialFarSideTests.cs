using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Stress.Client.Reports;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Dial.Tests;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;
using Process = System.Diagnostics.Process;

namespace Stress.Client.Tests;

/// <summary>What the command makes of a far side that misbehaves: counted, reported, bounded, and never the end of the run.</summary>
public sealed class DialFarSideTests : IDisposable
{
    private static readonly PppEndpointOptions FarOptions = new() { LocalAddress = Ipv4Address.Of(10, 0, 0, 1), RemoteAddress = Ipv4Address.Of(10, 0, 0, 2) };

    private readonly WatchedTime _time = new();
    private readonly Screen _screen;

    public DialFarSideTests() => _screen = new Screen(_time);

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_login_prompt_that_never_comes_is_a_failed_chat()
    {
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Incomplete, "--login", "ppp", "--password", "x");
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        await _time.WaitsAsync(TimeSpan.FromSeconds(45));
        _time.Advance(TimeSpan.FromSeconds(45));
        DialReport report = await dial;
        Assert.Equal((1, "'ogin:' did not come within 00:00:45.000000 (chat 3)"), (Calls(report, CallOutcome.ChatFailed), Assert.Single(report.Problems).Detail));
    }

    [Fact]
    public async Task A_prompt_that_drowns_in_a_banner_is_given_up_at_its_limit()
    {
        DialReport report = await AgainstAsync(async line =>
        {
            byte[] banner = new byte[1 << 16];
            Array.Fill(banner, (byte)'.');
            for (int n = 0; n < 17; n++)
            {
                await line.WriteAsync(banner);
            }
        }, "--login", "ppp");
        Assert.Equal(1, Calls(report, CallOutcome.ChatFailed));
        Assert.InRange(report.Counters["bytesIn"], 1 << 20, (1 << 20) + (1 << 16));
    }

    [Theory]
    [InlineData("garbage", "runts")]
    [InlineData("bad FCS", "badFcs")]
    [InlineData("endless frame", "tooLong")]
    [InlineData("option bomb", "optionsRejected")]
    [InlineData("option without length", "malformed")]
    [InlineData("unknown code", "codeRejects")]
    public async Task Bad_bytes_are_counted_and_the_call_is_one_that_failed(string what, string counter)
    {
        byte[] good = Encoded(Lcp(LcpCode.ConfigureRequest, [1, 4, 5, 220])), bad = [.. good];
        bad[^4] ^= 1;
        byte[] bytes = what switch
        {
            "garbage" => [.. Enumerable.Range(0, 4000).Select(n => n % 3 == 0 ? HdlcFraming.Flag : (byte)(n * 7))],
            "bad FCS" => bad,
            "endless frame" => [HdlcFraming.Flag, .. Enumerable.Repeat((byte)0x55, 1 << 20), HdlcFraming.Flag],
            "option bomb" => Encoded(Lcp(LcpCode.ConfigureRequest, [.. Enumerable.Range(0, 300).SelectMany(n => (byte[])[(byte)(40 + (n % 200)), 2])])),
            "option without length" => Encoded(Lcp(LcpCode.ConfigureRequest, [1, 0, 1, 0])),
            _ => Encoded(Lcp((LcpCode)77, [])),
        };
        DialReport report = await AgainstAsync(async line => await line.WriteAsync(bytes));
        Assert.Equal(1, Calls(report, CallOutcome.CarrierLost));
        Assert.True(report.Counters[counter] > 0, counter);
        Assert.InRange(report.Counters["bytesOut"], 1, 4000);
    }

    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1, "--receive-all")]
    public async Task Control_characters_that_come_unescaped_before_LCP_is_open_are_dropped_and_the_frame_with_them(long badFcs, long framesIn, params string[] more)
    {
        byte[] payload = Lcp(LcpCode.ConfigureRequest, [2, 6, 0, 0, 0, 0]), line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        int length = HdlcFraming.Encode(payload, line, asyncMap: 0);
        DialReport report = await AgainstAsync(async stream => await stream.WriteAsync(line.AsMemory(0, length)), more);
        Assert.Equal((badFcs, framesIn), (report.Counters["badFcs"], report.Counters["framesIn"]));
    }

    [Fact]
    public async Task A_line_that_gives_back_what_was_sent_is_looped_after_ten_Naks_of_the_magic_number()
    {
        int naks = 0;
        DialReport report = await AgainstAsync(async line =>
        {
            byte[] buffer = new byte[4096], frame = new byte[3072];
            var deframer = new HdlcDeframer();
            for (int read; (read = await line.ReadAsync(buffer)) > 0;)
            {
                for (int at = 0; at < read;)
                {
                    int length = deframer.Input(buffer.AsSpan(at, read - at), frame, out int consumed);
                    at += consumed;
                    naks += length > 0 && frame[2] == (byte)LcpCode.ConfigureNak ? 1 : 0;
                }

                await line.WriteAsync(buffer.AsMemory(0, read));
            }
        });
        Assert.Equal((1, PppEndpoint.MaxLoops), (Calls(report, CallOutcome.Looped), naks));
    }

    [Fact]
    public async Task A_link_that_is_renegotiated_and_stalls_is_lost_and_the_exit_code_says_so()
    {
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Incomplete, "--up", "60", "--establish", "2", "--address", "10.0.0.2");
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        var end = new FarEnd(line, FarOptions);
        await end.UpAsync();
        await end.NegotiateAgainAsync();
        await _time.WaitsAsync(TimeSpan.FromSeconds(2));
        _time.Advance(TimeSpan.FromSeconds(2));
        await end.ToTheEndAsync();
        DialReport report = await dial;
        Assert.Equal((1, 0), (Calls(report, CallOutcome.LinkLost), Calls(report, CallOutcome.Completed)));
    }

    [Fact]
    public async Task A_far_side_that_answers_later_than_the_restart_time_gets_the_same_request_again_and_the_link_opens()
    {
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Ok, "--no-ipv6");
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        var end = new FarEnd(line, FarOptions);
        foreach (PppProtocol protocol in (PppProtocol[])[PppProtocol.Lcp, PppProtocol.Ipcp])
        {
            await end.RepeatedAsync(protocol);
            await _time.WaitsAsync(TimeSpan.FromSeconds(3));
            _time.Advance(TimeSpan.FromSeconds(3));
            await end.AnsweredAsync();
        }

        await end.ToTheEndAsync();
        DialReport report = await dial;
        Assert.Equal((1, 1), (Calls(report, CallOutcome.Completed), report.Counters["ipcpOpened"]));
    }

    [Fact]
    public async Task The_identifier_of_a_CHAP_Success_is_not_looked_at()
    {
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Ok, "--name", "caller", "--secret", "secret");
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        bool changed = false;
        await new FarEnd(line, FarOptions with { Require = PppAuthentication.ChapMd5, Secrets = [new PppSecret("caller"u8.ToArray(), "secret"u8.ToArray())] })
        {
            Sends = frame =>
            {
                if (FarEnd.Is(frame, PppProtocol.Chap, (LcpCode)ChapCode.Success))
                {
                    frame[3]++;
                    changed = true;
                }

                return frame;
            },
        }.ToTheEndAsync();
        Assert.Equal((1, true), (Calls(await dial, CallOutcome.Completed), changed));
    }

    [Theory]
    [InlineData(0, "--ipcp-max-failure", "10")]
    [InlineData(1)]
    public async Task Naks_of_IPCP_that_do_not_help_are_borne_as_often_as_the_option_says(long given, params string[] more)
    {
        // Eight Naks with name servers only, as from a mobile network's peer; the ninth request is answered.
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Ok, more);
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        int naks = 0;
        await new FarEnd(line, FarOptions)
        {
            Answers = frame => FarEnd.Is(frame, PppProtocol.Ipcp, LcpCode.ConfigureRequest) && naks++ < 8
                ? [0x80, 0x21, (byte)LcpCode.ConfigureNak, frame[3], 0, 16, 129, 6, 10, 0, 0, 53, 131, 6, 10, 0, 0, 54]
                : null,
        }.ToTheEndAsync();
        DialReport report = await dial;
        Assert.Equal((1, 1 - given), (Calls(report, CallOutcome.Completed), report.Counters["ipcpOpened"]));
    }

    [Fact]
    public async Task A_transcript_that_cannot_be_written_is_one_line_and_exit_7_after_the_result_and_nothing_of_it_stays()
    {
        // A folder that has the name of the capture: its text could be written.
        string folder = Path.Combine(_screen.Folder, "transcripts"), taken = Path.Combine(folder, "line000-call000000.pcapng");
        Directory.CreateDirectory(taken);
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.NotWritten, "--transcript", folder);
        await using ILine line = await far.AcceptAsync(CancellationToken.None);
        await new FarEnd(line, FarOptions).ToTheEndAsync();
        Assert.Equal((1, 1), (Calls(await dial, CallOutcome.Completed), Report().Work.Done));
        Assert.StartsWith($"stress: the result is known, but 1 transcript of {folder} could not be written: ", Assert.Single(_screen.Error.TrimEnd().Split('\n')));
        Assert.Equal([taken], Directory.EnumerateFileSystemEntries(folder));
    }

    [Fact]
    public async Task A_negotiation_that_never_converges_ends_at_its_limit()
    {
        // Every Request is naked, with another map each time.
        DialReport report = await AgainstAsync(async line =>
        {
            byte[] buffer = new byte[4096], frame = new byte[3072];
            var deframer = new HdlcDeframer();
            uint map = 1;
            for (int read; (read = await line.ReadAsync(buffer)) > 0;)
            {
                for (int at = 0; at < read;)
                {
                    int length = deframer.Input(buffer.AsSpan(at, read - at), frame, out int consumed);
                    at += consumed;
                    if (length > 0 && frame[2] == (byte)LcpCode.ConfigureRequest)
                    {
                        map = (map << 1) | (map >> 31);
                        await line.WriteAsync(Encoded(Lcp(LcpCode.ConfigureNak, [2, 6, (byte)(map >> 24), (byte)(map >> 16), (byte)(map >> 8), (byte)map], frame[3])));
                    }
                }
            }
        });
        Assert.Equal((1, 1), (Calls(report, CallOutcome.NegotiationFailed), report.Counters["endlessNegotiations"]));
        Assert.InRange(report.Counters["framesIn"], 1, PppEndpoint.MaxConfigurePackets + 1);
    }

    [Fact]
    public async Task A_system_that_falls_silent_after_a_disconnect_has_crashed()
    {
        await using ILineListener far = Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.ExpectationFailed, "--cycles", "5", "--establish", "2");
        await using (ILine line = await far.AcceptAsync(CancellationToken.None))
        {
            CallOptions called = CallOptions.Of(new SiteOptions(), Role.Called, 0);
            await new Call(line, called, (0, 0), 1, new DialCounters(), NoCallLog.Instance, _time).RunAsync(CancellationToken.None);
        }

        for (int n = 0; n < 4; n++)
        {
            await using ILine line = await far.AcceptAsync(CancellationToken.None);
            await _time.WaitsAsync(TimeSpan.FromSeconds(2));
            _time.Advance(TimeSpan.FromSeconds(2));
        }

        await dial;
        CodePathRate row = Assert.Single(Report().CodePaths);
        Assert.Equal((DialReport.SilentTitle, 1L, 1L, 1.0), (row.Title, row.Crashes, row.Disconnects, row.Rate));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("pty")]
    public async Task A_link_that_loses_carrier_or_goes_silent_by_programme_is_down_at_both_ends(string kind)
    {
        string pty = $"pty:{Path.Combine(_screen.Folder, "line")}";
        await using ILineListener far = kind == "tcp" ? Listen() : LineTarget.Parse(pty).Listen();
        Task<DialReport> dial = DialAsync(far, ExitCodes.Ok, "--cycles", "3", "--end", "carrier,silence,carrier", "--silence", "77");
        var counters = new DialCounters();
        CallOptions called = CallOptions.Of(new SiteOptions(), Role.Called, 0);
        for (int n = 0; n < 3; n++)
        {
            await using ILine line = await far.AcceptAsync(CancellationToken.None);
            Task<CallResult> call = new Call(line, called, (0, n), 1, counters, NoCallLog.Instance, _time).RunAsync(CancellationToken.None);
            if (n == 1)
            {
                await _time.WaitsAsync(TimeSpan.FromSeconds(77));
                _time.Advance(TimeSpan.FromSeconds(77));
            }

            await call;
        }

        DialReport report = await dial;
        Assert.Equal((3, 2, 1), (Calls(report, CallOutcome.Completed), report.Counters["carrierDrops"], report.Counters["silences"]));
        Assert.Equal((3, 3), (counters.Of(CallOutcome.Completed), counters.Disconnects));
    }

    [Fact]
    public async Task Two_processes_exchange_the_control_frames_of_the_emulator_s_own_call()
    {
        string folder = _screen.Folder;
        using Process answer = Start("answer", "tcp://127.0.0.1:0", "--no-getty", "--transcript", folder, "--out", folder);
        string target = (await answer.StandardOutput.ReadLineAsync())!.Split(' ')[^1];
        using Process dial = Start("dial", target, "--up", "0", "--transcript", folder, "--out", folder);
        string said = await dial.StandardOutput.ReadToEndAsync() + await answer.StandardOutput.ReadToEndAsync();
        await Task.WhenAll(dial.WaitForExitAsync(), answer.WaitForExitAsync());

        Assert.True((dial.ExitCode, answer.ExitCode) == (ExitCodes.Ok, ExitCodes.Ok), said);
        SortedDictionary<string, string[]> emulated = EmulatedCall.Texts(EmulatedCall.Execute(EmulatedCall.Quiet(IpcpAddressing.Dynamic)));
        Assert.Equal(emulated, EmulatedCall.Texts(await File.ReadAllTextAsync(Path.Combine(folder, "line000-call000000.txt")), ofCaller: true));
        Assert.Equal(emulated, EmulatedCall.Texts(await File.ReadAllTextAsync(Path.Combine(folder, "answer000000.txt")), ofCaller: false));
    }

    private static Process Start(params string[] arguments) => Process.Start(new ProcessStartInfo(
        "dotnet", [Path.Combine(AppContext.BaseDirectory, "Stress.Client.dll"), .. arguments])
    { RedirectStandardOutput = true })!;

    private static ILineListener Listen() => LineTarget.Parse("tcp://127.0.0.1:0").Listen();

    private static byte[] Lcp(LcpCode code, byte[] data, byte id = 1)
    {
        byte[] payload = new byte[6 + data.Length];
        LcpPacket.Write(payload, PppProtocol.Lcp, code, id, data);
        return payload;
    }

    private static byte[] Encoded(byte[] payload)
    {
        byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
        return line[..HdlcFraming.Encode(payload, line, HdlcFraming.DefaultAsyncMap)];
    }

    private static long Calls(DialReport report, CallOutcome outcome) => report.Outcomes.Where(o => o.Outcome == outcome.ToString()).Sum(o => o.Calls);

    // One call to a far side that does something and then drops carrier.
    private async Task<DialReport> AgainstAsync(Func<Stream, Task> does, params string[] more)
    {
        using var far = new TcpListener(IPAddress.Loopback, 0);
        far.Start();
        Task<DialReport> dial = DialAsync($"tcp://{far.LocalEndpoint}", ExitCodes.Incomplete, more);
        using (TcpClient line = await far.AcceptTcpClientAsync())
        {
            NetworkStream stream = line.GetStream();
            try
            {
                await does(stream);

                // The rest is read, so that nothing of what was sent is lost with the connection.
                line.Client.Shutdown(SocketShutdown.Send);
                await stream.CopyToAsync(Stream.Null);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // The caller has had enough.
            }
        }

        return await dial;
    }

    private Task<DialReport> DialAsync(ILineListener far, int code, params string[] more) => DialAsync(far.Target.ToString(), code, more);

    private async Task<DialReport> DialAsync(string far, int code, params string[] more)
    {
        int exit = await _screen.Run(["dial", far, .. more.Contains("--up") ? (string[])[] : ["--up", "0"], "--holdoff", "0", "--out", _screen.Folder, .. more]);
        Assert.True(exit == code, _screen.Error + _screen.Out);
        string file = Path.Combine(Directory.GetDirectories(_screen.Folder, "dial-*").Single(), DialReport.FileName);
        return JsonSerializer.Deserialize<DialReport>(await File.ReadAllTextAsync(file), RunFolder.Json)!;
    }

    private RunReport Report() => new RunFolder(Directory.GetDirectories(_screen.Folder, "dial-*").Single()).ReadReport();
}
