using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class SiteTests
{
    private sealed class Listener : ISiteTrace
    {
        public long Steps { get; private set; }

        public long Frames { get; private set; }

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) => Steps++;

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame) => Frames++;
    }

    /// <summary>The mail's set-up: competitors for the softc's block, ospfd that dies at an address that comes back, HUP every ten minutes.</summary>
    private static SiteOptions Mail(ulong seed, int callers = 1, long windowSeconds = 600, bool hup = true, string[]? daemons = null)
    {
        CompetitorOptions[] competitors =
        [
            new("tty rings", 1024, CompetitorTrigger.Login, new CountRange(3, 5), VirtualTime.Zero, TimeRange.Seconds(480, 1000), BlockContent.Text),
            new("scripts", 1024, CompetitorTrigger.Dial, new CountRange(1, 3), VirtualTime.Zero, TimeRange.Seconds(60, 600), BlockContent.Text),
            new("small", 16, CompetitorTrigger.Background, new CountRange(1, 2), VirtualTime.FromSeconds(60), TimeRange.Seconds(1, 10), BlockContent.SmallIntegers),
        ];
        RoleOptions role = new()
        {
            Role = Role.Called, Daemons = daemons ?? ["zebra", "ripngd", "ospfd"],
            Kernel = new KernelOptions { FreeSoftcBlocks = new CountRange(0, 1), Competitors = hup ? competitors : [] },
            Ospfd = new OspfdOptions { Exit = hup && daemons is null ? OspfdExit.AtAddressAdd : OspfdExit.Never },
        };
        return new SiteOptions
        {
            Seed = seed, CallersPerAnswerer = callers, Window = VirtualTime.FromSeconds(windowSeconds),
            Roles = new(role, role with
            {
                Role = Role.Calling,
                Pppd = new PppdOptions { Persist = true, DefaultRoute = daemons is null },
                Hup = new HupOptions { Enabled = hup, Phase = TimeRange.Seconds(0, 600) },
            }),
        };
    }

    private static Site Run(SiteOptions options, int windows, uint number = 0, ISiteTrace? trace = null)
    {
        Site site = Site.Create(options, number);
        site.Trace = trace;
        for (int i = 0; i < windows; i++)
        {
            site.RunWindow();
        }

        return site;
    }

    private static ReadOnlyMemory<byte> Image(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        return image.Written;
    }

    private static string Text(Site site) => JsonSerializer.Serialize(site.Tally);

    [Fact]
    public void The_same_seed_gives_the_same_digest_and_tally()
    {
        Site a = Run(Mail(7), 18);
        Assert.Equal(Text(a), Text(Run(Mail(7), 18)));
        Assert.True(a.Tally.Crashes.Count > 0 && a.Tally.Counters[0].Disconnects > 0); // enough happened for this to mean something
    }

    [Fact]
    public void Another_seed_or_another_site_gives_another_digest()
    {
        ulong[] digests = [Run(Mail(7), 2).Tally.Digest, Run(Mail(8), 2).Tally.Digest, Run(Mail(7), 2, number: 1).Tally.Digest];
        Assert.Equal(3, digests.Distinct().Count());
    }

    [Theory]
    [InlineData(1, 1, 600, 18)]
    [InlineData(2, 1, 97, 60)]
    [InlineData(3, 4, 600, 9)]
    [InlineData(4, 4, 133, 30)]
    [InlineData(5, 1, 11, 400)]
    public void Saved_and_loaded_at_every_window_a_site_goes_on_as_if_it_had_not_stopped(ulong seed, int callers, long window, int windows)
    {
        SiteOptions options = Mail(seed, callers, window);
        Site whole = Site.Create(options, 0), stopped = Site.Create(options, 0);
        for (int i = 0; i < windows; i++)
        {
            whole.RunWindow();
            stopped = Site.Load(options, 0, new ImageReader(Image(stopped)));
            stopped.RunWindow();
            Assert.True(whole.Tally.Digest == stopped.Tally.Digest, $"the digests part in window {i}");
        }

        Assert.Equal(Text(whole), Text(stopped));
        for (int r = 0; r < whole.RouterCount; r++)
        {
            Assert.Equal(whole.Show(r), stopped.Show(r));
        }
    }

    [Fact]
    public void An_image_is_read_to_its_last_byte()
    {
        SiteOptions options = Mail(3);
        var reader = new ImageReader(Image(Run(options, 9)));
        Site.Load(options, 0, reader);
        Assert.True(reader.AtEnd);
    }

    [Fact]
    public void A_window_repeated_from_an_image_ends_the_same()
    {
        SiteOptions options = Mail(11);
        Site site = Run(options, 6);
        ReadOnlyMemory<byte> image = Image(site);
        site.RunWindow();
        for (int i = 0; i < 2; i++)
        {
            Site again = Site.Load(options, 0, new ImageReader(image));
            again.RunWindow();
            Assert.Equal(Text(site), Text(again));
        }
    }

    [Fact]
    public void A_trace_changes_nothing()
    {
        var listener = new Listener();
        Assert.Equal(Text(Run(Mail(5), 9)), Text(Run(Mail(5), 9, trace: listener)));
        Assert.True(listener.Steps > 100 && listener.Frames > 100);
    }

    [Fact]
    public void Two_thousand_seconds_without_a_disconnect_allocate_nothing()
    {
        Site site = Site.Create(Mail(1, hup: false), 0);
        site.RunUntil(VirtualTime.FromSeconds(2000), long.MaxValue); // connected, every buffer as large as it gets
        long events = site.Clock.Events, before = GC.GetAllocatedBytesForCurrentThread();
        site.RunUntil(VirtualTime.FromSeconds(4000), long.MaxValue);
        long bytes = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(site.Clock.Events - events > 1000);
        Assert.Equal(0, bytes);
        Assert.Equal((0L, 0L), (site.Routers[0].Counters.Disconnects, site.Routers[1].Counters.Disconnects));
    }

    [Fact]
    public void A_lost_link_counts_as_a_trial_when_its_redial_comes_or_its_kernel_dies_and_not_before()
    {
        Site site = Site.Create(Mail(7, windowSeconds: 60), 0);
        int waited = 0;
        for (int minute = 1; minute <= 360; minute++)
        {
            site.RunWindow();
            foreach (Router r in site.Routers)
            {
                Assert.InRange(r.Counters.Disconnects - r.Counters.DecidedDisconnects, 0, 1);
                Assert.Equal(r.Counters.DecidedDisconnects, r.DecidedByAge.ToArray().Sum());

                // Neither while the link is up, nor after a panic, does a lost link wait for its redial.
                bool waits = r.Counters.Disconnects > r.Counters.DecidedDisconnects;
                Assert.False(waits && (!r.IsUp || ((Pppd)r.Processes.PortOwners[0]).IsUp));
                waited += waits ? 1 : 0;
            }
        }

        Assert.True(waited > 10);
        SiteTally tally = site.Tally;
        Assert.All(tally.Crashes, crash => Assert.Equal(crash.Count, crash.ByAge.Sum()));
        Assert.Equal(tally.Counters.Total.DecidedDisconnects, tally.DecidedByAge.Sum());
        Assert.True(tally.Crashes.Count > 0);
    }

    [Fact]
    public void Users_that_give_back_what_they_take_leave_the_free_list_as_long_as_it_was_and_every_block_written()
    {
        CompetitorOptions jobs = new("jobs", 1024, CompetitorTrigger.Background, new CountRange(1, 3), VirtualTime.FromSeconds(60), TimeRange.Fixed(VirtualTime.Zero), BlockContent.Text)
        {
            Times = new CountRange(2, 6),
        };
        SiteOptions mail = Mail(3, windowSeconds: 3600, hup: false);
        RoleOptions role = mail.Called with { Kernel = new KernelOptions { FreeSoftcBlocks = new CountRange(0, 3), Competitors = [jobs, jobs with { Name = "another class", Bytes = 2048 }] } };
        Site site = Site.Create(mail with { Roles = new(role, mail.Calling with { Kernel = role.Kernel }) }, 0);
        site.RunWindow();
        int[] blocks = [.. site.Routers.Select(r => r.Kernel.Heap.Count)];
        for (int hour = 1; hour < 48; hour++)
        {
            site.RunWindow();
        }

        Assert.Equal(blocks, site.Routers.Select(r => r.Kernel.Heap.Count));
        foreach (Router r in site.Routers)
        {
            // Three at a time: as many are free, or a page was carved.
            Assert.InRange(r.Kernel.Heap.FreeCount(0), 3, 6);
            for (int block = 0; block < r.Kernel.Heap.Count; block++)
            {
                HeapBlock b = r.Kernel.Heap.Block(block);
                Assert.True(b.Class != 0 || b.Next == HeapBlock.InUse || b.Image == BlockImage.Text, $"router {r.Number}, block {block}: {b.Image}");
            }
        }
    }

    [Fact]
    public void When_zebra_serves_ripngd_first_ospfds_drop_comes_too_late()
    {
        Router called = Run(Mail(1, daemons: ["zebra", "ripngd", "ospfd"]), 18).Routers[0];
        Assert.True(called.Counters.Disconnects > 5);
        Assert.Equal(0, called.Oracle.Probes[(int)Probe.DropInTime]);
        Assert.True(called.Oracle.Probes[(int)Probe.DropAfterAddressGone] > 5);
    }

    [Fact]
    public void When_zebra_serves_ospfd_first_its_drop_is_in_time()
    {
        Router called = Run(Mail(1, daemons: ["zebra", "ospfd", "ripngd"]), 18).Routers[0];
        Assert.True(called.Counters.Disconnects > 5);
        Assert.True(called.Oracle.Probes[(int)Probe.DropInTime] > 5);
        Assert.Equal(0, called.Oracle.Stale[(int)HolderKind.InMultiIfp].Created);
    }
}
