using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;
using Stress.Guests;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary><c>stress exec LIST --stack lwip</c>: a list of lwIP's own operations under AddressSanitizer (docs/fuzz.md).</summary>
internal static class LwipExec
{
    /// <summary>Runs the list. A report is a result (0); a list that was executed in part and shows none is not decided (5); a driver that did not answer lost the work (4).</summary>
    public static async Task<int> ExecuteAsync(Terminal terminal, string file, string text, CancellationToken stop)
    {
        (int Line, string Text)[] list = [.. text.Split('\n').Select((line, n) => (n + 1, Text: line.Trim())).Where(line => line.Text.Length > 0 && line.Text[0] != '#')];
        string[] words = [.. LwipGrammar.Grammar.Productions.Select(p => p.Word).Distinct().Order(StringComparer.Ordinal)];
        foreach ((int number, string line) in list)
        {
            string word = line.Split(' ')[0];
            if (!words.Contains(word))
            {
                throw new UsageException($"{file}:{number}: unknown operation '{word}' of lwIP{NearestWord.Hint(word, words)}; accepted: {string.Join(", ", words)}");
            }
        }

        var stack = new LwipStack(await new LwipDriver(GuestCache.OfUser()).EnsureAsync(ProgramFolders.Find, terminal.Error.WriteLine, stop));
        ListOutcome outcome = await Task.Run(() => stack.Run([[.. list.Select(line => line.Text)]], 1, stop)[0], stop);
        foreach ((int n, StepAnswer step) in outcome.Steps.Index())
        {
            terminal.Text.WriteLine($"{n + 1,2}  {(n < list.Length ? list[n].Text : step.Word),-44} -> {(step.Error.Length == 0 ? "0" : step.Error)}");
        }

        if (outcome.Lost is { } lost)
        {
            terminal.Error.WriteLine($"stress: {file}: {lost}");
            return ExitCodes.Incomplete;
        }

        foreach (string title in outcome.Titles)
        {
            terminal.Text.WriteLine($"verdict: {title}");
        }

        if (outcome.Titles.Count > 0)
        {
            return ExitCodes.Ok;
        }

        int left = outcome.Steps.Count(step => !step.IsExecuted) + Math.Max(0, list.Length - outcome.Steps.Count);
        terminal.Text.WriteLine("verdict: no report");
        if (left == 0)
        {
            return ExitCodes.Ok;
        }

        terminal.Error.WriteLine($"stress: {file}: not decided: {Counted.Of(left, "operation")} not executed: what lwIP's documents forbid at a place is answered 'rule'; accepted is a list whose operations are all allowed");
        return ExitCodes.NotDecided;
    }
}
