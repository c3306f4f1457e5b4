using System.CommandLine;
using Stress.Bench;
using Stress.Bench.Micro;
using Stress.Client;

// Every long check is a subcommand, one file each; tests in CI run short forms of those that must not break.
var root = new RootCommand("Stress: measurements that take longer than a test may. Without a name: the table of speed and memory targets.")
{
    OverheadCommand.Create(),
    MemoryCommand.Create(),
    ExecutorCommand.Create(),
    GrainsCommand.Create(),
    SilosCommand.Create(),
    ProfileCommand.Create(),
    MicroCommand.Create(),
    CaptureCommand.Create(),
    FuzzCommand.Create(),
    ChaosCommand.Create(),
    PauseCommand.Create(),
    TriageCommand.Create(),
    MomentCommand.Create(),
    RepeatCommand.Create(),
    GuestsCommand.Create(),
    NetworkCommand.Create(),
    LinesCommand.Create(),
};
root.HelpName = "stress bench";
TableCommand.AddTo(root);
ParseResult line = root.Parse(args);
if (line.Errors.Count > 0)
{
    Console.Error.WriteLine($"stress bench: {line.Errors[0].Message} (see stress bench --help)");
    return ExitCodes.Usage;
}

return await line.InvokeAsync();
