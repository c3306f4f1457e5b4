using System.Diagnostics;
using Stress.Contracts;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>A line (<see cref="IModemLinkGrain"/>): leases the site's image, executes windows for one slice, and gives it back.</summary>
[SitePlacement]
public sealed class ModemLinkGrain(SliceGate gate, SiteHome home, SiloMetrics metrics) : Grain, IModemLinkGrain
{
    /// <summary>
    /// Wall time after which a slice ends with the window it is in: long enough that the calls around it cost well under 1 %, short enough that a
    /// grain's turn stays far below Orleans' scheduling quantum. It decides how much is done in one call, never what comes out.
    /// </summary>
    private const int SliceMilliseconds = 20;

    /// <inheritdoc/>
    public async Task<SliceResult> RunSlice(RunPlan plan, int window, bool first)
    {
        if (!await gate.Enter())
        {
            // This silo is leaving. The site is asked again, and is somewhere else by then.
            this.MigrateOnIdle();
            return new SliceResult { NextWindow = window, Declined = true };
        }

        try
        {
            return await Execute(plan, window, first, plan.Windows, keep: false);
        }
        finally
        {
            gate.Leave();
        }
    }

    /// <inheritdoc/>
    public Task<SliceResult> Close(RunPlan plan, int window, bool keep) => Execute(plan, window, first: false, 0, keep);

    private async Task<SliceResult> Execute(RunPlan plan, int window, bool first, int upTo, bool keep)
    {
        (string runId, int number, _) = GrainKeys.Parse(this.GetPrimaryKeyString());
        var router = GrainFactory.GetGrain<IRouterGrain>(GrainKeys.Router(runId, number, 0));
        using Activity? span = WindowSpans.Window(runId, number, window);
        LeaseAnswer answer = await Lease(router, plan, window, first);

        SiteHandOver image = answer.Image
            ?? throw new InvalidOperationException($"site {number}: its router refused window {answer.NextWindow} that it named itself");
        bool closing = upTo == 0;
        if (plan.Pace > 0)
        {
            // The next window is due at a time of its own.
            upTo = Math.Min(upTo, answer.NextWindow + 1);
        }

        if (!closing && await Work(plan, image, upTo, window) is { } problem)
        {
            span?.SetStatus(ActivityStatusCode.Error, problem);
            return Slice(plan, image) with { Problem = problem };
        }

        bool finished = image.Site.NextWindow >= plan.Windows;
        LeaseEnd end = keep ? LeaseEnd.SaveAndRelease : finished || closing ? LeaseEnd.Release : LeaseEnd.Rest;
        ReturnAnswer returned = await Return(router, plan, answer.Lease, image, end);
        if (!returned.Taken)
        {
            throw new InvalidOperationException($"site {number}: the lease of window {answer.NextWindow} was taken back");
        }

        if (end == LeaseEnd.Rest)
        {
            SliceResult slice = Slice(plan, image);
            if (home.IsElsewhere(this.GetPrimaryKeyString()))
            {
                await router.Move();
                this.MigrateOnIdle();
            }

            return slice;
        }

        DeactivateOnIdle();
        if (!finished)
        {
            image.Series.HoldFrom((image.Site.NextWindow + plan.BinWindows - 1) / plan.BinWindows);
        }

        return Slice(plan, image) with
        {
            Stored = returned.Stored,
            Outcome = new SiteOutcome
            {
                Finished = finished,
                Windows = image.Site.NextWindow,
                Tally = image.Site.Tally,
                Series = image.Series,
                Marks = image.Marks,
            },
        };
    }

    private static async Task<LeaseAnswer> Lease(IRouterGrain router, RunPlan plan, int window, bool first)
    {
        using Activity? span = WindowSpans.Lease();
        LeaseAnswer answer = await router.Lease(plan, window, first);

        // A refusal: the router is at another window, since it was activated anew or a reply was lost. Counters are cumulative, so its word is as good.
        return answer.Image is null ? await router.Lease(plan, answer.NextWindow, first: false) : answer;
    }

    private static async Task<ReturnAnswer> Return(IRouterGrain router, RunPlan plan, LeaseId lease, SiteHandOver image, LeaseEnd end)
    {
        using Activity? span = WindowSpans.Return();
        return await router.Return(plan, lease, image, end);
    }

    private async Task<string?> Work(RunPlan plan, SiteHandOver image, int upTo, int asked)
    {
        await gate.Take();
        try
        {
            return ExecuteWindows(plan, image, upTo, asked);
        }
        finally
        {
            gate.Free();
        }
    }

    // Returns the problem, or null. Ends early when the silo leaves. Whatever the emulator throws is an error of ours in one site, and must not stop the others.
    private string? ExecuteWindows(RunPlan plan, SiteHandOver image, int upTo, int asked)
    {
        using Activity? span = WindowSpans.Execute();
        int first = image.Site.NextWindow;
        long events = image.Site.Clock.Events;
        string? problem = ExecuteWindows(plan, image, upTo);
        int windows = image.Site.NextWindow - first;
        span?.SetTag("stress.windows", windows);
        if (plan.Telemetry is not null)
        {
            // The shard asks for the window after the last that it has seen: what lies before it has been executed already.
            metrics.Executed(plan.Labels, windows, Math.Clamp(asked - first, 0, windows), image.Site.Clock.Events - events);
        }

        return problem;
    }

    private string? ExecuteWindows(RunPlan plan, SiteHandOver image, int upTo)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (image.Site.NextWindow < upTo && Stopwatch.GetElapsedTime(start).TotalMilliseconds < SliceMilliseconds && !gate.Closed)
            {
                image.RunWindow(plan);
            }

            return null;
        }
        catch (Exception e)
        {
            // Whatever it is, it is the site's result: failed, with this as its problem in the report.
            return e.ToString();
        }
    }

    private static SliceResult Slice(RunPlan plan, SiteHandOver image)
    {
        long crashes = 0;
        foreach (Stress.Emulator.Sites.CrashTally crash in image.Site.Tally.Crashes)
        {
            crashes += crash.Count;
        }

        return new SliceResult
        {
            NextWindow = image.Site.NextWindow,
            Events = image.Site.Tally.Events,
            Disconnects = image.Site.Tally.Disconnects[0] + image.Site.Tally.Disconnects[1],
            Crashes = crashes,
            Counts = plan.Telemetry is null ? null : LiveCounts.Of(image.Site.Tally),
        };
    }
}
