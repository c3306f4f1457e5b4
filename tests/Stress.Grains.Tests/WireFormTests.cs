using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class WireFormTests
{
    private static readonly Serializer Wire = new ServiceCollection()
        .AddSerializer(serializer => serializer.AddAssembly(typeof(RunPlan).Assembly)).BuildServiceProvider().GetRequiredService<Serializer>();

    [Fact]
    public void A_plan_crosses_with_every_option()
    {
        RunPlan plan = Plans.Of(sites: 5, windows: 9) with
        {
            CheckedSites = [1, 3],
            Site = new SiteOptions
            {
                Seed = ulong.MaxValue,
                Design = "purge-all",
                Roles = PairTopology.Roles.With(new RoleOptions
                {
                    Role = Role.Called,
                    GroupMember = "224.0.1.1",
                    Hup = new HupOptions { Enabled = true, Phase = TimeRange.Seconds(1, 2) },
                    Kernel = new KernelOptions
                    {
                        Abi = Abi.Lp64,
                        Competitors = [new CompetitorOptions("login", 300, CompetitorTrigger.Login, new CountRange(1, 3), VirtualTime.Zero, TimeRange.Seconds(1, 9), BlockContent.Text)],
                    },
                }),
            },
        };

        RunPlan crossed = Cross(plan);

        Assert.Equal(JsonSerializer.Serialize(plan), JsonSerializer.Serialize(crossed));
    }

    [Fact]
    public async Task A_site_crosses_as_its_image_and_goes_on_as_the_original_does()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 8) with { CheckedSites = [0] };
        SiteHandOver original = SiteHandOver.Create(plan, 0);
        var emulator = new EmulatorBackend();
        await original.Open(emulator, plan);
        await original.RunWindow(plan);
        await original.RunWindow(plan);

        SiteHandOver crossed = Cross(new LeaseAnswer { NextWindow = 2, Image = original }).Image!;
        await crossed.Open(emulator, plan);
        await original.RunWindow(plan);
        await crossed.RunWindow(plan);

        Assert.NotSame(original, crossed);
        Assert.Equal(3, crossed.NextWindow);
        Assert.Equal(original.Execution.Digest, crossed.Execution.Digest);
        Assert.Equal(original.Marks!.Select(mark => mark.Digest), crossed.Marks!.Select(mark => mark.Digest));
    }

    [Fact]
    public async Task A_site_without_an_image_ends_where_it_leaves_and_arrives_at_virtual_time_zero()
    {
        var trace = new RecordedTrace();
        RunPlan plan = Plans.Of(sites: 1, windows: 8) with { Backend = trace.Name, CheckedSites = [0] };
        SiteHandOver original = SiteHandOver.Create(plan, 0);
        await original.Open(trace, plan);
        await original.RunWindow(plan);

        SiteHandOver crossed = Cross(new LeaseAnswer { NextWindow = 1, Image = original }).Image!;

        Assert.Equal(0, trace.Alive);
        Assert.True(crossed.IsUnbegun);
        Assert.Equal(0, crossed.NextWindow);
        Assert.Empty(crossed.Marks!);
    }

    [Fact]
    public void A_plan_that_names_no_backend_is_for_the_emulator_and_one_that_does_keeps_it()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 1);

        Assert.Equal("emulator", Cross(plan).Backend);
        Assert.Equal(plan with { Backend = "emulator" }, plan);
        Assert.Equal(("uml", "kernel=6.18"), (Cross(plan with { Backend = "uml", BackendSettings = "kernel=6.18" }).Backend, Cross(plan with { BackendSettings = "kernel=6.18" }).BackendSettings));
    }

    [Fact]
    public void An_outcome_crosses_with_its_crashes_stale_pointers_and_series()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 4);
        SiteOutcome outcome = Plans.Outcome(plan, 12);

        SiteOutcome crossed = Cross(outcome);

        Assert.Equal(JsonSerializer.Serialize(outcome.Tally), JsonSerializer.Serialize(crossed.Tally));
        Assert.Equal(outcome.Series.Disconnects[0], crossed.Series.Disconnects[0]);
        Assert.Equal(outcome.Series.Crashes.Single().Key, crossed.Series.Crashes.Single().Key);
        Assert.Equal(outcome.Series.Crashes.Single().Value, crossed.Series.Crashes.Single().Value);
    }

    [Fact]
    public void What_a_site_of_three_labels_counted_crosses_under_its_labels()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 4) with { Site = Plans.Chain() };
        var site = Site.Create(plan.Site, 0);
        var series = SiteSeries.Of(plan);
        for (int window = 0; window < 4; window++)
        {
            site.RunWindow();
            series.Note(window, site);
        }

        SiteOutcome crossed = Cross(new SiteOutcome { Finished = true, Windows = 4, Tally = site.Tally, Series = series });
        var totals = RunTotals.Of(Cross(plan));
        totals.Add(0, crossed);
        RunTotals again = Cross(totals);

        Assert.Equal(["hub", "relay", "leaf"], again.Counters.Labels);
        Assert.Equal(site.Tally.Counters.By(c => c.Disconnects), again.Counters.By(c => c.Disconnects));
        Assert.Equal(series.Disconnects, again.Series.Disconnects);
        Assert.Equal(site.Tally.Stale.Select(s => ((int)s.Role, s.Created)).Order(), again.Stale.Select(s => ((int)s.Key.Role, s.Value.Created)).Order());
    }

    [Fact]
    public void Every_counter_of_a_tally_has_a_place_in_its_wire_form()
    {
        IEnumerable<string> places = typeof(Contracts.Surrogates.SiteTallySurrogate).GetFields().Select(field => field.Name);
        Assert.Equal(
            typeof(SiteTally).GetProperties().Where(counter => counter.CanWrite).Select(counter => counter.Name).Order(),
            places.Except(["Reached"]).Order());
        Assert.Equal(
            typeof(CrashTally).GetProperties().Where(part => part.CanWrite).Select(part => part.Name).Order(),
            typeof(Contracts.Surrogates.CrashTallySurrogate).GetProperties().Select(part => part.Name).Order());
        Assert.Equal(
            typeof(StaleTally).GetProperties().Where(part => part.CanWrite).Select(part => part.Name).Order(),
            typeof(Contracts.Surrogates.StaleTallySurrogate).GetProperties().Select(part => part.Name).Order());
    }

    [Fact]
    public void Plans_that_cross_again_and_again_share_their_options()
    {
        RunPlan plan = Plans.Of(sites: 5, windows: 9);

        Assert.Same(Cross(plan).Site, Cross(plan with { Windows = 10 }).Site);
        Assert.NotSame(Cross(plan).Site, Cross(plan with { Site = new SiteOptions { Seed = 77 } }).Site);
    }

    [Fact]
    public void A_shard_result_crosses()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 4);
        var ledger = new ShardLedger(plan, 0);
        ledger.TryTake(out _);
        ledger.Merge(0, Plans.Finished(plan, 12));

        ShardResult crossed = Cross(ledger.Result());

        Assert.Equal(ledger.Result().Progress, crossed.Progress);
        Assert.Equal(ledger.Result().Digests, crossed.Digests);
        Assert.Equal(ledger.Result().FirstCrashes, crossed.FirstCrashes);
        Assert.Equal(12, crossed.Totals.Crashes.Values.Single().Count);
    }

    [Fact]
    public void A_key_names_run_site_and_member_and_nothing_else()
    {
        Assert.Equal(("a/b", 12, 3), GrainKeys.Parse(GrainKeys.Router("a/b", 12, 3)));
        Assert.Throws<FormatException>(() => GrainKeys.Parse(GrainKeys.Shard("run", 1)));
    }

    private static T Cross<T>(T value) => Wire.Deserialize<T>(Wire.SerializeToArray(value))!;
}
