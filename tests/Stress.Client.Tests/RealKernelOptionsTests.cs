using Stress.Client.Launching;
using Stress.Guests.Kernels;
using Stress.Guests.Sites;
using Stress.Guests.Systems;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>What the commands take of real kernels, as far as it needs none.</summary>
public sealed class RealKernelOptionsTests : IDisposable
{
    private static readonly string Emulated = Repository.At("scenarios", "troxel-2005.yaml"), Real = Repository.At("scenarios", "linux-redial.yaml");

    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("run", "--kernel=f612", "--kernel f612: of real kernels, and the backend of")]
    [InlineData("run", "--fault=none", "--fault none: of real kernels, and the backend of")]
    [InlineData("compare", "--kernels=a,b", "--kernels a,b: of real kernels, and the backend of")]
    [InlineData("compare", "--faults=none,x", "--faults none,x: of real kernels, and the backend of")]
    public async Task Which_kernels_is_asked_of_a_scenario_of_real_ones_alone(string command, string option, string words)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(command, Emulated, option, "--out", _screen.Folder));
        Assert.Contains(words, _screen.Error);
    }

    [Theory]
    [InlineData("run", "--kernel=a,b,c", "--kernel a,b,c: accepted is the name or key of a kernel")]
    [InlineData("compare", "--designs=all", "--designs all: real kernels (backend: uml) have no teardown designs; accepted are --kernels A,B and --faults none,NAME")]
    [InlineData("compare", "--kernels=a", "compare: nothing to compare; accepted for real kernels are two or more of --kernels A,B or --faults none,NAME")]
    [InlineData("compare", "--faults=none,none", "compare: nothing to compare; accepted for real kernels are two or more of --kernels A,B or --faults none,NAME")]
    public async Task A_choice_of_real_kernels_that_is_none_is_refused(string command, string option, string words)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(command, Real, option, "--out", _screen.Folder));
        Assert.Contains(words, _screen.Error);
    }

    [Theory]
    [InlineData("list.ops", null, "--stack=host", "minimise --stack host: accepted is uml:KERNEL")]
    [InlineData("list.ops", "c1", "--stack=uml:f612", "minimise --stack cuts an operation list down")]
    [InlineData("run", null, "--ops=x", "minimise: which crash?")]
    [InlineData("run", "c1", "--fault=x", "--fault x: the run says which")]
    public async Task Minimise_says_what_it_takes(string run, string? crash, string option, string words)
    {
        string[] line = crash is null ? ["minimise", run, option] : ["minimise", run, crash, option];

        Assert.Equal(ExitCodes.Usage, await _screen.Run(line));
        Assert.Contains(words, _screen.Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("--c --sh")]
    public async Task A_list_is_exported_in_one_form(string forms)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(["export", Repository.At("tests", "Stress.Guests.Tests", "lists", "tun-socket-hold.ops"), .. forms.Split(' ', StringSplitOptions.RemoveEmptyEntries)]));
        Assert.Contains("accepted is --c or --sh, one of them", _screen.Error);
    }

    [Fact]
    public void The_command_that_repeats_a_run_names_its_kernels_by_key_and_a_fault_that_the_file_does_not_name()
    {
        Scenario scenario = ScenarioLoader.Load(Real);
        var settings = new RunSettings { File = Real };
        UmlSettings same = Settings("1111", "1111", null), other = Settings("1111", "2222", "tun-socket-hold");

        Launch plain = Launch.Create(settings, scenario, "r", check: false, real: same), faulty = Launch.Create(settings, scenario, "r", check: false, real: other);

        Assert.EndsWith(" --kernel 1111", plain.Command);
        Assert.EndsWith(" --kernel 1111,2222 --fault tun-socket-hold", faulty.Command);
        Assert.EndsWith(" --kernel 1111 --site 1", plain.SiteCommand(1));
        Assert.Equal(("uml:k1111", "uml:k1111/k2222+tun-socket-hold"), (plain.DesignName, faulty.DesignName));
        Assert.Equal(("uml:k1111", "uml"), (plain.Plan.Labels.Design, plain.Plan.Labels.Backend));
    }

    [Fact]
    public void A_command_that_is_repeated_gives_the_same_kernels_and_fault()
    {
        Scenario scenario = ScenarioLoader.Load(Real);

        Scenario again = new RunSettings { File = Real, Kernel = "1111,2222", Fault = "tun-socket-hold" }.Apply(scenario), none = new RunSettings { File = Real, Kernel = "1111", Fault = "none" }.Apply(again);

        Assert.Equal(("1111", "2222", "tun-socket-hold"), (again.CalledKernel, again.CallingKernel, again.Fault));
        Assert.Equal(("1111", "1111", ""), (none.CalledKernel, none.CallingKernel, none.Fault));
    }

    private static UmlSettings Settings(string called, string calling, string? fault) => new()
    {
        Called = Kernel(called), Calling = Kernel(calling), System = new GuestSystem("s", "0", []), Fault = fault,
    };

    private static GuestKernel Kernel(string key) => new() { Name = "k" + key, Key = key, Release = "6.12", Source = "/src", VirtualTime = true };
}
