using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.TestingHost;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class BackendTests
{
    // A limit for hangs: no test passes or fails by speed.
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(10);

    private static readonly RunPlan Plan = Plans.Of(sites: 5, windows: 7, runId: "played") with { Backend = "trace" };

    [Fact]
    public async Task A_run_of_another_backend_goes_through_the_same_grains_to_the_totals_of_its_trace()
    {
        var trace = new RecordedTrace();
        RunResult result = await Run(trace, Plan with { CheckedSites = [2], CheckpointWindows = 2 });

        SiteTally[] sites = await Task.WhenAll(Enumerable.Range(0, 5).Select(site => RecordedTrace.After(site, 7)));
        Assert.Equal(5, result.Progress.Done);
        Assert.Equal(sites.Sum(site => site.Counters.OfSite().Events), result.Totals.Counters.OfSite().Events);
        Assert.Equal(sites.Sum(site => site.Counters[0].Disconnects), result.Totals.Counters[0].Disconnects);
        Assert.Equal(35, result.Totals.Windows);
        Assert.Equal(35, trace.Windows);
        Assert.Equal(DigestOf(sites), result.Digest);
        Assert.Equal(0, trace.Alive);
        Assert.Null(await SecondExecution.Compare(trace, Plan, 2, result.Marks[2], default));

        WindowMark[] changed = [.. result.Marks[2]];
        changed[4] = changed[4] with { Digest = 1 };
        Difference difference = (await SecondExecution.Compare(trace, Plan, 2, changed, default))!;
        Assert.Equal((4, null), (difference.Window, difference.Event));
    }

    [Fact]
    public async Task A_window_that_goes_on_while_nobody_waits_is_asked_for_again_and_counts_once()
    {
        var slow = new RecordedTrace { CallsForWindow = 3 };
        RunResult result = await Run(slow, Plan with { CheckedSites = [2] });

        SiteTally[] sites = await Task.WhenAll(Enumerable.Range(0, 5).Select(site => RecordedTrace.After(site, 7)));
        Assert.Equal(5, result.Progress.Done);
        Assert.Equal((35L, 35L), (result.Totals.Windows, slow.Windows));
        Assert.Equal(sites.Sum(site => site.Counters[Role.Called].Disconnects), result.Totals.Series.Disconnects[0][^1]);
        Assert.Equal(7, result.Marks[2].Count);
        Assert.Equal(DigestOf(sites), result.Digest);
        Assert.Null(await SecondExecution.Compare(slow, Plan, 2, result.Marks[2], default));
    }

    [Fact]
    public async Task A_crash_that_a_console_titles_comes_with_its_words_its_stacks_and_its_series()
    {
        RunResult result = await Run(new RecordedTrace(), Plan);

        (CrashKey key, CrashSum crash) = Assert.Single(result.Totals.Crashes);
        Assert.Equal((RecordedTrace.Title, "rip6_send"), (key.Text, key.Path));
        Assert.Equal(["rip6_send", "sock_sendmsg"], crash.Stack);
        Assert.Equal(["Oops: 0000", "allocated by: alloc_netdev, from ppp_open", "freed by: kfree, from free_netdev"], crash.Told);
        Assert.Equal(crash.Count, result.Totals.Series.Crashes[key][^1]);
    }

    [Fact]
    public async Task A_plan_for_a_backend_that_the_silo_does_not_have_is_refused_in_one_sentence()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(workers: 1);
        RunRefusedException refused = await Assert.ThrowsAsync<RunRefusedException>(() => silo.Grains.GetGrain<IRunGrain>("played").Start(Plan));

        Assert.Equal("run refused: backend 'trace': this silo has none of that name; accepted: emulator, uml", refused.Message);
    }

    [Fact]
    public async Task What_a_backend_finds_wrong_with_a_plan_refuses_the_run()
    {
        await using EmbeddedSilo silo = await Start(new RecordedTrace());
        RunRefusedException refused = await Assert.ThrowsAsync<RunRefusedException>(() => silo.Grains.GetGrain<IRunGrain>("played").Start(Plan with { BackendSettings = "x" }));

        Assert.Equal("run refused: backend settings 'x': accepted are none", refused.Message);
    }

    [Fact]
    public async Task An_exception_of_a_backend_is_the_problem_of_its_site_and_of_no_other()
    {
        var trace = new RecordedTrace { Before = (window, _) => window == 6 ? throw new IOException("the console is gone") : Task.CompletedTask };
        RunResult result = await Run(trace, Plan with { Sites = 2 });

        Assert.Equal(2, result.Progress.Failed);
        Assert.All(result.Troubles, problem => Assert.Contains("the console is gone", problem.Problem));
        Assert.Equal(0, trace.Alive);
    }

    [Fact]
    public async Task An_execution_without_an_image_rests_alive_between_two_leases_and_shows_its_routers()
    {
        var trace = new RecordedTrace();
        var router = new LeasedImage(Plan, 3, null);
        await Windows(router, trace, 2);

        Assert.Equal("router 1 of site 3, window 2 of a trace", await router.AtHome!.Show(trace, Plan, 1));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await router.AtHome!.Show(trace, Plan, 2));
        Assert.Equal((2, 1, 1), (router.NextWindow, trace.Begun, trace.Alive));
        Assert.False(router.Checkpointed());
    }

    [Fact]
    public async Task A_lease_that_is_taken_back_begins_again_at_virtual_time_zero_to_the_same_digest()
    {
        RunPlan plan = Plan with { CheckpointWindows = 1 };
        var trace = new RecordedTrace();
        var router = new LeasedImage(plan, 3, null);
        await Windows(router, trace, 4);
        LeaseAnswer lost = router.Lease(4);

        LeaseAnswer refused = router.Lease(4);
        Assert.Null(refused.Image);
        Assert.Equal(0, refused.NextWindow);
        await Windows(router, trace, 7);

        Assert.False(router.Return(lost.Lease, lost.Image!));
        Assert.Equal((2, 11L), (trace.Begun, trace.Windows));
        Assert.Equal((await RecordedTrace.After(3, 7)).Digest, router.AtHome!.HandOver().Execution.Digest);
    }

    [Fact]
    public async Task A_lease_that_is_taken_back_in_the_middle_of_a_window_ends_the_execution_and_the_run_comes_to_the_same_result()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = new RecordedTrace
        {
            Before = async (window, _) =>
            {
                if (window == 3)
                {
                    reached.TrySetResult();
                    await goOn.Task;
                }
            },
        };
        await using EmbeddedSilo silo = await Start(trace);
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>("played");
        RunPlan plan = Plan with { Sites = 1 };
        await run.Start(plan);
        await reached.Task.WaitAsync(Generous);
        LeaseAnswer answer = await silo.Grains.GetGrain<IRouterGrain>(GrainKeys.Router("played", 0, 0)).Lease(plan, 3, first: false);
        goOn.SetResult();
        RunResult result = await Finish(run);

        Assert.Null(answer.Image);
        Assert.Equal((0, 2), (answer.NextWindow, trace.Begun));
        Assert.Equal(1, result.Progress.Done);
        Assert.Equal(DigestOf([await RecordedTrace.After(0, 7)]), result.Digest);
        Assert.Equal(0, trace.Alive);
    }

    [Fact]
    public async Task A_silo_that_leaves_does_not_wait_for_a_window_whose_site_has_no_image()
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var trace = new RecordedTrace
        {
            Before = (_, cancel) =>
            {
                reached.TrySetResult();
                return Task.Delay(Timeout.InfiniteTimeSpan, cancel);
            },
        };
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddStressGrains(workers: 1);
            silo.AddMemoryGrainStorage(RouterGrain.StorageName);
            silo.Services.AddSingleton<ISiteBackend>(trace);
        });
        await using InProcessTestCluster cluster = builder.Build();
        await cluster.DeployAsync();
        await cluster.Client.GetGrain<IRunGrain>("played").Start(Plan with { Sites = 1 });
        await reached.Task.WaitAsync(Generous);

        IServiceProvider services = cluster.Silos[0].ServiceProvider;
        await services.GetRequiredService<LocalGrains>().Leave(services.GetRequiredService<SliceGate>(), CancellationToken.None).WaitAsync(Generous);

        Assert.Equal((0, 0L), (trace.Alive, trace.Windows));
    }

    private static async Task Windows(LeasedImage router, ISiteBackend backend, int upTo)
    {
        while (router.NextWindow < upTo)
        {
            LeaseAnswer lease = router.Lease(router.NextWindow);
            await lease.Image!.Open(backend, Plan);
            await lease.Image.RunWindow(Plan);
            Assert.True(router.Return(lease.Lease, lease.Image));
        }
    }

    private static Task<EmbeddedSilo> Start(ISiteBackend backend) => EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 2, Backends = [backend] });

    private static async Task<RunResult> Run(ISiteBackend backend, RunPlan plan)
    {
        await using EmbeddedSilo silo = await Start(backend);
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(plan.RunId);
        await run.Start(plan);
        return await Finish(run);
    }

    private static async Task<RunResult> Finish(IRunGrain run)
    {
        using var limit = new CancellationTokenSource(Generous);
        while (!(await run.Progress()).Finished)
        {
            await Task.Delay(10, limit.Token);
        }

        return await run.Result();
    }

    private static ulong DigestOf(SiteTally[] sites)
    {
        var digest = new RunDigest();
        for (int site = 0; site < sites.Length; site++)
        {
            digest.Add(site, sites[site].Digest);
        }

        return digest.Value;
    }
}
