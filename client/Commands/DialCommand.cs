using System.CommandLine;
using Stress.Client.Dialling;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Client.Commands;

/// <summary><c>stress dial TARGET</c>: the emulated calling system repeatedly calls a real one, and reports what crashed there (docs/dial.md).</summary>
public static class DialCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var target = new Argument<string>("TARGET") { Description = $"The line to the real system: {LineTarget.Accepted}; {{n}} is the line's number." };
        var scenario = new Option<string?>("--scenario") { Description = "Take programme, pppd and daemon options of the calling system from this scenario." };
        Option<int?> lines = Numbers.Option("--lines", 1, DialNumbers.MaxLines, "Lines at once (default: 1).");
        Option<int?> cycles = Numbers.Option("--cycles", 0, DialNumbers.MaxCycles, "Calls on each line; 0 continues until interrupted (default: 1).");
        Option<TimeRange?> up = DialNumbers.Range("--up", "Seconds that a link stays up, or a range such as 20-40 (default: the scenario's, else 60).");
        Option<VirtualTime?> holdoff = DialNumbers.Seconds("--holdoff", "Seconds between a call's end and the redial (default: the scenario's, else 60).");
        var login = new Option<string?>("--login") { Description = "Answer a login prompt with this name." };
        var password = new Option<string?>("--password") { Description = "Answer a password prompt with this." };
        var chat = new Option<string?>("--chat") { Description = "A chat script instead of the login: expect and send words, as for chat(8)." };
        var chatFile = new Option<string?>("--chat-file") { Description = "A file with a chat script instead of the login, as for chat -f." };
        var name = new Option<string?>("--name") { Description = "Name for PAP and CHAP (default: the login's)." };
        var secret = new Option<string?>("--secret") { Description = "Secret for PAP and CHAP (default: the login's password)." };
        Option<PppAuthentication?> require = DialNumbers.Authentication("--require", "Make the far side authenticate itself: none, pap, chap, any (default: the scenario's, else none).");
        var address = new Option<string?>("--address") { Description = "Our IPv4 address, or ask (default: the scenario's addressing, else ask)." };
        var command = new Command("dial", "Call a real system, again and again.")
        {
            target, scenario, lines, cycles, up, holdoff, login, password, chat, chatFile, name, secret, require, address,
        };
        var shared = new RealCallOptions();
        shared.AddTo(command);
        command.SetAction((line, stop) => shared.Read(
            terminal,
            line,
            new DialSettings
            {
                Calling = true,
                Target = line.GetValue(target)!,
                Scenario = line.GetValue(scenario),
                Lines = line.GetValue(lines),
                Cycles = line.GetValue(cycles),
                Up = line.GetValue(up),
                Holdoff = line.GetValue(holdoff),
                Login = line.GetValue(login),
                Password = line.GetValue(password),
                Chat = line.GetValue(chat),
                ChatFile = line.GetValue(chatFile),
                Name = line.GetValue(name),
                Secret = line.GetValue(secret),
                Require = line.GetValue(require),
                Address = line.GetValue(address),
            }).ExecuteAsync(stop));
        return command;
    }
}
