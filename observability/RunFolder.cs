using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Stress.Emulator.Sites;

namespace Stress.Observability;

/// <summary>The files of one run: <c>report.json</c>, <c>crashes.ndjson</c>, a copy of the scenario that made them, and its progress.</summary>
/// <param name="path">The run's own folder.</param>
public sealed class RunFolder(string path)
{
    /// <summary>File name of the report.</summary>
    public const string ReportName = "report.json";

    /// <summary>File name of the crash list.</summary>
    public const string CrashesName = "crashes.ndjson";

    /// <summary>File name of the scenario's copy.</summary>
    public const string ScenarioName = "scenario.yaml";

    /// <summary>File name of the run's progress.</summary>
    public const string ProgressName = "progress.json";

    /// <summary>Name of a file that keeps the run out of every triage store.</summary>
    public const string NoStoreName = "no-store";

    /// <summary>The form in which all results are written as JSON: camelCase, fields in the order of the model, readable <c>&gt;</c> and <c>×</c>.</summary>
    public static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        RespectNullableAnnotations = true,
    };

    private static readonly JsonSerializerOptions OfPairs = Progress(PairTopology.Labels);

    private static readonly JsonSerializerOptions OneLine = new(Json) { WriteIndented = false };

    /// <summary>The run's own folder.</summary>
    public string Path { get; } = path;

    /// <summary>Where the report is.</summary>
    public string ReportPath => System.IO.Path.Combine(Path, ReportName);

    /// <summary>Where the page is.</summary>
    public string PagePath => System.IO.Path.Combine(Path, Html.HtmlReport.FileName);

    /// <summary>Where the crash list is.</summary>
    public string CrashesPath => System.IO.Path.Combine(Path, CrashesName);

    /// <summary>Where the scenario's copy is.</summary>
    public string ScenarioPath => System.IO.Path.Combine(Path, ScenarioName);

    /// <summary>Creates the folder, and puts the scenario's text into it.</summary>
    public void Create(string scenarioText)
    {
        Directory.CreateDirectory(Path);
        File.WriteAllText(ScenarioPath, scenarioText);
    }

    /// <summary>Writes both result files. A reader never sees half a file.</summary>
    public void Write(RunReport report, IEnumerable<CrashRecord> crashes)
    {
        var lines = new StringBuilder();
        foreach (CrashRecord crash in crashes)
        {
            lines.Append(JsonSerializer.Serialize(crash, OneLine)).Append('\n');
        }

        Replace(CrashesPath, lines.ToString());
        Replace(ReportPath, TextOf(report));
    }

    /// <summary>A report as written in its file.</summary>
    public static string TextOf(RunReport report) => JsonSerializer.Serialize(report, Json) + "\n";

    /// <summary>Reads the report.</summary>
    /// <exception cref="FileNotFoundException">There is none.</exception>
    /// <exception cref="FormatRefusedException">It is of another format.</exception>
    /// <exception cref="JsonException">The file is not a report.</exception>
    public RunReport ReadReport() => FileFormat.Read<RunReport>(ReportPath, ScenarioReport.CurrentFormat, Json);

    /// <summary>Where the progress is.</summary>
    public string ProgressPath => System.IO.Path.Combine(Path, ProgressName);

    /// <summary>Writes the run's progress. A reader never sees half a file.</summary>
    public void WriteProgress(RunProgress progress) => Replace(ProgressPath, JsonSerializer.Serialize(progress, ProgressOf(progress.Run.Counters.Labels)) + "\n");

    /// <summary>Reads the run's progress.</summary>
    /// <exception cref="FileNotFoundException">The run has written nothing.</exception>
    /// <exception cref="FormatRefusedException">It is of another format.</exception>
    /// <exception cref="JsonException">The file is no progress.</exception>
    public RunProgress ReadProgress()
    {
        string text = File.ReadAllText(ProgressPath);
        return FileFormat.Parse<RunProgress>(ProgressPath, text, RunProgress.CurrentFormat, ProgressOf(LabelsIn(text)));
    }

    // Roles by their labels; what follows from other fields is not written.
    private static JsonSerializerOptions Progress(IReadOnlyList<string> labels) =>
        new(Json) { Converters = { new RoleJson(labels), new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) }, IgnoreReadOnlyProperties = true };

    private static JsonSerializerOptions ProgressOf(IReadOnlyList<string> labels) => labels.SequenceEqual(PairTopology.Labels) ? OfPairs : Progress(labels);

    // The labels of a run are in its counters, which come after the fields that use them.
    private static IReadOnlyList<string> LabelsIn(string progress)
    {
        using JsonDocument document = JsonDocument.Parse(progress);
        JsonElement at = document.RootElement;
        foreach (string name in (string[])["run", "counters"])
        {
            if (at.ValueKind != JsonValueKind.Object || !at.TryGetProperty(name, out at))
            {
                return PairTopology.Labels;
            }
        }

        return at.Deserialize<NodeCounters>(Json)!.Labels;
    }

    /// <summary>Reads the crash list.</summary>
    public IReadOnlyList<CrashRecord> ReadCrashes() =>
        [.. File.ReadLines(CrashesPath).Where(line => line.Length > 0).Select(line => JsonSerializer.Deserialize<CrashRecord>(line, OneLine)!)];

    private static void Replace(string file, string text)
    {
        // Two clients may follow one run on a cluster, and write the same at the same time.
        ReplaceFile(file, next => File.WriteAllText(next, text));
    }

    /// <summary>Writes a file under a temporary name and then renames it: a reader never sees half a file, and a failed write leaves nothing behind.</summary>
    /// <param name="file">The file.</param>
    /// <param name="write">Writes it to the given path.</param>
    /// <exception cref="IOException">It could not be written.</exception>
    public static void ReplaceFile(string file, Action<string> write)
    {
        string next = $"{file}.{Environment.ProcessId}.new";
        try
        {
            write(next);
            File.Move(next, file, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Half a file on a full disk would take up the space that the next one needs.
            try
            {
                File.Delete(next);
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // The folder itself is gone.
            }

            throw;
        }
    }
}
