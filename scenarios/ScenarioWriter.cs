using System.Globalization;
using System.Reflection;
using System.Text;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Scenarios;

/// <summary>
/// Writes a scenario as one self-contained file: every option with its value, without defaults or includes. What it writes, <see cref="ScenarioLoader.Parse(string, string)"/>
/// reads as the same scenario.
/// </summary>
public static class ScenarioWriter
{
    /// <summary>The scenario as YAML.</summary>
    public static string Write(Scenario scenario)
    {
        var yaml = new StringBuilder();
        Line(yaml, 0, "name", Quote(scenario.Name));
        Line(yaml, 0, "description", Quote(scenario.Description));
        Backend(yaml, scenario);
        Network(yaml, scenario);
        Line(yaml, 0, "hours", ScenarioFields.SpellTime(scenario.Duration));
        Line(yaml, 0, "seed", scenario.Seed.ToString(CultureInfo.InvariantCulture));
        foreach (PropertyInfo p in ScenarioFields.Properties(typeof(SiteOptions)).Where(p => p.PropertyType != typeof(RoleSet) && !(scenario.Site.Graph is not null && p.Name == nameof(SiteOptions.CallersPerAnswerer))))
        {
            Field(yaml, 0, p, scenario.Site);
        }

        Programmes(yaml, scenario.Site);
        yaml.Append("roles:\n");
        foreach (RoleOptions role in scenario.Site.Roles)
        {
            yaml.Append("  - role: ").Append(scenario.NameOf(role.Role)).Append('\n');
            Record(yaml, 4, role, skip: Kernel(yaml, scenario, role.Role));
        }

        Items(yaml, "expect", scenario.Expect.Select(e =>
            $"{{path: {Quote(e.Path)}{Role(scenario, e.Role)}{(e.Design is null ? "" : $", design: {Quote(e.Design)}")}, percent: {Percent(e.MinPercent)}..{Percent(e.MaxPercent)}}}"));
        Items(yaml, "expect_reached", scenario.ExpectReached.Select(Quote));
        if (scenario.ExpectDesign is { } design)
        {
            Line(yaml, 0, "expect_design", Quote(design));
        }

        if (scenario.ExpectNothing.Length > 0)
        {
            Line(yaml, 0, "expect_nothing", Quote(scenario.ExpectNothing));
        }

        Items(yaml, "reported", scenario.Reported.Select(r => $"{{path: {Quote(r.Path)}{Role(scenario, r.Role)}, percent: {Percent(r.Percent)}}}"));
        if (scenario.Sources.Count > 0)
        {
            yaml.Append("sources:\n");
            foreach ((string field, string source) in scenario.Sources.OrderBy(s => s.Key, StringComparer.Ordinal))
            {
                Line(yaml, 2, Quote(field), Quote(source));
            }
        }

        return yaml.ToString();
    }

    /// <summary>The scenario as YAML, without the options that have their default values: what a person would write.</summary>
    public static string WriteShort(Scenario scenario)
    {
        var yaml = new StringBuilder();
        Line(yaml, 0, "name", Quote(scenario.Name));
        Line(yaml, 0, "description", Quote(scenario.Description));
        Backend(yaml, scenario);
        Network(yaml, scenario);
        Line(yaml, 0, "hours", ScenarioFields.SpellTime(scenario.Duration));
        Line(yaml, 0, "seed", scenario.Seed.ToString(CultureInfo.InvariantCulture));
        SiteOptions usual = scenario.Site.Usual();
        foreach (PropertyInfo p in ScenarioFields.Properties(typeof(SiteOptions)).Where(p => p.PropertyType != typeof(RoleSet) && !(scenario.Site.Graph is not null && p.Name == nameof(SiteOptions.CallersPerAnswerer))))
        {
            Field(yaml, 0, p, scenario.Site, usual);
        }

        Programmes(yaml, scenario.Site);
        yaml.Append("roles:\n");
        foreach (RoleOptions role in scenario.Site.Roles)
        {
            yaml.Append("  - role: ").Append(scenario.NameOf(role.Role)).Append('\n');
            Record(yaml, 4, role, usual.Roles[role.Role], Kernel(yaml, scenario, role.Role));
        }

        return yaml.ToString();
    }

    private static void Programmes(StringBuilder yaml, SiteOptions site)
    {
        foreach ((int i, SiteEventOptions programme) in (site.Events ?? []).Index())
        {
            yaml.Append(i == 0 ? "events:\n" : "");
            int start = yaml.Length;
            Record(yaml, 4, programme);
            yaml[start + 2] = '-';
        }
    }

