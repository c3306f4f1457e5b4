using System.Globalization;

namespace Stress.Silo.Connections;

/// <summary>Logs that connections are refused: one line at once, and then at most one per port every ten seconds, with the number in between.</summary>
/// <param name="time">The clock.</param>
/// <param name="say">Gets the lines.</param>
public sealed class RefusalNews(TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, (long At, long Unsaid)> _ports = [];

    /// <summary>Why the last connection was refused; null while none was.</summary>
    public string? Last { get; private set; }

    /// <summary>One was refused.</summary>
    /// <param name="who">Address of the other side.</param>
    /// <param name="where">What it asked for.</param>
    /// <param name="why">What is wrong with it.</param>
    public void Refused(string who, string where, string why)
    {
        string line = $"{who} was refused {where}: {why}";
        lock (_lock)
        {
            Last = line;
            if (_ports.TryGetValue(where, out (long At, long Unsaid) port) && time.GetElapsedTime(port.At) < Every)
            {
                _ports[where] = port with { Unsaid = port.Unsaid + 1 };
                return;
            }

            _ports[where] = (time.GetTimestamp(), 0);
            line += port.Unsaid == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" ({port.Unsaid:#,0} more since the last such line)");
        }

        say(line);
    }
}
