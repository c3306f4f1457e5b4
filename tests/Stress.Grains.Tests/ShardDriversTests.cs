using CsCheck;
using Stress.Emulator.Sites;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Grains.Tests;

/// <summary>The drivers of a shard through every order of phases, on a scheduler like a grain's. CsCheck prints the seed of a failure.</summary>
public sealed class ShardDriversTests(ITestOutputHelper output)
{
    private const int Sites = 5;
    private const int Windows = 4;
    private static readonly RunPlan Plan = Plans.Of(Sites, Windows) with { ShardSize = Sites, SitesInFlight = 2, LostAfterSeconds = 1_000_000 };

    private enum Step
    {
        Pause,
        Resume,
        Cancel,
        Interrupt,
        Move,
        SiloStop,
        Answer,
        Refuse,
    }

    [Fact]
    public async Task Phases_in_any_order_and_spacing_end_in_the_books_of_an_undisturbed_run()
    {
        ShardResult undisturbed = await Play([]);
        Assert.Equal(Sites, undisturbed.Progress.Done);
        Gen<(Step, bool)[]> orders = Gen.Select(Gen.Enum<Step>(), Gen.Bool).Array[0, 24];
        await orders.SampleAsync(
            async steps =>
            {
                // The limit is for what would never end, as a driver that spins.
                ShardResult result = await Play(steps).WaitAsync(TimeSpan.FromMinutes(10));
                ShardProgress progress = result.Progress;
                Assert.Equal(Sites, progress.Ended);
                Assert.Equal(0, progress.Failed);
                bool cancelled = steps.Any(step => step.Item1 == Step.Cancel);
                Assert.True(cancelled || progress.Done == Sites, progress.ToString());
                for (int i = 0; i < Sites; i++)
                {
                    Assert.Equal(result.States[i] == SiteState.Done ? undisturbed.Digests[i] : 0, result.Digests[i]);
                }
            },
            iter: 1000,
            writeLine: output.WriteLine);
    }

    [Fact]
    public async Task Drivers_of_a_paused_shard_ask_nothing_until_it_goes_on()
    {
        Shard shard = await Shard.Begin();
        await shard.Answer();
        await shard.Tell(RunPhase.Paused);
        await shard.Answer();
        await shard.Settle();
        Assert.True(shard.Drivers.AtRest);
        long turns = shard.Drivers.Turns;

        // They take no part in anything that happens on the scheduler meanwhile.
        await shard.Settle();
        await shard.Tell(RunPhase.Paused);
        await shard.Settle();
        Assert.Equal(turns, shard.Drivers.Turns);

        await shard.Tell(RunPhase.Running);
        await shard.Settle();
        Assert.InRange(shard.Drivers.Turns, turns + 1, turns + 10);
        Assert.Equal(2, shard.Out);
    }

