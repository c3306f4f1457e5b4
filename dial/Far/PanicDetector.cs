using System.Text.RegularExpressions;

namespace Stress.Dial.Far;

/// <summary>
/// Reads a console line by line and finds crashes and other trouble. A report begins with one of a system's own sentences; the lines after it give stacks, holders
/// and objects. It is reported once it is complete: at a quiet moment, at the next report, at a boot message, or after <see cref="MaxLines"/> lines. What the systems say is
/// in their tables (<see cref="ConsolePatterns"/>); the rules are here:
/// <list type="bullet">
/// <item>the frame below the system's own mark of a trap is to blame, on every architecture; where there is no mark, the first that is no machinery of the report;</item>
/// <item>what copies, locks, counts or links for its caller is never to blame: the caller is;</item>
/// <item>sentences before a report's first frame are one report, of which the plainest gives the title; a sentence after it begins another, unless it says that it follows from the first;</item>
/// <item>what is typed and shown at a debugger's prompt is the same report once more.</item>
/// </list>
/// </summary>
public sealed partial class PanicDetector
{
    /// <summary>Longest line that is examined, in characters; the rest of a longer one is dropped.</summary>
    public const int MaxLineLength = 1024;

    /// <summary>Lines after its first that belong to a report.</summary>
    public const int MaxLines = 600;

    /// <summary>Functions of a stack that are kept.</summary>
    public const int MaxStack = 32;

    /// <summary>Holders, objects and further stacks of a report that are kept, of each.</summary>
    public const int MaxListed = 64;

    // Things that are reported once per boot.
    private const int MaxOnce = 256;

    private readonly ConsolePatterns[] _own;
    private readonly IReadOnlyList<ConsolePatterns> _banners;
    private readonly Queue<FarPanic> _found = new();
    private readonly HashSet<string> _once = new(StringComparer.Ordinal);
    private ConsolePatterns[] _tables;
    private FarSystem _system;
    private bool _certain;
    private bool _inDebugger;
    private PendingReport? _report;
    private FarPanic? _last;

    // The kind of a report that was longer than what is kept; the rest of it begins no other.
    private FarKind? _overflowed;

    /// <summary>A detector for a console without output so far.</summary>
    /// <param name="own">Patterns beside the systems' own; they are tried first.</param>
    public PanicDetector(params ReadOnlySpan<ConsolePatterns> own)
    {
        _own = own.ToArray();
        _banners = ConsolePatterns.BuiltIn;
        _tables = [.. _own, .. _banners];
    }

    /// <summary>A detector for a console without output so far, of a system that is known.</summary>
    /// <param name="system">The system.</param>
    public PanicDetector(FarSystem system)
    {
        _own = [];
        _banners = ConsolePatterns.BuiltInOf(system);
        _tables = [.. _banners];
        (_system, _certain) = (system, true);
    }

    /// <summary>The system, as far as its console has told.</summary>
    public FarSystem System => _system;

    /// <summary>A report has begun and is not complete.</summary>
    public bool Pending => _report is not null;

    /// <summary>Takes one line, and one report that is complete by it.</summary>
    /// <returns>A report, or null. More may be complete: <see cref="TryTake"/>.</returns>
    public FarPanic? Line(string line)
    {
        Read(line);
        return TryTake(out FarPanic? panic) ? panic : null;
    }

    /// <summary>The console is quiet, or at its end: a pending report is complete.</summary>
    public FarPanic? Complete()
    {
        Finish();
        _overflowed = null;
        return TryTake(out FarPanic? panic) ? panic : null;
    }

    /// <summary>Takes a complete report.</summary>
    public bool TryTake(out FarPanic? panic) => _found.TryDequeue(out panic);

    private void Read(string line)
    {
        if (line.Length > MaxLineLength)
        {
            line = line[..MaxLineLength];
        }

        if (!ConsoleLead.Strip(line, out string text))
        {
            return;
        }

        if (Identify(text))
        {
            // It boots: the report is complete.
            Finish();
            _once.Clear();
            _last = null;
            _inDebugger = false;
            return;
        }

        Debugger(text);
        if (!_inDebugger && !Matches(text, t => t.Ignored) && FindCause(text) is var (cause, match, table))
        {
            Begin(cause, match, table, line, text);
        }

        if (_report is { } report)
        {
            Collect(report, text);
            if (++report.Lines > MaxLines)
            {
                Finish();
                _overflowed = report.Kind;
            }
        }
    }

    // Follows what is typed at a debugger's prompt.
    private void Debugger(string text)
    {
        Match prompt = Prompt().Match(text);
        string command = prompt.Success ? text[prompt.Length..].Trim() : text.Trim();
        if (prompt.Success)
        {
            _inDebugger = true;

            // Frames after it were requested; they are only needed if none was printed before.
            if (_report is { HasStack: true } report)
            {
                report.Ended = true;
            }
        }

        if (_inDebugger && Leaves().IsMatch(command))
        {
            Finish();
            _inDebugger = false;
        }
    }

