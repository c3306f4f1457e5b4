using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Observability;

namespace Stress.Client.Replay;

/// <summary>A crash that a run has recorded: found in the run's folder, and as the value that a site is executed again for.</summary>
internal static class RecordedCrash
{
    /// <summary>A crash of a run, by its id or by a beginning of the id that no other crash has.</summary>
    /// <exception cref="UsageException">The run has not ended, has no crash of that id, or has several whose ids begin with it.</exception>
    public static CrashRecord Find(RunFolder folder, string id)
    {
        if (!File.Exists(folder.CrashesPath))
        {
            throw new UsageException($"{folder.Path}: no {RunFolder.CrashesName}; accepted is the folder of a run that has ended");
        }

        CrashRecord[] crashes = [.. folder.ReadCrashes()];
        CrashRecord[] found = Array.Find(crashes, c => c.Id == id) is { } exact ? [exact] : id.Length == 0 ? [] : Array.FindAll(crashes, c => c.Id.StartsWith(id, StringComparison.Ordinal));
        return found.Length == 1 ? found[0]
            : found.Length > 1 ? throw new UsageException($"{id}: more than one crash has an id that begins with it; accepted: {string.Join(", ", found.Select(c => $"{c.Id} ({c.Title}, {c.Role})"))}")
            : throw new UsageException($"{id}: no such crash in {folder.CrashesPath}; accepted: {(crashes.Length == 0 ? "none, the run had no crash" : string.Join(", ", crashes.Select(c => c.Id)))}");
    }

    /// <summary>A crash of a record, its title as a value: the record has its text.</summary>
    /// <exception cref="UsageException">No title, or no system, of this version.</exception>
    public static CrashTally Tally(CrashRecord record, Topology topology)
    {
        Role role = topology.RoleOf(record.Role)
            ?? throw new UsageException($"{record.Id}: of a {record.Role} system; accepted is a run whose systems are {string.Join(", ", topology.Labels)}");
        foreach (UseSite use in Enum.GetValues<UseSite>())
        {
            foreach (HolderKind holder in Enum.GetValues<HolderKind>())
            {
                foreach (PurgeGap gap in Enum.GetValues<PurgeGap>())
                {
                    var title = new CrashTitle(use, holder, gap);
                    if (title.ToString() == record.Title)
                    {
                        return new CrashTally(title, role) { FirstEvent = record.Event };
                    }
                }
            }
        }

        throw new UsageException($"{record.Id}: unknown title \"{record.Title}\"; accepted is a run of this version of stress");
    }
}
