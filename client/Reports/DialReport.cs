using System.Globalization;
using Stress.Client.Launching;
using Stress.Dial;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Reports;

/// <summary>
/// The result of a dial or answer run, as written to <c>dial.json</c> next to <c>report.json</c>: only what belongs to real calls. What both kinds of run have (rates per
/// disconnect, code paths, crashes, work) is in the run's report, in the same shape.
/// </summary>
public sealed record DialReport
{
    /// <summary>File name in the run's folder.</summary>
    public const string FileName = "dial.json";

    /// <summary>The title of a crash that no console reported: the system had answered before, and then fell silent.</summary>
    public const string SilentTitle = "silence after a disconnect";

    /// <summary>Version of this format.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The format that this build writes and reads.</summary>
    public const int CurrentFormat = 1;

    /// <summary>The run's name.</summary>
    public required string RunId { get; init; }

    /// <summary>Where the far side was, or where it called.</summary>
    public required string Target { get; init; }

    /// <summary>The far system, as identified by its console.</summary>
    public required string System { get; init; }

    /// <summary>Planned, done, failed and lost calls.</summary>
    public required WorkCounts Calls { get; init; }

    /// <summary>How calls ended, as shares of the calls that ended.</summary>
    public required IReadOnlyList<OutcomeRate> Outcomes { get; init; }

    /// <summary>Everything counted, by name.</summary>
    public required IReadOnlyDictionary<string, long> Counters { get; init; }

    /// <summary>The first hundred calls that did not go as planned.</summary>
    public required IReadOnlyList<CallProblem> Problems { get; init; }

    /// <summary>What the console reported, in order: each crash with its stacks, holders and objects.</summary>
    public required IReadOnlyList<FarPanic> Findings { get; init; }

    /// <summary>Builds it.</summary>
    public static DialReport Of(string runId, DialOptions options, DialResult result) => new()
    {
        RunId = runId,
        Target = options.Target.ToString(),
        System = result.System.ToString(),
        Calls = Work(result),
        Outcomes =
        [
            .. from outcome in Enum.GetValues<CallOutcome>()
               let count = result.Counters.Of(outcome)
               let rate = WilsonInterval.Of(count, result.Counters.Ended)
               select new OutcomeRate(outcome.ToString(), count, rate.Rate, rate.Low, rate.High),
        ],
        Counters = result.Counters.ByName,
        Problems = result.Problems,
        Findings = result.Panics,
    };

    /// <summary>The run's report in the shape of every other run's: the far side's role has the disconnects and the crashes.</summary>
    /// <param name="runId">The run's name.</param>
    /// <param name="scenario">The scenario, or null.</param>
    /// <param name="options">What was done.</param>
    /// <param name="result">What was counted.</param>
    /// <param name="calling">True when we dialled: the far side is the called system.</param>
    /// <param name="maxCrashPercent">Crashes per disconnect that are accepted.</param>
    /// <param name="command">The command that repeats it.</param>
    public static RunReport Run(
        string runId, Scenario? scenario, DialOptions options, DialResult result, bool calling, double maxCrashPercent, string command)
    {
        string role = PairTopology.Labels[(int)FarSide(calling)];
        long disconnects = result.Counters.Disconnects;
        IReadOnlyList<(FarPanic? Panic, string Title, string Path, long Count)> crashes = Crashes(result);
        long panics = crashes.Sum(crash => crash.Count);
        var counters = new NodeCounters();
        counters[FarSide(calling)] = new Counters { Disconnects = disconnects, DecidedDisconnects = disconnects, Panics = panics };
        counters[Role.Calling].Redials = calling ? Math.Max(0, result.Counters.Calls - options.Lines) : 0;
        counters.OfSite().Frames = result.Counters.FramesIn + result.Counters.FramesOut;
        WilsonInterval any = WilsonInterval.Of(panics, disconnects);
        bool complete = result.Failed + result.Lost == 0;
        return new RunReport
        {
            Build = Launch.ThisBuild,
            RunId = runId,
            Scenario = scenario?.Name ?? "real system",
            ScenarioFile = scenario?.FileName ?? "",
            Description = $"{(calling ? "Calls to" : "Calls from")} a real system at {options.Target}.",
            Design = result.System == FarSystem.Unknown ? "real system" : result.System.ToString(),
            Seed = options.Seed,
            Pairs = options.Lines,
            Sites = options.Lines,
            VirtualHours = Math.Round(result.Elapsed.TotalHours, 6),
            WallSeconds = Math.Round(result.Elapsed.TotalSeconds, 3),
            Workers = options.Lines,
            Complete = complete,
            Incomplete = complete ? null : result.Interrupted ? "interrupted" : result.Failed > 0 ? "failed" : "lost",

            // A real system does not repeat itself: there is nothing to digest.
            Digest = new string('0', 16),
            Counters = counters,
            Paths =
            [
                new PathRate(CodePath.Any, role, panics, disconnects, any.Rate, any.Low, any.High, null),
                .. from crash in crashes
                   group crash.Count by crash.Path into path
                   let count = path.Sum()
                   let rate = WilsonInterval.Of(count, disconnects)
                   orderby count descending, path.Key
                   select new PathRate(path.Key, role, count, disconnects, rate.Rate, rate.Low, rate.High, null),
            ],
            CodePaths =
            [
                .. from crash in crashes
                   let rate = WilsonInterval.Of(crash.Count, disconnects)
                   select new CodePathRate(
                       crash.Title, crash.Path, role, crash.Count, disconnects, rate.Rate, rate.Low, rate.High, CrashRecord.IdOf(crash.Title, role)),
            ],
            Stale = [],
            FirstCrash = new FirstCrashSummary(
                result.Panics.Count == 0 ? null : Math.Round(result.Panics[0].At.Microseconds / 60_000_000.0, 3), panics > 0 ? 1 : 0, 1, panics > 0 ? 1 : 0, []),
            Work = Work(result),
            Problems =
            [
                .. result.Problems.Select(problem => new SiteProblem(
                    problem.Line, (int)Math.Min(problem.Call, int.MaxValue), $"{problem.Outcome}: {problem.Detail}", command)),
            ],

            // A crash without one counted disconnect (its link never came up) is still a crash.
            Expectations =
            [
                new ExpectationVerdict(
                    CodePath.Any, role, 0, maxCrashPercent, 100 * any.Rate,
                    Met: panics == 0 ? !result.Interrupted : disconnects > 0 && 100 * any.Rate <= maxCrashPercent, 0,

                    // A crash that was seen counts, however many calls were still to come; only a complete set of calls shows that there was none.
                    NotJudged: panics == 0 && result.Interrupted ? "partial" : null),
            ],
            Probes = new SortedDictionary<string, long>(),
            Series = RunSeries.Empty(1, PairTopology.Labels),
            Command = command,
        };
    }

