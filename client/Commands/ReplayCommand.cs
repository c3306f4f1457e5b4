using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Client.Capture;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Replay;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Commands;

/// <summary><c>stress replay RUN CRASH-ID</c>: executes one site again, from its seed to the event that crashed, and shows the steps to it.</summary>
public static class ReplayCommand
{
    // How many steps back before a user steps singly.
    private const int StepsBack = 40, MostSteps = 100_000;

    // Of the story: the last steps, and what stands beside each step of the pointer's life.
    private const int StoryLast = 10, StoryBeside = 1;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run's folder, or its name under runs." };
        var id = new Argument<string>("CRASH-ID") { Description = "The crash's id, as the run's table and crashes.ndjson name it, or its first letters." };
        Option<int?> last = Numbers.Option("--last", 1, MostSteps, "Print this many of the last steps (default: the steps of the pointer's life, with the steps around them, and the last few).");
        Option<int?> until = Numbers.Option("--until", 1, int.MaxValue, "Stop after this event instead of the crash.");
        var step = new Option<bool>("--step") { Description = "One event at a time, from the terminal or a pipe; starts a few events before the crash, or at --until." };
        var dump = new Option<bool>("--dump") { Description = "Print interfaces, sockets, memberships, routes and memory of the routers at that event." };
        var html = new Option<string?>("--html") { Description = "Draw the steps to the crash as a self-contained page." };
        var pcap = new Option<string?>("--pcap") { Description = "Write the line's frames to this file (pcapng)." };
        var command = new Command("replay", "Replay a crash from its seed.") { run, id, last, until, step, dump, html, pcap };
        command.SetAction(async (line, stop) =>
        {
            var asked = new Asked(line.GetValue(last), line.GetValue(until), line.GetValue(step), line.GetValue(dump), line.GetValue(html), line.GetValue(pcap));
            RunFolder folder = Output.FindRun(line.GetValue(run)!);
            Launch launch = Launch.Open(folder);
            return launch.Real is null
                ? Execute(terminal, folder, line.GetValue(id)!, asked, stop)
                : await RealReplay.ExecuteAsync(terminal, launch, RecordedCrash.Find(folder, line.GetValue(id)!), asked.LastLines(), stop);
        });
        return command;
    }

    private static int Execute(Terminal terminal, RunFolder folder, string id, Asked asked, CancellationToken stop)
    {
        CrashRecord crash = RecordedCrash.Find(folder, id);
        int steps = asked.Last ?? StepsBack;
        long end = asked.Until ?? crash.Event;
        asked.Check();
        (SiteOptions options, int windows, _) = Launch.Read(folder);
        options = options with { Seed = crash.Seed };
        TextWriter o = terminal.Text;

        long begun = Stopwatch.GetTimestamp();
        var deliveries = new Deliveries(terminal);

        // Into memory first: the steps to the crash are shown whether or not the file can be written.
        using MemoryStream? frames = asked.Pcap is null ? null : new MemoryStream();
        CaptureFile? file = frames is null ? null : new CaptureFile(frames);
        LineCapture? capture = file is null ? null : new LineCapture(file, (uint)crash.Site, options.Topology);
        TimelineRecorder? picture = asked.Html is null ? null : TimelineRecorder.Of(options, crash);
        TimelineRecorder? story = asked.ByDefault ? TimelineRecorder.Of(options, crash, StoryLast, StoryBeside, StoryBeside) : null;
        var replay = new ReplayedSite(
            options, (uint)crash.Site, new VirtualTime(windows * options.Window.Microseconds), steps, [.. new ISiteTrace?[] { capture, picture, story }.OfType<ISiteTrace>()]);
        if (asked.Step)
        {
            long from = asked.Until is null ? Math.Max(0, crash.Event - steps) : end;
            Reach(replay, from, stop);
            new StepLoop(replay, terminal.In, o, terminal.Out, crash.Event).Run(stop);
            return Finish(terminal, asked, replay, file, frames, capture, deliveries);
        }

        if (!Reach(replay, end, stop))
        {
            return ExitCodes.Interrupted;
        }

        CrashTally? again = replay.Site.Crashes.FirstOrDefault(c => c.FirstEvent == crash.Event && c.Title.ToString() == crash.Title && options.Topology.NameOf(c.Role) == crash.Role);
        TimeSpan own = Stopwatch.GetElapsedTime(begun);
        o.WriteLine(crash.Title);
        o.WriteLine($"site {crash.Site}, seed {crash.Seed}, {crash.Role} system, event {replay.Site.Clock.Events} at {replay.Site.Now}, {Counted.Of(crash.Count, "time")} in the run");
        o.WriteLine(string.Create(CultureInfo.InvariantCulture, $"rebuilt {Counted.Of(replay.Site.Clock.Events, "event")} from the seed in {own.TotalSeconds:0.000} s"));
        o.WriteLine();
        Show(terminal, replay, story?.Timeline(crash.Title));

        if (end >= crash.Event)
        {
            if (again is null)
            {
                terminal.Error.WriteLine($"stress: not deterministic: event {crash.Event} of site {crash.Site} does not crash with this title when executed again; was the run made by another version?");
                return ExitCodes.NotDeterministic;
            }

            o.WriteLine();
            Tell(o, crash, again, replay);
        }

        if (asked.Html is { } html)
        {
            if (deliveries.Write(html, () => OutputFile.Write(
                html, page => HtmlReport.Write(CrashPage.Of(options.Design, crash, picture!.Timeline(crash.Title), replay.StoryOf(crash.Event, again!)), page), terminal)))
            {
                o.WriteLine($"page {html}");
            }
        }

        return Finish(terminal, asked, replay, file, frames, capture, deliveries);
    }

    private static void Show(Terminal terminal, ReplayedSite replay, CrashTimeline? story)
    {
        TextWriter o = terminal.Text;
        IReadOnlyCollection<TimelineStep> steps = story?.Steps ?? replay.Last;
        var lanes = new LaneScreen(o, steps, replay.Site.Routers, terminal.Out);
        lanes.Head();
        foreach ((int i, TimelineStep step) in steps.Index())
        {
            lanes.Skip(story?.LeftOut[i] ?? 0);
            lanes.Print(step);
        }
    }

    private static void Tell(TextWriter o, CrashRecord crash, CrashTally again, ReplayedSite replay)
    {
        o.WriteLine("stack, innermost first");
        foreach (string function in again.Stack)
        {
            o.WriteLine("  " + function);
        }

        o.WriteLine();
        o.WriteLine("the pointer");
        foreach (string line in replay.StoryOf(crash.Event, again))
        {
            o.WriteLine("  " + line);
        }
    }

    private static int Finish(Terminal terminal, Asked asked, ReplayedSite replay, CaptureFile? file, MemoryStream? frames, LineCapture? capture, Deliveries deliveries)
    {
        TextWriter o = terminal.Text;
        if (asked.Dump)
        {
            ReplayDump.Write(replay.Site, o);
        }

        if (capture is not null)
        {
            capture.End();
            file!.Dispose();
            if (deliveries.Write(asked.Pcap!, () =>
            {
                using Stream to = OutputFile.Create(asked.Pcap!, terminal);
                to.Write(frames!.ToArray());
                to.Flush();
            }))
            {
                o.WriteLine($"capture {asked.Pcap}: {Counted.Of(file.Frames, "frame")}");
            }
        }

        return deliveries.Conclude(ExitCodes.Ok);
    }

    private static bool Reach(ReplayedSite replay, long end, CancellationToken stop)
    {
        if (replay.Advance(end, stop))
        {
            return true;
        }

        return stop.IsCancellationRequested
            ? false
            : throw new UsageException($"event {end}: the run ends before it; accepted are events 1 to {replay.Site.Clock.Events} on this site");
    }

    private sealed record Asked(int? Last, int? Until, bool Step, bool Dump, string? Html, string? Pcap)
    {
        /// <summary>No steps were chosen: those of the story.</summary>
        public bool ByDefault => Last is null && Until is null && !Step;

        /// <summary>How much to show of a real kernel's line. There are no steps to choose from, since a real kernel reports none.</summary>
        public int? LastLines() => Until is null && !Step && !Dump && Html is null && Pcap is null
            ? Last
            : throw new UsageException("a crash of a real kernel is replayed with its console and line; accepted is --last N, and none of --until, --step, --dump, --html, --pcap");

        public void Check()
        {
            if (Html is not null && (Until is not null || Step))
            {
                throw new UsageException("--html draws the steps to the crash; accepted is --html without --until and --step");
            }

            foreach ((string option, string? file) in new[] { ("--html", Html), ("--pcap", Pcap) })
            {
                if (file is not null)
                {
                    Output.CheckFile(option, file);
                }
            }
        }
    }
}
