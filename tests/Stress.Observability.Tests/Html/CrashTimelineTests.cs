using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability.Html;
using Xunit;

namespace Stress.Observability.Tests.Html;

public sealed class CrashTimelineTests
{
    [Fact]
    public void The_life_of_the_pointer_is_one_step_of_each_stage_in_order()
    {
        CrashTimeline timeline = SampleReports.Timeline();
        PointerStage[] life = [.. timeline.Life().Select(i => timeline.Steps[i].Stage)];
        Assert.Equal(Enumerable.Range(1, 7).Select(i => (PointerStage)i), life);
    }

    [Fact]
    public void A_recorder_keeps_the_life_and_the_last_steps_of_a_long_run()
    {
        var recorder = new TimelineRecorder(crashEvent: 1_000_000, keep: 10);
        recorder.Step(0, VirtualTime.Zero, 0, TraceSource.Kernel, "ppp0", PointerStage.Allocated);
        for (int i = 1; i < 10_000; i++)
        {
            recorder.Step(i, VirtualTime.FromSeconds(i), 1, DaemonKind.Named("ripngd").Source, "update");
        }

        recorder.Step(10_000, VirtualTime.FromSeconds(10_000), 0, TraceSource.Kernel, "read", PointerStage.Used);
        recorder.Step(2_000_000, VirtualTime.FromSeconds(10_001), 0, TraceSource.Kernel, "after the crash", PointerStage.Used);
        CrashTimeline timeline = recorder.Timeline("title")!;
        Assert.Equal(0, timeline.Router);
        Assert.Equal(PointerStage.Allocated, timeline.Steps[0].Stage);
        Assert.Equal("read", timeline.Steps[^1].Text);
        Assert.Equal(1 + 3 + 10, timeline.Steps.Count);
    }

    [Fact]
    public void Of_several_units_and_holders_the_one_of_the_title_is_followed()
    {
        var recorder = new TimelineRecorder(crashEvent: 100);
        int n = 0;
        void At(int router, string text, PointerStage stage) => recorder.Step(n, VirtualTime.FromSeconds(n++), router, TraceSource.Kernel, text, stage);
        At(0, "ppp0 created", PointerStage.Allocated);
        At(0, "in_multi.inm_ifp := ppp0", PointerStage.Stored);
        At(0, "ppp1 created", PointerStage.Allocated);
        At(0, "in_multi.inm_ifp := ppp1", PointerStage.Stored);
        At(0, "router_info.rti_ifp := ppp0", PointerStage.Stored);
        At(0, "if_detach: ppp0", PointerStage.Detached);
        At(0, "free", PointerStage.Freed);
        At(1, "another router", PointerStage.Freed);
        At(0, "panic", PointerStage.Used);
        CrashTimeline timeline = recorder.Timeline("in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)")!;
        Assert.Equal(
            ["ppp0 created", "in_multi.inm_ifp := ppp0", "if_detach: ppp0", "free", "panic"],
            timeline.Life().Select(i => timeline.Steps[i].Text));
    }

    [Fact]
    public void Nothing_heard_is_no_timeline() => Assert.Null(new TimelineRecorder(1).Timeline("title"));
}
