using System.Text.RegularExpressions;
using Stress.Observability.Instruments;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>What real processes export: metrics that Prometheus' own linter accepts, and the signals of OpenTelemetry.</summary>
public sealed partial class ExportTests
{
    private static readonly string[] Paced = [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "4", "--hours", "100000", "--pace", "7200"];

    [ToolFact("promtool", "prometheus")]
    public async Task Promtool_has_nothing_to_say_of_the_metrics_of_a_run()
    {
        string folder = Directory.CreateTempSubdirectory("stress-lint-").FullName;
        RunningProcess run = RunningProcess.Start("dotnet", [Client, "run", .. Paced, "--metrics-port", "0", "--no-progress", "--out", folder]);
        try
        {
            await run.Says("/metrics");
            Lint(await Scraped(run, "stress_run_crashes_total{", "stress_silo_windows_total{"), run);
        }
        finally
        {
            await run.Terminate();
            Directory.Delete(folder, recursive: true);
        }
    }

    [ToolFact("redis-server", And = "promtool", AndPackage = "prometheus")]
    public async Task Promtool_has_nothing_to_say_of_the_metrics_of_a_silo()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess silo = await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, [.. Paced, "--checkpoint", "1"]);
        string text = await Scraped(silo, "stress_run_crashes_total{", "stress_silo_windows_total{", "stress_silo_checkpoint_bytes_total{");
        Lint(text, silo);
        await run.Terminate();
    }

    [Fact]
    public async Task A_run_without_a_cluster_exports_logs_spans_and_metrics_and_its_screen_stays_its_own()
    {
        using var collector = new OtlpCollector();
        string folder = Directory.CreateTempSubdirectory("stress-otlp-").FullName;
        RunningProcess run = RunningProcess.Start(
            "dotnet", [Client, "run", Paced[0], "--pairs", "2", "--hours", "1", "--no-progress", "--out", folder], collector.Variables);
        await run.End();
        string name = Path.GetFileName(Assert.Single(Directory.GetDirectories(folder)));
        Directory.Delete(folder, recursive: true);

        // The template of a line, its values and the service, as OTLP has them.
        string logs = collector.Of("logs");
        Assert.True(logs.Contains("run {Run}: {Phase}", StringComparison.Ordinal), $"{logs.Length} bytes of logs; {run.Output}");
        Assert.Contains(name, logs, StringComparison.Ordinal);
        Assert.Contains("stress-client", logs, StringComparison.Ordinal);
        Assert.Contains("window", collector.Of("traces"), StringComparison.Ordinal);
        string metrics = collector.Of("metrics");
        Assert.Contains("silo_events_total", metrics, StringComparison.Ordinal);

        // Shorter than any export interval: the process's last export is all there is of the run.
        Assert.All([.. MetricCatalogue.Counters.Select(c => c.Metric), MetricCatalogue.RunWindows, MetricCatalogue.RunSitesDone], metric => Assert.Contains(metric.Instrument, metrics, StringComparison.Ordinal));
        Assert.Contains(name, metrics, StringComparison.Ordinal);
        Assert.DoesNotContain("info:", run.Output);
    }

    private static string Client { get; } = typeof(Stress.Client.StressCommand).Assembly.Location;

    private static void Lint(string text, RunningProcess process)
    {
        (int exit, string output, string errors) = Programs.Feed("promtool", text, "check", "metrics");
        Assert.True(exit == 0 && errors.Length == 0 && output.Length == 0, $"{output}{errors}{process.Output}");
    }

    // Until every series is there: each request makes the process work, and it has to execute a window first.
    private static async Task<string> Scraped(RunningProcess process, params string[] series)
    {
        using var http = new HttpClient();
        string address = MetricsAddress().Match(process.Output).Value;
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(10));
        while (true)
        {
            string text = await http.GetStringAsync(address, limit.Token);
            if (series.All(s => text.Contains(s, StringComparison.Ordinal)))
            {
                return text;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
        }
    }

    [GeneratedRegex(@"http://127\.0\.0\.1:\d+/metrics")]
    private static partial Regex MetricsAddress();
}
