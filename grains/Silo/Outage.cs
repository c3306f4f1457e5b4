using Microsoft.Extensions.Logging;
using Stress.Contracts;

namespace Stress.Grains;

/// <summary>Something that fails for a while and is retried: the log gets one line when that begins, and one when it is over.</summary>
/// <param name="log">The log.</param>
/// <param name="what">What does not work.</param>
public sealed class Outage(ILogger log, string what)
{
    private int _on;

    /// <summary>An attempt failed.</summary>
    public void Failed(Exception problem)
    {
        if (Interlocked.Exchange(ref _on, 1) == 0)
        {
            log.LogWarning("{What}: not possible now, and tried again until it is: {Problem}", what, FirstSentence(problem));
        }
    }

    /// <summary>An attempt succeeded.</summary>
    public void Over()
    {
        if (Volatile.Read(ref _on) == 1 && Interlocked.Exchange(ref _on, 0) == 1)
        {
            log.LogInformation("{What}: possible again", what);
        }
    }

    // Messages of storage and of the runtime continue with addresses, counters and advice.
    private static string FirstSentence(Exception problem)
    {
        string message = problem.FirstLine();
        int end = message.IndexOfAny([';', '[', '(']), stop = message.IndexOf(". ", StringComparison.Ordinal);
        return message[..Math.Min(end < 0 ? message.Length : end, stop < 0 ? message.Length : stop)].TrimEnd(' ', '.', ',', ':');
    }
}
