using System.Text.Json;
using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Quiet events are taken the short way or in full: nothing may differ but the time it takes.</summary>
public class QuietTests
{
    private static readonly Gen<SiteOptions> AnyOptions =
        from seed in Gen.ULong
        from design in Any(DesignSet.BuiltIn.Names.Split(", "))
        from callers in Gen.Int[1, 3]
        from called in AnyRole(Role.Called)
        from calling in AnyRole(Role.Calling)
        from noise in Any(0, 200, 50_000)
        from loss in Any(0L, 1200L)
        from window in Gen.Long[90, 900]
        from bitRate in Any(2400, 33_600)
        select new SiteOptions
        {
            Seed = seed, Design = design, CallersPerAnswerer = callers, Roles = new(called, calling), Window = VirtualTime.FromSeconds(window),
            Line = new LineOptions { NoisePerMillionFrames = noise, CarrierLossEvery = VirtualTime.FromSeconds(loss), BitRate = bitRate },
        };

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static Gen<RoleOptions> AnyRole(Role role) =>
        from competitors in Gen.Int[0, 3]
        from fill in Gen.Enum<MallocFill>()
        from units in Gen.Enum<PppUnits>()
        from daemons in Any<string[]>(["zebra", "ripngd", "ospfd"], ["zebra", "ospfd", "ripngd"], ["zebra", "ospfd"], ["zebra", "ripngd"])
        from version in Gen.Enum<OspfdVersion>()
        from exit in Gen.Enum<OspfdExit>()
        from hello in Any(1L, 10L)
        from jitter in Any(0L, 15L)
        from ethernet in Gen.Bool
        from echo in Any(0L, 0L, 30L)
        from demand in Any(false, false, false, false, true)
        from borrowed in Gen.Bool
        from member in Any<string?>(null, "224.0.1.1")
        from hup in Gen.Bool
        select new RoleOptions
        {
            Role = role, Daemons = daemons, BorrowedAddress = borrowed, GroupMember = member,
            Kernel = new KernelOptions { Fill = fill, PppUnits = units, FreeSoftcBlocks = new CountRange(0, 2), Competitors = Competitors[..competitors] },
            Ospfd = new OspfdOptions { Version = version, Exit = exit, HelloInterval = VirtualTime.FromSeconds(hello), DeadInterval = VirtualTime.FromSeconds(4 * hello) },
            Ripngd = new RipngdOptions { OnEthernet = ethernet, UpdateJitter = VirtualTime.FromSeconds(jitter) },
            Pppd = new PppdOptions { Persist = true, DefaultRoute = !demand, Demand = demand, LcpEchoInterval = VirtualTime.FromSeconds(echo) },
            Hup = new HupOptions { Enabled = hup, Phase = TimeRange.Seconds(0, 600) },
        };

    private static readonly CompetitorOptions[] Competitors =
    [
        new("small", 16, CompetitorTrigger.Background, new CountRange(1, 2), VirtualTime.FromSeconds(20), TimeRange.Seconds(1, 10), BlockContent.SmallIntegers),
        new("rings", 1024, CompetitorTrigger.Login, new CountRange(3, 5), VirtualTime.Zero, TimeRange.Seconds(480, 1000), BlockContent.Text),
        new("scripts", 1024, CompetitorTrigger.Dial, new CountRange(1, 3), VirtualTime.Zero, TimeRange.Seconds(60, 600), BlockContent.Zero),
    ];

    [Fact]
    public void Tally_digest_console_and_image_are_the_same_when_every_event_is_taken_in_full() => AnyOptions.Sample(AreTheSame, iter: 60, threads: 1, print: Seeded);

    // A router of several lines goes on with the Hellos of one while another comes and goes; with adjacencies and routes too.
    private static readonly Gen<SiteOptions> AnyNetwork =
        from options in AnyOptions
        from width in Gen.Int[2, 3]
        from adjacency in Gen.Enum<OspfdAdjacency>()
        from routes in Gen.Bool
        select NetworkOf(options, width, adjacency, routes);

