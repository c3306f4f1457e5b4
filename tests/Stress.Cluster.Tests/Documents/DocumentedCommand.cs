using System.Text.RegularExpressions;
using Stress.Tests.Shared;

namespace Stress.Cluster.Tests.Documents;

/// <summary>A command that a document prints: a line of a fenced block, or a span of code in its text.</summary>
/// <param name="File">The document, from the root of the repository.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Text">The command, as it would be typed.</param>
/// <param name="IsFenced">True for a line of a fenced block.</param>
/// <param name="Reason">Why no test runs it, as a comment beside it says; null for a command that a test runs.</param>
public sealed partial record DocumentedCommand(string File, int Line, string Text, bool IsFenced, string? Reason)
{
    // What starts a line that is a command; lines of a fenced block that start with anything else are output, configuration or code.
    private const string Programs = @"\./stress|prometheus|promtool|redis-server|tshark|git|podman|cd|kubectl|kustomize|openssl|dotnet|bash|for|curl|k8s/prometheus-rules\.sh";

    /// <summary>The place, for messages.</summary>
    public string Place => $"{File}:{Line}: {Text}";

    /// <summary>The documents whose commands are held to be right.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Repository.At("docs"), "*.md"))
            .Concat(Directory.EnumerateDirectories(Repository.Root).Select(folder => Path.Combine(folder, "README.md")).Where(System.IO.File.Exists))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Every command of every document.</summary>
    public static IReadOnlyList<DocumentedCommand> All { get; } = [.. Documents.SelectMany(file => Of(file, System.IO.File.ReadAllLines(Repository.At(file))))];

    /// <summary>The commands of a document.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="lines">Its lines.</param>
    /// <remarks>
    /// A comment <c>&lt;!-- not run: why --&gt;</c> on the line before a fenced block is the reason for all of its commands; on a line of text, after the last
    /// command of that line, it is the reason for the commands of that line. <c>&lt;!-- not run below: why --&gt;</c> is one for the rest of a document.
    /// </remarks>
    public static IEnumerable<DocumentedCommand> Of(string file, IReadOnlyList<string> lines)
    {
        bool inside = false;
        string? reason = null, rest = null;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            rest = NotRunBelow().Match(line) is { Success: true } below ? below.Groups[1].Value : rest;
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                inside = !inside;
                reason = inside && i > 0 ? ReasonOf(lines[i - 1]) : null;
            }
            else if (inside && FencedCommand().Match(line) is { Success: true } command)
            {
                yield return new DocumentedCommand(file, i + 1, Comment().Replace(command.Groups[1].Value, "").TrimEnd(), true, reason ?? rest);
            }
            else if (!inside)
            {
                foreach (Match span in Span().Matches(line))
                {
                    yield return new DocumentedCommand(file, i + 1, span.Groups[1].Value, false, ReasonOf(line) ?? rest);
                }
            }
        }
    }

    private static string? ReasonOf(string line) => NotRun().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex($@"^(?:\$ |repeat +)?((?:[A-Z_]+=\S+ )*(?:{Programs})(?: .*)?)$")]
    private static partial Regex FencedCommand();

    // What is said of a command after two spaces, with or without a number sign.
    [GeneratedRegex(@"\s{2,}\S.*$|\s+#\s.*$")]
    private static partial Regex Comment();

    // In a text the names of other programs are only names.
    [GeneratedRegex(@"`((?:\./stress|kubectl|kustomize|prometheus) [^`]+|\./stress)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"<!-- not run below: (.+?) -->")]
    private static partial Regex NotRunBelow();

    [GeneratedRegex(@"<!-- not run: (.+?) -->")]
    private static partial Regex NotRun();
}
