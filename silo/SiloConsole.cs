using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Orleans.Clustering.Redis;
using StackExchange.Redis;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>
/// A silo's log on its console: one line per entry, with the time in UTC. Orleans' messages about unavailable storage (each grain, each attempt, with its stack) are left out: the
/// user of the storage logs it once, when that begins and when it is over (<see cref="Grains.Outage"/>).
/// </summary>
internal sealed class SiloConsole() : ConsoleFormatter(FormatterName)
{
    /// <summary>The formatter's name among the console's.</summary>
    public const string FormatterName = "silo";

    /// <inheritdoc/>
    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        if (logEntry.Exception is { } away && IsOutage(away) && IsRuntime(logEntry.Category))
        {
            return;
        }

        textWriter.Write(DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z '", CultureInfo.InvariantCulture));
        textWriter.Write($"{Level(logEntry.LogLevel)}: {logEntry.Category}[{logEntry.EventId.Id.ToString(CultureInfo.InvariantCulture)}] ");
        textWriter.Write(logEntry.Formatter(logEntry.State, logEntry.Exception).ReplaceLineEndings(" "));
        if (logEntry.Exception is { } problem)
        {
            textWriter.Write(' ');
            textWriter.Write(problem.ToString().ReplaceLineEndings(" "));
        }

        textWriter.WriteLine();
    }

    // Orleans, and our storage in front of its own, in whose name Orleans' storage bridge logs.
    private static bool IsRuntime(string category) => category.StartsWith("Orleans.", StringComparison.Ordinal) || category == typeof(CrossingStorage).FullName;

    private static bool IsOutage(Exception problem)
    {
        for (Exception? at = problem; at is not null; at = at.InnerException)
        {
            if (at is StorageUnavailableException or RedisClusteringException or RedisException or RedisTimeoutException)
            {
                return true;
            }
        }

        return false;
    }

    private static string Level(LogLevel level) => level switch
    {
        LogLevel.Trace => "trce",
        LogLevel.Debug => "dbug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "fail",
        _ => "crit",
    };
}
