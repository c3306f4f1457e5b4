using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Triage.Tests;

/// <summary>Tells of a crash without executing anything, and remembers what it was asked.</summary>
internal sealed class ToldCause : ITriageWork
{
    public List<(string Folder, string CrashId)> Asked { get; } = [];

    public Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop)
    {
        Asked.Add((runFolder, crashId));
        return Task.FromResult(new CrashCause(
            "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)", 200, 800_000_000,
            [
                new CauseStep(551, 603_978_424, "called system: kernel: stored <script>alert(1)</script>\u001b[2J", Of(20), 3),
                new CauseStep(552, 604_628_883, "called system: kernel: ppp0 detached", Of(190), 0),
                new CauseStep(614, 700_799_795, "called system: kernel: panic", Of(200), 0),
            ],
            1, Of(0), "destroy ppp0", 2, [new CauseOperation("create ppp0", "no crash"), new CauseOperation("join4 s1 224.0.0.9 10.0.0.1", "no crash")],
            [new CauseElsewhere("netbsd-2005", "netbsd-2005", "SEGV in in_delmulti", true), new CauseElsewhere("netbsd-2005", "purge-flagged", "clean", false), new CauseElsewhere("linux-6", "notifier-hold", "not decided", null)],
            2.5));
    }

    /// <summary>The way of the crash through its network; null for pairs.</summary>
    public CrashWay? Way { get; init; }

    public Task<CrashReplay> Replay(string runFolder, string crashId, long? at, CancellationToken stop)
    {
        Asked.Add((runFolder, crashId));
        if (at is < 1 or > 614)
        {
            throw new TriageException($"event {at}: accepted are 1 to 614, the crash", TriageProblem.Wrong);
        }

        TimelineStep[] steps =
        [
            new(551, new VirtualTime(603_978_424), 0, TraceSource.Kernel, "stored <script>alert(1)</script>\u001b[2J in in_multi.inm_ifp of ppp0", PointerStage.Stored),
            new(552, new VirtualTime(604_628_883), 0, TraceSource.Kernel, "ppp0 detached", PointerStage.Detached),
            new(560, new VirtualTime(640_000_000), 1, TraceSource.Line, "carrier lost", PointerStage.None),
            new(614, new VirtualTime(700_799_795), 0, TraceSource.Kernel, "in_delmulti uses in_multi.inm_ifp", PointerStage.Used),
        ];
        var timeline = new CrashTimeline("in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)", 0, steps);
        return Task.FromResult(new CrashReplay(timeline, 614, at ?? 614, [new("called system", $"interfaces after {at ?? 614}\nppp0 <b>up</b>"), new("calling system", "none")], ["allocated", "used"]) { Way = Way });
    }

    public async Task<IReadOnlyList<CrashReplay>> Walk(string runFolder, string crashId, CancellationToken stop)
    {
        CrashReplay whole = await Replay(runFolder, crashId, null, stop);
        return [.. whole.Timeline.Steps.Select(step => whole with { At = step.Number, Systems = [new("called system", $"interfaces after {step.Number}\nppp0 <b>up</b>"), new("calling system", "none")] })];
    }

    public IReadOnlyList<string> Designs => ["netbsd-2005", "purge-flagged"];

    public Task<CrashBranch> Branch(string runFolder, string crashId, long number, string? design, CancellationToken stop) =>
        number is < 551 or > 614 || (design is not null && !Designs.Contains(design)) ? throw new TriageException($"event {number}: accepted are 551 to 614", TriageProblem.Wrong)
        : Task.FromResult(new CrashBranch(number, 604_628_883, "ppp0 <i>detached</i>\u001b[2J", design, Of(190), Of(0), 1, 2));

    public Task<byte[]> File(string runFolder, string crashId, CrashForm form, CancellationToken stop)
    {
        Asked.Add((runFolder, crashId));
        return Task.FromResult(System.Text.Encoding.UTF8.GetBytes($"as {form}"));
    }

    private static Rate Of(int hits) => Stress.Triage.Bugs.BugQueries.RateOf(hits, 200);
}
