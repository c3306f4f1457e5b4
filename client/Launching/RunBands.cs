using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Instruments;
using Stress.Scenarios;

namespace Stress.Client.Launching;

/// <summary>What the 2005 mail reports and a scenario accepts for each code path and role: the lines and bands of dashboards and alerts.</summary>
public static class RunBands
{
    // Expectations may also be of an exact title, which has blanks in it, and of these.
    private static readonly string[] NoPaths = [CodePath.Any, "stale", "first_crash_within_hour"];

    /// <summary>The bands that hold for the scenario's design.</summary>
    public static PathBand[] Of(Scenario scenario)
    {
        Expectation[] expected = [.. scenario.Expect.Where(band => IsPath(band.Path) && scenario.IsOfItsDesign(band))];
        ReportedFigure[] reported = [.. scenario.Reported.Where(figure => IsPath(figure.Path))];
        return
        [
            .. from path in reported.Select(figure => figure.Path).Concat(expected.Select(band => band.Path)).Distinct().Order(StringComparer.Ordinal)
               from role in scenario.Site.Roles.Select(options => options.Role)
               let figure = Array.Find(reported, figure => figure.Path == path && (figure.Role ?? role) == role)
               let band = Array.Find(expected, band => band.Path == path && band.Role == role)
               where figure is not null || band is not null
               select new PathBand(path, role, figure?.Percent / 100, band?.MinPercent / 100, band?.MaxPercent / 100),
        ];
    }

    private static bool IsPath(string path) => !NoPaths.Contains(path) && !path.Contains(' ');
}
