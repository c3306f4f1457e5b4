using Stress.Client.Launching;
using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>A run whose name is given from outside: starting it again gives its report, and two runs never share a name by chance.</summary>
public sealed class RunNameTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    private string[] Named => ["run", Scenario, "--pairs=4", "--hours=2", "--seed=3", "--no-progress", $"--out={_screen.Folder}", "--name=night-1"];

    private RunFolder Folder => new(Path.Combine(_screen.Folder, "night-1"));

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_named_run_that_has_ended_shows_its_report_and_code_again_and_executes_nothing()
    {
        int code = await _screen.Run(Named);
        string report = File.ReadAllText(Folder.ReportPath), progress = File.ReadAllText(Folder.ProgressPath);
        using var again = new Screen();
        string json = Path.Combine(again.Folder, "further.json");

        Assert.Equal(code, await again.Run([.. Named, $"--json={json}"]));
        Assert.Equal("stress: night-1 has ended before: its report is shown again", again.Error.TrimEnd().Split('\n')[0]);
        Assert.Equal((report, progress), (File.ReadAllText(Folder.ReportPath), File.ReadAllText(Folder.ProgressPath)));
        Assert.Equal(report, File.ReadAllText(json));
    }

    [Fact]
    public async Task A_named_run_whose_process_was_killed_goes_on_to_the_digest_of_one_that_was_not()
    {
        int code = await _screen.Run(Named);
        string digest = Folder.ReadReport().Digest;

        // What a process leaves that was killed before its first checkpoint.
        foreach (string file in Directory.EnumerateFiles(Folder.Path).Where(file => Path.GetFileName(file) is not (Launch.FileName or RunFolder.ScenarioName)))
        {
            File.Delete(file);
        }

        using var again = new Screen();
        Assert.Equal(code, await again.Run(Named));
        Assert.StartsWith("stress: night-1 was started before: it is resumed", again.Error, StringComparison.Ordinal);
        Assert.Equal(digest, Folder.ReadReport().Digest);
        Assert.Equal(["night-1"], Directory.EnumerateDirectories(_screen.Folder).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("--seed=4", "--name night-1: that is another run, ./stress run ")]
    [InlineData("--pcap=x.pcapng", "--pcap: night-1 was started before")]
    [InlineData("--metrics-port=0", "--metrics-port: night-1 was started before")]
    public async Task What_a_run_of_that_name_does_not_do_is_refused_in_one_line(string option, string said)
    {
        await _screen.Run(Named);
        using var again = new Screen();

        Assert.Equal(ExitCodes.Usage, await again.Run([.. Named.Where(word => !option.StartsWith(word.Split('=')[0] + "=", StringComparison.Ordinal)), option]));
        Assert.StartsWith($"stress: {said}", Assert.Single(again.Error.TrimEnd().Split('\n')));
        Assert.Contains("accepted is the same command line", again.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../other")]
    [InlineData(".hidden")]
    [InlineData("a b")]
    public async Task A_name_that_is_none_is_refused_before_anything_is_written(string name)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run([.. Named[..^1], $"--name={name}"]));
        Assert.Contains("accepted are up to 120 letters", _screen.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    [Fact]
    public void Two_processes_that_begin_a_run_of_one_scenario_in_one_second_get_a_folder_each()
    {
        DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        Output[] chosen = [.. Enumerable.Range(0, 3).Select(_ => Output.Choose(_screen.Folder, null, "one", now))];

        Assert.Equal(["one-20260102-030405", "one-20260102-030405-2", "one-20260102-030405-3"], chosen.Select(output => output.Claim().RunId));
    }

    [Fact]
    public void Two_clients_of_a_cluster_that_do_not_see_each_others_folders_get_a_name_each()
    {
        DateTimeOffset now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        string[] names = [.. Enumerable.Range(0, 50).Select(_ => Output.Choose(_screen.Folder, null, "one", now, shared: true).RunId)];

        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.All(names, name => Assert.Matches("^one-20260102-030405-[0-9a-f]{6}$", name));
    }
}
