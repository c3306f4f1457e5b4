using System.Globalization;
using System.Text.RegularExpressions;

namespace Stress.Emulator.Stacks.Recorded;

/// <summary>One line of a recording.</summary>
/// <param name="Number">The step, from 1.</param>
/// <param name="Operation">The operation's text.</param>
/// <param name="Value">The value.</param>
/// <param name="Error">Name and number of the error as recorded, empty for none.</param>
/// <param name="Frames">Drained frames as text, in order; empty for other steps.</param>
public sealed record RecordedAnswer(int Number, string Operation, int Value, string Error, IReadOnlyList<string> Frames);

/// <summary>Reader of what a real stack answered: the files <c>*.netbsd-7.txt</c> and <c>*.linux-6.18.txt</c>.</summary>
public static partial class RecordedAnswers
{
    /// <summary>Parses a recording. Lines that are no step (the continuation of a state listing, the end) are passed over.</summary>
    public static IReadOnlyList<RecordedAnswer> Parse(string text)
    {
        var answers = new List<RecordedAnswer>();
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
                    [.. FrameText().Matches(framesText).Select(f => f.Value)]));
            }
        }

        return answers;
    }

    /// <summary>A kernel message on the console can part a step from its answer: the step, the message, and on a line of its own the arrow.</summary>
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
                }

                continue;
            }

            if (!line.Contains("-> ", StringComparison.Ordinal) && StepStart().IsMatch(line))
            {
                open = line;
                continue;
            }

            yield return line;
        }
    }

    [GeneratedRegex(@"^\s*\d+  \w")]
    private static partial Regex StepStart();

    [GeneratedRegex(@"^\s*(?<n>\d+)  (?<op>.*?)(?<before>( \[v[46].*\]| \(n/a\))?) +-> (?<value>-?\d+)(?<rest>.*)$")]
    private static partial Regex StepLine();

    [GeneratedRegex(@"\[v[46] [^\]]*\]")]
    private static partial Regex FrameText();
}