    private static SiteOptions NetworkOf(SiteOptions options, int width, OspfdAdjacency adjacency, bool routes)
    {
        RoleOptions router = options.Roles[Role.Calling];
        router = router with { Ospfd = router.Ospfd with { Adjacency = adjacency }, Ripngd = router.Ripngd with { Routes = routes } };
        Topology grid = new NetworkOptions { Shape = NetworkShape.Grid, Width = width, Height = 2 }.Build();
        return options with { CallersPerAnswerer = 1, Graph = grid, Roles = new RoleSet([.. grid.Labels.Select((_, label) => router with { Role = (Role)label })]) };
    }

    [Fact]
    public void A_network_is_the_same_when_every_event_is_taken_in_full() => AnyNetwork.Sample(AreTheSame, iter: 20, threads: 1, print: Seeded);

    // Once ospfd has been started again, the Hellos of all of its lines are due together; and what a neighbour's return or an update of RIPng changes is theirs alone.
    [Fact]
    public void Hellos_of_a_router_with_several_lines_are_taken_the_short_way()
    {
        var options = new SiteOptions
        {
            Seed = 5, Line = new LineOptions { CarrierLossEvery = VirtualTime.FromMinutes(100) },
            Roles = new(new RoleOptions { Role = Role.Called }, new RoleOptions { Role = Role.Calling, Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd }, Pppd = new PppdOptions { Persist = true } }),
        };
        Site site = Site.Create(NetworkOf(options, 4, OspfdAdjacency.TwoWay, routes: false), 0);
        for (int window = 0; window < 24; window++)
        {
            site.RunWindow();
        }

        Assert.InRange(site.QuietEvents * 1000 / site.Clock.Events, 940, 1000);
    }

    // Its called system counts references in a table that had grown before the reload.
    [Fact]
    public void A_table_that_has_grown_is_used_as_one_that_was_read_from_an_image() => AreTheSame(AnyOptions.Single(static _ => true, "cqkDeh3VXqc3"));

    // In whole, the options of a network contain themselves.
    private static string Seeded(SiteOptions options) => $"run seed {options.Seed}, design {options.Design}";

    private static void AreTheSame(SiteOptions options)
    {
        Site skips = Site.Create(options, 3), full = Site.Create(options with { SkipQuiet = false }, 3);
        for (int window = 0; window < 14; window++)
        {
            skips.RunWindow();
            full.RunWindow();
            Assert.Equal(JsonSerializer.Serialize(full.Tally), JsonSerializer.Serialize(skips.Tally));
            Assert.Equal(Image(full), Image(skips));
            if (window == 6)
            {
                skips = Site.Load(options, 3, new ImageReader(Image(skips)));
            }
        }

        for (int r = 0; r < full.RouterCount; r++)
        {
            Assert.Equal(full.Show(r), skips.Show(r));
        }

        Assert.Equal(0, full.QuietEvents);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(30)]
    public void A_replay_that_stops_at_an_event_stops_at_the_same_event(long step)
    {
        SiteOptions options = AnyOptions.Single(static _ => true, "0000KR0BQ0kv");
        Site skips = Site.Create(options, 0), full = Site.Create(options with { SkipQuiet = false }, 0);
        for (long last = step; last < 3000; last += step)
        {
            skips.RunUntil(VirtualTime.FromHours(2), last);
            full.RunUntil(VirtualTime.FromHours(2), last);
            Assert.Equal(full.Clock.Events, skips.Clock.Events);
            Assert.Equal(full.Now, skips.Now);
        }

        Assert.Equal(Image(full), Image(skips));
    }

    [Fact]
    public void Most_events_of_a_quiet_link_are_taken_the_short_way()
    {
        SiteOptions options = new()
        {
            Seed = 5, Roles = new(new RoleOptions { Role = Role.Called }, new RoleOptions { Role = Role.Calling, Pppd = new PppdOptions { Persist = true } }),
        };
        Site site = Site.Create(options, 0);
        for (int window = 0; window < 12; window++)
        {
            site.RunWindow();
        }

        Assert.InRange(site.QuietEvents * 100 / site.Clock.Events, 90, 100);
    }

    private static byte[] Image(Site site)
    {
        var image = new ImageWriter();
        site.Save(image);
        return image.Written.ToArray();
    }
}
