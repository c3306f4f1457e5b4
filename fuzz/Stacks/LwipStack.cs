using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stress.Fuzz.Lists;

namespace Stress.Fuzz.Stacks;

/// <summary>lwIP under AddressSanitizer: many lists a process, each in a child of its own that is forked from one in which lwIP has just been started.</summary>
/// <param name="driver">The driver's program.</param>
public sealed class LwipStack(string driver) : IFuzzStack
{
    private const int ProcessLists = 64;

    /// <summary>What is known about it without its driver.</summary>
    public static StackFacts Facts { get; } = new(LwipGrammar.Stack, LwipGrammar.Stack, null, ProcessLists);

    /// <inheritdoc/>
    public string Name => LwipGrammar.Stack;

    /// <inheritdoc/>
    public string Speaks => LwipGrammar.Stack;

    /// <inheritdoc/>
    public string? Family => null;

    /// <inheritdoc/>
    public int Batch => ProcessLists;

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop)
    {
        var start = new ProcessStartInfo(driver) { RedirectStandardInput = true, RedirectStandardOutput = true };
        start.Environment["ASAN_OPTIONS"] = "detect_leaks=0:malloc_context_size=14:print_legend=0:handle_abort=0";
        using Process process = Process.Start(start)!;
        using CancellationTokenRegistration ending = stop.Register(() => process.Kill(entireProcessTree: true));
        Task writing = WriteAsync(process, lists);
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n');
        process.WaitForExit();
        writing.GetAwaiter().GetResult();
        stop.ThrowIfCancellationRequested();
        return Read(lines, lists.Count);
    }

    private static async Task WriteAsync(Process process, IReadOnlyList<IReadOnlyList<string>> lists)
    {
        var text = new StringBuilder();
        foreach ((int i, IReadOnlyList<string> list) in lists.Index())
        {
            text.Append(CultureInfo.InvariantCulture, $"=== {i}\n").AppendJoin('\n', list).Append('\n');
        }

        try
        {
            await process.StandardInput.WriteAsync(text).ConfigureAwait(false);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended before it read everything: the lists without an answer say so.
        }
    }

    private static ListOutcome[] Read(string[] lines, int count)
    {
        ListOutcome[] outcomes = [.. Enumerable.Repeat(ListOutcome.Nothing("the driver of lwIP ended before the list"), count)];
        int[] marks = [.. lines.Index().Where(line => line.Item.StartsWith("=== ", StringComparison.Ordinal)).Select(line => line.Index)];
        for (int m = 0; m < marks.Length; m++)
        {
            string[] section = lines[(marks[m] + 1)..(m + 1 < marks.Length ? marks[m + 1] : lines.Length)];
            if (section.LastOrDefault(line => line.StartsWith("--- ", StringComparison.Ordinal)) is { } end)
            {
                outcomes[int.Parse(lines[marks[m]].AsSpan(4), CultureInfo.InvariantCulture)] = Outcome(section, end[4..]);
            }
        }

        return outcomes;
    }

    private static ListOutcome Outcome(string[] section, string end)
    {
        StepAnswer[] steps = [.. section.Where(line => line.Length > 0 && line[0] is >= 'a' and <= 'z' && !line.StartsWith("end ", StringComparison.Ordinal)).Select(Answer)];
        string[] said = [.. section.Where(line => line.StartsWith("! ", StringComparison.Ordinal)).Select(line => line[2..])];
        string? title = SanitizerReport.TitleOf(said) ?? (end == "exit 0" ? null : end is "signal 24" or "signal 9" ? "lwIP does not come back" : $"lwIP ended with {end}");
        return new ListOutcome(steps, title is null ? SanitizerReport.HeldTitles(said) : [title], []);
    }

    private static StepAnswer Answer(string line)
    {
        string[] words = line.Split(' ');
        return new StepAnswer(words[0], words[1] == "0" ? "" : words[1], [], words[1] is not "rule" and not "-1001");
    }
}
