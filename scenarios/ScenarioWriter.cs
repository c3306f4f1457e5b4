using System.Globalization;
using System.Reflection;
using System.Text;
using Stress.Emulator.Simulation;

namespace Stress.Scenarios;

/// <summary>Writes a scenario out as a file that needs no other: every option with its value. A run keeps this of a scenario that includes.</summary>
public static class ScenarioWriter
{
    /// <summary>The text; <see cref="ScenarioLoader.Parse(string, string)"/> reads the same scenario from it.</summary>
    public static string Write(Scenario s)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"name: {Quote(s.Name)}\ndescription: {Quote(s.Description)}\npairs: {s.Pairs}\nhours: {ScenarioFields.SpellTime(s.Duration)}\nseed: {s.Seed}\n");
        text.Append(CultureInfo.InvariantCulture, $"design: {s.Site.Design}\ncallers_per_answerer: {s.Site.CallersPerAnswerer}\nwindow: {ScenarioFields.SpellTime(s.Site.Window)}\nroles:\n");
        foreach (RoleOptions role in new[] { s.Site.Called, s.Site.Calling })
        {
            text.Append("  -\n");
            Map(text, role, "    ");
        }

        text.Append("line:\n");
        Map(text, s.Site.Line, "  ");
        List(text, "expect", s.Expect.Select(e => string.Create(
            CultureInfo.InvariantCulture, $"{{path: {Quote(e.Path)}{RoleOf(e.Role)}{(e.Design is null ? "" : $", design: {e.Design}")}, percent: {Number(e.MinPercent)}..{Number(e.MaxPercent)}}}")));
        List(text, "expect_reached", s.ExpectReached.Select(Quote));
        List(text, "reported", s.Reported.Select(r => $"{{path: {Quote(r.Path)}{RoleOf(r.Role)}, percent: {Number(r.Percent)}}}"));
        text.Append(s.Sources.Count == 0 ? "sources: {}\n" : "sources:\n");
        foreach ((string field, string source) in s.Sources)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {Quote(field)}: {Quote(source)}\n");
        }

        return text.ToString();
    }

    private static string RoleOf(Role? role) => role is { } r ? $", role: {ScenarioFields.Spell(r)}" : "";

    private static string Number(double value) => ((decimal)value).ToString(CultureInfo.InvariantCulture);

    private static void List(StringBuilder text, string field, IEnumerable<string> items)
    {
        text.Append(CultureInfo.InvariantCulture, $"{field}: [{string.Join(", ", items)}]\n");
    }

    private static void Map(StringBuilder text, object record, string indent)
    {
        foreach (PropertyInfo p in ScenarioFields.Properties(record.GetType()))
        {
            string field = indent + ScenarioFields.FieldName(p.Name);
            object? value = p.GetValue(record);
            switch (value)
            {
                case null:
                    break;
                case IReadOnlyList<CompetitorOptions> competitors:
                    text.Append(CultureInfo.InvariantCulture, $"{field}:{(competitors.Count == 0 ? " []" : "")}\n");
                    foreach (CompetitorOptions c in competitors)
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{indent}  -\n");
                        Map(text, c, indent + "    ");
                    }

                    break;
                case IEnumerable<string> words:
                    text.Append(CultureInfo.InvariantCulture, $"{field}: [{string.Join(", ", words)}]\n");
                    break;
                case string s:
                    text.Append(CultureInfo.InvariantCulture, $"{field}: {Quote(s)}\n");
                    break;
                case VirtualTime when p.DeclaringType == typeof(CompetitorOptions) && value.Equals(VirtualTime.Zero):
                    break;
                default:
                    if (ScenarioFields.SpellValue(value) is { } spelled)
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{field}: {spelled}\n");
                    }
                    else
                    {
                        text.Append(CultureInfo.InvariantCulture, $"{field}:\n");
                        Map(text, value, indent + "  ");
                    }

                    break;
            }
        }
    }

    private static string Quote(string s) =>
        $"\"{string.Concat(s.Select(c => c is '"' or '\\' ? $"\\{c}" : char.IsControl(c) || c is '\u2028' or '\u2029' or '\ufeff' ? $"\\u{(int)c:x4}" : c.ToString()))}\"";
}
