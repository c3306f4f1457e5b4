using Stress.Emulator.Core;
using Stress.Emulator.Minimise;
using Stress.Emulator.Sites;
using Xunit;

namespace Stress.Emulator.Tests.Minimise;

public class CrashFuturesTests
{
    private static readonly SiteOptions Options = MinimiseTests.Mail();

    [Fact]
    public void The_future_under_no_other_key_is_the_one_that_came_from_every_step()
    {
        foreach ((uint site, CrashTally crash) in Crashes(3))
        {
            CrashFutures way = CrashFutures.Of(Options, site, crash)!;
            Assert.All(way.PointsAt(Steps(way)), point => Assert.Equal(FutureEnd.Crash, way.Execute(point, 0)));
        }
    }

    [Fact]
    public void Under_one_key_a_future_is_always_the_same_and_under_others_some_escape_until_the_crash_is_certain()
    {
        int escaped = 0, certain = 0, ways = 0;
        foreach ((uint site, CrashTally crash) in Crashes(3))
        {
            CrashFutures way = CrashFutures.Of(Options, site, crash)!;
            IReadOnlyList<FuturePoint> points = way.PointsAt([way.First, way.Last - 1]);
            FutureEnd[] first = [.. Keys.Select(key => way.Execute(points[0], key))], last = [.. Keys.Select(key => way.Execute(points[1], key))];

            Assert.Equal(first, Keys.Select(key => way.Execute(points[0], key)));
            escaped += first.Count(end => end != FutureEnd.Crash);
            certain += last.Count(end => end == FutureEnd.Crash);
            ways++;
        }

        Assert.Equal(ways * Keys.Length, certain);
        Assert.InRange(escaped, 1, ways * Keys.Length);
    }

    [Fact]
    public void Without_the_event_that_crashes_there_is_no_crash_there()
    {
        (uint site, CrashTally crash) = Crashes(1).Single();
        CrashFutures way = CrashFutures.Of(Options, site, crash)!;
        FuturePoint before = way.PointsAt([way.Last - 1]).Single();

        Assert.DoesNotContain(FutureEnd.Crash, Keys.Select(key => way.Execute(before, key, withoutNext: true)));
    }

    [Fact]
    public void The_events_that_made_the_pointer_stale_are_known_with_what_the_kernel_executed_in_them()
    {
        foreach ((uint site, CrashTally crash) in Crashes(3))
        {
            CrashFutures way = CrashFutures.Of(Options, site, crash)!;

            Assert.All(way.Losses, loss => Assert.InRange(loss.Number, way.First + 1, way.Last));
            Assert.Equal(["deladdr4", "destroy"], way.Losses.SelectMany(loss => loss.Operations).Select(line => line.Split(' ')[0]).Where(word => word is "deladdr4" or "destroy").Order(StringComparer.Ordinal));
            Assert.Equal("destroy ppp0", way.Losses[^1].In(["create ppp0", "destroy ppp0"]));
            Assert.Null(way.Losses[^1].In(["create ppp0", "destroy ppp1"]));
        }
    }

    [Fact]
    public void A_site_that_does_not_crash_so_has_no_way()
    {
        (uint site, CrashTally crash) = Crashes(1).Single();

        Assert.Null(CrashFutures.Of(Options, site, new CrashTally(crash.Title, crash.Role) { FirstEvent = crash.FirstEvent - 1 }));
        Assert.Null(CrashFutures.Of(Options with { Seed = Options.Seed + 1 }, site, crash));
    }

    private static ulong[] Keys { get; } = [.. Enumerable.Range(1, 20).Select(key => (ulong)key)];

    private static long[] Steps(CrashFutures way) => [.. Enumerable.Range(0, 10).Select(i => way.First + ((way.Last - 1 - way.First) * i / 9)).Distinct()];

    private static IEnumerable<(uint Site, CrashTally Crash)> Crashes(int count)
    {
        int found = 0;
        for (uint number = 0; found < count; number++)
        {
            Site site = Site.Create(Options, number);
            while (site.Now < VirtualTime.FromMinutes(120))
            {
                site.RunWindow();
            }

            if (site.Crashes.FirstOrDefault(c => c.Title == MinimiseTests.Membership) is { } crash)
            {
                found++;
                yield return (number, crash);
            }
        }
    }
}
