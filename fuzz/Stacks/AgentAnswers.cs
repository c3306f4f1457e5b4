using System.Text.RegularExpressions;

namespace Stress.Fuzz.Stacks;

/// <summary>The agent's lines: <c>NN  operation -> VALUE [ERROR(number)]  [detail]</c>.</summary>
internal static partial class AgentAnswers
{
    /// <summary>The family of the kernels that the agent runs on, and of their model.</summary>
    public const string Linux = "linux";

    /// <summary>A line's answer; null for a line that is none.</summary>
    public static StepAnswer? Of(string line)
    {
        Match match = Answer().Match(line);
        return match.Success ? new StepAnswer(match.Groups["word"].Value, match.Groups["error"].Value, [], match.Groups["error"].Value != "not modelled(0)") : null;
    }

    [GeneratedRegex(@"^ ?\d+  (?<word>[a-z0-9]+).*? -> -?\d+ ?(?<error>[^\[]*?\(\d+\))?(  \[|$)")]
    private static partial Regex Answer();
}
