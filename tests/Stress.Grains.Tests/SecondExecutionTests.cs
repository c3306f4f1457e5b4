using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class SecondExecutionTests
{
    [Fact]
    public async Task A_design_that_remembers_other_executions_is_found_at_the_single_event_that_differs()
    {
        RunPlan plan = Plans.Of(sites: 1, windows: 36, runId: "any");
        SiteOptions options = plan.Site;
        options = options.With(
            new RoleOptions { Role = Role.Called, Hup = new HupOptions { Enabled = true } },
            new RoleOptions { Role = Role.Calling, Hup = new HupOptions { Enabled = true }, Pppd = new PppdOptions { Persist = true } });
        options = options with { Designs = DesignSet.BuiltIn.With([new Remembering()]), Design = "remembering" };
        plan = plan with { Site = options };
        List<WindowMark> marks = [];
        Site first = Site.Create(options, 0);
        for (int window = 0; window < 36; window++)
        {
            first.RunWindow();
            marks.Add(new WindowMark(first.Tally.Digest, first.Tally.Counters.OfSite().Events));
        }

        Difference difference = (await SecondExecution.Compare(new EmulatorBackend(), plan, 0, marks, default))!;

        Assert.NotNull(difference.Event);
        Assert.True(difference.Event.Number >= difference.FirstEvent, difference.ToString());
        Assert.NotEqual((difference.Event.ImageAt, difference.Event.ImageSays), (difference.Event.SeedAt, difference.Event.SeedSays));
        Assert.Contains($"event {difference.Event.Number} differs", difference.ToString());
    }

    // What no design may do: it counts its comparisons over all executions, and denies every third.
    private sealed class Remembering : TeardownDesign
    {
        private int _comparisons;

        public override string Name => "remembering";

        public override string Source => "none";

        public override string Summary => "Not deterministic.";

        public override bool Same(IfnetPtr a, IfnetPtr b) => ++_comparisons % 3 != 0 && base.Same(a, b);
    }
}
