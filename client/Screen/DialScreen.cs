using System.Globalization;
using Spectre.Console;
using Stress.Client.Reports;
using Stress.Dial;
using Stress.Dial.Far;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>Progress and outcome of real calls, for a person.</summary>
public static class DialScreen
{
    private static readonly string[] Shown =
        ["ipcpOpened", "ipv6cpOpened", "hellosSent", "hellosHeard", "ripngSent", "ripngHeard", "terminatesUnanswered"];

    // Figures that are usually zero, or harmless: shown only if not zero.
    private static readonly string[] Unusual =
        ["badFcs", "tooLong", "runts", "malformed", "outOfPhase", "unexpected", "protocolRejects", "codeRejects", "optionsRejected", "optionsNaked", "endlessNegotiations", "transcriptsLost"];

    /// <summary>Where the calls are.</summary>
    /// <param name="ledger">What has ended.</param>
    /// <param name="planned">Calls in all, or null when they have no end.</param>
    /// <param name="panics">Panics that the console has reported.</param>
    /// <param name="elapsed">Wall time since the start.</param>
    /// <param name="finished">Every call has ended.</param>
    public static LiveState Progress(CallLedger ledger, long? planned, long panics, TimeSpan elapsed, bool finished)
    {
        long ended = ledger.Ended;
        double seconds = Math.Max(elapsed.TotalSeconds, 0.001);
        string of = planned is { } all ? string.Create(CultureInfo.InvariantCulture, $"{100.0 * ended / all,3:0}%  {ended:#,0} of {Counted.Of(all, "call")}") : Counted.Of(ended, "call");
        string left = planned is { } total && ended > 0 ? $"  {ProgressScreen.Wall(TimeSpan.FromSeconds(seconds * (total - ended) / ended))} left" : "";
        return new LiveState(
            planned is { } n ? (double)ended / n : null,
            string.Create(CultureInfo.InvariantCulture, $"{of}  {ledger.Failed:#,0} failed  {Counted.Of(panics + ledger.SilentCrashes, "crash")}  {ended / seconds:0.0} calls/s{left}"),
            finished);
    }

    /// <summary>Writes the outcome of the calls, the rates, the verdict, and where the files are.</summary>
    public static void Write(IAnsiConsole console, RunReport report, DialReport dial, string folder)
    {
        if (!report.Complete)
        {
            Said.Line(console, 2, ("PARTIAL", "bold yellow"), (
                $" ({report.Incomplete}): {dial.Calls.Done:#,0} of {Counted.Of(dial.Calls.Planned, "call")} went as planned, {dial.Calls.Failed:#,0} failed, {dial.Calls.Lost:#,0} lost", ""));
        }

        ReportScreen.Fact(console, "target", dial.Target);
        ReportScreen.Fact(console, "far system", dial.System);
        ReportScreen.Fact(console, "calls", string.Create(
            CultureInfo.InvariantCulture,
            $"{dial.Calls.Planned:#,0} planned = {dial.Calls.Done:#,0} done + {dial.Calls.Failed:#,0} failed + {dial.Calls.Lost:#,0} lost, in {report.WallSeconds:0.0} s"));
        foreach (OutcomeRate outcome in dial.Outcomes.Where(outcome => outcome.Calls > 0))
        {
            ReportScreen.Fact(console, "", string.Create(
                CultureInfo.InvariantCulture, $"{outcome.Outcome,-20} {outcome.Calls,9:#,0}  {100 * outcome.Rate,6:0.0} % ({100 * outcome.Low:0.0} to {100 * outcome.High:0.0})"));
        }

        ReportScreen.Fact(console, "counted", Named(dial, Shown));
        if (Named(dial, [.. Unusual.Where(name => dial.Counters[name] > 0)]) is { Length: > 0 } unusual)
        {
            ReportScreen.Fact(console, "besides", unusual);
        }

        ReportScreen.Rates(console, report);
        foreach (CallProblem problem in dial.Problems.Take(5))
        {
            Said.Line(console, 2, ($"line {problem.Line} call {problem.Call}", "red"), ($": {problem.Outcome}: {problem.Detail}", ""));
        }

        foreach (FarPanic panic in dial.Findings.DistinctBy(f => f.Title).Take(5))
        {
            console.MarkupLineInterpolated($"[red]{panic.Kind}[/]: {panic.Title}");
            foreach (string line in DialReport.Told(panic).Skip(1).Take(8))
            {
                console.MarkupLineInterpolated($"    {line}");
            }
        }

        ReportScreen.Verdicts(console, report);
        Said.Command(console, "repeat", report.Command);
        ReportScreen.Fact(console, "report", $"{folder}/{RunFolder.ReportName}");
    }

    private static string Named(DialReport dial, string[] names) =>
        string.Join(", ", names.Select(name => string.Create(CultureInfo.InvariantCulture, $"{name} {dial.Counters[name]:#,0}")));
}
