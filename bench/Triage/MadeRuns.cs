using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Stress.Bench.Triage;

/// <summary>Makes folders of runs that were never executed: a run's report and crashes with other names, sizes, titles and counts, from a seed.</summary>
public sealed class MadeRuns
{
    private readonly JsonNode _report;
    private readonly JsonObject _crash;

    /// <summary>Reads what runs are made from.</summary>
    /// <param name="pattern">A run's folder, for example <c>tests/formats/format-1/complete</c>.</param>
    public MadeRuns(string pattern)
    {
        _report = JsonNode.Parse(File.ReadAllText(Path.Combine(pattern, "report.json")))!;
        _crash = JsonNode.Parse(File.ReadLines(Path.Combine(pattern, "crashes.ndjson")).First())!.AsObject();
    }

    /// <summary>Writes a run's folder.</summary>
    /// <param name="folder">The folder of runs.</param>
    /// <param name="run">What it is.</param>
    /// <returns>The run's own folder.</returns>
    public string Write(string folder, MadeRun run)
    {
        JsonNode report = _report.DeepClone();
        report["runId"] = run.Name;
        report["scenario"] = run.Scenario;
        report["seed"] = run.Seed;
        report["design"] = run.Design;
        report["build"]!["commit"] = run.Commit;
        report["complete"] = run.Incomplete is null;
        report["incomplete"] = run.Incomplete;
        report["digest"] = run.Seed.ToString("x16", CultureInfo.InvariantCulture);
        report["expectations"] = new JsonArray();
        report["notDecided"] = new JsonArray();
        foreach (string counts in new[] { "disconnects", "panics" })
        {
            long half = counts == "disconnects" ? run.Disconnects : run.Crashes.Sum(crash => crash.Count);
            JsonNode ends = report["counters"]![counts]!;
            ends["called"] = half;
            ends["calling"] = counts == "disconnects" ? run.Disconnects : 0;
            report[counts] = ends.DeepClone();
        }

        foreach (JsonNode? end in report["paths"]!.AsArray())
        {
            end!["disconnects"] = run.Disconnects;
        }

        var paths = new JsonArray();
        var lines = new StringBuilder();
        foreach ((int i, MadeCrash crash) in run.Crashes.Index())
        {
            string id = string.Create(CultureInfo.InvariantCulture, $"c{i:x8}");
            double rate = run.Disconnects == 0 ? 0 : Math.Min(1, (double)crash.Count / run.Disconnects);
            paths.Add(new JsonObject
            {
                ["title"] = crash.Title, ["path"] = "made", ["role"] = crash.Role, ["crashes"] = crash.Count, ["disconnects"] = run.Disconnects, ["rate"] = rate,
                ["low"] = Math.Max(0, rate - 0.02), ["high"] = Math.Min(1, rate + 0.02), ["crashId"] = id,
            });
            JsonNode line = _crash.DeepClone();
            line["id"] = id;
            line["title"] = crash.Title;
            line["role"] = crash.Role;
            line["count"] = crash.Count;
            line["seed"] = run.Seed;
            line["replay"] = $"./stress replay runs/{run.Name} {id}";
            lines.Append(line.ToJsonString()).Append('\n');
        }

        report["codePaths"] = paths;
        string path = Path.Combine(folder, run.Name);
        Directory.CreateDirectory(path);
        File.WriteAllText(Path.Combine(path, "crashes.ndjson"), lines.ToString());
        File.WriteAllText(Path.Combine(path, "report.json"), report.ToJsonString());
        return path;
    }

    /// <summary>Runs of some months: a few backends and many titles, each run with some of them.</summary>
    /// <param name="count">Runs.</param>
    /// <param name="crashes">Distinct crashes of each.</param>
    /// <param name="titles">Titles in all.</param>
    /// <param name="seed">Of what is drawn.</param>
    public static IEnumerable<MadeRun> Many(int count, int crashes, int titles, int seed)
    {
        var draws = new Random(seed);
        string[] designs = ["netbsd-2005", "purge-flagged", "epoch", "psref"];
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        for (int i = 0; i < count; i++)
        {
            DateTimeOffset at = start.AddMinutes(20.0 * i);
            int first = draws.Next(titles);
            yield return new MadeRun(
                string.Create(CultureInfo.InvariantCulture, $"made-{i:00000}-{at:yyyyMMdd-HHmmss}"), "made", (ulong)(i + 1), designs[draws.Next(designs.Length)],
                string.Create(CultureInfo.InvariantCulture, $"{i / 500:x12}{new string('0', 28)}"), 10_000, null,
                [.. Enumerable.Range(0, crashes).Select(n => new MadeCrash(string.Create(CultureInfo.InvariantCulture, $"function_{Letters((first + n) % titles)}: stale holder (no address at if_detach)"), n % 2 == 0 ? "called" : "calling", 1 + draws.Next(50)))]);
        }
    }

    // A number in letters: figures at the end of a word could be a unit.
    private static string Letters(int n)
    {
        var text = new StringBuilder();
        for (int left = n; text.Length == 0 || left > 0; left /= 26)
        {
            text.Append((char)('a' + (left % 26)));
        }

        return text.ToString();
    }
}

/// <summary>A run to be made.</summary>
/// <param name="Name">Name.</param>
/// <param name="Scenario">Scenario.</param>
/// <param name="Seed">Seed.</param>
/// <param name="Design">Teardown design.</param>
/// <param name="Commit">Commit.</param>
/// <param name="Disconnects">Disconnects of each end.</param>
/// <param name="Incomplete">Why it is not complete, or null.</param>
/// <param name="Crashes">Its crashes.</param>
public sealed record MadeRun(string Name, string Scenario, ulong Seed, string Design, string Commit, long Disconnects, string? Incomplete, IReadOnlyList<MadeCrash> Crashes);

/// <summary>A crash to be made.</summary>
/// <param name="Title">Title.</param>
/// <param name="Role">The end.</param>
/// <param name="Count">How often.</param>
public sealed record MadeCrash(string Title, string Role, long Count);
