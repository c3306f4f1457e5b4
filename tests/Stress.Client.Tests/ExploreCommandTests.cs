using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class ExploreCommandTests : IDisposable
{
    private static readonly string Pair = Repository.At("scenarios", "explore", "pair.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task The_screen_has_states_transitions_speed_and_the_shortest_schedule_to_each_crash()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("explore", Pair, "--preemptions=0"));
        Assert.Matches(@"netbsd-2005: [\d,]+ states, [\d,]+ transitions, [\d,]+ states/s", _screen.Out);
        Assert.Contains("shortest schedule to \"in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)\"", _screen.Out);
        Assert.Contains("shortest schedule to \"in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (no AF_INET6 address at if_detach)\"", _screen.Out);
    }

    [Fact]
    public async Task A_design_without_a_stale_pointer_is_said_to_have_none_within_the_bounds()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("explore", Pair, "--preemptions=0", "--design=purge-all", "--depth=50"));
        Assert.Matches(@"no stale pointer reachable within depth 50, 0 pre-emptions: [\d,]+ states", _screen.Out);
    }

    [Fact]
    public async Task A_stopped_search_exits_130_and_goes_on_from_its_file()
    {
        string file = Path.Combine(_screen.Folder, "pair.search");
        Assert.Equal(ExitCodes.Interrupted, await _screen.Run("explore", Pair, "--preemptions=0", "--stop-after=500", $"--resume={file}"));
        using var again = new Screen();
        Assert.Equal(ExitCodes.Ok, await again.Run("explore", Pair, "--preemptions=0", $"--resume={file}"));
        using var whole = new Screen();
        await whole.Run("explore", Pair, "--preemptions=0");
        Assert.Equal(whole.Out.Split("transitions")[0], again.Out.Split("transitions")[0]);

        Assert.Equal(ExitCodes.Usage, await again.Run("explore", Pair, "--preemptions=1", $"--resume={file}"));
        Assert.Contains("kept for another world, design, bound or reduction", again.Error);
    }

    [Fact]
    public async Task An_operation_list_is_explored_in_every_order_of_its_sockets_and_interfaces()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("explore", Repository.At("scenarios", "ops", "membership-crash.ops"), "--preemptions=any"));
        Assert.Contains("crash         router: in_delmulti", _screen.Out);
    }

    [Theory]
    [InlineData("--depth=0", "--depth 0: accepted is a whole number from 1 to 1000")]
    [InlineData("--design=none", "--design none: no such design; accepted: all, netbsd-2005")]
    [InlineData("--preemptions=many", "--preemptions many: accepted is a whole number from 0 to 200")]
    public async Task A_bad_option_is_one_line_and_exit_2(string option, string message)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("explore", Pair, option));
        Assert.Contains(message, _screen.Error);
        Assert.Empty(_screen.Out);
    }

    [Fact]
    public async Task A_design_of_the_users_is_explored_and_executed_as_it_is_compared()
    {
        string library = Directory.EnumerateFiles(Repository.At("tests", "Stress.ExampleDesign", "bin"), "Stress.ExampleDesign.dll", SearchOption.AllDirectories).OrderByDescending(File.GetLastWriteTimeUtc).First();
        string design = Launching.DesignLibrary.Read(library)[0].Name;
        Assert.Equal(ExitCodes.Ok, await _screen.Run("explore", Pair, "--preemptions=0", $"--design-assembly={library}", $"--design={design}"));
        Assert.Contains($"{design}: ", _screen.Out);

        using var exec = new Screen();
        string list = Repository.At("scenarios", "ops", "membership-crash.ops");
        Assert.Equal(ExitCodes.Ok, await exec.Run("exec", list, $"--design-assembly={library}", $"--design={design}"));
        Assert.Contains("verdict: ", exec.Out);

        foreach (string[] line in (string[][])[["explore", Pair], ["exec", list], ["compare", Repository.At("scenarios", "troxel-2005.yaml")]])
        {
            using var refused = new Screen();
            Assert.Equal(ExitCodes.Usage, await refused.Run([.. line, "--design-assembly=/no/such.dll"]));
            Assert.Contains("--design-assembly /no/such.dll: no such file; accepted is", refused.Error);
        }

        using var other = new Screen();
        Assert.Equal(ExitCodes.Usage, await other.Run("exec", list, $"--design-assembly={library}", "--stack=linux-6"));
        Assert.Contains("accepted: --stack netbsd-2005", other.Error);
    }
}
