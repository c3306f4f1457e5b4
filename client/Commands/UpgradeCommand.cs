using System.CommandLine;
using Stress.Client.Clusters;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress upgrade</c>: whether silos of this build may replace a cluster's; run it with the new build.</summary>
public static class UpgradeCommand
{
    private const int Named = 5;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var cluster = new ClusterOption();
        Option<TimeSpan?> wait = ClusterWait.Option();
        wait.Description = "Wait up to this many seconds, or for example 12h, for the end of runs that this build does not read (default: 0; exit code 6 when there are any).";
        var command = new Command("upgrade", "Tell whether silos of this build may replace a cluster's: whether unfinished runs can move to them or have to end first.");
        cluster.AddTo(command).Add(wait);
        command.SetAction((line, stop) => Execute(terminal, cluster.Required(line), ClusterWait.Of(line.GetValue(wait), terminal), stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, RedisAddress redis, ClusterWait wait, CancellationToken stop)
    {
        await using ClusterClient client = await ClusterOption.Connect(redis, stop, wait);
        int moving = await wait.For(() => Moving(client), stop);
        terminal.Text.WriteLine($"this build: {BuildStamp.Current}");
        foreach (SiloFacts silo in await client.Silos())
        {
            terminal.Text.WriteLine($"silo {silo.Silo}: {(!silo.Answers ? "no answer" : silo.Build?.ToString() ?? BuildStamp.Unversioned)}");
        }

        terminal.Text.WriteLine(moving == 0
            ? "no run is unfinished: silos of this build may take the place of these"
            : $"{Counted.Of(moving, "unfinished run")}, of a format that this build reads: silos of this build may take the place of these, one after another, and the runs move to them");
        return ExitCodes.Ok;
    }

    // How many unfinished runs silos of this build would take over.
    private static async Task<int> Moving(ClusterClient client)
    {
        RunEntry[] unfinished = [.. (await client.Grains.GetGrain<IRunIndexGrain>(IRunIndexGrain.Key).List()).Where(run => run.Phase.IsUnfinished())];
        RunEntry[] others = [.. unfinished.Where(run => BuildStamp.Current.Refusal(run.Build) is not null)];
        return others.Length == 0 ? unfinished.Length : throw new ClusterUnavailableException(
            $"{Counted.Of(others.Length, "unfinished run")} that this build does not read: {string.Join(", ", others.Take(Named).Select(run => $"{run.RunId} ({run.Build?.Words ?? BuildStamp.Unversioned})"))}{(others.Length > Named ? ", ..." : "")}; "
            + "accepted is a cluster where they have ended or were cancelled: silos that read them have to stay until then");
    }
}
