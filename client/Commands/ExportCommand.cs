using System.CommandLine;
using Stress.Client.Launching;
using Stress.Client.RealStacks;
using Stress.Guests.Running;

namespace Stress.Client.Commands;

/// <summary><c>stress export LIST --c|--sh</c>: an operation list as a program or script for a kernel, which does not need Stress.</summary>
public static class ExportCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var file = new Argument<string>("LIST") { Description = "The operation list; - is standard input." };
        var c = new Option<bool>("--c") { Description = "As one C file, C99 without dependencies." };
        var shell = new Option<bool>("--sh") { Description = "As a script for sh, with ip (iproute2) and perl." };
        var output = new Option<string?>("--out") { Description = "Where to write it (default: standard output)." };
        var command = new Command("export", "Write an operation list as a program or script that repeats it on any kernel, without Stress.") { file, c, shell, output };
        command.SetAction(line => Execute(terminal, line.GetValue(file)!, line.GetValue(c), line.GetValue(shell), line.GetValue(output)));
        return command;
    }

    private static int Execute(Terminal terminal, string file, bool c, bool shell, string? output)
    {
        if (c == shell)
        {
            throw new UsageException("export: in which form? accepted is --c or --sh, one of them");
        }

        string list = ExecCommand.ReadText(file, terminal.In);
        GuestExec.Check(file, list);
        string program = c ? Reproducer.ToC(Path.GetFileName(file), list) : Reproducer.ToShell(Path.GetFileName(file), list);
        if (output is null)
        {
            terminal.Out.Profile.Out.Writer.Write(program);
            return ExitCodes.Ok;
        }

        Output.CheckFile("--out", output);
        var deliveries = new Deliveries(terminal);
        deliveries.Write(output, () => OutputFile.Write(output, program, terminal));
        return deliveries.Conclude(ExitCodes.Ok);
    }
}
