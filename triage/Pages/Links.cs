using System.Globalization;

namespace Stress.Triage.Pages;

/// <summary>Addresses of the pages: of a server, or files of an exported site.</summary>
/// <param name="root">The prefix of every address: empty on a server, <c>../</c> for each folder between an exported page and its site.</param>
/// <param name="isExport">True for files.</param>
public sealed class Links(string root, bool isExport)
{
    /// <summary>Links of a server.</summary>
    public static Links Server { get; } = new("/", isExport: false);

    /// <summary>Nothing can be changed or requested from these pages.</summary>
    public bool IsExport => isExport;

    /// <summary>The first page.</summary>
    public string Start => isExport ? $"{root}index.html" : root;

    /// <summary>All runs.</summary>
    public string Runs => Page("runs");

    /// <summary>All bugs.</summary>
    public string Bugs => Page("bugs");

    /// <summary>Scenarios, and the requested runs; on a server only.</summary>
    public string Scenarios => Page("scenarios");

    /// <summary>A scenario to start from; on a server only.</summary>
    public string Scenario(string name) => Page($"scenarios/{Safe(name)}");

    /// <summary>The silos that execute runs; on a server only.</summary>
    public string Silos => Page("silos");

    /// <summary>A run in progress; on a server only.</summary>
    public string Live(string name) => Page($"live/{Safe(name)}");

    /// <summary>A file that comes with the pages.</summary>
    public string Asset(string name) => $"{root}assets/{name}";

    /// <summary>A run.</summary>
    public string Run(string name) => Page($"runs/{Safe(name)}");

    /// <summary>A run's report.</summary>
    public string Report(string name) => isExport ? $"{root}reports/{Safe(name)}.html" : $"{root}runs/{Safe(name)}/report";

    /// <summary>A bug.</summary>
    public string Bug(string id) => Page($"bugs/{Safe(id)}");

    /// <summary>A crash.</summary>
    public string Crash(long number) => Page(string.Create(CultureInfo.InvariantCulture, $"crashes/{number}"));

    /// <summary>A crash as a file; on a server only.</summary>
    public string CrashFile(long number, string form) => string.Create(CultureInfo.InvariantCulture, $"{root}crashes/{number}/crash.{form}");

    /// <summary>When a crash was lost.</summary>
    public string Cause(long number) => Page(string.Create(CultureInfo.InvariantCulture, $"crashes/{number}/cause"));

    /// <summary>The outcome of a crash without one of its events.</summary>
    public string Branch(long number, long at) => string.Create(CultureInfo.InvariantCulture, $"{root}crashes/{number}/branch?event={at}");

    /// <summary>Two runs side by side.</summary>
    public string Diff(string first, string second) => $"{root}diff?first={Uri.EscapeDataString(first)}&second={Uri.EscapeDataString(second)}";

    private string Page(string path) => isExport ? $"{root}{path}.html" : $"{root}{path}";

    /// <summary>A name in the form of a file name: one word, whatever it contains.</summary>
    public static string FileName(string name) => Uri.EscapeDataString(name).Replace("..", "%2E%2E", StringComparison.Ordinal);

    private string Safe(string name) => Uri.EscapeDataString(isExport ? FileName(name) : name);
}
