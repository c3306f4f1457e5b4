using System.Text.RegularExpressions;
using Stress.Observability.Instruments;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Prometheus;

public sealed partial class CatalogueTests
{
    private static readonly string Document = File.ReadAllText(Repository.At("docs", "metrics.md"));

    [Fact]
    public void The_document_lists_the_metrics_of_the_code_and_no_others()
    {
        string ours = Document[Document.IndexOf("## Ours", StringComparison.Ordinal)..Document.IndexOf("## Recorded", StringComparison.Ordinal)];
        Assert.Equal(
            MetricCatalogue.All.Select(m => $"| `{m.Name}` | {m.Kind.ToString().ToLowerInvariant()} | {string.Join(", ", m.Labels)} | {m.Help} |"),
            ours.Split('\n').Where(l => l.StartsWith("| `", StringComparison.Ordinal)));
    }

    [Fact]
    public void Names_keep_to_the_conventions_of_Prometheus()
    {
        Assert.All(MetricCatalogue.All, m => Assert.Matches("^stress_(run|silo)_[a-z0-9_]+$", m.Name));
        Assert.All(MetricCatalogue.All, m => Assert.Equal(m.Kind == MetricKind.Counter, m.Name.EndsWith("_total", StringComparison.Ordinal)));
        Assert.Equal(MetricCatalogue.All.Count, MetricCatalogue.All.DistinctBy(m => m.Name).Count());
    }

    [Fact]
    public void Every_metric_that_a_panel_mentions_is_in_the_document() =>
        Assert.All(Expressions.OfPanels(), p => Listed(p.Place, p.Expression));

    [Fact]
    public void Every_metric_that_a_rule_or_alert_mentions_is_in_the_document()
    {
        foreach (string file in new[] { "rules.yml", "alerts.yml" })
        {
            // Expressions are on the line of "expr:", or folded below it: those lines name no key.
            string text = File.ReadAllText(Repository.At("observability", "prometheus", file));
            MatchCollection rules = Expr().Matches(text);
            Assert.NotEmpty(rules);
            Assert.All(rules, m => Listed(file, m.Groups[1].Value.Replace(">-", "", StringComparison.Ordinal)));
        }
    }

    private static void Listed(string place, string expression)
    {
        IReadOnlyList<string> names = [.. Expressions.MetricsOf(expression)];
        Assert.True(names.Count > 0, $"{place}: no metric in {expression}");
        foreach (string name in names)
        {
            string metric = Suffix().Replace(name, "");
            Assert.True(Document.Contains($"| `{metric}` |", StringComparison.Ordinal), $"{place}: {metric} is not in docs/metrics.md");
        }
    }

    [GeneratedRegex(@"^\s+expr: (.*(?:\n {10}\S.*)*)", RegexOptions.Multiline)]
    private static partial Regex Expr();

    [GeneratedRegex("_(bucket|sum|count)$")]
    private static partial Regex Suffix();
}