    [Fact]
    public async Task A_site_that_every_silo_declines_is_lost_in_the_time_that_was_named_and_says_why()
    {
        RunPlan plan = Plan with { Sites = 1, LostAfterSeconds = 30 };
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var ledger = new ShardLedger(plan, 0);
        var calls = new Declining();
        var drivers = new ShardDrivers(plan, ledger, new PhaseWatch(), null, calls, clock, TimeSpan.FromSeconds(66));
        drivers.Start(1, first: true);
        while (!drivers.Ended.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        SiteTrouble trouble = Assert.Single(ledger.Result().Troubles);
        Assert.Equal((0, 0, SiteState.Lost), (trouble.Site, trouble.Window, trouble.State));
        Assert.Equal("no window of it came for 30 s: every silo that was asked declines it, since it is leaving", trouble.Problem);
        Assert.Equal([0], calls.LostSites);
        Assert.True(calls.Asked > 1);
    }

    // A laptop that was closed, a virtual machine that was paused, SIGSTOP: a call's own time-out ends it long after it was due.
    [Fact]
    public async Task A_site_is_not_lost_by_time_in_which_the_process_stood_still()
    {
        RunPlan plan = Plan with { Sites = 1, LostAfterSeconds = 90 };
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var ledger = new ShardLedger(plan, 0);
        var calls = new Sleeping(plan, clock);
        var drivers = new ShardDrivers(plan, ledger, new PhaseWatch(), null, calls, clock, TimeSpan.FromSeconds(66));
        drivers.Start(1, first: true);
        while (!drivers.Ended.IsCompleted)
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        Assert.Equal((false, SiteState.Done), (calls.HasLost, ledger.Result().States[0]));
    }

    // Whatever is wrong with a slice: the site fails, the only driver goes on to the others, and the run ends.
    [Fact]
    public async Task A_slice_that_cannot_be_booked_fails_its_site_and_ends_no_driver()
    {
        RunPlan plan = Plan with { Telemetry = new RunTelemetry { Scenario = "test", Bands = [] } };
        var ledger = new ShardLedger(plan, 0);
        var drivers = new ShardDrivers(plan, ledger, new PhaseWatch(), null, new OtherLabels(plan, 1), TimeProvider.System, TimeSpan.FromSeconds(66));
        drivers.Start(1, first: true);
        await drivers.Ended.WaitAsync(TimeSpan.FromMinutes(10));

        SiteTrouble trouble = Assert.Single(ledger.Result().Troubles);
        Assert.Equal((1, SiteState.Failed, "counters of relay; accepted are those of called, calling"), (trouble.Site, trouble.State, trouble.Problem));
        Assert.Equal((Sites - 1L, 1L), (ledger.Progress.Done, ledger.Progress.Failed));
        Assert.Equal(Sites - 1L, ledger.Closed().Progress.Done);
    }

    // One site counts under other labels than its run.
    private sealed class OtherLabels(RunPlan plan, int odd) : ISiteCalls
    {
        public Task<SliceResult> RunSlice(int site, int window, bool first)
        {
            SliceResult slice = Plans.Finished(plan, site + 1);
            return Task.FromResult(slice with { Counts = site == odd ? new LiveCounts { Counters = new NodeCounters(["relay"]) } : LiveCounts.Of(slice.Outcome!.Tally) });
        }

        public Task<SliceResult> Close(int site, int window, bool keep) => RunSlice(site, window, first: false);

        public void Lost(int site)
        {
        }

        public void Stored(int site)
        {
        }
    }

    [Fact]
    public void Silence_is_the_time_of_waits_that_ended_when_they_were_to_and_something_that_comes_breaks_it()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var silence = new Silence(clock, TimeSpan.FromSeconds(90));

        Assert.False(Waited(set: 66, took: 60));
        Assert.Equal(TimeSpan.FromSeconds(30), silence.Left);
        Assert.False(Waited(set: 30, took: 1200));
        Assert.Equal(TimeSpan.FromSeconds(30), silence.Left);
        Assert.False(Waited(set: 1, took: 3));
        Assert.True(Waited(set: 27, took: 28));
        silence.Broken();
        Assert.Equal(TimeSpan.FromSeconds(90), silence.Left);

        bool Waited(int set, int took)
        {
            silence.Waits(TimeSpan.FromSeconds(set));
            clock.Advance(TimeSpan.FromSeconds(took));
            silence.Waited();
            return silence.IsOver;
        }
    }

    // Two calls get no answer while twenty minutes pass; the third is answered.
    private sealed class Sleeping(RunPlan plan, Microsoft.Extensions.Time.Testing.FakeTimeProvider clock) : ISiteCalls
    {
        private int _asked;

        public bool HasLost { get; private set; }

        public async Task<SliceResult> RunSlice(int site, int window, bool first)
        {
            await Task.Yield();
            if (_asked++ < 2)
            {
                clock.Advance(TimeSpan.FromMinutes(20));
                throw new TimeoutException("nobody");
            }

            return Plans.Finished(plan, site + 1);
        }

        public Task<SliceResult> Close(int site, int window, bool keep) => RunSlice(site, window, first: false);

        public void Lost(int site) => HasLost = true;

        public void Stored(int site)
        {
        }
    }

    private sealed class Declining : ISiteCalls
    {
        public int Asked { get; private set; }

        public List<int> LostSites { get; } = [];

        public Task<SliceResult> RunSlice(int site, int window, bool first)
        {
            Asked++;
            return Task.FromResult(new SliceResult { NextWindow = window, Declined = true });
        }

        public Task<SliceResult> Close(int site, int window, bool keep) => RunSlice(site, window, first: false);

        public void Lost(int site) => LostSites.Add(site);

        public void Stored(int site) => throw new InvalidOperationException($"site {site} has come to nothing");
    }

    // Plays the steps, then lets go on whatever they left, to the end of the shard. After a step with true every driver has reached its next wait before the next step.
    private static async Task<ShardResult> Play((Step What, bool Settled)[] steps)
    {
        Shard shard = await Shard.Begin();
        foreach ((Step what, bool settled) in steps)
        {
            await (what switch
            {
                Step.Pause => shard.Tell(RunPhase.Paused),
                Step.Resume => shard.Tell(RunPhase.Running),
                Step.Cancel => shard.Tell(RunPhase.Cancelled),
                Step.Interrupt => shard.Interrupt(),
                Step.Move => shard.Move(),
                Step.SiloStop => shard.SiloStop(),
                Step.Answer => shard.Answer(),
                _ => shard.Refuse(),
            });
            if (settled)
            {
                await shard.Settle();
            }
        }

        await shard.Tell(RunPhase.Running);
        while (!shard.Drivers.Ended.IsCompleted)
        {
            await shard.Settle();
            await shard.Answer();
        }

        return shard.Result;
    }

    // The shell around the drivers as the grain has it, with lines whose answers the test gives.
    private sealed class Shard : ISiteCalls
    {
        private readonly TaskScheduler _turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        private readonly Microsoft.Extensions.Time.Testing.FakeTimeProvider _clock = new();
        private readonly List<(Func<SliceResult> Answer, TaskCompletionSource<SliceResult> Call)> _out = [];
        private readonly int[] _at = new int[Sites];
        private PhaseWatch _phases = new();
        private ShardLedger _ledger = new(Plan, 0);
        private ShardResult? _stored;
        private RunPhase _told;