    private bool Identify(string text)
    {
        foreach (ConsolePatterns table in _banners)
        {
            foreach (Regex banner in table.Banners)
            {
                if (banner.IsMatch(text))
                {
                    Learn(table.System, certain: true, byBanner: true);
                    return true;
                }
            }
        }

        return false;
    }

    // A sentence is a guess; a line that only one system prints is better evidence, and a banner the best.
    private void Learn(FarSystem system, bool certain, bool byBanner = false)
    {
        if (system == FarSystem.Unknown || (_certain && !byBanner) || (!certain && _system != FarSystem.Unknown))
        {
            return;
        }

        _system = system;
        _certain = certain;
        if (certain)
        {
            _tables = [.. _own, .. ConsolePatterns.BuiltInOf(system)];
        }
    }

    private (CausePattern Cause, Match Match, ConsolePatterns Table)? FindCause(string text)
    {
        foreach (ConsolePatterns table in _tables)
        {
            foreach (CausePattern cause in table.Causes)
            {
                Match match = cause.Pattern.Match(text);
                if (match.Success)
                {
                    return (cause, match, table);
                }
            }
        }

        return null;
    }

    private void Begin(CausePattern cause, Match match, ConsolePatterns table, string line, string text)
    {
        Learn(table.System, certain: false);
        if (cause.Adds && (_report?.Kind == cause.Kind || (_report is null && _overflowed == cause.Kind)))
        {
            return;
        }

        _overflowed = null;

        if (cause.Joins && (_report is { Kind: not (FarKind.Held or FarKind.Leak) } || (_report is null && Follows(match))))
        {
            if (_report is not null)
            {
                _report.Ended |= _report.HasStack;
            }

            return;
        }

        string title = cause.Expand(match, Plain);
        string? function = Named(match, "function");
        if (_report is { } before)
        {
            if (before.Accepts(cause.Kind))
            {
                before.Function ??= function;
                if (cause.Rank > before.Rank)
                {
                    (before.Rank, before.Cause, before.Kind) = (cause.Rank, title, cause.Kind);
                }

                return;
            }

            if (cause.Once && before.Kind == cause.Kind && _once.Contains(Key(cause, match)))
            {
                // The same once more, with the same holders.
                before.Ended = true;
                return;
            }

            Finish();
        }

        if (cause.Once && (_once.Count >= MaxOnce || !_once.Add(Key(cause, match))))
        {
            return;
        }

        _report = new PendingReport(cause.Kind, title, cause.Rank, text.Trim(), function);
    }

    private static string Key(CausePattern cause, Match match) => $"{cause.Title} {match.Groups["key"].Value}";

    // A stop that is only the consequence of what was reported before the console paused.
    private bool Follows(Match match) =>
        _last is { Kind: not (FarKind.Held or FarKind.Leak or FarKind.Panic) } && !match.Value.Contains("Attempted to kill", StringComparison.Ordinal);

    private void Collect(PendingReport report, string text)
    {
        foreach (ConsolePatterns table in _tables)
        {
            if (!_certain && table.Tells.Any(t => t.IsMatch(text)))
            {
                Learn(table.System, certain: true);
                break;
            }
        }

        if (report.Ended)
        {
            return;
        }

        if (Matches(text, t => t.Ends))
        {
            report.Ended = report.HasStack || text.StartsWith("---", StringComparison.Ordinal);
            return;
        }

        if (string.IsNullOrWhiteSpace(text))
        {
            report.BlankLine();
            return;
        }

        Task(report, text);
        bool taken = Object(report, text);
        if (Mark(report, text) || Section(report, text) || taken || Hold(report, text) || Register(report, text))
        {
            return;
        }

        if (First(text, t => t.Frames) is { } frame)
        {
            bool guess = frame.Groups["guess"].Success || frame.Groups["rest"].Value.Contains("(unreliable)", StringComparison.Ordinal);
            report.AddFrame(Named(frame, "function")!, Named(frame, "callee"), guess, RoleOf);
        }
    }

    private void Task(PendingReport report, string text)
    {
        if (report.WantsTask && First(text, t => t.Tasks) is { } match)
        {
            report.NameTask(match.Groups["task"].Value);
        }
    }

    private bool Object(PendingReport report, string text)
    {
        if (First(text, t => t.Objects) is not { } match)
        {
            return false;
        }

        report.AddObject(match.Groups["address"].Value, long.TryParse(match.Groups["size"].Value, out long size) ? size : 0, match.Groups["cache"].Value, match.Groups["new"].Success);
        return true;
    }

