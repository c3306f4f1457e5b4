using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Hosting;
using Orleans.Runtime;
using Orleans.Serialization;
using Orleans.Storage;
using Orleans.TestingHost;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

/// <summary>Anything of another format is refused with a one-line error: states, plans, and silos.</summary>
public sealed class FormatTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(10);
    private static readonly BuildStamp Own = BuildStamp.Current;
    private static readonly BuildStamp Other = Own with { Layout = Own.Layout + 1, Version = "9.9.9", Commit = "" };

    [Fact]
    public void Format_and_layout_decide_and_a_build_is_a_label()
    {
        Assert.Null(Own.Refusal(Own with { Version = "9.9.9", Commit = "fedcba9876543210" }));
        Assert.Equal($"{Other.Words} (build 9.9.9); accepted is {Own.Words}", Own.Refusal(Other));
        Assert.Equal($"format {Own.Format + 1}, layout {Own.Layout:x16} (build 9.9.9, commit fedcba987654); accepted is {Own.Words}",
            Own.Refusal(Own with { Format = Own.Format + 1, Version = "9.9.9", Commit = "fedcba9876543210" }));
        Assert.Equal($"without a format number, as builds before format 1 wrote it; accepted is {Own.Words}", Own.Refusal(null));
        Assert.NotEqual("", Own.Version);
    }

    [Fact]
    public void A_state_comes_back_from_its_bytes_unless_they_are_of_another_format_or_damaged()
    {
        StateSerializer storage = Storage(Own);
        RouterState state = Checkpoint();
        BinaryData bytes = storage.Serialize(state);

        SiteImage again = storage.Deserialize<RouterState>(bytes).Checkpoint!;
        Assert.Equal((3, 7, "1234"), (again.Site, again.NextWindow, Convert.ToHexString(again.Bytes)));
        Assert.Equal(state.Checkpoint!.Series.Crashes, again.Series.Crashes);
        Assert.Equal(state.Checkpoint.Series.StaleLive, again.Series.StaleLive);

        Assert.Equal(Own.Refusal(Other), Assert.Throws<StateFormatException>(() => storage.Deserialize<RouterState>(Storage(Other).Serialize(state))).Message);
        byte[] unversioned = [.. "STRESS01"u8, .. bytes.ToArray()[8..]], damaged = bytes.ToArray();
        Assert.Equal(Own.Refusal(null), Assert.Throws<StateFormatException>(() => storage.Deserialize<RouterState>(new BinaryData(unversioned))).Message);
        Assert.Equal(Own.Refusal(null), Assert.Throws<StateFormatException>(() => storage.Deserialize<RouterState>(new BinaryData("{\"json\":1}"))).Message);
        damaged[^1] ^= 1;
        Assert.StartsWith("damaged", Assert.Throws<InvalidDataException>(() => storage.Deserialize<RouterState>(new BinaryData(damaged))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_list_of_runs_is_read_by_silos_of_every_layout()
    {
        var list = new RunIndexState
        {
            Runs = [new RunEntry { RunId = "a", Started = DateTimeOffset.UnixEpoch, Phase = RunPhase.Running, Progress = new ShardProgress { Planned = 5 }, Windows = 2, Build = Other }],
        };

        Assert.Equal(list.Runs, Storage(Own).Deserialize<RunIndexState>(Storage(Other).Serialize(list)).Runs);
    }

    [Fact]
    public async Task In_memory_storage_gives_back_a_checkpoint_whose_series_has_crashes()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddStressGrains(workers: 1);
            silo.AddMemoryGrainStorage(RouterGrain.StorageName);
        });
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        var storage = cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>(RouterGrain.StorageName);
        var id = GrainId.Create("router", "run/3/0");
        var written = new GrainState<RouterState>(Checkpoint());
        await storage.WriteStateAsync("router", id, written);
        var read = new GrainState<RouterState>();
        await storage.ReadStateAsync("router", id, read);

        Assert.True(read.RecordExists);
        Assert.Equal(written.State!.Checkpoint!.Series.Crashes, read.State!.Checkpoint!.Series.Crashes);
        Assert.Equal(7, read.State!.Checkpoint!.NextWindow);
    }

    [Fact]
    public async Task A_plan_of_another_format_or_of_none_is_refused()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        foreach (BuildStamp? build in (BuildStamp?[])[Other, null])
        {
            RunPlan plan = Plans.Of(sites: 2, windows: 2, runId: "foreign") with { Build = build };
            RunRefusedException refused = await Assert.ThrowsAsync<RunRefusedException>(() => silo.Grains.GetGrain<IRunGrain>("foreign").Start(plan));
            Assert.Equal($"run refused: its plan is {Own.Refusal(build)}", refused.Message);
            await Assert.ThrowsAsync<StateFormatException>(() => silo.Grains.GetGrain<IShardGrain>(GrainKeys.Shard("foreign", 0)).Start(plan, 0, first: true));
            SliceResult slice = await silo.Grains.GetGrain<IModemLinkGrain>(GrainKeys.Link("foreign", 0, 0)).RunSlice(plan, 0, first: true);
            Assert.Equal($"its plan is {Own.Refusal(build)}", slice.Problem);
        }
    }

    [Fact]
    public async Task A_site_whose_checkpoint_is_of_another_format_fails_at_once_and_says_what_would_be_accepted()
    {
        using var folder = new StateFolder();
        RunPlan plan = Plans.Of(sites: 3, windows: 6, runId: "stored") with { CheckpointWindows = 1, LostAfterSeconds = 1_000_000 };
        using (var foreign = new FileGrainStorage(folder.Path, Storage(Other)))
        {
            await foreign.WriteStateAsync("router", GrainId.Create("router", GrainKeys.Router("stored", 1, 0)), new GrainState<RouterState>(Checkpoint()));
        }

        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 2, StateFolder = folder.Path });
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("stored");

        // Not new: somebody may have executed its sites before.
        await silo.Grains.GetGrain<IShardGrain>(GrainKeys.Shard("stored", 0)).Start(plan, 0, first: false);
        await run.Start(plan);
        RunResult result = await Finish(run);

        Assert.Equal((2, 1, 0), (result.Progress.Done, result.Progress.Failed, result.Progress.Lost));
        SiteTrouble trouble = Assert.Single(result.Troubles);
        Assert.Equal((1, SiteState.Failed), (trouble.Site, trouble.State));
        Assert.EndsWith(Own.Refusal(Other)!, trouble.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silos_whose_formats_differ_share_no_run_and_say_so()
    {
        var heard = new Heard();
        await using InProcessTestCluster cluster = TwoFormats(heard);
        await cluster.DeployAsync();
        IServiceProvider own = Of(cluster, Own), other = Of(cluster, Other);
        await Until(() => Formats(own, cluster).Order().SequenceEqual(new[] { Own.Key, Other.Key }.Order()));

        foreach ((BuildStamp build, IServiceProvider here, IServiceProvider there) in new[] { (Own, own, other), (Other, other, own) })
        {
            RequestContext.Set(SiloFormats.RequestKey, build.Key);
            RunPlan plan = Plans.Of(sites: 24, windows: 4, runId: $"run-{build.Version}") with { ShardSize = 4, Build = build };
            IRunGrain run = cluster.Client.GetGrain<IRunGrain>(plan.RunId);
            await run.Start(plan);
            RunResult result = await Finish(run);

            Assert.Equal((24, 0), (result.Progress.Done, result.Troubles.Count));
            Assert.True(here.GetRequiredService<LocalGrains>().MostRouters > 0);
            string said = heard.All.First(line => line.StartsWith($"run {plan.RunId}: of {build}", StringComparison.Ordinal));
            Assert.Contains("1 silos take no part", said, StringComparison.Ordinal);
            Assert.Contains((build == Own ? Other : Own).ToString(), said, StringComparison.Ordinal);
            if (build == Own)
            {
                Assert.Equal(0, there.GetRequiredService<LocalGrains>().MostRouters);
            }
        }

        Assert.Contains(heard.All, line => line.EndsWith($"is 1 of {Other}, this one {Own}: they share no run", StringComparison.Ordinal));
        Assert.Contains(heard.All, line => line.EndsWith($"is 1 of {Own}, this one {Other}: they share no run", StringComparison.Ordinal));
        RequestContext.Set(SiloFormats.RequestKey, "7-0000000000000000");
        Exception none = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Client.GetGrain<IRunGrain>("nobodys").Start(Plans.Of(sites: 1, windows: 1, runId: "nobodys")));
        Assert.Contains("no silo of the cluster reads format 7-0000000000000000", none.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_silo_of_another_format_that_joins_gets_no_site_of_a_run_that_goes_on()
    {
        var heard = new Heard();
        var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = new RecordedTrace { Before = (window, cancel) => window == 2 ? go.Task.WaitAsync(cancel) : Task.CompletedTask };
        await using InProcessTestCluster cluster = TwoFormats(heard, silos: 1, trace);
        await cluster.DeployAsync();
        RequestContext.Set(SiloFormats.RequestKey, Own.Key);
        RunPlan plan = Plans.Of(sites: 12, windows: 4, runId: "before") with { ShardSize = 3, Backend = trace.Name };
        IRunGrain run = cluster.Client.GetGrain<IRunGrain>("before");
        await run.Start(plan);

        InProcessSiloHandle joined = await cluster.StartAdditionalSiloAsync();
        await Until(() => heard.All.Any(line => line.EndsWith($"is 1 of {Other}, this one {Own}: they share no run", StringComparison.Ordinal)));
        go.SetResult();
        RunResult result = await Finish(run);

        Assert.Equal(12, result.Progress.Done);
        Assert.Equal(0, joined.ServiceProvider.GetRequiredService<LocalGrains>().MostRouters);
        Assert.Equal(0, joined.ServiceProvider.GetRequiredService<LocalGrains>().Shards);
    }

    // The silo that is made first is of this build's format, every other of another.
    private static InProcessTestCluster TwoFormats(Heard heard, short silos = 2, RecordedTrace? trace = null)
    {
        int made = 0;
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton(Interlocked.Increment(ref made) == 1 ? Own : Other);
            silo.AddStressGrains(workers: 1);
            silo.AddMemoryGrainStorage(RouterGrain.StorageName);
            silo.Services.AddLogging(logging => logging.AddProvider(heard));
            if (trace is not null)
            {
                silo.Services.AddSingleton<ISiteBackend>(trace);
            }
        });
        return builder.Build();
    }

    private static IServiceProvider Of(InProcessTestCluster cluster, BuildStamp build) =>
        cluster.Silos.Single(silo => silo.ServiceProvider.GetRequiredService<BuildStamp>() == build).ServiceProvider;

    private static IEnumerable<string> Formats(IServiceProvider silo, InProcessTestCluster cluster) =>
        cluster.Silos.Select(s => silo.GetRequiredService<SiloFormats>().Of(s.SiloAddress)?.Format ?? "");

    private static StateSerializer Storage(BuildStamp build) => new(
        new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly).AddAssembly(typeof(RouterGrain).Assembly))
            .BuildServiceProvider().GetRequiredService<Serializer>(),
        build);

    private static RouterState Checkpoint()
    {
        var series = new SiteSeries(4);
        series.Note(2, new CrashKey(default, Role.Calling), 5);
        series.Note(3, new CrashKey(default, Role.Called, "KASAN: use-after-free in rip6_send", "rip6_send"), 2);
        series.Note(3, new StaleKey(Emulator.Kernel.Ports.HolderKind.InMultiIfp, Role.Called), 9);
        return new RouterState { Checkpoint = new SiteImage { Site = 3, NextWindow = 7, Bytes = [0x12, 0x34], Length = 2, Series = series } };
    }

    private static async Task<RunResult> Finish(IRunGrain run)
    {
        await Until(async () => (await run.Progress()).Finished);
        return await run.Result();
    }

    private static Task Until(Func<bool> reached) => Until(() => Task.FromResult(reached()));

    private static async Task Until(Func<Task<bool>> reached)
    {
        using var limit = new CancellationTokenSource(Generous);
        while (!await reached())
        {
            await Task.Delay(10, limit.Token);
        }
    }

    private sealed class StateFolder : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("stress-test-").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }

    // Every line of every silo's log.
    private sealed class Heard : ILoggerProvider, ILogger
    {
        private readonly System.Collections.Concurrent.ConcurrentQueue<string> _lines = new();

        public IEnumerable<string> All => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
