using System.Text.RegularExpressions;
using Stress.Tests.Shared;

namespace Stress.Cluster.Tests.Documents;

/// <summary>A command that a document prints: a line of a block, fenced or indented, or a span of code in its text.</summary>
/// <param name="File">The document, from the root of the repository.</param>
/// <param name="Line">Its line, from 1.</param>
/// <param name="Text">The command, as it would be typed.</param>
/// <param name="IsBlock">True for a line of a block.</param>
/// <param name="Reason">Why no test runs it, according to a comment next to it; null for a command that a test runs.</param>
public sealed partial record DocumentedCommand(string File, int Line, string Text, bool IsBlock, string? Reason)
{
    // What a line that is a command starts with; lines of a block that start with anything else are output, configuration or code.
    private const string Programs = @"\./stress|prometheus|promtool|redis-server|tshark|git|podman|apt-get|cd|kubectl|kustomize|openssl|dotnet|bash|for \w+ in|curl|qemu-[\w-]+|\(cd|k8s/prometheus-rules\.sh";

    /// <summary>The place, for messages.</summary>
    public string Place => $"{File}:{Line}: {Text}";

    /// <summary>The documents whose commands are tested.</summary>
    public static IReadOnlyList<string> Documents { get; } =
    [
        .. Directory.EnumerateFiles(Repository.Root, "*.md")
            .Concat(Directory.EnumerateFiles(Repository.At("docs"), "*.md"))
            .Concat(Directory.EnumerateDirectories(Repository.Root).Where(folder => Path.GetFileName(folder) is not ("runs" or ".git")).SelectMany(Readmes))
            .Select(file => Path.GetRelativePath(Repository.Root, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Every command of every document.</summary>
    public static IReadOnlyList<DocumentedCommand> All { get; } = [.. Documents.SelectMany(file => Of(file, System.IO.File.ReadAllLines(Repository.At(file))))];

    /// <summary>Comments that give a reason but have no command: left behind when a document was changed.</summary>
    public static IReadOnlyList<string> IdleReasons { get; } =
    [
        .. from file in Documents
           from comment in System.IO.File.ReadAllLines(Repository.At(file)).Select((line, at) => (Line: at + 1, Reason: NotRunBelow().Match(line) is { Success: true } below ? below.Groups[1].Value : ReasonOf(line)))
           where comment.Reason is not null && !All.Any(command => command.File == file && command.Line >= comment.Line && command.Reason == comment.Reason)
           select $"{file}:{comment.Line}",
    ];

    /// <summary>The commands of a document.</summary>
    /// <param name="file">Its name.</param>
    /// <param name="lines">Its lines.</param>
    /// <remarks>
    /// A comment <c>&lt;!-- not run: why --&gt;</c> on the line before a block, fenced or indented, is the reason for all of its commands; on a line of text, after the
    /// last command of that line, it is the reason for the commands of that line. <c>&lt;!-- not run below: why --&gt;</c> is one for the rest of a document.
    /// </remarks>
    public static IEnumerable<DocumentedCommand> Of(string file, IReadOnlyList<string> lines)
    {
        bool fenced = false, indented = false;
        string? reason = null, rest = null;
        for (int i = 0; i < lines.Count; i++)
        {
            string line = lines[i];
            rest = NotRunBelow().Match(line) is { Success: true } below ? below.Groups[1].Value : rest;
            if (line.StartsWith("```", StringComparison.Ordinal))
            {
                fenced = !fenced;
                indented = false;
                reason = fenced && i > 0 ? ReasonOf(lines[i - 1]) : null;
                continue;
            }

            if (!fenced && line.Length > 0)
            {
                bool before = indented;
                indented = line.StartsWith("    ", StringComparison.Ordinal);
                reason = indented && before ? reason : indented && i > 0 ? ReasonOf(lines[i - 1]) : null;
            }

            int at = i + 1;
            if (fenced || indented)
            {
                // A backslash at its end: the command continues.
                string typed = line.Trim();
                while (typed.EndsWith('\\') && i + 1 < lines.Count)
                {
                    typed = $"{typed[..^1].TrimEnd()} {lines[++i].Trim()}";
                }

                if (BlockCommand().Match(typed) is { Success: true } command)
                {
                    yield return new DocumentedCommand(file, at, Comment().Replace(command.Groups[1].Value, "").TrimEnd(), true, reason ?? rest);
                }
            }
            else
            {
                foreach (Match span in Span().Matches(line))
                {
                    yield return new DocumentedCommand(file, at, span.Groups[1].Value, false, ReasonOf(line) ?? rest);
                }
            }
        }
    }

    // Not those of what a build or a package manager has put there, nor a template's, which EmptyFolderTests types.
    private static IEnumerable<string> Readmes(string folder) => Directory.EnumerateFiles(folder, "README.md", SearchOption.AllDirectories)
        .Where(file => !file.Split('/').Any(part => part is "bin" or "obj" or "node_modules" or "stress-design"));

    private static string? ReasonOf(string line) => NotRun().Match(line) is { Success: true } match ? match.Groups[1].Value : null;

    [GeneratedRegex($@"^(?:\$ |repeat +)?((?:[A-Z_]+=\S+ )*(?:{Programs})(?:\s.*)?)$")]
    private static partial Regex BlockCommand();

    // A remark on a command after two spaces, with or without a number sign.
    [GeneratedRegex(@"\s{2,}\S.*$|\s+#\s.*$")]
    private static partial Regex Comment();

    // In a text the names of other programs are only names.
    [GeneratedRegex(@"`((?:[A-Z_]+=\S+ )*(?:\./stress|dotnet|kubectl|kustomize|prometheus) [^`]+|\./stress)`")]
    private static partial Regex Span();

    [GeneratedRegex(@"<!-- not run below: (.+?) -->")]
    private static partial Regex NotRunBelow();

    [GeneratedRegex(@"<!-- not run: (.+?) -->")]
    private static partial Regex NotRun();
}
