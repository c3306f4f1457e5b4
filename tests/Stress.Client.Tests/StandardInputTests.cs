using Stress.Observability;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class StandardInputTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_scenario_is_taken_from_standard_input_and_is_the_same_run()
    {
        string scenario = Repository.At("scenarios", "troxel-2005.yaml");
        await _screen.Run("run", scenario, "--pairs=1", "--hours=0.5", $"--out={_screen.Folder}/file", "--no-progress");
        await Typed(File.ReadAllText(scenario), "run", "-", "--pairs=1", "--hours=0.5", $"--out={_screen.Folder}/typed", "--no-progress");
        string[] digests = [.. new[] { "file", "typed" }.Select(name => new RunFolder(Directory.GetDirectories(Path.Combine(_screen.Folder, name)).Single()).ReadReport().Digest)];
        Assert.Equal(digests[0], digests[1]);
    }

    [Theory]
    [InlineData("scenarios/ops/membership-crash.ops", "exec")]
    [InlineData("scenarios/explore/pair.yaml", "explore", "--preemptions=0", "--stop-after=5")]
    [InlineData("scenarios/ops/membership-crash.ops", "explore", "--preemptions=0", "--stop-after=5")]
    public async Task A_list_and_a_world_are_taken_from_standard_input(string file, string command, params string[] options)
    {
        using var named = new Screen();
        int code = await named.Run([command, Repository.At(file.Split('/')), .. options]);
        Assert.Equal(code, await Typed(File.ReadAllText(Repository.At(file.Split('/'))), [command, "-", .. options]));
        Assert.Equal(named.Out.Split(["states/s", "verdict"], StringSplitOptions.None).Length, _screen.Out.Split(["states/s", "verdict"], StringSplitOptions.None).Length);
        Assert.Empty(_screen.Error);
    }

    [Fact]
    public async Task What_is_wrong_in_it_has_its_line()
    {
        Assert.Equal(ExitCodes.Usage, await Typed("name: x\npiars: 3\n", "run", "-"));
        Assert.StartsWith("stress: -:2: piars: unknown field, did you mean pairs?; accepted: ", _screen.Error);
    }

    private Task<int> Typed(string text, params string[] arguments) =>
        StressCommand.Run(arguments, _screen.Terminal with { In = new StringReader(text) }, default);
}