    private static void Network(StringBuilder yaml, Scenario scenario)
    {
        if (scenario.Site.Graph is not { } graph)
        {
            Line(yaml, 0, "pairs", scenario.Pairs.ToString(CultureInfo.InvariantCulture));
            return;
        }

        Line(yaml, 0, "sites", scenario.Sites.ToString(CultureInfo.InvariantCulture));
        if (scenario.Network is { } shape)
        {
            yaml.Append("network:\n");
            foreach (PropertyInfo p in ScenarioFields.Properties(typeof(NetworkOptions)).Where(p => p.Name == nameof(NetworkOptions.Shape) || NetworkLoader.FieldsOf(shape.Shape).Contains(ScenarioFields.FieldName(p.Name))))
            {
                Field(yaml, 2, p, shape);
            }

            return;
        }

        // In a network that came without a file, nodes are named by number.
        string[] names = graph.Names is { } given ? [.. given] : [.. graph.Nodes.Index().Select(node => $"node{node.Index}")];
        Items(yaml, "nodes", graph.Nodes.Select((role, node) =>
            $"{{name: {names[node]}, role: {graph.NameOf(role)}{(graph.Addresses is { } addresses && !addresses[node].IsAny ? $", address: {addresses[node]}" : "")}}}"));
        Items(yaml, "links", graph.Links.Select(link =>
            $"{{called: {names[link.Ends[ModemLink.Called].Node]}, calling: {names[link.Ends[ModemLink.Calling].Node]}{(link.Kind == LinkKind.Modem ? "" : $", kind: {link.Kind.Name}")}"
            + $"{(link.Addresses is { } ends ? $", addresses: [{string.Join(", ", ends)}]" : "")}{(link.Group is { } group ? $", group: {group}" : "")}}}"));
        if (graph.Segments is { } segments)
        {
            Items(yaml, "segments", segments.Select(s => $"{{name: {s.Name}, stations: [{string.Join(", ", s.Stations.Select(node => names[node]))}], down: {ScenarioFields.SpellScalar(s.Down)}{(s.Interface is { } nic ? $", interface: {nic}" : "")}{Querier(s, names)}{(s.Snooping ? ", snooping: true" : "")}{(s.Dad ? ", dad: true" : "")}{(s.SameEthernet is { } same ? $", same_ethernet: [{string.Join(", ", same.Select(node => names[node]))}]" : "")}}}"));
        }
    }

    private static string Querier(PlannedSegment segment, string[] names) => segment.Querier is not { } querier ? ""
        : $", querier: {names[querier.Node]}, query_interval: {ScenarioFields.SpellScalar(querier.Options.Interval)}, query_response: {ScenarioFields.SpellScalar(querier.Options.Response)}";

    private static void Backend(StringBuilder yaml, Scenario scenario)
    {
        if (scenario.IsReal)
        {
            Line(yaml, 0, "backend", scenario.Backend);
        }

        if (scenario.Fault.Length > 0)
        {
            Line(yaml, 0, "fault", Quote(scenario.Fault));
        }
    }

    // A real kernel has its name instead of an emulated one's options.
    private static string? Kernel(StringBuilder yaml, Scenario scenario, Role role)
    {
        string name = scenario.KernelOf(role);
        if (name.Length > 0)
        {
            Line(yaml, 4, "kernel", Quote(name));
        }

        return name.Length > 0 ? nameof(RoleOptions.Kernel) : null;
    }

    private static void Record(StringBuilder yaml, int indent, object record, object? usual = null, string? skip = null)
    {
        foreach (PropertyInfo p in ScenarioFields.Properties(record.GetType()).Where(p => p.PropertyType != typeof(Role) && p.Name != skip))
        {
            Field(yaml, indent, p, record, usual);
        }
    }

    private static void Field(StringBuilder yaml, int indent, PropertyInfo property, object record, object? usual = null)
    {
        if (usual is not null && ScenarioFields.SameValue(property.GetValue(record), property.GetValue(usual)))
        {
            return;
        }

        string name = ScenarioFields.FieldName(property.Name);
        switch (property.GetValue(record))
        {
            case null or "":
                break;
            case string text:
                Line(yaml, indent, name, Quote(text));
                break;
            case IReadOnlyList<string> words:
                Line(yaml, indent, name, $"[{string.Join(", ", words.Select(Quote))}]");
                break;
            case IReadOnlyList<InterfaceOptions> interfaces:
                foreach ((int i, InterfaceOptions item) in interfaces.Index())
                {
                    yaml.Append(i == 0 ? $"{new string(' ', indent)}{name}:\n" : "");
                    int start = yaml.Length;
                    Record(yaml, indent + 4, item);
                    yaml[start + indent + 2] = '-';
                }

                break;
            case IReadOnlyList<CompetitorOptions> { Count: 0 }:
                Line(yaml, indent, name, "[]");
                break;
            case IReadOnlyList<CompetitorOptions> competitors:
                yaml.Append(' ', indent).Append(name).Append(":\n");
                foreach (CompetitorOptions competitor in competitors)
                {
                    int start = yaml.Length;
                    Record(yaml, indent + 4, competitor);
                    yaml[start + indent + 2] = '-';
                }

                break;
            case { } value when ScenarioFields.SpellScalar(value) is { } text:
                // A value that no file can give, such as the interval of a competitor that has none, is the default.
                if (ScenarioFields.Scalar(property.PropertyType, name, text) is not null)
                {
                    Line(yaml, indent, name, text);
                }

                break;
            case { } inner:
                yaml.Append(' ', indent).Append(name).Append(":\n");
                Record(yaml, indent + 2, inner, usual is null ? null : property.GetValue(usual));
                break;
        }
    }

    private static void Items(StringBuilder yaml, string field, IEnumerable<string> items)
    {
        foreach ((int i, string item) in items.Index())
        {
            yaml.Append(i == 0 ? $"{field}:\n" : "").Append("  - ").Append(item).Append('\n');
        }
    }

    private static void Line(StringBuilder yaml, int indent, string field, string value) =>
        yaml.Append(' ', indent).Append(field).Append(": ").Append(value).Append('\n');

    private static string Role(Scenario scenario, Role? role) => role is { } r ? $", role: {scenario.NameOf(r)}" : "";

    // Exact, and without an exponent, which the format does not know.
    private static string Percent(double value)
    {
        string text = value.ToString("R", CultureInfo.InvariantCulture);
        return text.Contains('E') ? value.ToString("F400", CultureInfo.InvariantCulture).TrimEnd('0').TrimEnd('.') : text;
    }

    // A double-quoted YAML scalar (YAML 1.2, section 5.7): control characters are escaped.
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                _ when char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' => quoted.Append($"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
