using System.Text.RegularExpressions;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>The runbook has a row for everything that may wake an operator: each fault that <c>bench chaos</c> makes, and each alert.</summary>
public sealed partial class RunbookTests
{
    private static readonly IReadOnlyDictionary<Fault, string> Rows = new Dictionary<Fault, string>
    {
        [Fault.Kill] = "a silo is killed",
        [Fault.Add] = "another silo is started",
        [Fault.Drain] = "a node is drained",
        [Fault.Redis] = "Redis restarts",
        [Fault.KillAll] = "every silo is killed",
        [Fault.Empty] = "Redis is emptied",
        [Fault.Full] = "Redis' memory is full",
        [Fault.Hang] = "a silo was declared dead",
        [Fault.Evict] = "the client's pod is evicted",
        [Fault.Partition] = "silos cannot reach each other",
        [Fault.Certificates] = "a certificate has expired, is missing, or is signed by another authority",
        [Fault.Builds] = "silos of another build are rolled out",
    };

    [Fact]
    public void Every_fault_of_the_chaos_measurement_has_a_row() =>
        Assert.All(Enum.GetValues<Fault>(), fault => Assert.Single(What(), what => what.Contains(Rows[fault], StringComparison.Ordinal)));

    [Fact]
    public void Every_alert_has_a_row_and_every_alert_that_a_row_names_is_one()
    {
        string[] alerts = [.. Alert().Matches(File.ReadAllText(Repository.At("observability", "prometheus", "alerts.yml"))).Select(match => match.Groups[1].Value)];
        string[] named = [.. What().SelectMany(what => Named().Matches(what)).Select(match => match.Groups[1].Value)];

        Assert.NotEmpty(alerts);
        Assert.Equal(alerts.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_row_says_what_happens_and_what_is_to_be_done() =>
        Assert.All(Table(), row => Assert.True(row.Length == 3 && row.All(cell => cell.Length > 0), string.Join(" | ", row)));

    private static IEnumerable<string> What() => Table().Select(row => row[0]);

    // The rows of the section's table, below its head. A bar inside backquotes belongs to a command.
    private static IEnumerable<string[]> Table()
    {
        string section = File.ReadAllText(Repository.At("k8s", "README.md")).Split("\n## When something happens\n")[1].Split("\n## ")[0];
        return section.Split('\n').Where(line => line.StartsWith('|')).Skip(2)
            .Select(line => Bar().Split(line.Trim().Trim('|')).Select(cell => cell.Trim()).ToArray());
    }

    [GeneratedRegex(@"(?m)^\s*- alert: (\w+)$")]
    private static partial Regex Alert();

    [GeneratedRegex(@"`(Stress[A-Z]\w+)`")]
    private static partial Regex Named();

    [GeneratedRegex(@"\|(?=(?:[^`]*`[^`]*`)*[^`]*$)")]
    private static partial Regex Bar();
}
