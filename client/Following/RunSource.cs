using System.Text.Json;
using Orleans.Runtime;
using Stress.Client.Clusters;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Observability;
using Stress.Observability.Instruments;

namespace Stress.Client.Following;

/// <summary>Where a view gets the latest state of a run from: the run's folder, or its grain on a cluster.</summary>
public static class RunSource
{
    /// <summary>What the run has last written to its folder; null for a run that has just begun and has written nothing yet.</summary>
    /// <exception cref="UsageException">There is no such run in the folder.</exception>
    public static Func<Task<RunProgress?>> Of(RunFolder folder) => () =>
    {
        try
        {
            return Task.FromResult<RunProgress?>(folder.ReadProgress());
        }
        catch (FileNotFoundException)
        {
            bool begun = File.Exists(Path.Combine(folder.Path, Launch.FileName)) && !File.Exists(folder.ReportPath);
            return begun ? Task.FromResult<RunProgress?>(null)
                : throw new UsageException($"{folder.Path}: no {RunFolder.ProgressName}; accepted is the folder of a run that stress run has started");
        }
        catch (FormatRefusedException e)
        {
            throw new UsageException(e.Message);
        }
        catch (JsonException e)
        {
            throw new UsageException($"{folder.ProgressPath}: not written by stress run: {e.Message}");
        }
    };

    // A hanging silo does not answer, and the view says so.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>The latest run that a cluster knows.</summary>
    /// <exception cref="UsageException">It knows none.</exception>
    internal static string LatestOf(IReadOnlyList<RunEntry> runs) =>
        runs.FirstOrDefault()?.RunId ?? throw new UsageException("no run on the cluster; accepted is one that stress run --cluster has started");

    /// <summary>What the run's grain answers. While it does not answer, the state is the last known one, with its age.</summary>
    /// <param name="grains">The cluster's.</param>
    /// <param name="run">The run's name, or null for the latest one.</param>
    /// <exception cref="UsageException">The cluster has no such run.</exception>
    public static async Task<(string Name, Func<Task<RunProgress?>> Read)> Of(IGrainFactory grains, string? run)
    {
        IReadOnlyList<RunEntry> runs = await grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List();
        string name = run ?? LatestOf(runs);
        CheckReadable(runs, name);
        IRunGrain grain = grains.GetGrain<IRunGrain>(name);
        if (await grain.Describe() is null)
        {
            throw new UsageException($"{name}: no such run on the cluster; accepted: {(runs.Count == 0 ? "none, it has no runs" : string.Join(", ", runs.Select(entry => entry.RunId)))}");
        }

        RunProgress? last = null;
        return (name, async () =>
        {
            try
            {
                await grain.Attend(null).WaitAsync(Longest);
                RunSnapshot snapshot = await grain.Snapshot().WaitAsync(Longest);
                return last = new RunProgress { At = DateTimeOffset.UtcNow, Run = snapshot, Silos = await SiloStates.Of(grains) };
            }
            catch (Exception)
            {
                // Silos die, and one without storage throws whatever its storage throws: it is tried again in a second.
                return last;
            }
        }
        );
    }

    /// <summary>Refuses a run of the cluster's list whose format this build does not read, before anything else is requested.</summary>
    /// <param name="runs">The list.</param>
    /// <param name="name">The run.</param>
    /// <exception cref="UsageException">It is of another format.</exception>
    public static void CheckReadable(IReadOnlyList<RunEntry> runs, string name)
    {
        if (runs.FirstOrDefault(run => run.RunId == name) is { } entry && BuildStamp.Current.Refusal(entry.Build) is { } refusal)
        {
            throw new UsageException($"run {name}: {refusal}");
        }
    }
}
