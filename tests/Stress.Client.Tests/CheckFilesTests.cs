using System.Text.Json;
using System.Xml.Linq;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class CheckFilesTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_run_writes_a_failure_in_every_format_exactly_when_it_exits_1()
    {
        string scenario = Path.Combine(_screen.Folder, "s.yaml"), junit = Path.Combine(_screen.Folder, "j.xml"), sarif = Path.Combine(_screen.Folder, "s.json");
        File.Copy(Scenario, Path.Combine(_screen.Folder, "troxel-2005.yaml"));
        foreach ((int max, int code) in new[] { (0, ExitCodes.ExpectationFailed), (100, ExitCodes.Ok) })
        {
            File.WriteAllText(scenario, $"include: troxel-2005.yaml\nname: ci\nexpect:\n  - {{path: any, percent: 0..{max}}}\n");
            using var screen = new Screen();
            Assert.Equal(code, await screen.Run("run", scenario, "--pairs=4", "--hours=2", "--no-progress", $"--out={screen.Folder}", $"--junit={junit}", $"--sarif={sarif}", "--github"));
            bool failed = code != ExitCodes.Ok;
            Assert.Equal(failed, XDocument.Load(junit).Descendants("failure").Any());
            using JsonDocument log = JsonDocument.Parse(File.ReadAllText(sarif));
            string[] levels = [.. log.RootElement.GetProperty("runs")[0].GetProperty("results").EnumerateArray().Select(r => r.GetProperty("level").GetString()!)];
            Assert.Contains(failed ? "error" : "note", levels);
            Assert.Equal(failed, levels.Contains("error"));
            Assert.Equal(failed, screen.Out.Contains("::error file=", StringComparison.Ordinal));
            Assert.Contains($"{(failed ? "::error" : "::notice")} file=", screen.Out);
        }
    }

    [Fact]
    public async Task A_list_of_operations_gives_a_note_at_the_line_of_each_bad_access()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("exec", Repository.At("scenarios", "ops", "membership-crash.ops"), "--github"));

        Assert.Contains("membership-crash.ops,line=13,title=SEGV in in_delmulti::", _screen.Out);
        Assert.DoesNotContain("::error", _screen.Out);
    }

    [Theory]
    [InlineData("run", "--junit")]
    [InlineData("run", "--sarif")]
    [InlineData("compare", "--junit")]
    public async Task A_file_that_cannot_be_written_is_refused_before_anything_is_executed(string command, string option)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(command, Scenario, "--out", _screen.Folder, option, Path.Combine(_screen.Folder, "none", "file")));

        Assert.Contains(option, _screen.Error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }

    [Theory]
    [InlineData(ExitCodes.Ok, 0)]
    [InlineData(ExitCodes.ExpectationFailed, 1)]
    [InlineData(ExitCodes.Usage, 125)]
    [InlineData(ExitCodes.NotDeterministic, 125)]
    [InlineData(ExitCodes.Incomplete, 125)]
    [InlineData(ExitCodes.NotDecided, 125)]
    [InlineData(ExitCodes.Unavailable, 125)]
    [InlineData(ExitCodes.NotWritten, 125)]
    [InlineData(ExitCodes.Interrupted, 130)]
    public void Under_bisect_only_an_expectation_convicts_a_commit(int code, int expected) => Assert.Equal(expected, ExitCodes.ForBisect(code));

    [Theory]
    [InlineData("run", "no-such-file.yaml", "--bisect")]
    [InlineData("run", "--bisect")]
    [InlineData("no-such-command", "--bisect")]
    [InlineData("--bisect", "run", "no-such-file.yaml", "--no-such-option")]
    public async Task Under_bisect_a_wrong_command_line_skips_the_commit(params string[] arguments) =>
        Assert.Equal(ExitCodes.BisectSkip, await _screen.Run(arguments));
}
