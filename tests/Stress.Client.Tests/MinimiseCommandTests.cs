using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class MinimiseCommandTests : IDisposable
{
    private static readonly string ScenarioFile = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task The_written_list_and_the_written_scenario_crash_with_the_same_title()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=24", "--hours=3", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        IReadOnlyList<CrashRecord> crashes = new RunFolder(folder).ReadCrashes();

        Assert.Equal(["in6_selecthlim", "in_delmulti"], crashes.Select(c => c.Title.Split(':')[0]).Distinct().Order(StringComparer.Ordinal));
        foreach (CrashRecord crash in crashes.DistinctBy(c => c.Title))
        {
            using var screen = new Screen();
            string ops = Path.Combine(screen.Folder, "x.ops"), yaml = Path.Combine(screen.Folder, "x.yaml");
            Assert.Equal(ExitCodes.Ok, await screen.Run("minimise", folder, crash.Id, $"--ops={ops}", $"--scenario={yaml}"));
            Assert.InRange(File.ReadLines(ops).Count(l => !l.StartsWith('#')), 1, 12);

            using var exec = new Screen();
            Assert.Equal(ExitCodes.Ok, await exec.Run("exec", ops));
            Assert.Contains($"{crash.Title}; ", exec.Out);

            using var again = new Screen();
            await again.Run("run", yaml, $"--out={again.Folder}", "--no-progress");
            Assert.Contains(new RunFolder(Directory.GetDirectories(again.Folder).Single()).ReadCrashes(), c => c.Title == crash.Title && c.Role == crash.Role);
        }
    }

    [Fact]
    public async Task An_unknown_crash_and_a_place_that_cannot_be_written_are_one_line_and_exit_2()
    {
        await _screen.Run("run", ScenarioFile, "--pairs=8", "--hours=1", "--seed=3", $"--out={_screen.Folder}", "--no-progress");
        string folder = Directory.GetDirectories(_screen.Folder).Single();
        string id = new RunFolder(folder).ReadCrashes().First().Id;

        Assert.Equal(ExitCodes.Usage, await _screen.Run("minimise", folder, "c00000000"));
        Assert.Equal(ExitCodes.Usage, await _screen.Run("minimise", folder, id, "--ops=/no/such/folder/x.ops"));
        Assert.Contains("no such crash", _screen.Error);
        Assert.Contains("--ops /no/such/folder/x.ops: its folder does not exist", _screen.Error);
    }
}
