using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stress.Tests.Shared;

/// <summary>The expressions of dashboards and rules, and the metrics that they name.</summary>
public static partial class Expressions
{
    /// <summary>The dashboards, in the order of their names.</summary>
    public static IReadOnlyList<string> DashboardFiles { get; } =
        [.. Directory.GetFiles(Repository.At("observability", "grafana", "dashboards"), "*.json").Order()];

    /// <summary>Its location, and the expression with every variable set to all.</summary>
    public static IEnumerable<(string Place, string Expression)> OfPanels()
    {
        foreach (string file in DashboardFiles)
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
            foreach (JsonElement panel in json.RootElement.GetProperty("panels").EnumerateArray())
            {
                foreach (JsonElement target in panel.GetProperty("targets").EnumerateArray())
                {
                    string expression = target.GetProperty("expr").GetString()!;
                    yield return ($"{Path.GetFileName(file)}, {panel.GetProperty("title").GetString()}, {target.GetProperty("refId").GetString()}",
                        Variable().Replace(expression, ".*"));
                }
            }
        }
    }

    /// <summary>Names of metrics: identifiers that no function, keyword or label is.</summary>
    public static IEnumerable<string> MetricsOf(string expression)
    {
        string bare = ByLabels().Replace(Selector().Replace(Text().Replace(expression, "\"\""), ""), " ");
        return Identifier().Matches(bare).Where(m => !Keywords.Contains(m.Value) && bare.AsSpan(m.Index + m.Length).TrimStart() is var rest && (rest.IsEmpty || rest[0] != '('))
            .Select(m => m.Value).Distinct();
    }

    private static readonly HashSet<string> Keywords = ["by", "on", "and", "or", "unless", "group_left", "without", "ignoring", "bool"];

    [GeneratedRegex(@"\$\w+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"\{[^}]*\}|\[[^\]]*\]")]
    private static partial Regex Selector();

    [GeneratedRegex(@"\b(by|on|without|ignoring|group_left)\s*\([^)]*\)")]
    private static partial Regex ByLabels();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Text();

    [GeneratedRegex(@"[a-zA-Z_:][a-zA-Z0-9_:]*")]
    private static partial Regex Identifier();
}
