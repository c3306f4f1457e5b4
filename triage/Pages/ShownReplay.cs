using Stress.Contracts.Triage;
using Stress.Observability.Html;

namespace Stress.Triage.Pages;

/// <summary>A replay as pages show it.</summary>
public static class ShownReplay
{
    /// <summary>The replay, with every text made safe for a screen: names in it come from a scenario.</summary>
    public static CrashReplay Shown(this CrashReplay replay)
    {
        CrashTimeline timeline = replay.Timeline;
        return replay with
        {
            Timeline = timeline with
            {
                Title = Pages.Shown.Text(timeline.Title),
                Systems = [.. timeline.Systems.Select(Pages.Shown.Text)],
                Steps = [.. timeline.Steps.Select(step => step with { Text = Pages.Shown.Text(step.Text) })],
            },
            Way = replay.Way is { } way ? way with { Interface = Pages.Shown.Text(way.Interface), By = Pages.Shown.Text(way.By) } : null,
            Systems = [.. replay.Systems.Select(system => new SystemState(Pages.Shown.Text(system.Name), string.Join('\n', system.Text.ReplaceLineEndings("\n").Split('\n').Select(Pages.Shown.Text))))],
        };
    }

    /// <summary>The events of the steps that are drawn, in order.</summary>
    public static IReadOnlyList<long> Events(this CrashReplay replay) => [.. replay.Timeline.Steps.Select(step => step.Number).Distinct().Order()];

    /// <summary>The event before the selected one; null for none.</summary>
    public static long? Previous(this CrashReplay replay) => replay.Events().Where(number => number < replay.At).Select(number => (long?)number).LastOrDefault();

    /// <summary>The event after it; null for none.</summary>
    public static long? Next(this CrashReplay replay) => replay.Events().Where(number => number > replay.At).Select(number => (long?)number).FirstOrDefault();
}
