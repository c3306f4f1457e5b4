using System.Runtime.InteropServices;
using Spectre.Console;
using Stress.Client;

// The first Ctrl-C (or SIGTERM) asks the command to stop and to write what it has; the second ends the process at once.
using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext signal)
{
    if (!stop.IsCancellationRequested)
    {
        signal.Cancel = true;
        stop.Cancel();
    }
}

using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
return await StressCommand.Run(args, new Terminal(AnsiConsole.Console, Console.Error) { In = Console.In }, stop.Token);
