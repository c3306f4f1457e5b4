using System.Globalization;
using Stress.Contracts.Triage;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>Runs and bugs on the terminal. Text from a console or a file is shown without control sequences.</summary>
public static class TriageScreen
{
    /// <summary>Writes what an import did.</summary>
    public static void Write(Terminal terminal, ImportOutcome outcome)
    {
        terminal.Text.WriteLine(
            $"{Counted.Of(outcome.New, "run")} imported with {Counted.Of(outcome.Crashes, "crash")}, {outcome.Renewed} renewed, {outcome.Known} known, {outcome.Damaged.Count} damaged");
        if (outcome.Searches > 0)
        {
            terminal.Text.WriteLine($"{Counted.Of(outcome.Searches, "search")} imported with {Counted.Of(outcome.Findings, "finding")}");
        }

        foreach (string damaged in outcome.Damaged)
        {
            terminal.Error.WriteLine($"stress: not imported: {Plain(damaged)}");
        }
    }

    /// <summary>Writes a list of runs.</summary>
    public static void Write(Terminal terminal, Page<RunRow> runs)
    {
        if (runs.Rows.Count == 0)
        {
            terminal.Text.WriteLine("no runs");
            return;
        }

        var table = new ScreenTable(["run", "started", "executed by", "verdict", "#disconnects", "#panics", "#titles"]);
        foreach (RunRow run in runs.Rows)
        {
            table.Add(Plain(run.Name), Time(run.Started), Plain($"{run.Backend} {run.Version}"), run.Verdict, Count(run.Disconnects), Count(run.Panics), Count(run.Titles));
        }

        table.Write(terminal.Out);
    }

    /// <summary>Writes a list of bugs.</summary>
    public static void Write(Terminal terminal, Page<BugRow> bugs)
    {
        if (bugs.Rows.Count == 0)
        {
            terminal.Text.WriteLine("no bugs");
            return;
        }

        Write(terminal, bugs.Rows);
    }

    /// <summary>Writes a bug.</summary>
    public static void Write(Terminal terminal, BugDetail bug)
    {
        Said.Line(terminal.Out, 2, (Plain(bug.Row.Title), "bold"));
        Said.Fact(terminal.Out, "bug", $"{bug.Row.Id} on {Plain(bug.Row.Backend)}");
        Said.Fact(terminal.Out, "status", StatusOf(bug.Row) + (bug.DuplicateOf.Length > 0 ? $" of {bug.DuplicateOf}" : "") + (bug.Row.IsPrivate ? "; private: its software's maintainers are told first" : ""));
        Said.Fact(terminal.Out, "first seen", Time(bug.Row.FirstSeen));
        Said.Fact(terminal.Out, "last seen", Time(bug.Row.LastSeen));
        // A bug found only by searches has no disconnects.
        if (bug.Versions.Count > 0)
        {
            Said.Fact(terminal.Out, "rate", $"{Text(bug.Rate)}: {Counted.Of(bug.Rate.Hits, "crash")} in {Counted.Of(bug.Rate.Trials, "disconnect")}");
            Said.Fact(terminal.Out, "similar runs", bug.Flake.IsFlaky ? $"seen in {Count(bug.Flake.With)} of {Count(bug.Flake.Alike)}" : $"seen in all {Count(bug.Flake.Alike)}");
            Said.Fact(terminal.Out, "since", bug.Clean.Runs == 0
                ? "no run since it was last seen: whether it is gone is not known"
                : $"not seen in {Counted.Of(bug.Clean.Disconnects, "disconnect")} of {Counted.Of(bug.Clean.Runs, "run")}; {Count(bug.Clean.More)} more clean ones are needed to claim below one in {Count(bug.Clean.OneIn)} at 95 %");
            var versions = new ScreenTable(["version", "#runs", "#crashes", "#disconnects", "#rate", "#95 %"]);
            foreach (RateOf version in bug.Versions)
            {
                versions.Add(Plain(version.Name), Count(version.Runs), Count(version.Rate.Hits), Count(version.Rate.Trials), version.Rate.Trials == 0 ? "-" : Percent(version.Rate.Share), version.Rate.Trials == 0 ? "-" : $"{Percent(version.Rate.Low)} - {Percent(version.Rate.High)}");
            }

            versions.Write(terminal.Out);
        }

        foreach (FindingRow finding in bug.Findings)
        {
            Said.Fact(terminal.Out, "found", $"{Plain(finding.Search)} on {Plain(finding.Stacks)}: by list {Count(finding.List)} of {Count(finding.Lists)}; its list on its own gave {string.Join(", ", finding.Titles.Select(title => $"{title.Count} x {Plain(title.Title)}"))}");
        }

        foreach (string alias in bug.Aliases)
        {
            Said.Fact(terminal.Out, "alias", Plain(alias));
        }

        foreach (BugRow other in bug.Elsewhere)
        {
            Said.Fact(terminal.Out, "also on", $"{Plain(other.Backend)} ({other.Id}, {StatusOf(other)})");
        }

        if (bug.Crashes.Count > 0)
        {
            Said.Command(terminal.Out, "replay", Plain(bug.Crashes[0].Replay));
        }

        foreach (BugNote note in bug.Notes)
        {
            Said.Fact(terminal.Out, "note", $"{Time(note.At)} {Plain(note.By)}: {Plain(note.Text)}");
        }
    }

