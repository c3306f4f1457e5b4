using System.CommandLine;
using System.CommandLine.Parsing;
using Stress.Client.Commands;
using Stress.Client.Launching;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Guests;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client;

/// <summary>The <c>stress</c> command: its subcommands, and how their errors become one line and an exit code.</summary>
public static class StressCommand
{
    /// <summary>The command line.</summary>
    public static RootCommand Create(Terminal terminal)
    {
        var root = new RootCommand("Stress: finds kernel state that outlives the network interface it points to.")
        {
            RunCommand.Create(terminal),
            CompareCommand.Create(terminal),
            SensitivityCommand.Create(terminal),
            WatchCommand.Create(terminal),
            ShowCommand.Create(terminal),
            ReportCommand.Create(terminal),
            ReplayCommand.Create(terminal),
            CoverageCommand.Create(terminal),
            MinimiseCommand.Create(terminal),
            ExploreCommand.Create(terminal),
            ExecCommand.Create(terminal),
            ExportCommand.Create(terminal),
            FuzzCommand.Create(terminal),
            AgreeCommand.Create(terminal),
            PredictCommand.Create(terminal),
            JudgeCommand.Create(terminal),
            SiloCommand.Create(terminal),
            UpgradeCommand.Create(terminal),
            K8sCommand.Create(terminal),
            DialCommand.Create(terminal),
            AnswerCommand.Create(terminal),
            HistoryCommand.Create(terminal),
            KernelCommand.Create(terminal),
            ResumeCommand.Create(terminal),
            RunControlCommands.Runs(terminal),
            RunControlCommands.Status(terminal),
            RunControlCommands.Pause(terminal),
            RunControlCommands.Cancel(terminal),
            TriageCommands.Import(terminal),
            TriageCommands.Bugs(terminal),
            TriageCommands.Diff(terminal),
            TriageCommands.Serve(terminal),
            TriageCommands.ExportSite(terminal),
            DemoCommand.Create(terminal),
            FileCommands.New(terminal),
            FileCommands.List(terminal),
            FileCommands.Check(terminal),
            FileCommands.Schema(terminal),
            CompletionCommand.Create(terminal),
            ManCommand.Create(terminal),
            ImageCommand.Create(terminal),
            ScriptCommands.Test(terminal),
            ScriptCommands.Bench(terminal),
            ScriptCommands.Pack(terminal),
        };
        root.HelpName = ProgramName;
        HelpScreen.AddTo(root, terminal);
        root.Add(new Option<bool>(BisectOption) { Description = "For git bisect run: exit 125 (skip this commit) instead of 2 to 7.", Recursive = true });
        return root;
    }

    private const string ProgramName = "stress", BisectOption = "--bisect";

    // Options that name a file for a result. Only minimise writes a scenario, where --scenario is read elsewhere, and only report packs a folder into one file.
    private static readonly string[] OutputFiles = ["--json", "--junit", "--sarif", "--html", "--pcap", "--ops"];

    // The words that name a command, below the program's own.
    private static IEnumerable<string> Path(CommandResult command) =>
        command.Parent is CommandResult above ? Path(above).Append(command.Command.Name) : [];

    private static bool IsOutputFile(Command command, Option option) => OutputFiles.Contains(option.Name) || (option.Name, command.Name) is ("--scenario", "minimise") or ("--out", "report");

    /// <summary>Runs a command line and returns the exit code.</summary>
    public static async Task<int> Run(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken stop)
    {
        int code = await Execute(arguments, terminal, stop);

        // Looked up in the words themselves: a command line that does not parse must not mark a commit as bad either.
        return arguments.Contains(BisectOption) ? ExitCodes.ForBisect(code) : code;
    }

    private static async Task<int> Execute(IReadOnlyList<string> arguments, Terminal terminal, CancellationToken stop)
    {
        if (!terminal.Out.Profile.Out.IsTerminal)
        {
            // Not a screen: lines are not broken, and a command in one can be copied whole.
            terminal.Out.Profile.Width = Terminal.UnboundedWidth;
        }

        RootCommand root = Create(terminal);
        if (arguments.All(word => word == BisectOption))
        {
            new HelpScreen(terminal).WriteShort(root);
            return ExitCodes.Ok;
        }

        ParseResult line = root.Parse(arguments);
        OptionResult[] standard = [.. line.CommandResult.Children.OfType<OptionResult>().Where(option => IsOutputFile(line.CommandResult.Command, option.Option) && option.Tokens.Any(token => token.Value == OutputFile.Standard))];
        if (standard.Length > 1)
        {
            terminal.Error.WriteLine($"stress: {string.Join(" and ", standard.Select(option => $"{option.Option.Name} {OutputFile.Standard}"))}: accepted is one result on standard output, and files for the others");
            return ExitCodes.Usage;
        }

        if (standard.Length == 1)
        {
            terminal = terminal.WithScreenOnError();
            line = Create(terminal).Parse(arguments);
        }

        if (Mistyped.Explain(line) is { } wrong)
        {
            // The error of a typed option says what it accepts.
            string see = wrong.Contains(": accepted ", StringComparison.Ordinal) ? "" : $" (see {string.Join(' ', Path(line.CommandResult).Prepend(ProgramName))} --help)";
            terminal.Error.WriteLine($"stress: {wrong}{see}");
            return ExitCodes.Usage;
        }

        try
        {
            // The default handler would end the process two seconds after Ctrl-C, with or without a report.
            return await line.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = terminal.Out.Profile.Out.Writer }, stop);
        }
        catch (UsageException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return ExitCodes.Usage;
        }
        catch (Exception e) when (e is FormatRefusedException || e.GetBaseException() is StateFormatException)
        {
            terminal.Error.WriteLine($"stress: {e.GetBaseException().Message}");
            return ExitCodes.Usage;
        }
        catch (Exception e) when (Deliveries.IsOfFileSystem(e))
        {
            // Commands handle errors of the files that they write, after their result; this is a user's file that is gone or cannot be read, or a full disk.
            terminal.Error.WriteLine($"stress: {e.GetBaseException().Message.ReplaceLineEndings(" ")}");
            return ExitCodes.NotWritten;
        }
        catch (ImageException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return ExitCodes.Unavailable;
        }
        catch (RunRefusedException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return e.MayPass ? ExitCodes.Unavailable : ExitCodes.Usage;
        }
        catch (ClusterUnavailableException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return ExitCodes.Unavailable;
        }
        catch (Exception e) when (e is TimeoutException or Orleans.Runtime.OrleansException or Orleans.Serialization.SerializerException)
        {
            terminal.Error.WriteLine($"stress: the cluster does not answer: {e.Message.Split('\n')[0].Split(". ")[0]}");
            return ExitCodes.Unavailable;
        }
        catch (ScenarioException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return ExitCodes.Usage;
        }
        catch (GuestException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return e.Problem switch { GuestProblem.Wrong => ExitCodes.Usage, GuestProblem.Unavailable => ExitCodes.Unavailable, _ => ExitCodes.Incomplete };
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Interrupted;
        }
    }
}
