using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Observability;
using Stress.Triage.Bugs;
using Stress.Triage.Store;

namespace Stress.Triage.Importing;

/// <summary>The folder of a search of <c>fuzz</c> as it was read.</summary>
/// <param name="IsPrivate">Its findings are told to the software's maintainers before anybody else.</param>
/// <param name="Findings">Its findings, each with its bug.</param>
public sealed partial record SearchReading(bool IsPrivate, IReadOnlyList<(FindingRecord Finding, string Title, string Backend)> Findings)
{
    /// <summary>File name of a search's result in its folder.</summary>
    public const string FileName = "fuzz.json";

    /// <summary>A result larger than this is not one of ours.</summary>
    public const long MaxBytes = 64L << 20;

    private const int Format = 1;

    /// <summary>Reads a folder.</summary>
    /// <param name="path">The search's folder.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="FormatException">It is of another format, or is not a search.</exception>
    /// <exception cref="JsonException">The file is not JSON of that kind.</exception>
    public static SearchReading Of(string path)
    {
        var file = new FileInfo(Path.Combine(path, FileName));
        if (file.Length > MaxBytes)
        {
            throw new FormatException($"{file.FullName}: {file.Length:#,0} bytes; accepted are up to {MaxBytes:#,0}");
        }

        Report report = JsonSerializer.Deserialize<Report>(File.ReadAllText(file.FullName), JsonSerializerOptions.Web) ?? throw new FormatException($"{file.FullName}: no search; accepted is what fuzz writes");
        if (report.Format != Format)
        {
            throw new FormatException($"{file.FullName}: format {report.Format}; accepted is {Format}");
        }

        if (report.Findings.Any(finding => finding.Title.Length == 0 || finding.Stacks.Count == 0))
        {
            throw new FormatException($"{file.FullName}: a finding has no title or no stack; accepted is what fuzz writes");
        }

        string name = Path.GetFileName(Path.TrimEndingDirectorySeparator(path)), fault = report.Fault.Length > 0 ? $", {report.Fault}" : "";
        long at = Microseconds.Of(Started(name) ?? new DateTimeOffset(file.LastWriteTimeUtc, TimeSpan.Zero));
        return new SearchReading(
            report.Private,
            [
                .. report.Findings.DistinctBy(finding => (finding.Title, string.Join(',', finding.Stacks))).Select(finding =>
                {
                    string stacks = string.Join(" and ", finding.Stacks);
                    return (new FindingRecord
                    {
                        Key = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', report.Digest, report.Seed, report.Lists, stacks + fault, finding.Title)))),
                        Search = name,
                        At = at,
                        Title = finding.Title,
                        Stacks = stacks + fault,
                        List = finding.List,
                        Lists = report.Lists,
                        Seen = Math.Max(1, finding.Seen),
                        Titles = string.Join('\n', finding.OtherTitles.OrderByDescending(other => other.Value).ThenBy(other => other.Key, StringComparer.Ordinal)
                            .Prepend(new(finding.Title, finding.Confirmed)).Select(other => string.Create(CultureInfo.InvariantCulture, $"{other.Value} {other.Key.ReplaceLineEndings(" ")}"))),
                        Least = string.Join('\n', finding.Minimal),
                        IsLeast = finding.IsMinimal,
                    }, BugTitle.Of(finding.Title), BackendOf(finding.Stacks));
                }),
            ]);
    }

    // A bug is a title on a backend: a real kernel's is its kind, whichever kernel it was, as that of its runs is.
    private static string BackendOf(IReadOnlyList<string> stacks) => string.Join(" and ", stacks.Select(stack => stack.StartsWith("uml:", StringComparison.Ordinal) ? "uml" : stack).Distinct());

    private static DateTimeOffset? Started(string name) =>
        Time().Match(name) is { Success: true } time && DateTimeOffset.TryParseExact(time.Groups[1].Value, "yyyyMMdd-HHmmss", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset at) ? at : null;

    [GeneratedRegex(@"-(\d{8}-\d{6})(?!\d)")]
    private static partial Regex Time();

    // What fuzz writes, to the extent that a store uses it. A file that does not say whether it is private counts as private.
    private sealed record Report
    {
        public int Format { get; init; }

        public string Fault { get; init; } = "";

        public bool Private { get; init; } = true;

        public ulong Seed { get; init; }

        public long Lists { get; init; }

        public string Digest { get; init; } = "";

        public IReadOnlyList<Found> Findings { get; init; } = [];
    }

    private sealed record Found
    {
        public string Title { get; init; } = "";

        public IReadOnlyList<string> Stacks { get; init; } = [];

        public long List { get; init; }

        public int Confirmed { get; init; }

        public IReadOnlyList<string> Minimal { get; init; } = [];

        public bool IsMinimal { get; init; }

        public IReadOnlyDictionary<string, int> OtherTitles { get; init; } = new Dictionary<string, int>();

        public long Seen { get; init; }
    }
}
