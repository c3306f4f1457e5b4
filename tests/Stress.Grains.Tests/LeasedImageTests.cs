using System.Diagnostics.CodeAnalysis;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class LeasedImageTests
{
    private static readonly RunPlan Plan = Plans.Of(sites: 1, windows: 10);

    [Fact]
    public void The_next_window_is_leased_and_comes_back_one_further()
    {
        var router = new LeasedImage(Plan, 0, null);
        LeaseAnswer lease = router.Lease(0);
        Run(lease.Image, Plan);

        Assert.True(router.Return(lease.Lease, lease.Image));
        Assert.Equal(1, router.NextWindow);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(-1)]
    public void A_window_that_is_not_the_next_is_refused_and_the_next_is_named(int window)
    {
        LeaseAnswer answer = new LeasedImage(Plan, 0, null).Lease(window);

        Assert.Null(answer.Image);
        Assert.Equal(0, answer.NextWindow);
    }

    [Fact]
    public void A_window_that_was_executed_is_refused()
    {
        LeasedImage router = After(3);

        Assert.Null(router.Lease(2).Image);
        Assert.NotNull(router.Lease(3).Image);
    }

    [Fact]
    public void Asking_again_takes_the_lease_back_and_executing_again_gives_the_same()
    {
        var router = new LeasedImage(Plan, 0, null);
        LeaseAnswer lost = router.Lease(0);
        Run(lost.Image, Plan);

        LeaseAnswer again = router.Lease(0);
        Run(again.Image, Plan);

        Assert.NotSame(lost.Image, again.Image);
        Assert.Equal(lost.Image.Execution.Digest, again.Image.Execution.Digest);
        Assert.False(router.Return(lost.Lease, lost.Image));
        Assert.True(router.Return(again.Lease, again.Image));
    }

    [Fact]
    public void A_repeated_return_changes_nothing()
    {
        var router = new LeasedImage(Plan, 0, null);
        LeaseAnswer lease = router.Lease(0);
        Run(lease.Image, Plan);
        Assert.True(router.Return(lease.Lease, lease.Image));

        Assert.False(router.Return(lease.Lease, lease.Image));
        Assert.Equal(1, router.NextWindow);
    }

    [Fact]
    public void A_lease_that_is_lost_after_a_checkpoint_goes_on_from_the_checkpoint()
    {
        RunPlan plan = Plan with { CheckpointWindows = 2 };
        var router = new LeasedImage(plan, 0, null);
        for (int window = 0; window < 3; window++)
        {
            LeaseAnswer lease = router.Lease(window);
            Run(lease.Image, plan);
            Assert.True(router.Return(lease.Lease, lease.Image));
            Assert.Equal(window == 1, router.IsCheckpointDue && router.Checkpointed(lease.Image));
        }

        Assert.NotNull(router.Lease(3).Image);
        Assert.Equal(2, router.Lease(3).NextWindow);

        LeaseAnswer resumed = router.Lease(2);
        Run(resumed.Image, plan);
        Assert.Equal(DigestAfter(3), resumed.Image.Execution.Digest);
    }

    [Fact]
    public void A_series_that_was_packed_is_the_series_that_was()
    {
        var series = new SiteSeries(300);
        foreach (int bin in (int[])[0, 1, 7, 299])
        {
            var tally = new SiteTally { Counters = PairTopology.Counters(new() { Disconnects = 3 * bin }, new() { Disconnects = bin }) };
            tally.Crashes.Add(new CrashTally(new CrashTitle(UseSite.InDelMulti, HolderKind.InMultiIfp, PurgeGap.NoInetAddress), Role.Called) { Count = 1 + bin });
            tally.Crashes.Add(new CrashTally(default, Role.Calling) { Words = "KASAN: use-after-free in rip6_send", Function = bin > 1 ? "rip6_send" : null, Count = bin });
            tally.Stale.Add(new StaleTally(HolderKind.In6pRouteIfp, Role.Calling) { Live = 100 - (bin / 3) });
            series.Note(bin, tally);
        }

        ZeroRuns packed = series.Pack();
        SiteSeries again = SiteSeries.Unpack(packed);

        Assert.InRange(packed.PackedLength, 1, 700);
        Assert.Equal(series.Disconnects[0], again.Disconnects[0]);
        Assert.Equal(series.Disconnects[1], again.Disconnects[1]);
        Assert.Equal(series.Crashes, again.Crashes);
        Assert.Equal(series.StaleLive, again.StaleLive);
        Assert.Throws<InvalidDataException>(() => SiteSeries.Unpack(new ZeroRuns([.. packed.Packed, 0, 5], packed.Length + 5)));
    }

    private static LeasedImage After(int windows)
    {
        var router = new LeasedImage(Plan, 0, null);
        LeaseAnswer lease = router.Lease(0);
        for (int window = 0; window < windows; window++)
        {
            Run(lease.Image, Plan);
        }

        router.Return(lease.Lease, lease.Image!);
        return router;
    }

    private static void Run([NotNull] SiteHandOver? site, RunPlan plan)
    {
        Assert.NotNull(site);
        Assert.True(site.Open(new EmulatorBackend(), plan).IsCompletedSuccessfully);
        Assert.True(site.RunWindow(plan).IsCompletedSuccessfully);
    }

    private static ulong DigestAfter(int windows)
    {
        var site = Site.Create(Plan.Site, 0);
        while (site.NextWindow < windows)
        {
            site.RunWindow();
        }

        return site.Tally.Digest;
    }
}
