using System.CommandLine;
using Stress.Bench;

// Every long check is a subcommand, one file each; CI runs the short forms of what must not rot through the tests.
var root = new RootCommand("Stress: measurements that take longer than a test may.")
{
    OverheadCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
