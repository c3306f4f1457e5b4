using System.CommandLine;
using Stress.Client.Running;

namespace Stress.Client.Commands;

/// <summary><c>stress answer LISTEN</c>: the emulated answering system takes the calls of a real one (docs/dial.md).</summary>
public static class AnswerCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var listen = new Argument<string>("LISTEN") { Description = "Where calls come in: tcp://HOST:PORT, or pty:PATH for a new pty with that name." };
        var scenario = new Option<string?>("--scenario") { Description = "Take programme, pppd and daemon options of the called system from this scenario." };
        var lines = new Option<string?>("--lines") { Description = "Calls answered at once (default: 1)." };
        var calls = new Option<string?>("--calls") { Description = "Calls in all; 0 goes on until interrupted (default: 1)." };
        var wait = new Option<string?>("--wait") { Description = "End when no call comes for this many seconds (default: wait for ever)." };
        var up = new Option<string?>("--up") { Description = "End a link after this many seconds, or a range such as 20-40 (default: leave that to the caller)." };
        var end = new Option<string?>("--end") { Description = "How links are ended, in turn: hup, carrier, silence, with commas (default: the scenario's, else hup)." };
        var silence = new Option<string?>("--silence") { Description = "Seconds that a silent end stays silent (default: 30)." };
        var establish = new Option<string?>("--establish") { Description = "Seconds in which PPP must be up after the login (default: 90)." };
        var noGetty = new Option<bool>("--no-getty") { Description = "Start PPP at once, without login and password prompts." };
        var name = new Option<string?>("--name") { Description = "The caller's name for PAP and CHAP." };
        var secret = new Option<string?>("--secret") { Description = "The caller's secret." };
        var require = new Option<string?>("--require") { Description = "Make the caller authenticate itself: none, pap, chap, any (default: the scenario's, else none)." };
        var address = new Option<string?>("--address") { Description = "Our IPv4 address (default: 10.0.n.1; the caller gets 10.0.n.2)." };
        var noIpv6 = new Option<bool>("--no-ipv6") { Description = "Do not negotiate IPV6CP." };
        var console = new Option<string?>("--console") { Description = "Watch the far system's console for panics: tcp://HOST:PORT, file:PATH, pty:PATH or exec:COMMAND." };
        var settle = new Option<string?>("--settle") { Description = "Seconds that the console is watched after the last call (default: 5)." };
        var transcript = new Option<string?>("--transcript") { Description = "Write a transcript and a pcapng of each call into this folder." };
        var maxCrash = new Option<string?>("--max-crash") { Description = "Crashes per disconnect in percent that are accepted (default: 0)." };
        var quiet = new Option<bool>("--no-progress") { Description = "Show no progress." };
        var seed = new Option<string?>("--seed") { Description = "Seed of every draw." };
        var output = new Option<string?>("--out") { Description = "Folder that gets the run's folder (default: runs)." };
        var json = new Option<string?>("--json") { Description = "Write the report to this file too." };
        var command = new Command("answer", "Take the calls of a real system.")
        {
            listen, scenario, lines, calls, wait, up, end, silence, establish, noGetty, name, secret, require, address,
            noIpv6, console, settle, transcript, maxCrash, seed, output, json, quiet,
        };
        command.SetAction((line, stop) => new DialRun(
            terminal,
            new DialSettings
            {
                Calling = false,
                Target = line.GetValue(listen)!,
                Scenario = line.GetValue(scenario),
                Lines = line.GetValue(lines),
                Cycles = line.GetValue(calls),
                Wait = line.GetValue(wait),
                Up = line.GetValue(up),
                Ends = line.GetValue(end),
                Silence = line.GetValue(silence),
                Establish = line.GetValue(establish),
                NoGetty = line.GetValue(noGetty),
                Name = line.GetValue(name),
                Secret = line.GetValue(secret),
                Require = line.GetValue(require),
                Address = line.GetValue(address),
                NoIpv6 = line.GetValue(noIpv6),
                Console = line.GetValue(console),
                Settle = line.GetValue(settle),
                Transcript = line.GetValue(transcript),
                Seed = line.GetValue(seed),
            },
            line.GetValue(maxCrash),
            line.GetValue(output),
            line.GetValue(json),
            progress: !line.GetValue(quiet),
            DialRun.Repeat(line.Tokens.Select(token => token.Value))).ExecuteAsync(stop));
        return command;
    }
}
