using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using Stress.Client.Screen;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Instruments;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class WatchCommandTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly FakeTimeProvider _clock = new();
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_run_leaves_its_last_progress_which_is_its_report_and_the_watch_shows_it_in_plain_lines()
    {
        await _screen.Run("run", Scenario, "--pairs", "2", "--hours", "2", "--pace", "1000000", "--metrics-port", "0", "--out", _screen.Folder, "--no-progress");
        var folder = new RunFolder(Directory.EnumerateDirectories(_screen.Folder).Single());
        RunReport report = folder.ReadReport();
        RunProgress progress = folder.ReadProgress();

        Assert.Contains("metrics  http://127.0.0.1:", _screen.Out);
        Assert.True(progress.Run.Finished);
        Assert.Equal((report.Frames, report.Events, report.Work.Done), (progress.Run.Counters.OfSite().Frames, progress.Run.Counters.OfSite().Events, progress.Run.SitesDone));
        Assert.Equal(report.Disconnects.Counts, progress.Run.Counters.By(c => c.Disconnects));
        Assert.Equal(report.CodePaths.Sum(path => path.Crashes), progress.Run.Crashes.Sum(path => path.Count));
        Assert.Equal("Active", Assert.Single(progress.Silos).Status);

        using var watching = new Screen();
        Assert.Equal(ExitCodes.Ok, await watching.Run("watch", folder.Path));
        Assert.Contains("100%  2.0 of 2 h", watching.Out);
        Assert.Contains("finished", watching.Out);
        Assert.Contains("membership called", watching.Out);
        Assert.DoesNotContain("\u001b", watching.Out);
    }

    [Fact]
    public async Task A_folder_without_a_run_and_values_that_are_not_accepted_are_refused_in_one_line()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("watch", _screen.Folder));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("watch", "no-such-run"));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("run", Scenario, "--pace", "0", "--out", _screen.Folder));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("run", Scenario, "--pace", "1e3", "--out", _screen.Folder));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("run", Scenario, "--metrics-port", "65536", "--out", _screen.Folder));
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        Assert.Equal(ExitCodes.Usage, await _screen.Run(
            "run", Scenario, "--metrics-port", $"{((IPEndPoint)taken.LocalEndpoint).Port}", "--out", _screen.Folder));

        string[] lines = _screen.Error.TrimEnd().Split('\n');
        Assert.Equal(6, lines.Length);
        Assert.All(lines, line => Assert.Contains("accepted", line));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    [Fact]
    public async Task The_view_has_every_path_with_its_interval_the_mails_figure_and_its_latest_rates_and_the_silos()
    {
        Queue<RunProgress?> states = new([null, State(1, 10, 8), State(2, 30, 10), State(3, 50, 30) with { Run = State(3, 50, 30).Run with { Finished = true } }]);
        _screen.Terminal.Out.Profile.Width = Terminal.PipedWidth;
        var screen = new WatchScreen(_screen.Terminal, _clock);
        Task<RunProgress?> following = screen.Follow(() => Task.FromResult(states.Dequeue()), TimeSpan.MaxValue, default);
        while (!following.IsCompleted)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        _screen.Terminal.Out.Write(screen.View((await following)!));
        Assert.True(_screen.Out.Contains("membership", StringComparison.Ordinal), _screen.Out);
        Assert.True(_screen.Out.Contains("▂█", StringComparison.Ordinal), _screen.Out);

        // 2 crashes in 20 disconnects, then 20 in 20.
        Assert.Contains("▂█", _screen.Out);
        Assert.Contains("60.0 %", _screen.Out);
        Assert.Contains("46.2 % to 72.4 %", _screen.Out);
        Assert.Contains("75.0 %", _screen.Out);
        Assert.Contains("10.0.0.1:11111", _screen.Out);
        Assert.Contains("pace 60, 1.5 s behind", _screen.Out);
    }

    [Fact]
    public async Task A_run_of_which_nothing_is_heard_is_given_up()
    {
        RunProgress old = State(1, 10, 8);
        _clock.Advance(TimeSpan.FromMinutes(2));
        RunProgress? last = await new WatchScreen(_screen.Terminal, _clock).Follow(() => Task.FromResult<RunProgress?>(old), TimeSpan.FromMinutes(1), default);

        Assert.False(last!.Run.Finished);
        Assert.Contains("no news for 120 s", _screen.Out);
    }

    [Fact]
    public void Progress_has_the_labels_of_the_runs_nodes_and_is_read_again_with_them()
    {
        var folder = new RunFolder(_screen.Folder);
        RunProgress state = State(1, 10, 3);
        state = state with
        {
            Run = state.Run with { Counters = new NodeCounters(["hub", "relay", "leaf"]), Crashes = [new PathCount(CodePath.Membership, (Role)2, 3)], Bands = [new PathBand(CodePath.Membership, (Role)1, 0.75, 0.7, 0.8)] },
        };
        folder.WriteProgress(state);
        string text = File.ReadAllText(folder.ProgressPath);
        RunProgress read = folder.ReadProgress();

        Assert.Contains("\"role\": \"leaf\"", text, StringComparison.Ordinal);
        Assert.Contains("\"role\": \"relay\"", text, StringComparison.Ordinal);
        Assert.Equal((state.Run.Crashes[0], state.Run.Bands[0]), (read.Run.Crashes[0], read.Run.Bands[0]));
        Assert.Contains("membership leaf", new WatchScreen(_screen.Terminal, _clock).Line(read), StringComparison.Ordinal);

        File.WriteAllText(folder.ProgressPath, text.Replace("\"role\": \"leaf\"", "\"role\": \"called\"", StringComparison.Ordinal));
        Assert.Contains("accepted are hub, relay, leaf", Assert.Throws<System.Text.Json.JsonException>(folder.ReadProgress).Message, StringComparison.Ordinal);
    }

    private RunProgress State(int hours, long disconnects, long crashes) => new()
    {
        At = _clock.GetUtcNow(),
        Silos = [new SiloState("10.0.0.1:11111", "Active", 12, 50, 80_000_000)],
        Run = new RunSnapshot
        {
            Labels = new RunLabels("seed-42", "seed", "netbsd-2005", "emulator"),
            Crashes = [new PathCount(CodePath.Membership, Role.Called, crashes, disconnects)],
            Counters = PairTopology.Counters(new() { Disconnects = disconnects, DecidedDisconnects = disconnects }),
            Windows = hours,
            WindowsPlanned = 3,
            Pairs = 1,
            PairHours = hours,
            HoursPlanned = 3,
            SitesPlanned = 1,
            Wall = TimeSpan.FromSeconds(hours),
            Pace = 60,
            PaceLag = TimeSpan.FromSeconds(1.5),
            Bands = [new PathBand(CodePath.Membership, Role.Called, 0.75, 0.7, 0.8)],
        },
    };
}
