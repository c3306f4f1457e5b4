using System.Globalization;
using System.Text.Json;
using Stress.Contracts.Triage;
using Stress.Observability;
using Stress.Triage.Bugs;

namespace Stress.Triage.Runs;

/// <summary>Two runs side by side: what differs in what was executed, and in its outcome.</summary>
public static class Comparison
{
    /// <summary>Compares two runs.</summary>
    /// <param name="first">A run.</param>
    /// <param name="second">Another.</param>
    /// <param name="seeds">Seeds that runs like them have in common.</param>
    /// <param name="pairs">With which of these seeds each title occurs; a missing title occurs with none.</param>
    public static RunDifference Of(RunDetail first, RunDetail second, int seeds, IReadOnlyDictionary<(string Title, string Role), SeedPairs> pairs)
    {
        Dictionary<(string Title, string Role), Rate> a = RatesOf(first), b = RatesOf(second);
        IReadOnlyDictionary<string, long> endsOfA = EndsOf(first), endsOfB = EndsOf(second);
        List<TitleDifference> titles = [];
        foreach ((string title, string role) in a.Keys.Union(b.Keys).OrderByDescending(key => a.GetValueOrDefault(key)?.Hits ?? 0).ThenBy(key => key.Title, StringComparer.Ordinal).ThenBy(key => key.Role, StringComparer.Ordinal))
        {
            Rate of1 = a.GetValueOrDefault((title, role)) ?? BugQueries.RateOf(0, endsOfA.GetValueOrDefault(role));
            Rate of2 = b.GetValueOrDefault((title, role)) ?? BugQueries.RateOf(0, endsOfB.GetValueOrDefault(role));
            titles.Add(new TitleDifference(title, role, of1, of2, of1.High < of2.Low || of2.High < of1.Low, of1.Hits == 0 ? "new" : of2.Hits == 0 ? "gone" : "",
                seeds == 0 ? null : pairs.GetValueOrDefault((title, role)) ?? new SeedPairs(0, 0, 0, seeds, 1)));
        }

        return new RunDifference(first.Row, second.Row, OptionsOf(first, second), titles, first.Row.Digest == second.Row.Digest, seeds);
    }

    private static Dictionary<(string Title, string Role), Rate> RatesOf(RunDetail run) =>
        ReportOf(run).CodePaths.GroupBy(path => (BugTitle.Of(path.Title), path.Role)).ToDictionary(
            group => group.Key,
            group => group.ToList() is [var one]
                ? new Rate(one.Crashes, one.Disconnects, one.Rate, one.Low, one.High)
                : BugQueries.RateOf(group.Sum(path => path.Crashes), group.Max(path => path.Disconnects)));

    private static RunReport ReportOf(RunDetail run) => JsonSerializer.Deserialize<RunReport>(run.ReportJson, RunFolder.Json)!;

    // Disconnects of each end, from the rates of paths that the report always has.
    private static IReadOnlyDictionary<string, long> EndsOf(RunDetail run)
    {
        return ReportOf(run).Paths.GroupBy(path => path.Role).ToDictionary(role => role.Key, role => role.Max(path => path.Disconnects), StringComparer.Ordinal);
    }

    private static IReadOnlyList<OptionDifference> OptionsOf(RunDetail first, RunDetail second)
    {
        (string Name, Func<RunRow, string> Value)[] options =
        [
            ("scenario", run => run.Scenario), ("backend", run => run.Backend), ("version", run => run.Version),
            ("seed", run => run.Seed.ToString(CultureInfo.InvariantCulture)), ("pairs", run => run.Pairs.ToString(CultureInfo.InvariantCulture)),
            ("virtual hours", run => run.Hours.ToString("0.###", CultureInfo.InvariantCulture)), ("verdict", run => run.Verdict),
        ];
        return [.. options.Where(option => option.Value(first.Row) != option.Value(second.Row)).Select(option => new OptionDifference(option.Name, option.Value(first.Row), option.Value(second.Row)))];
    }
}
