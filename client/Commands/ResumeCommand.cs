using System.CommandLine;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress resume RUN</c>: continues a run that was interrupted or killed, from the checkpoints in its folder; or, with <c>--cluster</c>, lets a paused run continue.
/// </summary>
public static class ResumeCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string>("RUN") { Description = "The run's folder, or its name under runs; on a cluster, its name." };
        var cluster = new ClusterOption();
        Option<string?> json = SharedOptions.Json();
        Option<int?> workers = SharedOptions.Workers();
        Option<bool> quiet = SharedOptions.NoProgress();
        var command = new Command("resume", "Continue an interrupted run, or a paused one on a cluster.") { run, json, workers, quiet };
        cluster.AddTo(command);
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => cluster.Read(line) is { } redis
            ? RunControlCommands.Tell(terminal, line.GetValue(run)!, redis, RunPhase.Running, stop)
            : Resume(
                terminal,
                Output.Again(Output.FindRun(line.GetValue(run)), line.GetValue(json)),
                line.GetValue(workers) ?? Environment.ProcessorCount,
                progress: !line.GetValue(quiet),
                checks.Read(line),
                stop));
        return command;
    }

    private static async Task<int> Resume(Terminal terminal, Output output, int workers, bool progress, CheckFiles files, CancellationToken stop)
    {
        files.Check();
        if (!Directory.Exists(StateFolder.Of(output.Folder)))
        {
            throw new UsageException($"{output.Folder.Path}: nothing to resume; accepted is a run that was interrupted, whose folder has {StateFolder.Name}/");
        }

        return await WithState(terminal, output, workers, progress, files, stop);
    }

    /// <summary>Continues a run from its state, or, where <paramref name="stop"/> is cancelled already, only reports its results so far.</summary>
    internal static async Task<int> WithState(Terminal terminal, Output output, int workers, bool progress, CheckFiles files, CancellationToken stop)
    {
        Launch launch = Launch.Open(output.Folder) with { Workers = workers };
        OptionsScreen.Write(terminal.Out, launch);
        try
        {
            await using EmbeddedSilo silo = await Embedded.Start(workers, null, terminal, StateFolder.Of(output.Folder));
            return await new RunConclusion(terminal, launch, output, new(null, null, progress, Check: launch.Plan.CheckedSites.Count > 0, files)).Follow(silo, stop);
        }
        catch (RunRefusedException e)
        {
            throw new UsageException($"{output.Folder.Path}: {e.Message}; accepted is the same run again with: {launch.Command}");
        }
        catch (Exception e) when (e.GetBaseException() is StateFormatException or InvalidDataException)
        {
            throw new UsageException($"{e.GetBaseException().Message}; the same run again: {launch.Command}");
        }
        catch (Exception e) when (e is IOException || e.GetBaseException() is IOException)
        {
            throw new UsageException($"{output.Folder.Path}: {e.GetBaseException().Message.TrimEnd('.')}; accepted is a run that no other process is executing");
        }
    }
}
