using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Scenarios.Tests;

/// <summary>
/// What a pair-hour of troxel-2005 costs, in counts that are the same on every machine and however busy it is. A budget is the value measured when it was set, plus a tenth; a
/// change that makes a pair-hour more expensive raises it here, visibly, and one that makes it cheaper lowers it.
/// </summary>
public sealed class CostTests(ITestOutputHelper output)
{
    private const int Sites = 20, Windows = 72;

    private const long EventsBudget = 2_150, FullEventsBudget = 540, FramesBudget = 640, WindowBytesBudget = 2_290, ImageBytesBudget = 9_600;
    private static readonly Lazy<Cost> Measured = new(Cost.Measure);

    [Fact]
    public void A_pair_hour_takes_no_more_events_than_its_budget() => Within(EventsBudget, Measured.Value.EventsAPairHour);

    [Fact]
    public void Of_those_no_more_are_executed_in_full_than_their_budget() => Within(FullEventsBudget, Measured.Value.FullEventsAPairHour);

    [Fact]
    public void A_pair_hour_takes_no_more_frames_than_its_budget() => Within(FramesBudget, Measured.Value.FramesAPairHour);

    [Fact]
    public void A_window_allocates_no_more_than_its_budget() => Within(WindowBytesBudget, Measured.Value.BytesAWindow);

    [Fact]
    public void A_site_as_bytes_is_no_longer_than_its_budget() => Within(ImageBytesBudget, Measured.Value.ImageBytes);

    private void Within(long budget, long measured)
    {
        output.WriteLine($"{measured} of {budget}");
        Assert.InRange(measured, 1, budget);
    }

    private sealed record Cost(long EventsAPairHour, long FullEventsAPairHour, long FramesAPairHour, long BytesAWindow, long ImageBytes)
    {
        public static Cost Measure()
        {
            SiteOptions options = ScenarioLoader.Load(Repository.At("scenarios", "troxel-2005.yaml")).Site;
            Execute(options, Sites); // what is made once for the process is no site's cost
            long events = 0, full = 0, frames = 0, bytes = 0, image = 0;
            for (uint number = 0; number < Sites; number++)
            {
                Site site = Site.Create(options, number);
                site.RunWindow();
                long before = GC.GetAllocatedBytesForCurrentThread();
                for (int window = 1; window < Windows; window++)
                {
                    site.RunWindow();
                }

                bytes += GC.GetAllocatedBytesForCurrentThread() - before;
                events += site.Tally.Counters.OfSite().Events;
                full += site.Tally.Counters.OfSite().Events - site.QuietEvents;
                frames += site.Tally.Counters.OfSite().Frames;
                var writer = new ImageWriter();
                site.Save(writer);
                image += writer.Written.Length;
            }

            long pairHours = Sites * Windows * options.Window.Microseconds / 3_600_000_000;
            return new Cost(events / pairHours, full / pairHours, frames / pairHours, bytes / (Sites * (Windows - 1)), image / Sites);
        }

        private static void Execute(SiteOptions options, uint number)
        {
            Site site = Site.Create(options, number);
            for (int window = 0; window < Windows; window++)
            {
                site.RunWindow();
            }
        }
    }
}