    /// <summary>Writes two runs side by side.</summary>
    public static void Write(Terminal terminal, RunDifference difference)
    {
        terminal.Text.WriteLine(difference.SameDigest ? "every executed event is the same: equal digests"
            : difference.Titles.Any(title => title.News == "new" && title.Apart) ? "the second run has crashes that the first does not have"
            : difference.Titles.Any(title => title.Apart) ? "rates differ by more than their intervals"
            : "no rate differs by more than its interval");
        var options = new ScreenTable(["differs", Plain(difference.First.Name), Plain(difference.Second.Name)], about: 1);
        foreach (OptionDifference option in difference.Options)
        {
            options.Add(option.Name, Plain(option.First), Plain(option.Second));
        }

        if (difference.Options.Count > 0)
        {
            options.Write(terminal.Out);
        }

        bool paired = difference.Seeds > 0;
        var titles = new ScreenTable(paired ? ["title", "end", "so", "#first", "#second", "equal seeds"] : ["title", "end", "so", "#first", "#second"]);
        foreach (TitleDifference title in difference.Titles)
        {
            ScreenCell[] cells = [Plain(title.Title), title.Role, title.News.Length > 0 ? title.News : title.Apart ? "differs" : "alike", Text(title.First), Text(title.Second)];
            titles.Add(title.Paired is { } pairs ? [.. cells, Text(pairs)] : cells);
        }

        if (difference.Titles.Count > 0)
        {
            titles.Write(terminal.Out);
            if (paired)
            {
                terminal.Text.WriteLine($"equal seeds: {Counted.Of(difference.Seeds, "pair")} of runs, one like each of the two; + both have the title, 1 only the first, 2 only the second; p of McNemar's exact test");
            }
        }
    }

    private static string Text(SeedPairs pairs) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"+{pairs.Both} 1:{pairs.OnlyFirst} 2:{pairs.OnlySecond} p {(pairs.P < 0.001 ? "<0.001" : pairs.P.ToString("0.###", System.Globalization.CultureInfo.InvariantCulture))}");

    private static void Write(Terminal terminal, IReadOnlyList<BugRow> bugs)
    {
        var table = new ScreenTable(["bug", "title", "on", "status", "#runs", "#crashes", "last seen"], about: 4);
        foreach (BugRow bug in bugs)
        {
            table.Add(bug.Id, Plain(bug.Title), Plain(bug.Backend), new ScreenCell(StatusOf(bug) + (bug.IsPrivate ? ", private" : ""), bug.Regressed ? "red" : bug.Status == BugStatus.Open ? "yellow" : "green"), Count(bug.Runs), Count(bug.Crashes), Time(bug.LastSeen));
        }

        table.Write(terminal.Out);
    }

    private static string StatusOf(BugRow bug) => Plain(bug.Regressed ? $"back (was fixed by {bug.FixedBy})" : bug.Status == BugStatus.Fixed ? $"fixed by {bug.FixedBy}" : bug.Status.ToString().ToLowerInvariant());

    private static string Text(Rate rate) => rate.Trials == 0 ? "nothing tried" : $"{Percent(rate.Share)} ({Percent(rate.Low)} - {Percent(rate.High)})";

    private static string Percent(double share) => share is > 0 and < 0.0001
        ? string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0e+0} %")
        : string.Create(CultureInfo.InvariantCulture, $"{share * 100:0.0##} %");

    private static string Time(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static string Count(long n) => n.ToString("#,0", CultureInfo.InvariantCulture);

    private static string Plain(string text) => string.Concat(text.Select(c => char.IsControl(c) || char.GetUnicodeCategory(c) == UnicodeCategory.Format ? '\uFFFD' : c));
}
