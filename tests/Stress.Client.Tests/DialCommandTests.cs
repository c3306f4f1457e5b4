using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Stress.Client.Dialling;
using Stress.Client.Reports;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class DialCommandTests : IDisposable
{
    private readonly Screen _screen = new();
    private readonly Screen _far = new();
    private readonly WatchedTime _time = new();

    public void Dispose()
    {
        _screen.Dispose();
        _far.Dispose();
    }

    [Fact]
    public async Task Dial_and_answer_call_each_other_over_a_pty_and_report_in_the_shape_of_every_run()
    {
        string pty = Path.Combine(_screen.Folder, "line"), transcripts = Path.Combine(_screen.Folder, "calls");
        Task<int> answer = _far.Run("answer", $"pty:{pty}", "--calls", "3", "--require", "chap", "--name", "ppp", "--secret", "s3cret", "--out", _far.Folder);
        int code = await _screen.Run(
            "dial", $"pty:{pty}", "--cycles", "3", "--up", "0", "--holdoff", "0", "--login", "ppp", "--password", "s3cret", "--transcript", transcripts, "--out", _screen.Folder);

        Assert.True(code == ExitCodes.Ok, _screen.Error + _screen.Out);
        Assert.Equal(ExitCodes.Ok, await answer);
        string folder = Directory.GetDirectories(_screen.Folder, "dial-*").Single();
        RunReport report = new RunFolder(folder).ReadReport();
        Assert.Equal(new WorkCounts(3, 3, 0, 0), report.Work);
        Assert.Equal([3, 0], report.Disconnects.Counts);
        Assert.True(report.Complete);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, RunFolder.ReportName)));
        ReportSchema.Check(document.RootElement);
        Assert.Contains("Wilson", File.ReadAllText(Path.Combine(folder, "report.html")));
        DialReport dial = JsonSerializer.Deserialize<DialReport>(File.ReadAllText(Path.Combine(folder, DialReport.FileName)), RunFolder.Json)!;
        Assert.Equal((3, 3), (dial.Counters["ipcpOpened"], dial.Counters["ipv6cpOpened"]));
        Assert.Equal((3, 1.0), dial.Outcomes.Where(o => o.Outcome == "Completed").Select(o => (o.Calls, o.Rate)).Single());
        Assert.Equal(6, Directory.GetFiles(transcripts).Length);
        foreach (string file in (string[])[.. Directory.GetFiles(folder), .. Directory.GetFiles(transcripts, "*.txt"), .. Directory.GetFiles(Directory.GetDirectories(_far.Folder).Single())])
        {
            Assert.DoesNotContain("s3cret", File.ReadAllText(file));
        }
    }

    [Fact]
    public async Task A_panic_on_the_console_is_a_crash_of_the_far_system_and_the_exit_code_says_so()
    {
        using var screen = new Screen(_time);
        RunFolder folder = await WithConsoleAsync(
            screen,
            "NetBSD 2.0 (GENERIC) #0\nfatal page fault in supervisor mode\nStopped in pid 7.1 (pppd) at netbsd:in_delmulti+0x41: movl\nin_delmulti(c0) at netbsd:in_delmulti+0x41\nip_freemoptions(c0) at netbsd:ip_freemoptions+0x2b\ndb> ");
        RunReport report = folder.ReadReport();
        CodePathRate row = Assert.Single(report.CodePaths);
        Assert.Equal(("page fault in in_delmulti", "in_delmulti", "called", 1L, 1L), (row.Title, row.Path, row.Role, row.Crashes, row.Disconnects));
        Assert.Equal("NetBsd", report.Design);
        Assert.Equal(["in_delmulti", "ip_freemoptions"], Assert.Single(folder.ReadCrashes()).Stack);
        Assert.Contains("page fault in in_delmulti", screen.Error);
    }

    [Fact]
    public async Task A_user_s_own_patterns_find_a_crash_that_no_system_s_table_knows()
    {
        using var screen = new Screen(_time);
        string patterns = Path.Combine(_far.Folder, "own.patterns");
        await File.WriteAllTextAsync(patterns, "# Our own watchdog.\ncause hung \"our watchdog: $what\" ^OURDOG: (?<what>\\w+) is stuck\nframe ^\\s+at {function}:\\d+$\nhelper our_lock_*\n");
        RunFolder folder = await WithConsoleAsync(
            screen, "Linux version 6.1.0 (a@b) #1\nOURDOG: link is stuck\n   at our_lock_take:12\n   at our_link_poll:40\n", "--patterns", patterns);
        CodePathRate row = Assert.Single(folder.ReadReport().CodePaths);
        Assert.Equal(("our watchdog: link in our_link_poll", "our_link_poll", 1L), (row.Title, row.Path, row.Crashes));
        Assert.Contains("our watchdog: link in our_link_poll", screen.Error);
    }

    [Fact]
    public async Task A_wrong_pattern_is_named_with_its_file_and_line_before_any_call()
    {
        string patterns = Path.Combine(_far.Folder, "own.patterns");
        await File.WriteAllTextAsync(patterns, "# Mine.\ncauses fault \"x\" ^x\n");
        int code = await _screen.Run("dial", "tcp://127.0.0.1:1", "--console", "tcp://127.0.0.1:1", "--patterns", patterns, "--out", _screen.Folder);
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains("own.patterns:2: 'causes': accepted are", _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.Empty(Directory.GetDirectories(_screen.Folder));
    }

    [Fact]
    public async Task A_chat_script_comes_from_a_file()
    {
        string pty = Path.Combine(_screen.Folder, "line"), script = Path.Combine(_far.Folder, "login.chat");
        await File.WriteAllTextAsync(script, "# The way in.\nABORT 'Login incorrect'\nogin:--ogin: ppp\nword: \\qs3cret\n");
        Task<int> answer = _far.Run("answer", $"pty:{pty}", "--out", _far.Folder);
        int code = await _screen.Run("dial", $"pty:{pty}", "--up", "0", "--chat-file", script, "--out", _screen.Folder);
        Assert.True(code == ExitCodes.Ok, _screen.Error + _screen.Out);
        Assert.Equal(ExitCodes.Ok, await answer);
    }

    [Fact]
    public async Task A_far_side_that_is_not_there_leaves_failed_calls_and_exit_code_4()
    {
        int code = await _screen.Run("dial", $"pty:{_screen.Folder}/nothing", "--cycles", "2", "--holdoff", "0", "--out", _screen.Folder);

        Assert.Equal(ExitCodes.Incomplete, code);
        Assert.Contains("2 calls failed", _screen.Error);
        Assert.Contains("NoConnection", _screen.Out);
    }

    [Theory]
    [InlineData("accepted are tcp://HOST:PORT", "dial", "nonsense")]
    [InlineData("--up x", "dial", "tcp://127.0.0.1:1", "--up", "x")]
    [InlineData("--up 5-2", "dial", "tcp://127.0.0.1:1", "--up", "5-2")]
    [InlineData("--end pull", "dial", "tcp://127.0.0.1:1", "--end", "hup,pull")]
    [InlineData("--lines 0", "dial", "tcp://127.0.0.1:1", "--lines", "0")]
    [InlineData("accepted are tcp://HOST:PORT, file:PATH, pty:PATH and exec:COMMAND", "dial", "tcp://127.0.0.1:1", "--console", "udp:x")]
    [InlineData("--require md4", "answer", "tcp://127.0.0.1:0", "--require", "md4")]
    [InlineData("not closed", "dial", "tcp://127.0.0.1:1", "--chat", "'' 'x")]
    [InlineData("accepted are tcp://HOST:PORT and pty:PATH", "answer", "exec:true")]
    [InlineData("TIMEOUT soon: accepted", "dial", "tcp://127.0.0.1:1", "--chat", "TIMEOUT soon")]
    [InlineData("missing.chat: cannot be read", "dial", "tcp://127.0.0.1:1", "--chat-file", "missing.chat")]
    [InlineData("accepted without --chat", "dial", "tcp://127.0.0.1:1", "--chat-file", "x", "--chat", "x")]
    [InlineData("accepted together with --console", "dial", "tcp://127.0.0.1:1", "--patterns", "x.patterns")]
    [InlineData("--lcp-restart 0: accepted are seconds from 0.1 to 600", "dial", "tcp://127.0.0.1:1", "--lcp-restart", "0")]
    [InlineData("--ipcp-restart 601: accepted are seconds from 0.1 to 600", "dial", "tcp://127.0.0.1:1", "--ipcp-restart", "601")]
    [InlineData("--ipv6cp-restart soon: accepted are seconds", "answer", "tcp://127.0.0.1:0", "--ipv6cp-restart", "soon")]
    [InlineData("--pap-restart 0.05: accepted are seconds from 0.1 to 600", "answer", "tcp://127.0.0.1:0", "--pap-restart", "0.05")]
    [InlineData("--chap-restart never: accepted are seconds", "dial", "tcp://127.0.0.1:1", "--chap-restart", "never")]
    [InlineData("--lcp-max-configure 0", "dial", "tcp://127.0.0.1:1", "--lcp-max-configure", "0")]
    [InlineData("--ipcp-max-configure 1001", "dial", "tcp://127.0.0.1:1", "--ipcp-max-configure", "1001")]
    [InlineData("--ipcp-max-failure many", "answer", "tcp://127.0.0.1:0", "--ipcp-max-failure", "many")]
    [InlineData("--asyncmap xon", "dial", "tcp://127.0.0.1:1", "--asyncmap", "xon")]
    [InlineData("no such file", "dial", "tcp://127.0.0.1:1", "--scenario", "missing.yaml")]
    [InlineData("--settle x", "dial", "tcp://127.0.0.1:1", "--settle", "x")]
    [InlineData("--wait x", "answer", "tcp://127.0.0.1:0", "--wait", "x")]
    [InlineData("--transcript /dev/null/x", "dial", "tcp://127.0.0.1:1", "--transcript", "/dev/null/x")]
    [InlineData("--max-crash 101", "dial", "tcp://127.0.0.1:1", "--max-crash", "101")]
    public async Task What_is_not_accepted_is_one_line_and_exit_code_2(string says, params string[] arguments)
    {
        int code = await _screen.Run([.. arguments, "--out", _screen.Folder]);

        Assert.Equal(ExitCodes.Usage, code);
        Assert.Contains(says, _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.Empty(Directory.GetDirectories(_screen.Folder));
    }

    [Fact]
    public async Task The_programme_comes_from_the_scenario()
    {
        string pty = Path.Combine(_screen.Folder, "line"), scenario = Repository.At("scenarios", "troxel-2005.yaml");
        Task<int> answer = _far.Run("answer", $"pty:{pty}", "--scenario", scenario, "--out", _far.Folder);
        int code = await _screen.Run("dial", $"pty:{pty}", "--scenario", scenario, "--up", "0", "--out", _screen.Folder);

        Assert.True(code == ExitCodes.Ok, _screen.Error);
        Assert.Equal(ExitCodes.Ok, await answer);
        Assert.NotEmpty(Directory.GetDirectories(_screen.Folder, "troxel*"));
    }

    [Fact]
    public void The_command_to_repeat_a_run_is_quoted_for_a_shell_and_holds_no_password() =>
        Assert.Equal(
            "./stress dial 'exec:ssh gw cu' --login me --password '***' --up 5",
            DialRun.Repeat(["dial", "exec:ssh gw cu", "--login", "me", "--password", "s3cret", "--up", "5"]));

    // One call to a system whose console says something and then nothing more.
    private async Task<RunFolder> WithConsoleAsync(Screen screen, string says, params string[] more)
    {
        using var console = new TcpListener(IPAddress.Loopback, 0);
        console.Start();
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task told = Task.Run(async () =>
        {
            using TcpClient client = await console.AcceptTcpClientAsync();
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(says));

            // The console stays open until the run is over.
            await over.Task;
        });
        string pty = Path.Combine(screen.Folder, "line");
        Task<int> answer = _far.Run("answer", $"pty:{pty}", "--out", _far.Folder);
        Task<int> dial = screen.Run(
            ["dial", $"pty:{pty}", "--up", "0", "--console", $"tcp://127.0.0.1:{((IPEndPoint)console.LocalEndpoint).Port}", "--settle", "7", "--out", screen.Folder, .. more]);

        // The text has begun and the calls are over: then it is quiet for as long as the run listens.
        await _time.WaitsAsync(TimeSpan.FromSeconds(2));
        await _time.WaitsAsync(TimeSpan.FromSeconds(7));
        _time.Advance(TimeSpan.FromSeconds(7));
        int code = await dial;
        over.SetResult();
        await answer;
        await told;
        Assert.True(code == ExitCodes.ExpectationFailed, screen.Error + screen.Out);
        return new RunFolder(Directory.GetDirectories(screen.Folder, "dial-*").Single());
    }
}
