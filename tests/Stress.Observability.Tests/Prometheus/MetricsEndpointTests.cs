using System.Text.RegularExpressions;
using Stress.Observability.Instruments;
using Xunit;

namespace Stress.Observability.Tests.Prometheus;

public sealed partial class MetricsEndpointTests
{
    [Fact]
    public async Task A_silo_serves_every_metric_of_the_catalogue_under_its_name_and_labels()
    {
        await using MetricsHost host = await MetricsHost.StartAsync();
        await host.AdvanceAsync();
        using var http = new HttpClient();
        string text = await http.GetStringAsync(host.Address);
        if (Environment.GetEnvironmentVariable("STRESS_SAMPLE_METRICS") is { Length: > 0 } file)
        {
            await File.WriteAllTextAsync(file, text);
        }

        Dictionary<string, string> served = TypeLine().Matches(text).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        foreach (MetricInfo metric in MetricCatalogue.All)
        {
            Assert.True(served.TryGetValue(metric.Name, out string? kind), $"{metric.Name} is not at /metrics");

            // The adapter calls every counter of a Meter a gauge; only histograms differ on the wire.
            Assert.Equal(metric.Kind == MetricKind.Histogram ? "histogram" : "gauge", kind);
        }

        Assert.Equal([], served.Keys.Where(n => n.StartsWith("stress_", StringComparison.Ordinal)).Except(MetricCatalogue.All.Select(m => m.Name)));
        foreach (Match line in SampleLine().Matches(text))
        {
            IEnumerable<string> labels = LabelName().Matches(line.Groups[2].Value).Select(l => l.Groups[1].Value).Where(l => l != "le");
            MetricInfo metric = MetricCatalogue.All.First(m => line.Groups[1].Value == m.Name || (m.Kind == MetricKind.Histogram && line.Groups[1].Value.StartsWith(m.Name, StringComparison.Ordinal)));
            Assert.Equal([.. metric.Labels.Concat(["run", "scenario", "design"]).Order()], labels.Order());
        }
    }

    [Fact]
    public async Task Totals_of_a_run_are_the_same_when_a_snapshot_comes_twice_or_late()
    {
        await using MetricsHost host = await MetricsHost.StartAsync();
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 1));
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 2));
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 2));
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 1));
        using var http = new HttpClient();
        for (int scrape = 0; scrape < 2; scrape++)
        {
            string text = await http.GetStringAsync(host.Address);
            string[] crashes = [.. text.Split('\n').Where(l => l.StartsWith("stress_run_crashes_total{", StringComparison.Ordinal) && l.Contains("membership", StringComparison.Ordinal))];
            Assert.Equal(2, crashes.Length);
            Assert.Contains(crashes, l => l.Contains("called", StringComparison.Ordinal) && l.EndsWith(" 900", StringComparison.Ordinal));
            Assert.Contains(crashes, l => l.Contains("calling", StringComparison.Ordinal) && l.EndsWith(" 300", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Labels_are_only_path_role_design_scenario_and_run() =>
        Assert.All(MetricCatalogue.All.SelectMany(m => m.Labels), label => Assert.Contains(label, MetricCatalogue.Labels));

    [GeneratedRegex(@"^# TYPE (\S+) (\S+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^(stress_\w+)\{(.*)\} ", RegexOptions.Multiline)]
    private static partial Regex SampleLine();

    [GeneratedRegex("(\\w+)=\"")]
    private static partial Regex LabelName();
}
