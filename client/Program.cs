using System.Runtime.InteropServices;
using Spectre.Console;
using Stress.Client;
using Stress.Client.Screen;

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
TextWriter errors = Console.IsErrorRedirected ? Console.Error : new WrappingWriter(Console.Error, () => AnsiConsole.Profile.Width);
return await StressCommand.Run(args, new Terminal(AnsiConsole.Console, errors) { In = Console.In }, stop.Token);
