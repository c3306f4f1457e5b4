using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Spectre.Console;
using Stress.Client;

const nint StandardOutput = 1;

// The first Ctrl-C (or SIGTERM) asks the command to stop and write what it has; the second ends the process at once.
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

// Spectre.Console detects a terminal by Console.Out itself, so the guard is placed below it.
var screen = new GuardedWriter(Console.Out);
var errors = new GuardedWriter(Console.Error);
Console.SetOut(screen);
Console.SetError(errors);
TextWriter said = Console.IsErrorRedirected ? Console.Error : new WrappingWriter(Console.Error, () => AnsiConsole.Profile.Width);
int code = await StressCommand.Run(
    args,
    new Terminal(AnsiConsole.Console, said)
    {
        In = Console.In,
        Standard = static () => new FileStream(new SafeFileHandle(StandardOutput, ownsHandle: false), FileAccess.Write, bufferSize: 1),
    },
    stop.Token);
Console.Out.Flush();
if (screen.Failure is { } failure)
{
    Console.Error.WriteLine($"stress: standard output could not be written: {Deliveries.Reason(failure)}");
    code = ExitCodes.OfNotWritten(code);
}

return code;
