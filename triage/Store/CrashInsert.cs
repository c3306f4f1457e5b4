using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;

namespace Stress.Triage.Store;

/// <summary>
/// Writes the crashes of a run by one prepared command. A run has a hundred of them: EF Core reads back the number of each row that it inserts, which is not needed here and takes
/// most of an import's time.
/// </summary>
public static class CrashInsert
{
    private static readonly string[] Columns =
    [
        nameof(StoredCrash.RunId), nameof(StoredCrash.BugId), nameof(StoredCrash.CrashId), nameof(StoredCrash.Title), nameof(StoredCrash.Path), nameof(StoredCrash.Role),
        nameof(StoredCrash.Count), nameof(StoredCrash.Disconnects), nameof(StoredCrash.DesignEffect), nameof(StoredCrash.Site), nameof(StoredCrash.Event), nameof(StoredCrash.At),
        nameof(StoredCrash.Stack), nameof(StoredCrash.Story), nameof(StoredCrash.Replay),
    ];

    /// <summary>Writes them.</summary>
    /// <param name="tables">The store, in a transaction.</param>
    /// <param name="crashes">The crashes; their numbers are the database's.</param>
    public static async Task Write(TriageContext tables, IEnumerable<StoredCrash> crashes)
    {
        await using DbCommand command = tables.Database.GetDbConnection().CreateCommand();
        command.Transaction = tables.Database.CurrentTransaction!.GetDbTransaction();
        command.CommandText = $"INSERT INTO crashes ({string.Join(", ", Columns.Select(column => $"\"{column}\""))}) VALUES ({string.Join(", ", Columns.Select((_, i) => $"@p{i}"))})";
        foreach ((int i, object value) in Values(Blank).Index())
        {
            DbParameter parameter = command.CreateParameter();
            parameter.ParameterName = $"@p{i}";
            parameter.Value = value;
            command.Parameters.Add(parameter);
        }

        await command.PrepareAsync();
        foreach (StoredCrash crash in crashes)
        {
            foreach ((int i, object value) in Values(crash).Index())
            {
                command.Parameters[i].Value = value;
            }

            await command.ExecuteNonQueryAsync();
        }
    }

    // Tells the parameters their types.
    private static StoredCrash Blank => new() { CrashId = "", Title = "", Path = "", Role = "", Stack = "", Story = "", Replay = "" };

    // In the order of the columns.
    private static IEnumerable<object> Values(StoredCrash crash) =>
    [
        crash.RunId, crash.BugId, crash.CrashId, crash.Title, crash.Path, crash.Role, crash.Count, crash.Disconnects, crash.DesignEffect, crash.Site, crash.Event, crash.At, crash.Stack,
        crash.Story, crash.Replay,
    ];
}
