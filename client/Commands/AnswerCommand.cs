using System.CommandLine;
using Stress.Client.Dialling;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Client.Commands;

/// <summary><c>stress answer LISTEN</c>: the emulated answering system takes the calls of a real one (docs/dial.md).</summary>
public static class AnswerCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var listen = new Argument<string>("LISTEN") { Description = "Where calls come in: tcp://HOST:PORT, or pty:PATH for a new pty with that name." };
        var scenario = new Option<string?>("--scenario") { Description = "Take programme, pppd and daemon options of the called system from this scenario." };
        Option<int?> lines = Numbers.Option("--lines", 1, DialNumbers.MaxLines, "Calls answered at once (default: 1).");
        Option<int?> calls = Numbers.Option("--calls", 0, DialNumbers.MaxCycles, "Calls in all; 0 continues until interrupted (default: 1).");
        Option<VirtualTime?> wait = DialNumbers.Seconds("--wait", "End when no call comes for this many seconds (default: wait forever).");
        Option<TimeRange?> up = DialNumbers.Range("--up", "End a link after this many seconds, or a range such as 20-40 (default: leave that to the caller).");
        var noGetty = new Option<bool>("--no-getty") { Description = "Start PPP at once, without login and password prompts." };
        var name = new Option<string?>("--name") { Description = "The caller's name for PAP and CHAP." };
        var secret = new Option<string?>("--secret") { Description = "The caller's secret." };
        Option<PppAuthentication?> require = DialNumbers.Authentication("--require", "Make the caller authenticate itself: none, pap, chap, any (default: the scenario's, else none).");
        var address = new Option<string?>("--address") { Description = "Our IPv4 address (default: 10.0.n.1; the caller gets 10.0.n.2)." };
        var command = new Command("answer", "Answer calls from a real system.")
        {
            listen, scenario, lines, calls, wait, up, noGetty, name, secret, require, address,
        };
        var shared = new RealCallOptions();
        shared.AddTo(command);
        command.SetAction((line, stop) => shared.Read(
            terminal,
            line,
            new DialSettings
            {
                Calling = false,
                Target = line.GetValue(listen)!,
                Scenario = line.GetValue(scenario),
                Lines = line.GetValue(lines),
                Cycles = line.GetValue(calls),
                Wait = line.GetValue(wait),
                Up = line.GetValue(up),
                NoGetty = line.GetValue(noGetty),
                Name = line.GetValue(name),
                Secret = line.GetValue(secret),
                Require = line.GetValue(require),
                Address = line.GetValue(address),
            }).ExecuteAsync(stop));
        return command;
    }
}
