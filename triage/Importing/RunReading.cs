using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Observability;
using Stress.Triage.Store;

namespace Stress.Triage.Importing;

/// <summary>A run folder as it was read: the row of the run, and its crashes.</summary>
/// <param name="Run">The run; not stored yet.</param>
/// <param name="Crashes">Its crashes.</param>
/// <param name="Report">Its report, packed.</param>
public sealed partial record RunReading(RunRecord Run, IReadOnlyList<CrashReading> Crashes, byte[] Report)
{
    /// <summary>A report larger than this is not one of ours.</summary>
    public const long MaxReportBytes = 64L << 20;

    /// <summary>A list of crashes larger than this is not one of ours.</summary>
    public const long MaxCrashesBytes = 256L << 20;

    private const int CommitShown = 12;

    /// <summary>Reads a folder.</summary>
    /// <param name="path">The run's folder.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is of another format, or is not a run.</exception>
    /// <exception cref="JsonException">A file is not JSON of that kind.</exception>
    public static RunReading Of(string path)
    {
        var folder = new RunFolder(path);
        Bounded(folder.ReportPath, MaxReportBytes);
        string text = File.ReadAllText(folder.ReportPath);
        RunReport report = FileFormat.Parse<RunReport>(folder.ReportPath, text, ScenarioReport.CurrentFormat, RunFolder.Json);
        Bounded(folder.CrashesPath, MaxCrashesBytes);
        IReadOnlyList<CrashRecord> crashes = folder.ReadCrashes();
        return Of(report, text, crashes, path, new DateTimeOffset(File.GetLastWriteTimeUtc(folder.ReportPath), TimeSpan.Zero));
    }

    /// <summary>A report and its crashes.</summary>
    /// <param name="report">The report.</param>
    /// <param name="text">The same as JSON.</param>
    /// <param name="crashes">Its crashes.</param>
    /// <param name="folder">Where they came from.</param>
    /// <param name="written">When the report was written, for a run whose name has no time.</param>
    /// <exception cref="FormatException">It is not a run.</exception>
    public static RunReading Of(RunReport report, string text, IReadOnlyList<CrashRecord> crashes, string folder, DateTimeOffset written)
    {
        if (report.RunId.Length == 0 || report.Pairs < 0 || crashes.Any(crash => crash.Title.Length == 0 || crash.Count <= 0))
        {
            throw new FormatException($"{folder}: not a run: a name, a size or a crash's title or count is missing");
        }

        if (report.Network is { } network && (network.Nodes.Count == 0 || network.Links.Any(link => link.Called < 0 || link.Called >= network.Nodes.Count || link.Calling < 0 || link.Calling >= network.Nodes.Count)))
        {
            throw new FormatException($"{folder}: not a run: its network has a link to a node that it does not have");
        }

        (string backend, string version) = Executed(report);
        Dictionary<string, CodePathRate> rates = report.CodePaths.DistinctBy(path => path.CrashId).ToDictionary(path => path.CrashId, StringComparer.Ordinal);
        DateTimeOffset started = StartOf(report.RunId) ?? StartOf(folder) ?? written;
        var run = new RunRecord
        {
            Key = Sha256(string.Join('\n', report.RunId, report.Scenario, report.Seed, report.Pairs, report.VirtualHours.ToString("R", CultureInfo.InvariantCulture), backend, version)),
            ReportSha256 = Sha256(text),
            Name = report.RunId,
            Scenario = report.Scenario,
            Backend = backend,
            Version = version,
            Seed = unchecked((long)report.Seed),
            Started = Microseconds.Of(started),
            Pairs = report.Pairs,
            Hours = report.VirtualHours,
            Disconnects = report.Counters.Total.Disconnects,
            Panics = report.Counters.Total.Panics,
            Titles = crashes.Select(crash => crash.Title).Distinct(StringComparer.Ordinal).Count(),
            Verdict = VerdictOf(report),
            Digest = report.Digest,
            Folder = folder,
        };
        return new RunReading(run, [.. crashes.Select(crash => CrashReading.Of(crash, rates.GetValueOrDefault(crash.Id)))], Packed(text));
    }

    /// <summary>The text of a packed report.</summary>
    public static string Unpacked(byte[] report)
    {
        using var gzip = new GZipStream(new MemoryStream(report), CompressionMode.Decompress);
        using var reader = new StreamReader(gzip, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    private static byte[] Packed(string text)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
        {
            gzip.Write(Encoding.UTF8.GetBytes(text));
        }

        return packed.ToArray();
    }

    // A bug is a title on a backend. For a real kernel the backend is its kind, and the version is the kernel; for an emulated one it is the teardown design.
    private static (string Backend, string Version) Executed(RunReport report)
    {
        if (report.Kernels is { } real)
        {
            string called = $"{real.Called.Release} {real.Called.Name}", calling = $"{real.Calling.Release} {real.Calling.Name}";
            string kernels = called == calling ? called : $"{called} / {calling}";
            return (real.Backend, real.Fault.Length > 0 ? $"{kernels}, {real.Fault}" : kernels);
        }

        string commit = report.Build.Commit;
        return (report.Design, commit.Length > CommitShown ? commit[..CommitShown] : commit.Length > 0 ? commit : report.Build.Version);
    }

    private static string VerdictOf(RunReport report) =>
        report.IsPartial ? "partial"
        : !report.Complete ? "incomplete"
        : report.Expectations.Any(expectation => expectation.Failed) ? "not met"
        : report.NotDecided.Count > 0 || report.Expectations.Any(expectation => expectation.NotJudged is not null) ? "not decided"
        : report.Expectations.Count == 0 ? "no expectation" : "met";

    // The folder of a comparison has the time in its name, those of its designs do not.
    private static DateTimeOffset? StartOf(string name) =>
        Time().Matches(name) is { Count: > 0 } times
        && DateTimeOffset.TryParseExact(times[^1].Groups[1].Value, "yyyyMMdd-HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;

    private static void Bounded(string file, long bytes)
    {
        var info = new FileInfo(file);
        if (info.Exists && info.Length > bytes)
        {
            throw new FormatException($"{file}: {info.Length:#,0} bytes; accepted are up to {bytes:#,0}");
        }
    }

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex(@"-(\d{8}-\d{6})(?!\d)")]
    private static partial Regex Time();
}
