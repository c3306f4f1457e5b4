using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Hosting;
using Orleans.Runtime.Hosting;
using Orleans.Serialization;
using Orleans.TestingHost;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Silo;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Grains.Tests;

/// <summary>Runs through every order of phases on real silos, one and two. Few orders, since each starts a cluster: <see cref="ShardDriversTests"/> has the thousands. CsCheck prints the seed of a failure.</summary>
public sealed class PhasesTests(ITestOutputHelper output)
{
    private const int Sites = 8;
    private const int Windows = 400;
    private const int Orders = 4;

    // A limit for hangs.
    private static readonly TimeSpan Generous = TimeSpan.FromMinutes(10);

    private enum Step
    {
        Pause,
        Resume,
        Interrupt,
        Move,
        SiloStop,
        Cancel,
    }

    [Theory]
    [InlineData(1, "emulator")]
    [InlineData(2, "emulator")]
    [InlineData(2, "trace")]
    public async Task A_run_ends_in_the_digest_of_an_undisturbed_one_whatever_it_is_told_in_between(int silos, string backend)
    {
        ulong undisturbed = backend == "trace" ? await Played() : Direct();
        Gen<(Step, bool)[]> orders = Gen.Select(Gen.Frequency((4, Gen.Const(Step.Pause)), (4, Gen.Const(Step.Resume)), (2, Gen.Const(Step.Interrupt)), (2, Gen.Const(Step.Move)), (1, Gen.Const(Step.SiloStop)), (1, Gen.Const(Step.Cancel))), Gen.Bool).Array[2, 8];
        await orders.SampleAsync(
            async steps =>
            {
                await using var cluster = await Silos.Start(silos);
                RunPlan plan = Plans.Of(Sites, Windows, runId: "phases") with { CheckpointWindows = 20, Backend = backend };
                await cluster.Run.Start(plan).WaitAsync(Generous);
                foreach ((Step step, bool settled) in steps)
                {
                    await cluster.Do(step, plan).WaitAsync(Generous);
                    if (settled)
                    {
                        // Every driver has reached its wait, or the run its end.
                        await Until(cluster, progress => progress.AtRest || !progress.Paused || progress.Finished);
                    }
                }

                await cluster.Run.Pause(false).WaitAsync(Generous);
                ShardProgress end = await Until(cluster, progress => progress.Finished);
                RunResult result = await cluster.Run.Result().WaitAsync(Generous);
                Assert.Equal((long)Sites, end.Ended);
                Assert.Equal(0, end.Failed);
                if (!steps.Any(step => step.Item1 == Step.Cancel))
                {
                    Assert.Equal(((long)Sites, undisturbed), (end.Done, result.Digest));
                }
            },
            iter: Orders,
            threads: 1,
            writeLine: output.WriteLine);
    }

    private static async Task<ShardProgress> Until(Silos cluster, Func<ShardProgress, bool> reached)
    {
        for (; ; )
        {
            ShardProgress progress = await Asked(() => cluster.Run.Progress());
            if (reached(progress))
            {
                return progress;
            }

            await Task.Yield();
        }
    }

    private static async Task<ulong> Played()
    {
        var digest = new RunDigest();
        for (int number = 0; number < Sites; number++)
        {
            digest.Add(number, (await RecordedTrace.After(number, Windows)).Digest);
        }

        return digest.Value;
    }

    private static ulong Direct()
    {
        var digest = new RunDigest();
        for (int number = 0; number < Sites; number++)
        {
            var site = Site.Create(new SiteOptions { Seed = 1 }, (uint)number);
            for (int window = 0; window < Windows; window++)
            {
                site.RunWindow();
            }

            digest.Add(number, site.Tally.Digest);
        }

        return digest.Value;
    }

    // Silos in this process that share a folder as their storage.
    // A client may still know the gateway of a silo that has just left; it asks again, as the command does. Every call may be repeated.
    private static async Task<T> Asked<T>(Func<Task<T>> call)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        for (; ; )
        {
            try
            {
                return await call().WaitAsync(Generous);
            }
            catch (Exception e) when (e is Orleans.Runtime.Messaging.ConnectionFailedException or SiloUnavailableException or OrleansMessageRejectionException
                && System.Diagnostics.Stopwatch.GetElapsedTime(start) < Generous)
            {
                await Task.Yield();
            }
        }
    }

    private static Task Asked(Func<Task> call) => Asked(async () =>
    {
        await call();
        return true;
    });

    private sealed class Silos : IAsyncDisposable
    {
        private readonly string _folder = Directory.CreateTempSubdirectory("stress-test-").FullName;
        private readonly InProcessTestCluster _cluster;
        private readonly FileGrainStorage _storage;

        private Silos(int count)
        {
            // With a serialiser that no silo takes with it when it stops.
            _storage = new FileGrainStorage(_folder, new StateSerializer(new ServiceCollection().AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly).AddAssembly(typeof(RouterGrain).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>(), BuildStamp.Current));
            var builder = new InProcessTestClusterBuilder((short)count);
            builder.ConfigureSilo((_, silo) =>
            {
                silo.AddStressGrains(workers: 1);
                silo.Services.AddSingleton<ISiteBackend>(new RecordedTrace());
                silo.Services.AddGrainStorage(RouterGrain.StorageName, (_, _) => _storage);
            });
            _cluster = builder.Build();
        }

        public IRunGrain Run => _cluster.Client.GetGrain<IRunGrain>("phases");

        public static async Task<Silos> Start(int count)
        {
            var silos = new Silos(count);
            await silos._cluster.DeployAsync();
            return silos;
        }

        public async Task Do(Step step, RunPlan plan)
        {
            switch (step)
            {
                case Step.Pause or Step.Resume:
                    await Asked(() => Run.Pause(step == Step.Pause));
                    break;
                case Step.Cancel:
                    await Asked(() => Run.Cancel());
                    break;
                case Step.Interrupt:
                    await Asked(() => Run.Interrupt());
                    await Asked(() => Run.Start(plan));
                    break;
                case Step.Move:
                    await Asked(() => _cluster.Client.GetGrain<IShardGrain>(GrainKeys.Shard(plan.RunId, 0)).Move());
                    break;
                default:
                    // Another one comes for it, so that the last is never stopped.
                    InProcessSiloHandle leaving = _cluster.Silos[^1];
                    await _cluster.StartAdditionalSiloAsync();
                    await _cluster.StopSiloAsync(leaving);
                    break;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _cluster.StopAllSilosAsync();
            await _cluster.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
