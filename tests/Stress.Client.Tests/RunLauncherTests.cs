using Stress.Client.Triage;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>The launcher of runs requested from a browser.</summary>
public sealed class RunLauncherTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    private string Runs => Path.Combine(_screen.Folder, "runs");

    private static string Flagship => File.ReadAllText(Repository.At("scenarios", "troxel-2005.yaml"));

    [Fact]
    public async Task A_run_that_is_asked_for_is_executed_and_leaves_a_run_folder_that_says_how_to_repeat_it()
    {
        await using RunLauncher launcher = Launcher();

        LaunchedRun run = launcher.Start(new LaunchRequest { Scenario = Flagship, Pairs = "2", Hours = "1", Seed = "7", Design = "epoch" }, "eva").Run!;
        LaunchedRun ended = await Ended(launcher, run.Name);
        RunReport report = new RunFolder(Path.Combine(Runs, run.Name)).ReadReport();

        Assert.Equal(("eva", LaunchPhase.Ended), (ended.By, ended.Phase));
        Assert.Equal(("epoch", 7UL), (report.Design, report.Seed));
        Assert.Contains($"./stress run {Path.Combine(Runs, run.Name, "scenario.yaml")} --pairs 2 --hours 1 --seed 7 --design epoch", report.Command, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_run_of_the_flagship_says_is_what_the_command_line_says()
    {
        await using RunLauncher launcher = Launcher();
        string name = launcher.Start(new LaunchRequest { Scenario = Flagship, Pairs = "4", Hours = "1" }, "eva").Run!.Name;
        await Ended(launcher, name);
        await _screen.Run("run", Repository.At("scenarios", "troxel-2005.yaml"), "--pairs=4", "--hours=1", $"--out={_screen.Folder}/others", "--no-progress");

        RunReport mine = new RunFolder(Path.Combine(Runs, name)).ReadReport(), other = new RunFolder(Directory.GetDirectories(Path.Combine(_screen.Folder, "others")).Single()).ReadReport();

        Assert.Equal(other.Digest, mine.Digest);
    }

    [Theory]
    [InlineData("include: troxel-2005.yaml\n", 1, "include")]
    [InlineData("name: a\nbackend: exec:/bin/sh\n", 2, "backend")]
    [InlineData("name: a\nbackend: host\n", 2, "backend")]
    [InlineData("name: a\ndesign_assembly: /tmp/evil.dll\n", 2, "unknown field")]
    [InlineData("name: a\nroles:\n  - role: called\n    kernel: {build: /tmp/linux}\n", 4, "unknown field")]
    [InlineData("name: !!python/object a\n", 1, "tags")]
    [InlineData("a: &a [b]\nc: *a\n", 2, "aliases")]
    [InlineData("world: x\nrouters: []\n", 1, "unknown field")]
    [InlineData("- a\n", 1, "one YAML map")]
    public async Task A_text_that_names_a_file_a_command_a_library_or_a_kernel_is_refused_by_line_and_nothing_is_written(string text, int line, string says)
    {
        await using RunLauncher launcher = Launcher();

        LaunchAnswer answer = launcher.Start(new LaunchRequest { Scenario = text }, "eva");

        Assert.Null(answer.Run);
        Assert.Contains(answer.Problems, problem => problem.Line == line && problem.Message.Contains(says, StringComparison.Ordinal));
        Assert.Equal(answer.Problems, launcher.Check(text));
        Assert.False(Directory.Exists(Runs));
    }

    [Theory]
    [InlineData("linux-redial")]
    [InlineData("troxel-linux")]
    public async Task A_scenario_of_real_kernels_is_refused_at_the_line_that_asks_for_them(string name)
    {
        await using RunLauncher launcher = Launcher();
        string text = ScenarioLoader.Load(Repository.At("scenarios", $"{name}.yaml")).SourceText;

        ScenarioProblem problem = Assert.Single(launcher.Start(new LaunchRequest { Scenario = text }, "eva").Problems);

        Assert.StartsWith("backend: ", text.Split('\n')[problem.Line - 1], StringComparison.Ordinal);
        Assert.Contains("real kernels are not started from here", problem.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Runs));
    }

    [Theory]
    [InlineData("100000", "1000", null, null, "at most 10000000 pairs times hours")]
    [InlineData("-1", null, null, null, "--pairs -1")]
    [InlineData(null, "forever", null, null, "--hours forever")]
    [InlineData(null, null, "0x7", null, "--seed 0x7")]
    [InlineData(null, null, null, "/tmp/evil.dll", "/tmp/evil.dll")]
    public async Task A_number_or_a_design_that_is_none_of_ours_is_refused_and_nothing_is_written(string? pairs, string? hours, string? seed, string? design, string says)
    {
        await using RunLauncher launcher = Launcher();

        LaunchAnswer answer = launcher.Start(new LaunchRequest { Scenario = Flagship, Pairs = pairs, Hours = hours, Seed = seed, Design = design }, "eva");

        Assert.Contains(says, Assert.Single(answer.Problems).Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(Runs));
    }

    [Fact]
    public async Task The_queue_is_bounded_and_what_waits_or_runs_can_be_held_and_ended()
    {
        await using RunLauncher launcher = Launcher();
        LaunchRequest request = new() { Scenario = Flagship, Pairs = "1", Hours = "1000000" };
        string first = launcher.Start(request, "eva").Run!.Name;
        await Until(() => launcher.Runs[^1].Phase == LaunchPhase.Running);
        for (int i = 0; i < IRunLauncher.MostWaiting; i++)
        {
            launcher.Start(request, "eva");
        }

        TriageException full = Assert.Throws<TriageException>(() => launcher.Start(request, "eva"));
        await Told(launcher, first, LaunchOrder.Pause);
        Assert.Equal(LaunchPhase.Paused, launcher.Runs[^1].Phase);
        await launcher.Tell(first, LaunchOrder.Resume);
        string second = launcher.Runs[^2].Name;
        await Assert.ThrowsAsync<TriageException>(() => launcher.Tell(second, LaunchOrder.Pause));
        foreach (LaunchedRun run in launcher.Runs)
        {
            await launcher.Tell(run.Name, LaunchOrder.Cancel);
        }

        LaunchedRun ended = await Ended(launcher, first);
        TriageException over = await Assert.ThrowsAsync<TriageException>(() => launcher.Tell(first, LaunchOrder.Pause)), none = await Assert.ThrowsAsync<TriageException>(() => launcher.Tell("other", LaunchOrder.Cancel));

        Assert.Equal(TriageProblem.Unavailable, full.Problem);
        Assert.Equal("ended early; its result is partial", ended.Outcome);
        Assert.All(launcher.Runs.SkipLast(1), run => Assert.Equal((LaunchPhase.Ended, "cancelled before it began"), (run.Phase, run.Outcome)));
        Assert.Equal(RunReport.Cancelled, new RunFolder(Path.Combine(Runs, first)).ReadReport().Incomplete);
        Assert.Contains("has ended", over.Message, StringComparison.Ordinal);
        Assert.Contains("no such run", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_silo_in_the_server_is_told_of_while_it_executes_a_run_and_what_it_holds()
    {
        await using RunLauncher launcher = Launcher();
        SilosState before = await launcher.Silos(CancellationToken.None);
        string name = launcher.Start(new LaunchRequest { Scenario = Flagship, Pairs = "1", Hours = "1000000" }, "eva").Run!.Name;
        await Until(() => launcher.Runs[0].Phase == LaunchPhase.Running);
        SilosState during = before;
        using var longest = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        while (!during.Silos.Any(silo => silo.Grains.Any(kind => kind.Kind == "RunGrain")))
        {
            await Task.Delay(20, longest.Token);
            during = await launcher.Silos(CancellationToken.None);
        }

        await launcher.Tell(name, LaunchOrder.Cancel);

        Assert.Empty(before.Silos);
        Assert.Equal("active", Assert.Single(during.Silos).Status);
        Assert.True(during.Silos[0].MemoryBytes > 0);
    }

    [Fact]
    public async Task A_cluster_that_does_not_answer_is_said_and_asked_again_later()
    {
        await using var launcher = new RunLauncher(Runs, Repository.At("scenarios"), RedisAddress.Parse("redis://127.0.0.1:1"), _screen.Terminal);

        TriageException none = await Assert.ThrowsAsync<TriageException>(() => launcher.Silos(CancellationToken.None));

        Assert.Equal(TriageProblem.Unavailable, none.Problem);
        Assert.Contains("127.0.0.1:1", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_ends_leaves_the_run_that_it_executed_to_be_resumed()
    {
        string name;
        await using (RunLauncher launcher = Launcher())
        {
            name = launcher.Start(new LaunchRequest { Scenario = Flagship, Pairs = "1", Hours = "1000000" }, "eva").Run!.Name;
            await Until(() => launcher.Runs[0].Phase == LaunchPhase.Running);
        }

        Assert.True(new RunFolder(Path.Combine(Runs, name)).ReadReport().IsPartial);
    }

    [Fact]
    public async Task Every_scenario_of_emulated_kernels_that_is_shipped_is_offered_and_accepted_as_it_stands()
    {
        await using RunLauncher launcher = Launcher();

        Assert.Contains(launcher.Scenarios, scenario => scenario.Name == "troxel-2005");
        Assert.DoesNotContain(launcher.Scenarios, scenario => scenario.Name == "troxel-linux");
        Assert.All(launcher.Scenarios, scenario => Assert.Empty(launcher.Check(scenario.Text)));
    }

    private RunLauncher Launcher() => new(Runs, Repository.At("scenarios"), null, _screen.Terminal);

    private static async Task<LaunchedRun> Ended(RunLauncher launcher, string name)
    {
        await Until(() => launcher.Runs.Single(run => run.Name == name).Phase == LaunchPhase.Ended);
        return launcher.Runs.Single(run => run.Name == name);
    }

    // A run that is just beginning says so.
    private static async Task Told(RunLauncher launcher, string name, LaunchOrder order)
    {
        while (true)
        {
            try
            {
                await launcher.Tell(name, order);
                return;
            }
            catch (TriageException e) when (e.Problem == TriageProblem.Unavailable)
            {
                await Task.Delay(20);
            }
        }
    }

    private static async Task Until(Func<bool> isSo)
    {
        using var longest = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        while (!isSo())
        {
            await Task.Delay(20, longest.Token);
        }
    }
}
