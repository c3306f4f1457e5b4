using System.Globalization;
using System.Text.Json;
using Stress.Observability;
using Stress.Observability.Instruments;
using Stress.Triage.Pages;

namespace Stress.Triage.Runs;

/// <summary>Runs in progress in a folder of runs: they have written their progress, but no report yet.</summary>
/// <param name="folder">The folder of runs.</param>
/// <param name="time">The clock.</param>
public sealed class LiveRuns(string folder, TimeProvider time)
{
    // A run writes its progress about every second: one that has been silent for this long was killed.
    private static readonly TimeSpan Silent = TimeSpan.FromMinutes(5);

    // A folder that was changed this long ago, and not since it was listed, has nothing new in it: file-system times have ticks of a few milliseconds.
    private static readonly TimeSpan Settled = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly HashSet<string> _ended = new(StringComparer.Ordinal);
    private List<string> _open = [];
    private DateTime _changed;

    /// <summary>The runs in progress now.</summary>
    public IReadOnlyList<LiveRun> Now()
    {
        if (!Directory.Exists(folder))
        {
            return [];
        }

        List<LiveRun> live = [];
        foreach (string path in Open())
        {
            var run = new RunFolder(path);
            if (!File.Exists(run.ProgressPath) || time.GetUtcNow() - File.GetLastWriteTimeUtc(run.ProgressPath) > Silent)
            {
                continue;
            }

            if (LineOf(run) is { } line)
            {
                live.Add(new LiveRun(Path.GetFileName(path), line));
            }
        }

        return live;
    }

    // Folders of runs without a report. The thousands that have one are not examined again at each request, and the list is read only when a folder was added or removed.
    private List<string> Open()
    {
        lock (_lock)
        {
            DateTime changed = Directory.GetLastWriteTimeUtc(folder);
            if (changed != _changed)
            {
                _open = [.. Directory.EnumerateDirectories(folder).Where(path => !_ended.Contains(path))];
                _changed = time.GetUtcNow() - changed > Settled ? changed : default;
            }

            _open.RemoveAll(path => File.Exists(new RunFolder(path).ReportPath) && _ended.Add(path));
            return [.. _open];
        }
    }

    /// <summary>Where a run is, in a sentence; null when it does not go on.</summary>
    /// <param name="name">Its name, as somebody asked for it: it is looked for in the list, and never made into a path.</param>
    public string? Line(string name) => Now().FirstOrDefault(run => run.Name == name)?.Line;

    private static string? LineOf(RunFolder run)
    {
        try
        {
            RunSnapshot at = run.ReadProgress().Run;
            var total = at.Counters.Total;
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Counted.Of(total.Disconnects, "disconnect")}, {Counted.Of(total.Panics, "panic")}, {Counted.Of(total.Events, "event")}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or JsonException)
        {
            // Written by another version, or being removed.
            return null;
        }
    }
}