        public static async Task<Shard> Begin()
        {
            var shard = new Shard();
            await shard.Open();
            return shard;
        }

        public ShardDrivers Drivers { get; private set; } = null!;

        public int Out => _out.Count;

        public ShardResult Result => _ledger.Result();

        public Task Tell(RunPhase phase) => Turn(async () =>
        {
            _told = RunPhases.After(_told, phase);
            RunPhases next = _phases.Now.Tell(phase);
            _ledger.Ending = next.Duty == Duty.Close ? next.Told : _ledger.Ending;
            await _phases.Set(next);
        });

        // Closed for a partial result, and begun again from what was stored before.
        public async Task Interrupt()
        {
            if (_told == RunPhase.Cancelled)
            {
                return;
            }

            _stored = _ledger.Closed();
            RunPhase told = _told;
            await Tell(RunPhase.Interrupted);
            while (!Drivers.Ended.IsCompleted)
            {
                await Settle();
                await Answer();
            }

            Assert.Equal(Sites, _ledger.Progress.Ended);
            Assert.Equal(0, _ledger.Progress.Lost);
            _told = told;
            await Open();
        }

        // There is nowhere to move to: it continues here.
        public async Task Move()
        {
            await Turn(() => _phases.Set(_phases.Now.Move()));
            while (!Drivers.Ended.IsCompleted)
            {
                await Settle();
                await Answer();
            }

            await Turn(async () =>
            {
                await _phases.Set(_phases.Now.Stay());
                Drivers.Start(Plan.SitesInFlight, first: false);
            });
        }

        // Books are stored, images are lost with the silo, and so is whatever is out.
        public async Task SiloStop()
        {
            await Turn(() => _phases.Set(_phases.Now.Leave()));
            _stored = _ledger.Closed();
            _out.Clear();
            Array.Clear(_at);
            await Open();
        }

        public Task Answer() => Each((answer, call) => call.SetResult(answer()));

        public Task Refuse() => Each((_, call) => call.SetException(new TimeoutException("nobody")), 1);

        // Until every driver waits: for an answer, for the end of a pause, or for its next attempt, which the clock is moved on to.
        public async Task Settle()
        {
            for (long before = -1; before != Drivers.Turns;)
            {
                before = Drivers.Turns;
                for (int i = 0; i < 8; i++)
                {
                    await Turn(() => Task.CompletedTask);
                }

                _clock.Advance(TimeSpan.FromSeconds(3));
                await Turn(() => Task.CompletedTask);
            }
        }

        Task<SliceResult> ISiteCalls.RunSlice(int site, int window, bool first) => Call(() =>
        {
            _at[site]++;
            return Slice(site);
        });

        Task<SliceResult> ISiteCalls.Close(int site, int window, bool keep) => Call(() =>
        {
            SliceResult slice = Slice(site);
            return slice.Outcome is not null ? slice : slice with { Outcome = Plans.Outcome(Plan, site + 1) with { Finished = false, Windows = _at[site] } };
        });

        void ISiteCalls.Lost(int site)
        {
        }

        void ISiteCalls.Stored(int site)
        {
        }

        private SliceResult Slice(int site) =>
            _at[site] >= Windows ? Plans.Finished(Plan, site + 1) : new SliceResult { NextWindow = _at[site], Counters = new() { Events = _at[site] } };

        private Task<SliceResult> Call(Func<SliceResult> answer)
        {
            var call = new TaskCompletionSource<SliceResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            _out.Add((answer, call));
            return call.Task;
        }

        private Task Each(Action<Func<SliceResult>, TaskCompletionSource<SliceResult>> act, int most = int.MaxValue) => Turn(() =>
        {
            (Func<SliceResult>, TaskCompletionSource<SliceResult>)[] now = [.. _out.Take(most)];
            _out.RemoveRange(0, now.Length);
            foreach ((Func<SliceResult> answer, TaskCompletionSource<SliceResult> call) in now)
            {
                act(answer, call);
            }

            return Task.CompletedTask;
        });

        // Another activation: from the stored books, told what the run is told.
        private Task Open() => Turn(async () =>
        {
            _phases = new PhaseWatch();
            _ledger = new ShardLedger(Plan, 0, _stored);
            RunPhases next = default(RunPhases).Tell(_told);
            _ledger.Ending = next.Duty == Duty.Close ? next.Told : _ledger.Ending;
            await _phases.Set(next);
            Drivers = new ShardDrivers(Plan, _ledger, _phases, null, this, _clock, TimeSpan.FromSeconds(66));
            Drivers.Start(Plan.SitesInFlight, first: false);
        });

        private Task Turn(Func<Task> turn) => Task.Factory.StartNew(turn, CancellationToken.None, TaskCreationOptions.None, _turns).Unwrap();
    }
}
