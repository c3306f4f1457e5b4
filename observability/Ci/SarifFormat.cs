using System.Text.Encodings.Web;
using System.Text.Json;

namespace Stress.Observability.Ci;

/// <summary>
/// SARIF 2.1.0 (OASIS). A rule for each crash title and each expectation; a result for each finding. A crash that the scenario expects is a note, one that
/// breaks an expectation an error. The fingerprint is the crash's id, so that two uploads are matched regardless of counts.
/// </summary>
public static class SarifFormat
{
    private const string Version = "2.1.0";
    private const string Schema = "https://json.schemastore.org/sarif-2.1.0.json";

    /// <summary>Writes the file's text.</summary>
    public static void Write(CheckReport report, Stream to)
    {
        CheckCase[] findings = [.. report.Cases.Where(c => c.IsFinding)];
        string[] rules = [.. findings.Select(RuleOf).Distinct()];
        using var json = new Utf8JsonWriter(to, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        json.WriteStartObject();
        json.WriteString("$schema", Schema);
        json.WriteString("version", Version);
        json.WriteStartArray("runs");
        json.WriteStartObject();
        json.WriteStartObject("tool");
        json.WriteStartObject("driver");
        json.WriteString("name", "stress");
        json.WriteString("semanticVersion", typeof(SarifFormat).Assembly.GetName().Version?.ToString(3) ?? "0.0.0");
        json.WriteStartArray("rules");
        foreach (string rule in rules)
        {
            json.WriteStartObject();
            json.WriteString("id", rule);
            Text(json, "shortDescription", findings.First(c => RuleOf(c) == rule) is { Kind: "crash" or "access" } c ? c.Name : Describe(rule));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("automationDetails");
        json.WriteString("id", report.Name);
        json.WriteEndObject();
        json.WriteStartArray("invocations");
        json.WriteStartObject();
        json.WriteString("commandLine", report.Command);
        json.WriteString("endTimeUtc", report.At.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture));
        json.WriteBoolean("executionSuccessful", report.Count(CheckOutcome.Error) + report.Count(CheckOutcome.NotDecided) == 0);
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteString("columnKind", "utf16CodeUnits");
        json.WriteStartArray("results");
        foreach (CheckCase c in findings)
        {
            Result(json, c, Array.IndexOf(rules, RuleOf(c)));
        }

        json.WriteEndArray();

        // A property bag (3.8): what was executed.
        json.WriteStartObject("properties");
        foreach ((string name, string value) in report.Properties)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static string RuleOf(CheckCase c) => c.Kind is "crash" or "access" ? c.Key : c.Kind;

    private static string Describe(string rule) => rule switch
    {
        "expectation" => "A measured rate lies outside the band that the scenario states.",
        "reached" => "A path that the scenario requires was not reached.",
        "work" => "Sites were not executed to their end.",
        "undecided" => "Nothing can be said: an operation is not modelled, nothing could happen, or the run is partial.",
        _ => "Two executions of the same site differ.",
    };

    private static void Result(Utf8JsonWriter json, CheckCase c, int rule)
    {
        json.WriteStartObject();
        json.WriteString("ruleId", RuleOf(c));
        json.WriteNumber("ruleIndex", rule);

        // SARIF 2.1.0, 3.27.9: open is a rule that was evaluated without enough information to decide; its level is none (3.27.10).
        if (c.Outcome == CheckOutcome.NotDecided)
        {
            json.WriteString("kind", "open");
        }

        json.WriteString("level", c.Outcome switch { CheckOutcome.Passed => "note", CheckOutcome.NotDecided => "none", _ => "error" });
        Text(json, "message", string.Join('\n', [c.Message, .. c.Detail]));
        json.WriteStartArray("locations");
        json.WriteStartObject();
        json.WriteStartObject("physicalLocation");
        json.WriteStartObject("artifactLocation");
        json.WriteString("uri", Uri(c.File));
        json.WriteEndObject();
        json.WriteStartObject("region");
        json.WriteNumber("startLine", Math.Max(1, c.Line));
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndArray();
        json.WriteStartObject("partialFingerprints");
        json.WriteString("stress/v1", $"{c.Suite}/{c.Key}");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string text)
    {
        json.WriteStartObject(name);
        json.WriteString("text", text);
        json.WriteEndObject();
    }

    private static string Uri(string file) => Path.IsPathRooted(file)
        ? new Uri(file).AbsoluteUri
        : string.Join('/', file.Split(Path.DirectorySeparatorChar).Select(System.Uri.EscapeDataString));
}
