using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>What every refusal must say.</summary>
internal static class Refusals
{
    /// <summary>The text is refused with a message of one line that names file, line, field and what is accepted.</summary>
    public static ScenarioException Of(string text, int line, string field, string accepted) =>
        Says(Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(text, "s.yaml")), "s.yaml", line, field, accepted);

    /// <summary>The exception says all that.</summary>
    public static ScenarioException Says(ScenarioException e, string file, int line, string field, string accepted)
    {
        Assert.Equal((file, line, field), (e.File, e.Line, e.Field));
        Assert.Contains(accepted, e.Accepted);
        Assert.StartsWith($"{file}:{(line > 0 ? $"{line}:" : "")} {(field.Length == 0 ? "" : field + ": ")}", e.Message);
        Assert.Contains($"; accepted: {e.Accepted}", e.Message);
        OneLine(e);
        return e;
    }

    /// <summary>The message has no line end and no terminal control sequence.</summary>
    public static void OneLine(ScenarioException e)
    {
        Assert.DoesNotContain(e.Message, c => char.IsControl(c) || c is '\u2028' or '\u2029');
        Assert.True(e.Message.Length < 20_000);
    }
}
