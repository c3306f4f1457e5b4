using System.Globalization;
using System.Text;
using System.Text.Json;
using Stress.Client.Capture;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Client.Replay;
using Stress.Contracts.Triage;
using Stress.Emulator.Core;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Guests.Running;
using Stress.Observability;
using Stress.Observability.Html;

namespace Stress.Client.Triage;

/// <summary>Executes crashes of emulated kernels again for the triage pages.</summary>
public sealed class CrashWork : ITriageWork
{
    // A capture is made in memory before it is sent, so it is limited to half a day of one line.
    private const long MostCaptured = 64L << 20;

    private readonly CrashCauses _causes = new();

    /// <inheritdoc/>
    public Task<CrashCause> Cause(string runFolder, string crashId, CancellationToken stop) => _causes.Cause(runFolder, crashId, stop);

    /// <inheritdoc/>
    public IReadOnlyList<string> Designs => CrashCauses.Designs;

    /// <inheritdoc/>
    public Task<CrashBranch> Branch(string runFolder, string crashId, long number, string? design, CancellationToken stop) => _causes.Branch(runFolder, crashId, number, design, stop);

    /// <inheritdoc/>
    public Task<CrashReplay> Replay(string runFolder, string crashId, long? at, CancellationToken stop) => Executed(runFolder, crashId, crash =>
    {
        long shown = at ?? crash.Record.Event;
        if (shown < 1 || shown > crash.Record.Event)
        {
            throw new UsageException(string.Create(CultureInfo.InvariantCulture, $"event {shown}: accepted are 1 to {crash.Record.Event}, the crash"));
        }

        TimelineRecorder picture = TimelineRecorder.Of(crash.Options, crash.Record);
        WayRecorder? way = crash.WayThrough();
        ReplayedSite replay = crash.Site(keep: 1, picture, way);
        Reach(replay, crash, shown, stop);
        IReadOnlyList<SystemState> systems = States(replay);
        Reach(replay, crash, crash.Record.Event, stop);
        CrashTally again = CrashOf(replay, crash);
        return new CrashReplay(picture.Timeline(crash.Record.Title)!, crash.Record.Event, shown, systems, replay.StoryOf(crash.Record.Event, again)) { Way = way?.Ways.GetValueOrDefault(crash.Record.Event) };
    }, stop);

    /// <inheritdoc/>
    public Task<IReadOnlyList<CrashReplay>> Walk(string runFolder, string crashId, CancellationToken stop) => Executed<IReadOnlyList<CrashReplay>>(runFolder, crashId, crash =>
    {
        // The path is known after one pass; a second pass looks at the state after each of its events.
        TimelineRecorder picture = TimelineRecorder.Of(crash.Options, crash.Record);
        WayRecorder? way = crash.WayThrough();
        ReplayedSite first = crash.Site(keep: 1, picture, way);
        Reach(first, crash, crash.Record.Event, stop);
        CrashTally again = CrashOf(first, crash);
        CrashTimeline timeline = picture.Timeline(crash.Record.Title)!;
        ReplayedSite second = crash.Site(keep: 1);
        List<CrashReplay> walk = [];
        foreach (long number in timeline.Steps.Select(step => step.Number).Append(crash.Record.Event).Distinct().Order())
        {
            Reach(second, crash, number, stop);
            walk.Add(new(timeline, crash.Record.Event, number, States(second), first.StoryOf(crash.Record.Event, again)) { Way = way?.Ways.GetValueOrDefault(crash.Record.Event) });
        }

        return walk;
    }, stop);

    private static IReadOnlyList<SystemState> States(ReplayedSite replay) =>
        [.. replay.Site.Routers.Select(router => new SystemState($"{router.Label} system", replay.Site.Show(router.Number)))];

    private static CrashTally CrashOf(ReplayedSite replay, StoredRun crash) =>
        replay.Site.Crashes.FirstOrDefault(tally => tally.FirstEvent == crash.Record.Event && tally.Title.ToString() == crash.Record.Title) ?? throw crash.IsAnother();

    /// <inheritdoc/>
    public Task<byte[]> File(string runFolder, string crashId, CrashForm form, CancellationToken stop) =>
        Executed(runFolder, crashId, crash => form == CrashForm.Pcapng ? Frames(crash, stop) : Encoding.UTF8.GetBytes(List(crash, form)), stop);

