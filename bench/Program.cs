using System.CommandLine;
using Stress.Bench;
using Stress.Bench.Micro;

// Every long check is a subcommand, one file each; CI runs the short forms of what must not rot through the tests.
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
};
root.HelpName = "stress bench";
TableCommand.AddTo(root);
return await root.Parse(args).InvokeAsync();
