using System.Globalization;

namespace Stress.Observability.Ci;

/// <summary>GitHub Actions' workflow commands: one line per finding, which the service shows at the file's line.</summary>
public static class GitHubFormat
{
    /// <summary>Writes the lines.</summary>
    public static void Write(CheckReport report, TextWriter to)
    {
        foreach (CheckCase c in report.Cases.Where(c => c.IsFinding))
        {
            string level = c.Outcome switch { CheckOutcome.Passed => "notice", CheckOutcome.NotDecided => "warning", _ => "error" };
            string line = c.Line > 0 ? $",line={c.Line.ToString(CultureInfo.InvariantCulture)}" : "";
            string title = c.Kind is "crash" or "access" ? c.Name : $"{c.Suite}: {c.Kind}";
            to.WriteLine($"::{level} file={Property(c.File)}{line},title={Property(title)}::{Data(string.Join('\n', [c.Message, .. c.Detail]))}");
        }
    }

    private static string Data(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal).Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) => Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
