using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class BadInputTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("--pairs", "0", "whole number from 1")]
    [InlineData("--pairs", "-3", "whole number from 1")]
    [InlineData("--pairs", "many", "whole number from 1")]
    [InlineData("--hours", "-1", "number above 0")]
    [InlineData("--hours", "0", "number above 0")]
    [InlineData("--hours", "1e9", "number above 0")]
    [InlineData("--hours", "40 minutes", "40min")]
    [InlineData("--hours", "0min", "number above 0")]
    [InlineData("--hours", "never", "number above 0")]
    [InlineData("--lost-after", "500ms", "whole number from 1")]
    [InlineData("--seed", "abc", "whole number from 0")]
    [InlineData("--seed", "-1", "whole number from 0")]
    [InlineData("--seed", "18446744073709551616", "whole number from 0")]
    [InlineData("--workers", "0", "whole number from 1")]
    [InlineData("--site", "99999999", "accepted")]
    [InlineData("--design", "nonsense", "netbsd-2005")]
    public async Task A_value_that_is_not_accepted_gives_one_line_that_says_what_is_and_exit_2(string option, string value, string accepted)
    {
        int code = await _screen.Run("run", Scenario, $"{option}={value}", "--out", _screen.Folder);

        Refused(code, value, accepted);
    }

    [Fact]
    public async Task A_missing_scenario_is_named()
    {
        string missing = Path.Combine(_screen.Folder, "none.yaml");

        Refused(await _screen.Run("run", missing, "--out", _screen.Folder), missing, "no such file");
    }

    [Fact]
    public async Task A_folder_in_place_of_a_scenario_is_refused() =>
        Refused(await _screen.Run("run", Repository.Root, "--out", _screen.Folder), Repository.Root, "a folder");

    [Fact]
    public async Task An_output_folder_that_is_a_file_is_refused()
    {
        string file = Path.Combine(Path.GetTempPath(), $"{Path.GetFileName(_screen.Folder)}-file");
        File.WriteAllText(file, "");
        try
        {
            Refused(await _screen.Run("run", Scenario, "--out", Path.Combine(file, "runs")), "--out", "is a file");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task An_output_folder_that_cannot_be_written_is_refused() =>
        Refused(await _screen.Run("run", Scenario, "--out", "/proc/stress"), "--out", "cannot be read and written");

    [Fact]
    public async Task A_report_file_in_a_folder_that_does_not_exist_is_refused() =>
        Refused(await _screen.Run("run", Scenario, "--out", _screen.Folder, "--json", Path.Combine(_screen.Folder, "a", "b.json")), "--json", "does not exist");

    [Fact]
    public async Task An_unknown_option_is_refused()
    {
        int code = await _screen.Run("run", Scenario, "--hoers", "3");

        Refused(code, "--hoers", "--help");
    }

    [Fact]
    public async Task A_missing_argument_is_refused() => Refused(await _screen.Run("run"), "run", "--help");

    [Theory]
    [InlineData("no-such-run", "no such run")]
    public async Task A_run_that_is_not_there_cannot_be_shown(string run, string accepted) =>
        Refused(await _screen.Run("show", "router", "0", run), run, accepted);

    private void Refused(int code, params string[] said)
    {
        Assert.Equal(ExitCodes.Usage, code);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.All(said, word => Assert.Contains(word, _screen.Error));
        Assert.DoesNotContain("   at ", _screen.Error);
        Assert.Empty(_screen.Out);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_screen.Folder));
    }
}
