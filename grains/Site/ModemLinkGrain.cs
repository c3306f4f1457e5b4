using System.Diagnostics;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>A line (<see cref="IModemLinkGrain"/>): leases the site's image, executes windows for one slice, and gives it back.</summary>
[SitePlacement]
public sealed class ModemLinkGrain(SliceGate gate, SiteHome home, SiteBackends backends, SiloMetrics metrics, BuildStamp build) : Grain, IModemLinkGrain
{
    /// <summary>
    /// Wall time after which a slice ends with the window it is in: long enough that the calls around it cost well under 1 %, short enough that a
    /// grain's turn stays far below Orleans' scheduling quantum. It decides how much is done in one call, never the result.
    /// </summary>
    private const int SliceMilliseconds = 20;

    /// <inheritdoc/>
    public async Task<SliceResult> RunSlice(RunPlan plan, int window, bool first)
    {
        if (!await gate.Enter())
        {
            // This silo is leaving. The site is asked again, and will be elsewhere by then.
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
        if (backends.Of(plan) is not { } backend)
        {
            // Another silo of the cluster has it: this one is configured differently.
            return new SliceResult { NextWindow = window, Problem = backends.Problem(plan) };
        }

        if (build.Refusal(plan.Build) is { } refusal)
        {
            return new SliceResult { NextWindow = window, Problem = $"its plan is {refusal}" };
        }

        (string runId, int number, _) = GrainKeys.Parse(this.GetPrimaryKeyString());
        var router = GrainFactory.GetGrain<IRouterGrain>(GrainKeys.Router(runId, number, 0));
        using Activity? span = WindowSpans.Window(runId, number, window);
        LeaseAnswer answer;
        try
        {
            answer = await Lease(router, plan, window, first);
        }
        catch (Exception e) when (IsUnreadable(e))
        {
            // Asking again would read the same: the site has failed, and its problem says what would be accepted.
            return new SliceResult { NextWindow = window, Problem = $"checkpoint: {e.GetBaseException().Message}" };
        }

        SiteHandOver site = answer.Image
            ?? throw new InvalidOperationException($"site {number}: its router refused window {answer.NextWindow} that it named itself");
        bool rests = false;
        try
        {
            // A window of a site that has an image is executed to its end; one of a site that has none counts for nothing once the silo leaves.
            CancellationToken cancel = backend.Capabilities.Checkpointable ? CancellationToken.None : gate.Leaving;
            await site.Open(backend, plan, cancel);
            bool closing = upTo == 0;
            if (plan.Pace > 0)
            {
                // The next window has its own due time.
                upTo = Math.Min(upTo, answer.NextWindow + 1);
            }

            if (!closing && await Work(plan, site, upTo, window, cancel) is { } problem)
            {
                span?.SetStatus(ActivityStatusCode.Error, problem);
                return Slice(plan, site) with { Problem = problem };
            }

            bool finished = site.NextWindow >= plan.Windows;
            LeaseEnd end = keep ? LeaseEnd.SaveAndRelease : finished || closing ? LeaseEnd.Release : LeaseEnd.Rest;

            // Read before the site is given back: from then on it belongs to its router.
            SliceResult slice = end == LeaseEnd.Rest ? Slice(plan, site) : Closed(plan, site, finished);
            ReturnAnswer returned = await Return(router, plan, answer.Lease, site, end);
            if (!returned.Taken)
            {
                throw new InvalidOperationException($"site {number}: the lease of window {answer.NextWindow} was taken back");
            }

            if (end != LeaseEnd.Rest)
            {
                DeactivateOnIdle();
                return slice with { Stored = returned.Stored };
            }

            rests = true;
            if (home.IsElsewhere(this.GetPrimaryKeyString()))
            {
                await router.Move();
                this.MigrateOnIdle();
            }

            return slice;
        }
        catch (Exception e) when (IsUnreadable(e) && !site.IsOpen)
        {
            return new SliceResult { NextWindow = window, Problem = $"checkpoint: {e.GetBaseException().Message}" };
        }
        catch (OperationCanceledException) when (gate.Closed)
        {
            this.MigrateOnIdle();
            return new SliceResult { NextWindow = window, Declined = true };
        }
        finally
        {
            if (!rests)
            {
                await site.End();
            }
        }
    }

    // The stored or handed-over state has another format, or is damaged. Orleans wraps what a storage throws.
    private static bool IsUnreadable(Exception e) => e.GetBaseException() is StateFormatException or ImageFormatException or InvalidDataException;

    private static SliceResult Closed(RunPlan plan, SiteHandOver site, bool finished)
    {
        SliceResult slice = Slice(plan, site);
        if (!finished)
        {
            site.Series.HoldFrom((site.NextWindow + plan.BinWindows - 1) / plan.BinWindows);
        }

        return slice with
        {
            Outcome = new SiteOutcome
            {
                Finished = finished,
                Windows = site.NextWindow,
                Tally = site.Execution.Tally,
                Series = site.Series,
                Marks = site.Marks,
            },
        };
    }

    private static async Task<LeaseAnswer> Lease(IRouterGrain router, RunPlan plan, int window, bool first)
    {
        using Activity? span = WindowSpans.Lease();
        LeaseAnswer answer = await router.Lease(plan, window, first);

        // A refusal: the router is at another window, since it was reactivated or a reply was lost. Counters are cumulative, so its result is as good.
        return answer.Image is null ? await router.Lease(plan, answer.NextWindow, first: false) : answer;
    }

    private static async Task<ReturnAnswer> Return(IRouterGrain router, RunPlan plan, LeaseId lease, SiteHandOver image, LeaseEnd end)
    {
        using Activity? span = WindowSpans.Return();
        return await router.Return(plan, lease, image, end);
    }

    private async Task<string?> Work(RunPlan plan, SiteHandOver site, int upTo, int asked, CancellationToken cancel)
    {
        await gate.Take();
        try
        {
            return await ExecuteWindows(plan, site, upTo, asked, cancel);
        }
        finally
        {
            gate.Free();
        }
    }

    // Returns the problem, or null. Ends early when the silo leaves, and otherwise after a window at least: on a machine where this thread has to wait for a processor, the slice may be over
    // before it began. An exception of a backend is an error of ours in one site, and must not stop the others.
    private async ValueTask<string?> ExecuteWindows(RunPlan plan, SiteHandOver site, int upTo, int asked, CancellationToken cancel)
    {
        using Activity? span = WindowSpans.Execute();
        int first = site.NextWindow;
        long events = site.Execution.Events;
        string? problem = await ExecuteWindows(plan, site, upTo, cancel);
        int windows = site.NextWindow - first;
        span?.SetTag("stress.windows", windows);
        if (plan.Telemetry is not null)
        {
            // The shard asks for the window after the last that it has seen: what lies before it has been executed already.
            metrics.Executed(plan.Labels, windows, Math.Clamp(asked - first, 0, windows), site.Execution.Events - events);
        }

        return problem;
    }

    private async ValueTask<string?> ExecuteWindows(RunPlan plan, SiteHandOver site, int upTo, CancellationToken cancel)
    {
        long start = Stopwatch.GetTimestamp();
        try
        {
            while (site.NextWindow < upTo && !gate.Closed)
            {
                await site.RunWindow(plan, cancel);
                if (Stopwatch.GetElapsedTime(start).TotalMilliseconds >= SliceMilliseconds)
                {
                    break;
                }
            }

            return null;
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // Any exception is the site's result: failed, with this as its problem in the report.
            return e.ToString();
        }
    }

    private static SliceResult Slice(RunPlan plan, SiteHandOver site)
    {
        SiteTally tally = site.Execution.Tally;
        long crashes = 0;
        foreach (CrashTally crash in tally.Crashes)
        {
            crashes += crash.Count;
        }

        return new SliceResult
        {
            NextWindow = site.NextWindow,
            Counters = tally.Counters.Total,
            Crashes = crashes,
            Counts = plan.Telemetry is null ? null : LiveCounts.Of(tally),
        };
    }
}
