using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Minimise;

public class MinimiseTests
{
    internal static readonly CrashTitle Membership = new(UseSite.InDelMulti, HolderKind.InMultiIfp, PurgeGap.NoInetAddress);
    private static readonly CrashTitle SelectHlim = new(UseSite.In6SelectHlim, HolderKind.In6pRouteIfp, PurgeGap.NoInet6Address);

    internal static SiteOptions Mail()
    {
        CompetitorOptions[] competitors =
        [
            new("tty rings", 1024, CompetitorTrigger.Login, new CountRange(3, 5), VirtualTime.Zero, TimeRange.Seconds(480, 1000), BlockContent.Text),
            new("scripts", 1024, CompetitorTrigger.Dial, new CountRange(1, 3), VirtualTime.Zero, TimeRange.Seconds(60, 600), BlockContent.Text),
        ];
        RoleOptions role = new()
        {
            Role = Role.Called, Daemons = ["zebra", "ripngd", "ospfd"], Kernel = new KernelOptions { FreeSoftcBlocks = new CountRange(0, 1), Competitors = competitors },
            Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd }, Ripngd = new RipngdOptions { OnEthernet = true },
        };
        return new SiteOptions
        {
            Seed = 2005,
            Roles = new(role, role with
            {
                Role = Role.Calling,
                Pppd = new PppdOptions { Persist = true, DefaultRoute = true },
                Ripngd = new RipngdOptions(),
                Hup = new HupOptions { Enabled = true, Phase = TimeRange.Seconds(0, 600) },
            }),
        };
    }

    // A crash with this title; with a history where its router has crashed before.
    private static (uint Site, CrashTally Crash) Find(SiteOptions options, CrashTitle title, bool history = false)
    {
        for (uint n = 0; n < 60; n++)
        {
            Site site = Site.Create(options, n);
            for (int window = 0; window < 18; window++)
            {
                site.RunWindow();
            }

            CrashTally? crash = site.Tally.Crashes.Find(c => c.Title == title);
            if (crash is not null && (!history || site.Tally.Crashes.Exists(c => c.Role == crash.Role && c.FirstEvent < crash.FirstEvent)))
            {
                return (n, crash);
            }
        }

        throw new InvalidOperationException($"no site shows {title}");
    }

    public static TheoryData<bool> BothCrashes => [true, false];

    [Theory]
    [MemberData(nameof(BothCrashes))]
    public void A_crash_of_a_run_is_cut_to_at_most_twelve_operations_none_of_which_can_go(bool membership)
    {
        CrashTitle title = membership ? Membership : SelectHlim;
        SiteOptions options = Mail();
        (uint number, CrashTally crash) = Find(options, title, history: !membership);
        MinimalSite site = new SiteMinimiser(options, number, crash).Minimise()!;

        Assert.True(site.IsMinimal && (membership || site.StartEvent > 100));
        Assert.True(site.Parts.Count < site.PartsBefore);

        MinimalOperations list = new OperationMinimiser(TeardownDesigns.Named("netbsd-2005"), title).Minimise(site.Operations)!;
        Assert.True(list.IsMinimal);
        Assert.InRange(list.Lines.Count, 1, 12);
        Assert.Equal(title, OperationMinimiser.TitleOf(list.Lines, TeardownDesigns.Named("netbsd-2005")));
        for (int i = 0; i < list.Lines.Count; i++)
        {
            // Without the line that opens a socket the rest is no list at all.
            string[] rest = [.. list.Lines.Where((_, n) => n != i)];
            Assert.True(list.Lines[i].StartsWith("raw4", StringComparison.Ordinal) || list.Lines[i].StartsWith("udp6", StringComparison.Ordinal)
                || OperationMinimiser.TitleOf(rest, TeardownDesigns.Named("netbsd-2005")) != title, $"\"{list.Lines[i]}\" can go");
        }
    }

    [Fact]
    public void Another_event_than_the_crash_is_refused()
    {
        (uint number, CrashTally crash) = Find(Mail(), Membership);
        Assert.Null(new SiteMinimiser(Mail(), number, crash with { FirstEvent = crash.FirstEvent - 1 }).Minimise());
    }

    [Fact]
    public void A_filter_that_admits_everything_and_a_listener_change_nothing()
    {
        Site plain = Site.Create(Mail(), 3), watched = Site.Create(Mail(), 3);
        watched.Clock.Parts = new SiteParts();
        watched.Clock.Calls = new OperationRecorder(0);
        for (int window = 0; window < 12; window++)
        {
            plain.RunWindow();
            watched.RunWindow();
        }

        Assert.Equal(plain.Tally.Digest, watched.Tally.Digest);
        Assert.NotEmpty(watched.Clock.Parts.Happened);
        Assert.True(plain.Tally.Counters.OfSite().Events > 1_000);
    }

    [Fact]
    public void A_site_without_its_daemons_and_its_HUPs_crashes_no_more()
    {
        Site site = Site.Create(Mail(), 0);
        site.Clock.Parts = new SiteParts(new HashSet<SitePart>());
        for (int window = 0; window < 36; window++)
        {
            site.RunWindow();
        }

        Assert.Empty(site.Tally.Crashes);
        Assert.Empty(site.Clock.Parts.Happened);
    }

    [Fact]
    public void Delta_debugging_keeps_the_behaviour_and_no_single_part_can_go() =>
        Gen.Select(Gen.Int[1, 60], Gen.Int[0, 59].List[0, 8], Gen.Int[0, 59].List[0, 4]).Sample((count, needed, either) =>
        {
            int[] parts = [.. Enumerable.Range(0, count)];
            HashSet<int> all = [.. needed.Where(n => n < count)], any = [.. either.Where(n => n < count)];
            bool Test(IReadOnlyList<int> kept) => all.IsSubsetOf(kept) && (any.Count == 0 || kept.Any(any.Contains));
            int budget = 100_000;
            List<int> least = DeltaDebugging.Reduce(parts, Test, ref budget, out bool minimal);
            Assert.True(minimal && Test(least));
            Assert.Equal(least.Order(), least);
            for (int i = 0; i < least.Count; i++)
            {
                Assert.False(Test([.. least.Where((_, n) => n != i)]));
            }
        });
}
