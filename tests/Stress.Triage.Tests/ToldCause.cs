using Stress.Contracts.Triage;

namespace Stress.Triage.Tests;

/// <summary>Tells a cause without executing anything, and remembers what it was asked.</summary>
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

    private static Rate Of(int hits) => Stress.Triage.Bugs.BugQueries.RateOf(hits, 200);
}