    /// <summary>The distinct crashes, for <c>crashes.ndjson</c>: the console's text is the story.</summary>
    public static IReadOnlyList<CrashRecord> Records(DialOptions options, DialResult result, bool calling, string command)
    {
        string role = PairTopology.Labels[(int)FarSide(calling)];
        return
        [
            .. Crashes(result).Select(crash => new CrashRecord
            {
                Id = CrashRecord.IdOf(crash.Title, role),
                Title = crash.Title,
                Path = crash.Path,
                Role = role,
                Count = crash.Count,
                Site = 0,
                Seed = options.Seed,
                Event = 0,
                At = (crash.Panic?.At ?? VirtualTime.Zero).ToString(),
                AtMicroseconds = crash.Panic?.At.Microseconds ?? 0,
                Stack = crash.Panic?.Stack ?? [],
                Story = crash.Panic is { } panic
                    ? Told(panic)
                    :
                    [
                        calling
                            ? $"no byte came in {Counted.Of(options.SilentAttempts, "call")} in a row, though the line had answered before"
                            : $"no call came for {options.Wait}, though there were calls before",
                    ],
                Replay = command,
            }),
        ];
    }

    /// <summary>What a console's report contains besides the stack, one line each.</summary>
    public static IReadOnlyList<string> Told(FarPanic panic)
    {
        List<string> story = [panic.Text];
        void Add(string what, IReadOnlyList<string> stack)
        {
            if (stack.Count > 0)
            {
                story.Add($"{what}: {string.Join(", from ", stack)}");
            }
        }

        if (panic.Task.Length > 0)
        {
            story.Add($"in task {panic.Task}");
        }

        Add("allocated by", panic.AllocatedBy);
        Add("freed by", panic.FreedBy);
        foreach (FarHolder holder in panic.Holders)
        {
            string held = holder.Count == 1 ? $"{holder.Text} held" : string.Create(CultureInfo.InvariantCulture, $"{holder.Text} held {holder.Count} times");
            Add(held, holder.Stack.Count > 0 ? holder.Stack : ["unknown"]);
        }

        foreach (FarObject o in panic.Objects)
        {
            string size = o.SizeBytes > 0 ? string.Create(CultureInfo.InvariantCulture, $" of {o.SizeBytes} bytes") : "";
            story.Add($"object {o.Address}{size}{(o.Cache.Length > 0 ? $" in {o.Cache}" : "")}{(o.Stack.Count > 0 ? $": allocated by {string.Join(", from ", o.Stack)}" : "")}");
        }

        foreach (FarTrace trace in panic.Related)
        {
            Add(trace.Text, trace.Stack);
        }

        return story;
    }

    // The far end of the line.
    private static Role FarSide(bool calling) => calling ? Role.Called : Role.Calling;

    private static WorkCounts Work(DialResult result) => new(result.Planned, result.Done, result.Failed, result.Lost);

    private static IReadOnlyList<(FarPanic? Panic, string Title, string Path, long Count)> Crashes(DialResult result)
    {
        List<(FarPanic?, string, string, long)> crashes =
        [
            .. from panic in result.Panics
               group panic by panic.Title into title
               orderby title.Count() descending, title.Key
               select ((FarPanic?)title.First(), title.Key, title.First().Path, (long)title.Count()),
        ];

        // A console says more than silence does; without one, there is only silence.
        if (result.SilentCrashes > 0 && result.Panics.Count == 0)
        {
            crashes.Add((null, SilentTitle, "unknown", result.SilentCrashes));
        }

        return crashes;
    }
}

/// <summary>How many calls had an outcome.</summary>
/// <param name="Outcome">The outcome's name.</param>
/// <param name="Calls">Calls.</param>
/// <param name="Rate">Calls over calls that ended, 0 to 1.</param>
/// <param name="Low">Lower end of the Wilson 95 % interval.</param>
/// <param name="High">Upper end of the interval.</param>
public sealed record OutcomeRate(string Outcome, long Calls, double Rate, double Low, double High);
