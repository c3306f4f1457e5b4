using System.Text.RegularExpressions;

namespace Stress.Fuzz.Stacks;

/// <summary>What AddressSanitizer printed, as a title: what was done in which function, and where the object was allocated and freed.</summary>
internal static partial class SanitizerReport
{
    // Frames of the allocator, of its wrappers, and of the library: the caller is the next one.
    private static readonly string[] Plumbing = ["__interceptor_", "malloc", "calloc", "free", "mem_", "memp_", "do_memp_", "pbuf_", "fuzz_", "__asan"];

    /// <summary>The titles of what was still held at the end, each once; empty where nothing was.</summary>
    /// <param name="lines">What the process printed to its standard error.</param>
    public static IReadOnlyList<string> HeldTitles(IReadOnlyList<string> lines) =>
        [.. lines.Index().Where(line => line.Item == "held at the end:").Select(line => $"memory stays (allocated by {Who(lines, line.Index) ?? "unknown"})").Distinct().Order(StringComparer.Ordinal)];

    /// <summary>The title of a report; null where the lines are none.</summary>
    /// <param name="lines">What the process printed to its standard error.</param>
    public static string? TitleOf(IReadOnlyList<string> lines)
    {
        int at = At(lines, line => line.Contains("ERROR: AddressSanitizer: ", StringComparison.Ordinal));
        if (at < 0)
        {
            return lines.FirstOrDefault(line => line.StartsWith("lwip assertion: ", StringComparison.Ordinal)) is { } assertion ? AssertionTitle(assertion) : null;
        }

        string kind = Kind().Match(lines[at]).Groups["kind"].Value;
        string used = Who(lines, at) ?? "unknown";
        string? freed = Who(lines, At(lines, line => line.StartsWith("freed by thread", StringComparison.Ordinal)));
        string? allocated = Who(lines, At(lines, line => line.Contains("allocated by thread", StringComparison.Ordinal)));
        string[] life = [.. new[] { allocated is null ? null : $"allocated by {allocated}", freed is null ? null : $"freed by {freed}" }.OfType<string>()];
        return $"AddressSanitizer {kind} in {used}{(life.Length == 0 ? "" : $" ({string.Join(", ", life)})")}";
    }

    // The first line of a kind, or -1.
    private static int At(IReadOnlyList<string> lines, Func<string, bool> isIt)
    {
        for (int i = 0; i < lines.Count; i++)
        {
            if (isIt(lines[i]))
            {
                return i;
            }
        }

        return -1;
    }

    // The first function after a line of the stack that is not in the allocator.
    private static string? Who(IReadOnlyList<string> lines, int at)
    {
        string[] stack = at < 0 ? [] : [.. lines.Skip(at + 1).SkipWhile(line => !Frame().IsMatch(line)).TakeWhile(line => Frame().IsMatch(line)).Select(line => Frame().Match(line).Groups["function"].Value)];
        return stack.FirstOrDefault(function => !Plumbing.Any(prefix => function.StartsWith(prefix, StringComparison.Ordinal))) ?? stack.FirstOrDefault();
    }

    // Without the place in the source tree.
    private static string AssertionTitle(string line)
    {
        Match match = Assertion().Match(line);
        return match.Success ? $"assertion '{match.Groups["words"].Value}' fails ({Path.GetFileName(match.Groups["file"].Value)})" : line;
    }

    [GeneratedRegex(@"AddressSanitizer: (?<kind>[A-Za-z-]+)")]
    private static partial Regex Kind();

    [GeneratedRegex(@"^ *#\d+ 0x[0-9a-f]+ in (?<function>[A-Za-z0-9_]+)")]
    private static partial Regex Frame();

    [GeneratedRegex(@"^lwip assertion: (?<words>.*) at (?<file>\S+):\d+$")]
    private static partial Regex Assertion();
}
