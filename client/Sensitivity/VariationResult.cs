using Stress.Emulator.Sites;
using Stress.Observability;

namespace Stress.Client.Sensitivity;

/// <summary>What one variation measured, and the difference to the unchanged scenario (in percentage points).</summary>
/// <param name="Name">The variation.</param>
/// <param name="Mechanism">The mechanism that it varies.</param>
/// <param name="Change">What it changes.</param>
/// <param name="Disconnects">Disconnects by role.</param>
/// <param name="Cells">The measured figures, in the order of <see cref="Columns"/>.</param>
/// <param name="Digest">Digest of its run.</param>
/// <param name="Complete">False when a site failed or was lost.</param>
public sealed record VariationResult(
    string Name, string Mechanism, string Change, RoleCounts Disconnects, IReadOnlyList<VariationCell> Cells, string Digest, bool Complete)
{
    /// <summary>Why it decides nothing, one sentence each; empty if it does.</summary>
    public IReadOnlyList<string> NotDecided { get; init; } = [];

    // The two paths of the 2005 mail, each in both roles.
    private static IReadOnlyList<string> MailPaths => [CodePath.Membership, CodePath.In6SelectHlim];

    /// <summary>Heads of the columns.</summary>
    public static IReadOnlyList<string> Columns { get; } =
        [.. MailPaths.SelectMany(path => PairTopology.Labels.Select(role => $"{path} {role}")), "other crashes", "crash in 1 h", "stale created"];

    /// <summary>The column of crashes that are on neither of the two paths.</summary>
    public const int Other = 4;

    /// <summary>The row of a run.</summary>
    /// <param name="variation">What was run.</param>
    /// <param name="report">The results.</param>
    /// <param name="reference">The row of the scenario as it is; null for that row itself.</param>
    public static VariationResult Of(Variation variation, RunReport report, VariationResult? reference)
    {
        double trials = Math.Max(1, report.Disconnects.Total);
        double[] percent =
        [
            .. MailPaths.SelectMany(path => PairTopology.Labels.Select(role => Rate(report, path, role))),
            100 * report.CodePaths.Where(row => !MailPaths.Contains(row.Path)).Sum(row => row.Crashes) / trials,
            100 * report.FirstCrash.WithinHour,
            100 * report.Stale.Sum(row => row.Created) / trials,
        ];
        VariationCell[] cells = [.. percent.Select((value, i) =>
        {
            double rounded = Math.Round(value, 2);
            return new VariationCell(Columns[i], rounded, reference is null ? 0 : Math.Round(rounded - reference.Cells[i].Percent, 2));
        })];
        return new VariationResult(variation.Name, variation.Mechanism, variation.Change, report.Disconnects, cells, report.Digest, report.Complete) { NotDecided = report.NotDecided };
    }

    private static double Rate(RunReport report, string path, string role) => 100 * report.Paths.Where(row => row.Path == path && row.Role == role).Sum(row => row.Rate);
}

/// <summary>One figure of a row.</summary>
/// <param name="Column">What it is.</param>
/// <param name="Percent">Per cent of disconnects (of sites, for the crash within the first hour).</param>
/// <param name="Change">Difference to the unchanged scenario, in points.</param>
public sealed record VariationCell(string Column, double Percent, double Change);

/// <summary>The file that <c>--json</c> writes.</summary>
/// <param name="Scenario">Name of the scenario.</param>
/// <param name="ScenarioFile">Its file.</param>
/// <param name="Pairs">Pairs of each run.</param>
/// <param name="Hours">Virtual hours of each run.</param>
/// <param name="Seed">Seed of each run.</param>
/// <param name="Complete">False when a run is missing or incomplete.</param>
/// <param name="Rows">The scenario as it is, then each variation.</param>
/// <param name="Command">The command that repeats this.</param>
public sealed record SensitivityReport(
    string Scenario, string ScenarioFile, int Pairs, double Hours, ulong Seed, bool Complete, IReadOnlyList<VariationResult> Rows, string Command);
