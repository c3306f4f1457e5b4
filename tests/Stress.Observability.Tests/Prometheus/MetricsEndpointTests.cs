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
            Assert.Equal(metric.Kind.ToString().ToLowerInvariant(), kind);
        }

        Assert.Equal([], served.Keys.Where(n => n.StartsWith("stress_", StringComparison.Ordinal)).Except(MetricCatalogue.All.Select(m => m.Name)));
        foreach (Match line in SampleLine().Matches(text))
        {
            IEnumerable<string> labels = LabelName().Matches(line.Groups[2].Value).Select(l => l.Groups[1].Value).Where(l => l != "le");
            MetricInfo metric = MetricCatalogue.All.First(m => line.Groups[1].Value == m.Name || (m.Kind == MetricKind.Histogram && line.Groups[1].Value.StartsWith(m.Name, StringComparison.Ordinal)));
            Assert.Equal([.. metric.Labels.Concat(metric.OfRun ? ["run", "scenario", "design", "backend"] : (string[])[]).Order()], labels.Order());
        }

        Assert.Matches(@"(?m)^stress_silo_certificate_not_after_timestamp_seconds 2000000000$", text);
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
    public async Task A_counter_of_Orleans_is_typed_counter_and_ends_in_total_as_ours_do()
    {
        await using MetricsHost host = await MetricsHost.StartAsync();
        await host.AdvanceAsync();
        using var http = new HttpClient();
        string text = await http.GetStringAsync(host.Address);

        Dictionary<string, string> served = TypeLine().Matches(text).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.Contains(served, s => s.Key.StartsWith("microsoft_orleans_", StringComparison.Ordinal) && s.Value == "counter");
        Assert.All(served, s => Assert.Equal(s.Value == "counter", s.Key.EndsWith("_total", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_counters_of_a_run_that_is_no_longer_exported_are_gone_at_the_next_scrape()
    {
        await using MetricsHost host = await MetricsHost.StartAsync();
        await host.AdvanceAsync();
        using var http = new HttpClient();
        Assert.Contains("run=\"seed-42\"", await http.GetStringAsync(host.Address), StringComparison.Ordinal);

        host.Runs.Forget(MetricsHost.Mail.Run);

        string[] left = [.. (await http.GetStringAsync(host.Address)).Split('\n').Where(l => l.StartsWith("stress_run_", StringComparison.Ordinal) && l.Contains("_total{", StringComparison.Ordinal))];
        Assert.NotEmpty(left);
        Assert.All(left, l => Assert.Contains("run=\"seed-43\"", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_total_that_fell_begins_again_in_place_of_keeping_its_highest_value()
    {
        await using MetricsHost host = await MetricsHost.StartAsync();
        using var http = new HttpClient();
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 2));
        Assert.Contains(" 1000000\n", Events(await http.GetStringAsync(host.Address)), StringComparison.Ordinal);

        host.Runs.Forget(MetricsHost.Mail.Run);
        host.Runs.Publish(MetricsHost.Snapshot(MetricsHost.Mail, 1));

        Assert.Contains(" 500000\n", Events(await http.GetStringAsync(host.Address)), StringComparison.Ordinal);

        static string Events(string text) => Assert.Single(text.Split('\n'), l => l.StartsWith("stress_run_events_total{", StringComparison.Ordinal)) + "\n";
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
