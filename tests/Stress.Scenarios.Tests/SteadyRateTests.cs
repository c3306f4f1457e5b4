using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Scenarios.Tests;

/// <summary>Rates of the flagship do not depend on how long a site has been running: its kernels' free lists come to rest.</summary>
public sealed class SteadyRateTests(ITestOutputHelper output)
{
    private const int Sites = 24;

    [Fact]
    public void The_rates_of_the_second_and_third_day_are_those_of_the_first()
    {
        SiteOptions options = ScenarioLoader.Load(Repository.At("scenarios", "troxel-2005.yaml")).Site with { Window = VirtualTime.FromHours(24) };
        var firstDay = new Dictionary<string, (long Crashes, long Disconnects)>();
        var later = new Dictionary<string, (long Crashes, long Disconnects)>();
        for (uint number = 0; number < Sites; number++)
        {
            Site site = Site.Create(options, number);
            site.RunWindow();
            Add(firstDay, site.Tally, 1);
            Add(later, site.Tally, -1);
            site.RunWindow();
            site.RunWindow();
            Add(later, site.Tally, 1);
        }

        foreach ((string node, (long crashes, long disconnects)) in firstDay)
        {
            double first = 100.0 * crashes / disconnects, then = 100.0 * later[node].Crashes / later[node].Disconnects;
            output.WriteLine($"{node}: {first:0.0} % of {disconnects}, then {then:0.0} % of {later[node].Disconnects}");
            Assert.InRange(then, first - 5, first + 5);
            Assert.InRange(first, 15, 85);
        }
    }

    private static void Add(Dictionary<string, (long Crashes, long Disconnects)> sums, SiteTally tally, int sign)
    {
        for (int node = 0; node < tally.Counters.Labels.Count; node++)
        {
            string label = tally.Counters.Labels[node];
            (long crashes, long disconnects) = sums.GetValueOrDefault(label);
            sums[label] = (crashes + (sign * tally.Counters[node].Panics), disconnects + (sign * tally.Counters[node].DecidedDisconnects));
        }
    }
}
