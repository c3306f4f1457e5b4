using System.CommandLine;
using System.Text.Json;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary><c>stress watch RUN</c>: a run that lives in another process, as it goes on.</summary>
public static class WatchCommand
{
    /// <summary>Wall time without news of a run after which it is taken for gone.</summary>
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(60);

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string?>("RUN") { Description = "The run's folder or name (default: the latest under runs).", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("watch", "Watch a run that another process has started.") { run };
        command.SetAction((line, stop) => Execute(terminal, FromFolder(Output.FindRun(line.GetValue(run))), stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, Func<Task<RunProgress?>> read, CancellationToken stop)
    {
        RunProgress? last = await new WatchScreen(terminal, TimeProvider.System).Follow(read, GoneAfter, stop);
        if (last is { Run.Finished: true } || stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }

        terminal.Error.WriteLine($"stress: no news of {last?.Run.Labels.Run ?? "the run"} for {GoneAfter.TotalSeconds:0} s: the process that runs it is gone, or stopped");
        return ExitCodes.Incomplete;
    }

    // Null for a run that has just begun and has written nothing yet.
    private static Func<Task<RunProgress?>> FromFolder(RunFolder folder) => () =>
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
        catch (JsonException e)
        {
            throw new UsageException($"{folder.ProgressPath}: not written by stress run: {e.Message}");
        }
    };
}
