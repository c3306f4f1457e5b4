using System.Globalization;
using Spectre.Console;
using Stress.Observability.Html;

namespace Stress.Client.Replay;

/// <summary>Steps through a site one event at a time, on request from a terminal or a pipe.</summary>
/// <param name="replay">The site.</param>
/// <param name="input">One request a line.</param>
/// <param name="o">Where to print.</param>
/// <param name="screen">Where that is shown.</param>
/// <param name="last">The event that <c>c</c> goes to.</param>
public sealed class StepLoop(ReplayedSite replay, TextReader input, TextWriter o, IAnsiConsole screen, long last)
{
    /// <summary>What is accepted.</summary>
    public const string Help = "Enter: the next event; a number: up to that event; d: dump; c: up to the crash; q: quit";

    /// <summary>Serves requests until <c>q</c>, the end of the input, or the end of the run.</summary>
    public void Run(CancellationToken stop)
    {
        var lanes = new LaneScreen(o, null, replay.Site.Routers, screen);
        o.WriteLine($"at event {replay.Site.Clock.Events} of {last}. {Help}");
        lanes.Head();
        while (!stop.IsCancellationRequested && input.ReadLine() is { } line)
        {
            string word = line.Trim();
            long now = replay.Site.Clock.Events;
            switch (word)
            {
                case "q":
                    return;
                case "d":
                    ReplayDump.Write(replay.Site, o);
                    continue;
                case "c" when now < last:
                    now = last;
                    break;
                case "":
                    now++;
                    break;
                default:
                    if (!long.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out long to) || to <= now)
                    {
                        o.WriteLine($"{word}: not accepted at event {now}. {Help}");
                        continue;
                    }

                    now = to;
                    break;
            }

            replay.Forget();
            bool reached = replay.Advance(now, stop);
            foreach (TimelineStep step in replay.Last)
            {
                lanes.Print(step);
            }

            if (replay.Last.Count == 0)
            {
                o.WriteLine($"{replay.Site.Clock.Events,8} {replay.Site.Now,-15}  (a timer or a frame, not a step of a process)");
            }

            if (!reached)
            {
                o.WriteLine($"the run ends after event {replay.Site.Clock.Events}");
                return;
            }

            if (now == last)
            {
                o.WriteLine($"event {last}: the crash");
            }
        }
    }
}
