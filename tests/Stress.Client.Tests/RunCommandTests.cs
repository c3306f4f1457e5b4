using System.Net;
using System.Text.Json;
using Stress.Client.Launching;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class RunCommandTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_run_prints_seed_digest_and_the_command_that_repeats_it_and_writes_what_the_schema_says()
    {
        string json = Path.Combine(_screen.Folder, "copy.json");
        int code = await _screen.Run(
            "run", Scenario, "--pairs", "2", "--hours", "2", "--seed", "7", "--out", _screen.Folder, "--json", json, "--no-progress", "--check");

        RunFolder folder = TheRun();
        RunReport report = folder.ReadReport();

        // Two pairs are too few for the scenario's bands, and the run has to say so of each, and how many would be enough.
        Assert.Equal(ExitCodes.NotDecided, code);
        Assert.Contains(report.Expectations, verdict => verdict.NotJudged == ExpectationVerdict.TooFew);
        Assert.All(report.Expectations.Where(verdict => !verdict.Met), verdict => Assert.Contains(verdict.Path, _screen.Error));
        Assert.Contains(" pairs would be enough", _screen.Error);
        Assert.Equal(report.Expectations.Count(verdict => !verdict.Met), _screen.Error.TrimEnd().Split('\n').Length);
        Assert.Contains("seed 7", _screen.Out);
        Assert.Contains(report.Digest, _screen.Out);
        Assert.Contains($"./stress run {Scenario} --pairs 2 --hours 2 --seed 7", _screen.Out);
        Assert.Contains("no difference", _screen.Out);
        Assert.True(report.Complete);
        Assert.Equal(new WorkCounts(2, 2, 0, 0), report.Work);
        Assert.Equal(report.CodePaths.Count, folder.ReadCrashes().Count);
        Assert.Equal(File.ReadAllText(folder.ReportPath), File.ReadAllText(json));
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        ReportSchema.Check(document.RootElement);
    }

    [Fact]
    public async Task The_printed_command_of_forty_minutes_is_accepted_and_gives_the_same_run()
    {
        string folder = Path.Combine(_screen.Folder, "it's here");
        Directory.CreateDirectory(folder);
        string scenario = Path.Combine(folder, "a b.yaml");
        File.Copy(Scenario, scenario);
        await _screen.Run("run", scenario, "--pairs=2", "--hours=40min", "--seed=7", "--no-progress", $"--out={_screen.Folder}/a");
        RunReport report = TheRun("a").ReadReport();
        Assert.EndsWith("--pairs 2 --hours 40min --seed 7", report.Command);

        // A shell takes it apart, as that of whoever copies it does.
        string[] words = Programs.Run("sh", "-c", $"stress() {{ printf '%s\\n' \"$@\"; }}; {report.Command.Replace("./stress", "stress", StringComparison.Ordinal)}").Output.TrimEnd().Split('\n');
        await _screen.Run([.. words, "--no-progress", $"--out={_screen.Folder}/b"]);
        Assert.Equal(report.Digest, TheRun("b").ReadReport().Digest);
        Assert.Equal(report.Command, TheRun("b").ReadReport().Command);
    }

    [Theory]
    [InlineData("router-advertisements", "advertises every 10 min, lifetime 30 min", "accepted, ndp every 5 min")]
    [InlineData("fragments", "4000 bytes every 3 s", "datagrams")]
    [InlineData("authenticated", "224.0.1.1", "group")]
    [InlineData("ssh", "sshd, asked after 120 min", "logs in over ipv6 after 10 s to 2 min")]
    public async Task The_screen_says_what_a_system_does_beside_pppd_and_its_daemons(string scenario, string one, string other)
    {
        await _screen.Run("run", Repository.At("scenarios", $"{scenario}.yaml"), "--pairs=1", "--hours=1", "--no-progress", $"--out={_screen.Folder}");

        Assert.Contains(one, _screen.Out);
        Assert.Contains(other, _screen.Out);
    }

    [Fact]
    public async Task The_page_of_a_run_states_build_options_and_every_value_of_the_scenario()
    {
        await _screen.Run("run", Scenario, "--pairs", "2", "--hours", "1", "--seed", "7", "--workers", "1", "--out", _screen.Folder, "--no-progress", "--check");
        RunFolder folder = TheRun();
        string page = WebUtility.HtmlDecode(File.ReadAllText(Path.Combine(folder.Path, "report.html")));

        Launch launch = Launch.Open(folder);
        Assert.Contains(ScenarioWriter.Write(launch.Scenario), page);
        foreach ((string name, string value) in ((string, string)[])[
            ("Commit", ProgramVersion.Current.Commit), ("Version", ProgramVersion.Current.Number), ("Scenario file", Scenario), ("Design", "netbsd-2005"), ("Seed", "7"),
            ("Pairs", "2"), ("Virtual time", "1"), ("Workers", "1"), ("Sites", "0 to 1"), ("Pace", "as fast as possible"), ("Sites executed again (--check)", "0, 1")])
        {
            Assert.Contains($"<tr><th scope=\"row\">{name}</th><td><code>{value}", page);
        }

        Assert.Matches("^[0-9a-f]{40}$", ProgramVersion.Current.Commit);
    }

    [Fact]
    public async Task The_page_of_a_comparison_states_its_configuration_with_every_design()
    {
        await _screen.Run("compare", Scenario, "--designs", "netbsd-2005,purge-flagged", "--pairs", "2", "--hours", "1", "--out", _screen.Folder, "--no-progress");
        string page = File.ReadAllText(Path.Combine(TheRun().Path, "compare.html"));
        Assert.Contains("<tr><th scope=\"row\">Designs</th><td><code>netbsd-2005, purge-flagged</code>", page);
    }

    [Fact]
    public async Task The_same_seed_gives_the_same_digest_with_one_worker_and_two_and_with_every_event_in_full()
    {
        await _screen.Run("run", Scenario, "--pairs=2", "--hours=1", "--workers=1", $"--out={_screen.Folder}/a", "--no-progress");
        await _screen.Run("run", Scenario, "--pairs=2", "--hours=1", "--workers=2", $"--out={_screen.Folder}/b", "--no-progress");
        await _screen.Run("run", Scenario, "--pairs=2", "--hours=1", "--no-skip", $"--out={_screen.Folder}/c", "--no-progress");

        Assert.Equal(TheRun("a").ReadReport().Digest, TheRun("b").ReadReport().Digest);
        Assert.Equal(TheRun("a").ReadReport().Digest, TheRun("c").ReadReport().Digest);
    }

    [Fact]
    public async Task An_interrupted_run_writes_a_partial_report_that_says_so_and_exits_130()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        int code = await StressCommand.Run(
            ["run", Scenario, "--pairs", "600", "--hours", "100000", "--out", _screen.Folder, "--no-progress"], _screen.Terminal, stop.Token);

        Assert.Equal(ExitCodes.Interrupted, code);
        RunReport report = TheRun().ReadReport();
        Assert.False(report.Complete);
        Assert.Equal("interrupted", report.Incomplete);
        Assert.Equal(report.Work.Planned, report.Work.Done + report.Work.Failed + report.Work.Lost + report.Work.NotBegun + report.Work.Unfinished);
        Assert.Contains("PARTIAL", _screen.Out);
        Assert.Contains("partial", _screen.Error);
    }

    [Fact]
    public async Task A_router_of_a_finished_run_is_shown_by_its_number_in_the_run()
    {
        await _screen.Run("run", Scenario, "--pairs", "2", "--hours", "1", "--out", _screen.Folder, "--no-progress");
        using var shown = new Screen();

        Assert.Equal(ExitCodes.Ok, await shown.Run("show", "router", "3", TheRun().Path));
        Assert.Contains("router 3: site 1, calling", shown.Out);
        Assert.Equal(ExitCodes.Usage, await shown.Run("show", "router", "4", TheRun().Path));
        Assert.Contains("from 0 to 3", shown.Error);
    }

    private RunFolder TheRun(string under = "") => new(Directory.EnumerateDirectories(Path.Combine(_screen.Folder, under)).Single());
}
