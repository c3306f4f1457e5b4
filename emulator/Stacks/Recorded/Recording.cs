using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Emulator.Stacks.Recorded;

/// <summary>One answer of a recording.</summary>
/// <param name="Number">The step, from 1.</param>
/// <param name="Operation">The operation's text.</param>
/// <param name="Value">The value.</param>
/// <param name="Error">Name and number of the error as recorded, empty for none.</param>
/// <param name="Frames">Drained frames as text, in order; empty for other steps.</param>
/// <param name="Detail">The text in brackets after the value, or empty.</param>
public sealed record RecordedAnswer(int Number, string Operation, int Value, string Error, IReadOnlyList<string> Frames, string Detail = "");

/// <summary>The death of a real kernel: an answer too.</summary>
/// <param name="Step">The step in which it died, from 1.</param>
/// <param name="Words">What the kernel said, empty when it said nothing.</param>
/// <param name="Function">The function in which it died, empty when it named none.</param>
/// <param name="SourceFile">The source file without its folder, empty when it named none.</param>
public sealed record RecordedDeath(int Step, string Words, string Function, string SourceFile)
{
    /// <summary>Whether a model that ended like this died as the real kernel did: at the same step, and in the same function and file where the recording names them.</summary>
    public bool IsThatOf(OperationRun run)
    {
        if (!run.Stack.Oracle.HasDied || run.Steps.Count != Step)
        {
            return false;
        }

        BadAccess last = run.Stack.Oracle.Accesses[^1];
        return (Function.Length == 0 || Function == last.Function) && (SourceFile.Length == 0 || SourceFile == last.File);
    }

    /// <summary>For a line that says what differs.</summary>
    public override string ToString() => Words.Length == 0 ? "(died)" : $"(died: {Words})";
}

/// <summary>What a real stack answered to one list: the files <c>LIST.netbsd-7.txt</c>, <c>LIST.linux-6.18.txt</c>.</summary>
/// <param name="Answers">The answers, in order.</param>
/// <param name="Death">How the kernel died; null when it lived to the list's end.</param>
public sealed partial record Recording(IReadOnlyList<RecordedAnswer> Answers, RecordedDeath? Death = null)
{
    private const string End = "END";

    /// <summary>The answers by their step. A recording may lack some.</summary>
    public SortedDictionary<int, RecordedAnswer> ByNumber
    {
        get
        {
            var answers = new SortedDictionary<int, RecordedAnswer>();
            foreach (RecordedAnswer answer in Answers)
            {
                answers[answer.Number] = answer;
            }

            return answers;
        }
    }

    /// <summary>
    /// Parses a recording. Lines that are not steps (the continuation of a state listing) are passed over. A recording ends with a line <c>END</c>; without
    /// one, or where that line says so, the kernel died: in the step that has no answer, or in the one after the last.
    /// </summary>
    public static Recording Parse(string text)
    {
        var answers = new List<RecordedAnswer>();
        string? end = null, open = null;
        foreach (string line in Joined(text))
        {
            Match m = StepLine().Match(line);
            if (m.Success)
            {
                string rest = m.Groups["rest"].Value.Trim();
                int bracket = rest.IndexOf('[');
                string error = (bracket < 0 ? rest : rest[..bracket]).Trim();
                string framesText = m.Groups["before"].Value + (bracket < 0 ? "" : rest[bracket..]);
                answers.Add(new RecordedAnswer(
                    int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture),
                    m.Groups["op"].Value.Trim(),
                    int.Parse(m.Groups["value"].Value, CultureInfo.InvariantCulture),
                    error,
                    [.. FrameText().Matches(framesText).Select(f => f.Value)],
                    bracket < 0 ? "" : rest[bracket..].Trim('[', ']', ' ')));
            }
            else if (line.StartsWith(End, StringComparison.Ordinal))
            {
                end = line;
            }
            else if (StepStart().IsMatch(line))
            {
                open = line;
            }
        }

        return new Recording(answers, DeathOf(answers, end, open));
    }

    // A model's own recording names the step in its last line, and answers it.
    private static RecordedDeath? DeathOf(List<RecordedAnswer> answers, string? end, string? open)
    {
        if (end is null)
        {
            string words = open is null ? "" : Words(open);
            return new RecordedDeath((answers.Count == 0 ? 0 : answers[^1].Number) + 1, words, InFunction().Match(words).Groups["function"].Value, Path.GetFileName(InFile().Match(words).Groups["file"].Value));
        }

        Match died = DiedAt().Match(end);
        if (!died.Success)
        {
            return null;
        }

        int step = int.Parse(died.Groups["step"].Value, CultureInfo.InvariantCulture);
        answers.RemoveAll(a => a.Number >= step);
        return new RecordedDeath(step, "", "", "");
    }

    private static string Words(string line)
    {
        int panic = line.IndexOf("panic:", StringComparison.Ordinal);
        return panic < 0 ? "" : line[panic..].Trim();
    }

    /// <summary>A kernel message on the console can separate a step from its answer: first the step, then the message, then the arrow on a line of its own.</summary>
    private static IEnumerable<string> Joined(string text)
    {
        string? open = null;
        foreach (string line in text.Split('\n'))
        {
            if (open is not null)
            {
                if (line.StartsWith("-> ", StringComparison.Ordinal))
                {
                    yield return open + " " + line;
                    open = null;
                    continue;
                }

                if (!line.StartsWith(End, StringComparison.Ordinal))
                {
                    continue;
                }
            }
            else if (!line.Contains("-> ", StringComparison.Ordinal) && StepStart().IsMatch(line))
            {
                open = line;
                continue;
            }

            yield return line;
        }

        if (open is not null)
        {
            yield return open;
        }
    }

    [GeneratedRegex(@"^\s*\d+  \w")]
    private static partial Regex StepStart();

    [GeneratedRegex(@"^\s*(?<n>\d+)  (?<op>.*?)(?<before>( \[v[46].*\]| \(n/a\))?) +-> (?<value>-?\d+)(?<rest>.*)$")]
    private static partial Regex StepLine();

    [GeneratedRegex(@"\[v[46] [^\]]*\]")]
    private static partial Regex FrameText();

    [GeneratedRegex(@"died at step (?<step>\d+)")]
    private static partial Regex DiedAt();

    [GeneratedRegex(@" in (?<function>[a-z]\w*_\w+)")]
    private static partial Regex InFunction();

    [GeneratedRegex(@"file ""(?<file>[^""]+)""")]
    private static partial Regex InFile();
}
