using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Dial;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Dialling;

/// <summary>A dial or answer run on the command line: from settings to files and exit code.</summary>
/// <param name="terminal">Where it writes.</param>
/// <param name="settings">What was typed.</param>
/// <param name="maxCrash">Accepted crashes per disconnect in percent.</param>
/// <param name="outFolder">Folder of runs, or null.</param>
/// <param name="json">A further file for the report, or null.</param>
/// <param name="progress">Show where the calls are.</param>
/// <param name="command">The command line, to repeat it.</param>
public sealed class DialRun(Terminal terminal, DialSettings settings, double maxCrash, string? outFolder, string? json, bool progress, string command)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>A command line that a shell accepts again, without its passwords.</summary>
    public static string Repeat(IEnumerable<string> tokens)
    {
        List<string> words = ["./stress"];
        bool hidden = false;
        foreach (string token in tokens)
        {
            bool plain = token.Length > 0 && token.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:,=@%+".Contains(c, StringComparison.Ordinal));
            words.Add(hidden ? "'***'" : plain ? token : $"'{token.Replace("'", "'\\''", StringComparison.Ordinal)}'");
            hidden = token is "--password" or "--secret" or "--chat";
        }

        return string.Join(' ', words);
    }

    /// <summary>Runs to the end, or until asked to stop.</summary>
    /// <returns>The exit code.</returns>
    /// <exception cref="UsageException">An option is not accepted.</exception>
    public async Task<int> ExecuteAsync(CancellationToken stop)
    {
        Scenario? scenario = settings.LoadScenario(terminal.In);
        DialOptions options = settings.Apply(scenario);
        ConsoleWatch? console = settings.Watch(terminal.Time);
        Output output = Output.Choose(outFolder, json, scenario?.Name ?? (settings.Calling ? "dial" : "answer"), DateTimeOffset.UtcNow);
        await using ILineListener? listener = Listen(options);
        var deliveries = new Deliveries(terminal);
        deliveries.Write(output.Folder.Path, () => output.Folder.Create(scenario?.SourceText ?? ""));
        DialResult result = await RunAsync(options, listener, console, stop);
        RunReport report = DialReport.Run(output.RunId, scenario, options, result, settings.Calling, maxCrash, command);
        IReadOnlyList<CrashRecord> crashes = DialReport.Records(options, result, settings.Calling, command);
        DialReport dial = DialReport.Of(output.RunId, options, result);
        DialScreen.Write(terminal.Out, report, dial, output.Folder.Path);
        string calls = Path.Combine(output.Folder.Path, DialReport.FileName);
        bool kept = deliveries.Write(calls, () => RunFolder.ReplaceFile(calls, next => File.WriteAllText(next, JsonSerializer.Serialize(dial, RunFolder.Json) + "\n")))
            & deliveries.Write(output.Folder.ReportPath, () => output.Folder.Write(report, crashes));
        deliveries.Write(output.Folder.PagePath, () => DialPage.WriteTo(output.Folder, report, crashes, dial, RunConfiguration.Of(options, scenario, settings.Calling)));
        if (output.Json is { } further)
        {
            deliveries.Write(further, () => OutputFile.Write(further, RunFolder.TextOf(report), terminal));
        }

        if (result.TranscriptFault is { } fault)
        {
            deliveries.Miss($"{Counted.Of(result.Counters.TranscriptsLost, "transcript")} of {options.Transcripts}", fault);
        }

        return deliveries.Conclude(Conclude(report, result), kept && result.TranscriptFault is null ? $"./stress report {output.Folder.Path}" : null);
    }

    // What cannot be listened on is an error of the command line; it is found out before anything is written.
    private ILineListener? Listen(DialOptions options)
    {
        try
        {
            return settings.Calling ? null : options.Target.Listen();
        }
        catch (LineException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private async Task<DialResult> RunAsync(DialOptions options, ILineListener? listener, ConsoleWatch? console, CancellationToken stop)
    {
        if (listener is not null)
        {
            terminal.Out.WriteLine($"answering at {listener.Target}");
        }

        using var end = new CancellationTokenSource();
        Task watching = console is null ? Task.CompletedTask : Task.Run(() => console.RunAsync(end.Token), CancellationToken.None);
        ICallRun calls = listener is null ? new Dialer(options, terminal.Time, console) : new Answerer(options, listener, terminal.Time, console);
        var screen = new LiveLine(terminal, progress);
        long? planned = options.Cycles == 0 ? null : listener is null ? options.Cycles * options.Lines : options.Cycles;
        DialResult result = await screen.During<DialResult>(async show =>
        {
            Task<DialResult> running = calls.RunAsync(stop);
            while (!running.IsCompleted)
            {
                await ((Task)running).WaitAsync(LookEvery, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                show(DialScreen.Progress(calls.Ledger, planned, console?.Panics.Count ?? 0, screen.Elapsed, running.IsCompleted));
            }

            return await running;
        });
        if (console is null)
        {
            return result;
        }

        // The crash of the last disconnect is reported after the last call.
        await Task.Delay(TimeSpan.FromMicroseconds(settings.SettleTime.Microseconds), terminal.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await end.CancelAsync();
        await watching;
        return result with { Panics = console.Panics, System = console.System };
    }

    private int Conclude(RunReport report, DialResult result)
    {
        // Calls that failed because the far system had died count as its crash, not as lost.
        bool crashed = report.Panics.Total > 0;
        int code = ExitCodes.Of(result.Interrupted, differs: false, complete: report.Complete || crashed, report.Expectations.All(verdict => !verdict.Failed));
        string? error = code switch
        {
            ExitCodes.Interrupted => "interrupted; the report is partial",
            ExitCodes.Incomplete => Missing(result),
            ExitCodes.ExpectationFailed => $"the far system crashed: {report.CodePaths[0].Crashes} times {report.CodePaths[0].Title}",
            _ => null,
        };
        if (error is not null)
        {
            terminal.Error.WriteLine($"stress: {error.ReplaceLineEndings(" ")}");
        }

        return code;
    }

    private static string Missing(DialResult result)
    {
        string first = result.Problems.Count == 0 ? "" : $"; the first: line {result.Problems[0].Line} call {result.Problems[0].Call}: {result.Problems[0].Outcome}: {result.Problems[0].Detail}";
        return $"incomplete: {Counted.Of(result.Failed, "call")} failed, {result.Lost} lost{first}";
    }
}
