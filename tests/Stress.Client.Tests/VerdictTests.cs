using System.Text.Json;
using System.Xml.Linq;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>What a run's numbers decide, and what they do not.</summary>
public sealed class VerdictTests : IDisposable
{
    private readonly Screen _screen = new();

    public VerdictTests() => File.Copy(Repository.At("scenarios", "troxel-2005.yaml"), Path.Combine(_screen.Folder, "troxel-2005.yaml"));

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("roles: [{role: calling, hup: {enabled: false}}]", "roles.calling.hup.enabled is false")]
    [InlineData("roles: [{role: calling, hup: {every: 10h}}]", "roles.calling.hup.every is 10h in a run of 1 h")]
    [InlineData("line: {training_failures_per_thousand: 1000}", "line.training_failures_per_thousand is 1000")]
    [InlineData("line: {noise_per_million_frames: 1000000}", "line.noise_per_million_frames is 1000000")]
    [InlineData("line: {dial_time: 2h}", "line.dial_time is 2h")]
    public async Task A_run_in_which_nothing_can_happen_names_the_field_that_is_the_cause_and_exits_5(string change, string cause)
    {
        string file = Scenario(change);

        Assert.Equal(ExitCodes.NotDecided, await Run(file));
        Assert.StartsWith("stress: not decided: no link was lost in 1 h, so nothing could crash: ", _screen.Error);
        Assert.Contains(cause, _screen.Error);
        Assert.Contains("NOT DECIDED", _screen.Out);
        RunReport report = Report();
        Assert.Contains(cause, Assert.Single(report.NotDecided));
        Assert.All(report.Expectations, verdict => Assert.NotNull(verdict.NotJudged));
        Assert.DoesNotContain("not met", _screen.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Folder().ReportPath));
        ReportSchema.Check(document.RootElement);
        Assert.Contains("Not decided: ", File.ReadAllText(Folder().PagePath));
        Assert.Contains(XDocument.Load(Path.Combine(_screen.Folder, "j.xml")).Descendants("error"), error => error.Attribute("message")!.Value.Contains(cause, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_run_without_a_redial_in_which_nothing_crashed_is_not_decided()
    {
        Assert.Equal(ExitCodes.NotDecided, await Run(Scenario("roles: [{role: calling, pppd: {persist: false}}]\nline: {training_failures_per_thousand: 0}\ndesign: purge-all\nexpect: []")));
        Assert.Contains("roles.calling.pppd.persist is false", _screen.Error);
    }

    [Fact]
    public async Task A_scenario_that_expects_nothing_to_happen_is_met_by_that_and_by_nothing_else()
    {
        const string reason = "expect: [{path: any, percent: 0}]\nexpect_nothing: the modem bank is switched off\n";
        Assert.Equal(ExitCodes.Ok, await Run(Scenario(reason + "roles: [{role: calling, hup: {enabled: false}}]")));
        Assert.Contains("2 of 2 met", _screen.Out);

        using var other = new Screen();
        Assert.Equal(ExitCodes.ExpectationFailed, await other.Run("run", Scenario(reason + "design: purge-all"), "--pairs=2", "--hours=1", "--no-progress", $"--out={other.Folder}"));
        Assert.Contains("expected that no link is lost, and ", other.Error);
    }

    [Fact]
    public async Task Compare_says_of_which_design_nothing_is_decided()
    {
        string file = Scenario("roles: [{role: calling, hup: {enabled: false}}]");
        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("compare", file, "--designs=netbsd-2005,purge-all", "--pairs=2", "--hours=1", "--no-progress", $"--out={_screen.Folder}/runs"));
        Assert.Contains("stress: not decided: netbsd-2005: no link was lost", _screen.Error);
        Assert.Contains("stress: not decided: purge-all: no link was lost", _screen.Error);
    }

    [Theory]
    [InlineData("purge-all", ExitCodes.Ok, "membership, in6_selecthlim, and every other crash", 2)]
    [InlineData("route-validate", ExitCodes.Ok, "judged by what it must end: in6_selecthlim", 1)]
    public async Task A_fix_is_judged_by_what_it_must_end_and_not_by_the_bands_of_another_design(string design, int code, string judged, int verdicts)
    {
        Assert.Equal(code, await _screen.Run("run", Path.Combine(_screen.Folder, "troxel-2005.yaml"), $"--design={design}", "--pairs=4", "--hours=2", "--no-progress", $"--out={_screen.Folder}/runs"));
        RunReport report = Report();
        Assert.Contains(judged, report.JudgedBy);
        Assert.Contains("the bands of the scenario are for netbsd-2005", _screen.Out);
        Assert.Equal(verdicts, report.Expectations.Count);
        Assert.All(report.Expectations, verdict => Assert.Equal((0.0, 0.0), (verdict.MinPercent!.Value, verdict.MaxPercent!.Value)));
    }

    [Fact]
    public void Bands_belong_to_the_design_of_the_file_that_states_them()
    {
        Scenario flagship = ScenarioLoader.Load(Path.Combine(_screen.Folder, "troxel-2005.yaml"));
        Assert.Equal("netbsd-2005", flagship.ExpectDesign);
        Assert.Equal("netbsd-2005", ScenarioLoader.Load(Scenario("design: purge-all")).ExpectDesign);
        Assert.False(ScenarioLoader.Load(Scenario("design: purge-all")).BandsAreOfItsDesign);
        Assert.Equal("purge-all", ScenarioLoader.Load(Scenario("design: purge-all\nexpect: [{path: any, percent: 0}]")).ExpectDesign);
        Assert.True(ScenarioLoader.Load(Scenario("design: purge-all\nexpect_design: any")).BandsAreOfItsDesign);
        Assert.Equal("any", ScenarioLoader.Parse(ScenarioWriter.Write(ScenarioLoader.Load(Scenario("expect_design: any"))), "again.yaml").ExpectDesign);
        Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(Scenario("expect_design: nonsense")));
        Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(Scenario("expect_nothing: ''")));
    }

    [Fact]
    public void Only_the_mails_kernel_ends_nothing_and_route_validate_ends_what_comes_of_cached_routes()
    {
        Assert.Equal(["netbsd-2005"], TeardownDesigns.All.Where(design => !design.Ends(HolderKind.In6pRouteIfp)).Select(design => design.Name));
        Assert.Equal(["netbsd-2005", "route-validate"], TeardownDesigns.All.Where(design => !design.Ends(HolderKind.InMultiIfp)).Select(design => design.Name));
    }

    [Fact]
    public async Task An_interrupted_run_judges_nothing_and_has_lost_nothing()
    {
        using var stop = new CancellationTokenSource();
        stop.Cancel();
        string junit = Path.Combine(_screen.Folder, "j.xml"), sarif = Path.Combine(_screen.Folder, "s.json");
        Assert.Equal(ExitCodes.Interrupted, await StressCommand.Run(
            ["run", Path.Combine(_screen.Folder, "troxel-2005.yaml"), "--pairs", "600", "--hours", "100000", "--out", $"{_screen.Folder}/runs", "--no-progress", "--junit", junit, "--sarif", sarif], _screen.Terminal, stop.Token));

        RunReport report = Report();
        Assert.Equal(RunReport.Interrupted, report.Incomplete);
        Assert.Equal(0, report.Work.Failed + report.Work.Lost);
        Assert.True(report.Work.NotBegun > 0);
        Assert.Equal(report.Work.Planned, report.Work.Done + report.Work.NotBegun + report.Work.Unfinished);
        Assert.All(report.Expectations, verdict => Assert.Equal("not judged (partial)", verdict.Word));
        Assert.Contains("not begun", _screen.Out);
        Assert.Contains($"{report.Expectations.Count} not judged (partial)", _screen.Out);
        Assert.DoesNotContain("not met", _screen.Out + _screen.Error);
        Assert.Empty(report.NotDecided);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Folder().ReportPath));
        ReportSchema.Check(document.RootElement);
        string page = File.ReadAllText(Folder().PagePath);
        Assert.Contains("partial (interrupted)", page);
        Assert.Contains("not judged (partial)", page);
        Assert.DoesNotContain("✗ failed", page);
        Assert.Empty(XDocument.Load(junit).Descendants("failure"));
        Assert.All(XDocument.Load(junit).Descendants("error"), error => Assert.Equal("not decided", error.Attribute("type")!.Value));
        using JsonDocument log = JsonDocument.Parse(File.ReadAllText(sarif));
        Assert.DoesNotContain("error", log.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().Select(result => result.GetProperty("level").GetString()));
    }

    private Task<int> Run(string file) =>
        _screen.Run("run", file, "--pairs=2", "--hours=1", "--no-progress", $"--out={_screen.Folder}/runs", $"--junit={_screen.Folder}/j.xml");

    private RunFolder Folder() => new(Directory.EnumerateDirectories(Path.Combine(_screen.Folder, "runs")).Single());

    private RunReport Report() => Folder().ReadReport();

    private string Scenario(string change)
    {
        string file = Path.Combine(_screen.Folder, "s.yaml");
        File.WriteAllText(file, $"include: troxel-2005.yaml\nname: changed\n{change}\n");
        return file;
    }
}