    private bool Mark(PendingReport report, string text)
    {
        if (First(text, t => t.Marks) is not { } match)
        {
            return false;
        }

        report.MarkTrap();
        if (match.Groups["cause"] is { Success: true } cause && report.Rank == CausePattern.Weak)
        {
            (report.Rank, report.Cause) = (CausePattern.Vague, cause.Value);
        }

        if (Named(match, "function") is { } function)
        {
            report.Function ??= function;
        }

        // NetBSD on aarch64 prints the trap's own function in the line of the mark.
        return !text.TrimStart().StartsWith("tf ", StringComparison.Ordinal);
    }

    private bool Section(PendingReport report, string text)
    {
        foreach (ConsolePatterns table in _tables)
        {
            foreach ((SectionRole role, Regex pattern) in table.Sections)
            {
                Match match = pattern.Match(text);
                if (match.Success)
                {
                    string heading = match.Groups["text"] is { Success: true } t ? t.Value : Plain(text.Trim().TrimEnd(':'));
                    report.Enter(role, heading, int.TryParse(match.Groups["count"].Value, out int count) ? count : 1);
                    if (Named(match, "function") is { } function)
                    {
                        report.AddFrame(function, null, guess: false, RoleOf);
                    }

                    return true;
                }
            }
        }

        return false;
    }

    private bool Hold(PendingReport report, string text)
    {
        if (report.Kind != FarKind.Hung || First(text, t => t.Holds) is not { } match)
        {
            return false;
        }

        report.AddLock(match.Groups["text"].Value, Named(match, "function"));
        return true;
    }

    private bool Register(PendingReport report, string text)
    {
        if (First(text, t => t.Registers) is not { } match)
        {
            return false;
        }

        // A debugger that stops after the trace was printed has stopped somewhere else; a program counter inside a trace is another context's.
        string function = Named(match, "function")!;
        if (report.Function is null && !report.HasStack && RoleOf(function) is FunctionRole.Ordinary or FunctionRole.Helper)
        {
            report.Function ??= function;
        }

        return true;
    }

    private void Finish()
    {
        if (_report is null)
        {
            return;
        }

        PendingReport report = _report;
        _report = null;
        foreach (FarPanic panic in report.Complete(_system, RoleOf))
        {
            // An oops right after a checker's report of the same function is its consequence.
            if (panic.Kind == FarKind.Fault && panic.Path != "unknown" && _last is { Kind: FarKind.Checker } last && last.Path == panic.Path)
            {
                continue;
            }

            _last = panic;
            _found.Enqueue(panic);
        }
    }

    private FunctionRole RoleOf(string function)
    {
        foreach (ConsolePatterns table in _tables)
        {
            FunctionRole role = table.RoleOf(function);
            if (role != FunctionRole.Ordinary)
            {
                return role;
            }
        }

        return FunctionRole.Ordinary;
    }

    private bool Matches(string text, Func<ConsolePatterns, List<Regex>> patterns)
    {
        foreach (ConsolePatterns table in _tables)
        {
            foreach (Regex pattern in patterns(table))
            {
                if (pattern.IsMatch(text))
                {
                    return true;
                }
            }
        }

        return false;
    }

    private Match? First(string text, Func<ConsolePatterns, List<Regex>> patterns)
    {
        foreach (ConsolePatterns table in _tables)
        {
            foreach (Regex pattern in patterns(table))
            {
                Match match = pattern.Match(text);
                if (match.Success)
                {
                    return match;
                }
            }
        }

        return null;
    }

    // A compiler's suffix (.isra.0, .constprop.0, .cold, .part.0) is not part of a function's name.
    private static string? Named(Match match, string group)
    {
        if (match.Groups[group] is not { Success: true, Length: > 0 } found)
        {
            return null;
        }

        int dot = found.Value.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 ? found.Value[..dot] : found.Value;
    }

    private static string Plain(string text) => Numbers().Replace(Offsets().Replace(text.Trim(), ""), "X");

    [GeneratedRegex(@"^(?:d?db(?:\{\d+\})?|kdb|db:\d+:[\w.-]+|\[\d+\]kdb|kmdb|\[\d+\])> ?")]
    private static partial Regex Prompt();

    [GeneratedRegex(@"^(?:c|cont|continue|reboot|reset|boot(?: \w+)?|machine reboot)$")]
    private static partial Regex Leaves();

    [GeneratedRegex(@"\+0x[0-9a-f]+/0x[0-9a-f]+")]
    private static partial Regex Offsets();

    [GeneratedRegex(@"0x[0-9a-fA-F]+|\b[0-9a-f]{8,16}\b|\b\d+\b")]
    private static partial Regex Numbers();
}