    /// <summary>Executes something of a crash of a run.</summary>
    /// <param name="runFolder">The run's folder.</param>
    /// <param name="crashId">The crash's identifier in the run.</param>
    /// <param name="execute">What.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="TriageException">The folder is not there, or the run cannot be executed again here.</exception>
    internal static Task<T> Executed<T>(string runFolder, string crashId, Func<StoredRun, T> execute, CancellationToken stop) => Task.Run(
        () =>
        {
            try
            {
                var folder = new RunFolder(runFolder);

                // The request may come from a browser: it must not load a library.
                Launch launch = Launch.Open(folder, mayLoadDesigns: false);
                if (launch.Real is not null)
                {
                    throw new UsageException($"{runFolder}: a run of real kernels, which are not executed from here; accepted is a run of emulated ones");
                }

                CrashRecord record = RecordedCrash.Find(folder, crashId);
                return execute(new StoredRun(record, launch.Scenario.Site with { Seed = record.Seed }));
            }
            catch (Exception e) when (e is UsageException or IOException or UnauthorizedAccessException or FormatException or JsonException)
            {
                throw new TriageException(e.Message.ReplaceLineEndings(" "), TriageProblem.Wrong);
            }
        },
        stop);

    /// <summary>The minimal operation list with the title of a crash; null when the language has none, or the site does not crash that way.</summary>
    internal static MinimalOperations? Least(SiteOptions options, uint site, CrashTally crash) =>
        new SiteMinimiser(options, site, crash).Minimise() is { } minimal ? new OperationMinimiser(options.Designs.Named(options.Design), crash.Title).Minimise(minimal.Operations) : null;

    private static string List(StoredRun crash, CrashForm form)
    {
        CrashRecord record = crash.Record;
        MinimalOperations least = Least(crash.Options, (uint)record.Site, RecordedCrash.Tally(record, crash.Options.Topology))
            ?? throw new UsageException($"{record.Id}: no operation list has this title: it needs what the language cannot name; accepted is .pcapng");
        string list = string.Join('\n', [$"# {record.Title}", $"# minimised from a run: site {record.Site}, seed {record.Seed}, event {record.Event}", .. least.Lines, ""]), name = $"{record.Id}.ops";
        if (form == CrashForm.Ops)
        {
            return list;
        }

        GuestExec.Check(name, list);
        return form == CrashForm.C ? Reproducer.ToC(name, list) : Reproducer.ToShell(name, list);
    }

    private static byte[] Frames(StoredRun crash, CancellationToken stop)
    {
        using var frames = new MemoryStream();
        using (var file = new CaptureFile(frames))
        {
            var capture = new LineCapture(file, (uint)crash.Record.Site, crash.Options.Topology);
            ReplayedSite replay = crash.Site(keep: 1, capture);
            for (long next = 0; next < crash.Record.Event;)
            {
                next = Math.Min(crash.Record.Event, next + 100_000);
                Reach(replay, crash, next, stop);
                if (frames.Length > MostCaptured)
                {
                    throw new UsageException($"{crash.Record.Id}: more than {MostCaptured >> 20} MiB of frames; accepted is ./stress replay with --pcap");
                }
            }

            capture.End();
        }

        return frames.ToArray();
    }

    private static void Reach(ReplayedSite replay, StoredRun crash, long number, CancellationToken stop)
    {
        if (!replay.Advance(number, stop))
        {
            stop.ThrowIfCancellationRequested();
            throw crash.IsAnother();
        }
    }

    /// <summary>A crash of a run that can be executed again.</summary>
    /// <param name="Record">The crash.</param>
    /// <param name="Options">Options of its site, with the seed.</param>
    internal sealed record StoredRun(CrashRecord Record, SiteOptions Options)
    {
        /// <summary>Its site at virtual time zero.</summary>
        public ReplayedSite Site(int keep, params ISiteTrace?[] further) => new(Options, (uint)Record.Site, new VirtualTime(Record.AtMicroseconds + 1), keep, [.. further.OfType<ISiteTrace>()]);

        /// <summary>Listens for the crash's way through its network; null for pairs.</summary>
        public WayRecorder? WayThrough() => Options.Graph is null ? null : new WayRecorder(Options.Topology, [Record.Event]);

        /// <summary>The message if the crash does not occur again.</summary>
        public UsageException IsAnother() => new($"{Record.Id}: site {Record.Site} does not crash at event {Record.Event}; accepted is a run of this version of stress");
    }
}
