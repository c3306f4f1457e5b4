using System.Text;
using Stress.Dial.Far;

namespace Stress.Guests.Running;

/// <summary>Reads a guest's console as it grows. Each report counts once per boot: a kernel repeats a persistent condition.</summary>
internal sealed class ConsoleReports
{
    private readonly PanicDetector _detector = new(FarSystem.Linux);
    private readonly StringBuilder _line = new();
    private readonly HashSet<string> _titles = new(StringComparer.Ordinal);
    private readonly List<FarPanic> _reports = [];

    /// <summary>What the kernel has reported, in order.</summary>
    public IReadOnlyList<FarPanic> Reports => _reports;

    /// <summary>Takes more of the console.</summary>
    /// <returns>The reports that are complete with it.</returns>
    public IReadOnlyList<FarPanic> Take(ReadOnlySpan<byte> news)
    {
        int before = _reports.Count;
        foreach (char c in Encoding.Latin1.GetString(news))
        {
            if (c != '\n')
            {
                _line.Append(c);
                continue;
            }

            Add(_detector.Line(_line.ToString().TrimEnd('\r')));
            _line.Clear();
        }

        return _reports[before..];
    }

    /// <summary>The console has ended.</summary>
    public IReadOnlyList<FarPanic> Complete()
    {
        int before = _reports.Count;
        if (_line.Length > 0)
        {
            Add(_detector.Line(_line.ToString()));
            _line.Clear();
        }

        Add(_detector.Complete());
        return _reports[before..];
    }

    /// <summary>Trouble that the console does not report.</summary>
    /// <param name="words">What happened.</param>
    /// <param name="last">The console's last output.</param>
    public FarPanic Unreported(string words, string last)
    {
        var report = new FarPanic(FarSystem.Linux, words, "unknown", last, []) { Kind = FarKind.Hung };
        _reports.Add(report);
        return report;
    }

    private void Add(FarPanic? first)
    {
        for (FarPanic? next = first; next is not null; next = _detector.TryTake(out FarPanic? more) ? more : null)
        {
            // The panic that follows from a report (kasan.fault, oops, panic_on_warn) is its end, and no second one.
            bool follows = _reports.Count > 0 && next.Kind == FarKind.Panic;
            if (!follows && _titles.Add(CrashWords.Of(next)))
            {
                _reports.Add(next);
            }
        }
    }
}
