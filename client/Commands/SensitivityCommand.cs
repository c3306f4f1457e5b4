using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Client.Sensitivity;
using Stress.Contracts;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress sensitivity FILE</c>: what each mechanism contributes. Runs a scenario as it is, and once for each <see cref="Variation"/>.</summary>
public static class SensitivityCommand
{
    private const int DefaultPairs = 160, DefaultHours = 12;

    // As VariationResult.Columns, broken into lines that leave room for the figures.
    private static readonly string[] Heads =
        ["membership\ncalled", "membership\ncalling", "in6_select-\nhlim, called", "in6_select-\nhlim, calling", "other\ncrashes", "crash\nin 1 h", "stale\ncreated"];

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var command = new Command("sensitivity", "Run a scenario as it is and once with each mechanism switched off.");
        ScenarioOptions scenario = new ScenarioOptions(DefaultPairs, DefaultHours).AddTo(command);
        command.SetAction((line, stop) => Execute(terminal, scenario.Settings(line), scenario.Json(line), scenario.Progress(line), stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, RunSettings settings, string? json, bool progress, CancellationToken stop)
    {
        // Without the number of pairs, which is ours: what a network has of them is its own affair.
        Scenario scenario = (settings with { Pairs = null }).LoadEmulated("sensitivity", terminal.In);
        if (scenario.Site.Graph is not null)
        {
            throw new UsageException($"{settings.File}: a network, and the mechanisms are those of a called and a calling system; accepted is a scenario of pairs");
        }

        scenario = settings.Accept(scenario);

        if (json is not null)
        {
            Output.CheckFile("--json", json);
        }

        long start = Stopwatch.GetTimestamp();
        Variation[] variations = [Variation.Base, .. Variation.All];
        List<VariationResult> rows = [];
        bool interrupted = false;
        await using (EmbeddedSilo silo = await EmbeddedSilo.StartAsync(settings.WorkerCount))
        {
            var follower = new RunFollower(silo);
            foreach (Variation variation in variations)
            {
                if (progress)
                {
                    terminal.Error.WriteLine($"{rows.Count + 1} of {variations.Length}: {variation.Name}{(variation.Change.Length > 0 ? $" ({variation.Change})" : "")}");
                }

                (RunReport report, interrupted) = await Run(follower, settings, scenario, variation, rows.Count, stop);
                if (interrupted)
                {
                    break;
                }

                rows.Add(VariationResult.Of(variation, report, rows.FirstOrDefault()));
            }
        }

        bool complete = !interrupted && rows.All(row => row.Complete);
        var result = new SensitivityReport(
            scenario.Name, scenario.FileName, scenario.Pairs, scenario.Duration.Microseconds / 3_600_000_000.0, scenario.Seed, complete, rows, Line(settings, scenario));
        Write(terminal.Out, result, Stopwatch.GetElapsedTime(start));
        var deliveries = new Deliveries(terminal);
        if (json is not null)
        {
            deliveries.Write(json, () => OutputFile.Write(json, JsonSerializer.Serialize(result, RunFolder.Json) + "\n", terminal));
        }

        if (interrupted)
        {
            terminal.Error.WriteLine("stress: interrupted; the table is partial");
        }
        else if (!complete)
        {
            terminal.Error.WriteLine($"stress: incomplete: sites failed or were lost in {string.Join(", ", rows.Where(row => !row.Complete).Select(row => row.Name))}");
        }

        foreach (string reason in complete ? rows.SelectMany(row => row.NotDecided.Select(why => $"{row.Name}: {why}")) : [])
        {
            terminal.Error.WriteLine($"stress: not decided: {reason}");
        }

        return deliveries.Conclude(
            ExitCodes.Of(interrupted, differs: false, complete, expectationsMet: true, decided: rows.All(row => row.NotDecided.Count == 0)), result.Command);
    }

    private static async Task<(RunReport Report, bool Interrupted)> Run(
        RunFollower follower, RunSettings settings, Scenario scenario, Variation variation, int number, CancellationToken stop)
    {
        // An answering system with more callers makes fewer sites of as many pairs; with too few pairs there is still one.
        // What a variation gives is measured and not judged: any rate will do, as long as something could happen.
        Scenario varied = scenario with
        {
            Site = variation.Apply(scenario.Site),
            Expect = [.. scenario.Expect.Select(expected => expected with { MinPercent = 0, MaxPercent = double.MaxValue })],
        };
        int callers = varied.Site.Lines;
        varied = varied with { Pairs = Math.Max(callers, scenario.Pairs / callers * callers) };
        Launch launch = Launch.Create(settings, varied, $"sensitivity-{number}", check: false);
        (RunResult result, bool interrupted) = await follower.Run(launch.Plan, static _ => { }, stop);
        return (ReportBuilder.Build(launch, result, TimeSpan.Zero, interrupted), interrupted);
    }

    private static string Line(RunSettings settings, Scenario scenario) =>
        Launch.Create(settings, scenario, "sensitivity", check: false).Command.Replace("./stress run ", "./stress sensitivity ", StringComparison.Ordinal);

    private static void Write(IAnsiConsole console, SensitivityReport report, TimeSpan wall)
    {
        Said.Line(console, 2, (report.Scenario, "bold"), (
            $"  {Counted.Of(report.Pairs, "pair")} x {OptionsScreen.Hours(report.Hours)} h, seed {report.Seed}; per cent of disconnects (crash in 1 h: of sites), and points more or fewer{(report.Complete ? "" : "; PARTIAL")}", ""));

        // A column that is zero in every row says nothing on a screen; the file still has it.
        int[] shown = [.. Enumerable.Range(0, Heads.Length).Where(i => i != VariationResult.Other || report.Rows.Any(row => row.Cells[i].Percent > 0))];
        var table = new ScreenTable(["variation", "about", .. shown.Select(i => "#" + Heads[i])]);
        foreach (VariationResult row in report.Rows)
        {
            table.Add([row.Name, row.Mechanism, .. shown.Select(i => (ScreenCell)Cell(row.Cells[i], first: row == report.Rows[0]))]);
        }

        table.Write(console);
        Said.Command(console, "repeat", report.Command);
        Said.Fact(console, "took", $"{wall.TotalSeconds.ToString("0", CultureInfo.InvariantCulture)} s");
    }

    private static string Cell(VariationCell cell, bool first) => string.Create(
        CultureInfo.InvariantCulture,
        $"{cell.Percent:0.0}{(first ? "" : Math.Abs(cell.Change) < 0.05 ? "      =" : $" {cell.Change,6:+0.0;-0.0}")}");
}
