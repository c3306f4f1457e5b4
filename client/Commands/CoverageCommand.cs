using System.CommandLine;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary><c>stress coverage RUN</c>: which uses of stale pointers a run reached, by holder, teardown order and use site, and which never.</summary>
public static class CoverageCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var run = new Argument<string?>("RUN") { Description = "The run's folder, or its name under runs (default: the latest).", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("coverage", "Show which uses of stale pointers and which rare paths a run reached.") { run };
        command.SetAction(line => Execute(terminal, line.GetValue(run)));
        return command;
    }

    private static int Execute(Terminal terminal, string? run)
    {
        RunFolder folder = Output.FindRun(run);
        if (!File.Exists(folder.ReportPath))
        {
            throw new UsageException($"{folder.Path}: no {RunFolder.ReportName}; accepted is the folder of a run that has ended");
        }

        CoverageScreen.Write(terminal.Out, CoverageMatrix.Of(folder.ReadReport()));
        return ExitCodes.Ok;
    }
}
