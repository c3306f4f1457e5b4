using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland.Ppp;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>The flagship's pairs on lines with the delays of satellites and GPRS, clean and noisy: links open, and what comes of their end is seen.</summary>
public sealed class SlowLineTests
{
    [Fact]
    public void On_a_line_of_1600_ms_links_open_and_crashes_come()
    {
        string folder = Directory.CreateTempSubdirectory("stress-slow-line-").FullName;
        try
        {
            foreach (string file in (string[])[Repository.At("tests", "Stress.Scenarios.Tests", "Cases", "slow-line.yaml"), Repository.At("scenarios", "troxel-2005.yaml")])
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            Scenario scenario = ScenarioLoader.Load(Path.Combine(folder, "slow-line.yaml"));
            (long disconnects, long crashes) = Execute(scenario.Site, scenario.Pairs, (int)(scenario.Duration.Microseconds / scenario.Site.Window.Microseconds));
            Assert.InRange(disconnects, scenario.Pairs, long.MaxValue);
            Assert.InRange(crashes, 1, disconnects);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData(100, 0)]
    [InlineData(100, 10_000)]
    [InlineData(1400, 10_000)]
    [InlineData(1600, 10_000)]
    [InlineData(2500, 0)]
    [InlineData(2500, 10_000)]
    [InlineData(4000, 0)]
    [InlineData(4000, 10_000)]
    public void At_every_delay_and_with_one_frame_in_a_hundred_spoilt_both_roles_open_and_hang_up(int delay, int noise)
    {
        SiteOptions site = ScenarioLoader.Load(Repository.At("scenarios", "troxel-2005.yaml")).Site;
        foreach (PppAuthentication require in (PppAuthentication[])[PppAuthentication.None, PppAuthentication.Pap, PppAuthentication.ChapMd5])
        {
            SiteOptions slow = site.With(site.Called with { Pppd = site.Called.Pppd with { Require = require } }) with
            {
                Line = site.Line with { Delay = TimeRange.Milliseconds(delay, delay), NoisePerMillionFrames = noise, TrainingFailuresPerThousand = 0 },
            };
            (long disconnects, _) = Execute(slow, 2, 12);
            Assert.InRange(disconnects, 8, long.MaxValue);
        }
    }

    // Both roles' disconnects and panics.
    private static (long Disconnects, long Crashes) Execute(SiteOptions options, int sites, int windows)
    {
        long disconnects = 0, crashes = 0;
        for (uint number = 0; number < sites; number++)
        {
            Site site = Site.Create(options, number);
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }

            Assert.All(site.Tally.Counters.By(c => c.Disconnects), count => Assert.InRange(count, 1, long.MaxValue));
            disconnects += site.Tally.Counters.Total.Disconnects;
            crashes += site.Tally.Counters.Total.Panics;
        }

        return (disconnects, crashes);
    }
}
