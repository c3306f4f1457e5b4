using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Fuzz.Daemons;

/// <summary>The output of a dying FRR daemon, as a title.</summary>
public static partial class DaemonReport
{
    private const int Frames = 2;

    /// <summary>The title: the assertion that failed, or the signal with the functions that were running, or the process's exit status.</summary>
    /// <param name="daemon">The daemon.</param>
    /// <param name="status">Its exit status as a shell has it: 128 and the signal's number for a signal.</param>
    /// <param name="output">What it has written.</param>
    public static string TitleOf(string daemon, int status, string output)
    {
        string[] lines = output.Split('\n');
        string? said = lines.Select(line => Assertion().Match(line)).FirstOrDefault(match => match.Success) is { } assertion
            ? $"{assertion.Groups[2].Value}(): assertion ({assertion.Groups[3].Value}) failed"
            : lines.FirstOrDefault(line => Allocator().IsMatch(line))?.Trim();
        int signalled = Array.FindIndex(lines, line => Signal().IsMatch(line));
        string where = signalled < 0 ? "" : string.Join(" < ", Functions(lines[(signalled + 1)..]));
        string signal = signalled >= 0 ? $"signal {Signal().Match(lines[signalled]).Groups[1].Value}" : status > 128 ? string.Create(CultureInfo.InvariantCulture, $"signal {status - 128}") : $"exit code {status}";
        return $"{daemon}: {said ?? (signalled >= 0 || status > 128 ? signal : $"ended with {signal}")}{(where.Length > 0 ? $" in {where}" : "")}";
    }

    // The handler's own frames come first, then the C library's that called it, and abort's.
    private static IEnumerable<string> Functions(string[] lines) => lines
        .Select(line => Frame().Match(line)).TakeWhile(match => match.Success)
        .Select(match => (Module: match.Groups[1].Value, Name: match.Groups[2].Value, Offset: match.Groups[3].Value))
        .SkipWhile(frame => !frame.Module.Contains("libc.so", StringComparison.Ordinal))
        .Where(frame => !frame.Module.Contains("libc.so", StringComparison.Ordinal) && !frame.Name.StartsWith("zlog_", StringComparison.Ordinal) && !frame.Name.StartsWith("_zlog_", StringComparison.Ordinal))
        .Take(Frames).Select(frame => frame.Name.Length > 0 ? frame.Name : $"{Path.GetFileName(frame.Module)}{frame.Offset}");

    [GeneratedRegex(@"(\S+:\d+): (\w+)\(\): assertion \((.*)\) failed")]
    private static partial Regex Assertion();

    [GeneratedRegex(@"^(free\(\)|malloc\(\)|realloc\(\)|corrupted|double free|munmap_chunk|malloc_consolidate|\*\*\* )")]
    private static partial Regex Allocator();

    [GeneratedRegex(@"Received signal (\d+) at ")]
    private static partial Regex Signal();

    [GeneratedRegex(@"^\w+: (/\S+?)\((\w*)(\+0x[0-9a-f]+)\) \[0x")]
    private static partial Regex Frame();
}
