using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Stress.Dial.Calls;
using Stress.Dial.Tests;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench fuzz</c>: millions of bad inputs from a far side, over framing, every option parser in every phase and role, texts, the console and whole calls. What
/// must hold, and how inputs are made, is <c>tests/Stress.Dial.Tests/BadInput.cs</c>: the tests run thousands of the same.
/// </summary>
public static class FuzzCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var inputs = new Option<long>("--inputs") { Description = "Inputs to the option parsers; the other parts are in proportion.", DefaultValueFactory = _ => 4_000_000 };
        var seed = new Option<ulong?>("--seed") { Description = "Seed of every input (default: from the clock)." };
        var command = new Command("fuzz", "Bad input from a far side: framing, option parsers, texts, the console, whole calls.") { inputs, seed };
        command.SetAction((line, stop) => RunAsync(line.GetValue(inputs), line.GetValue(seed) ?? (ulong)DateTime.UtcNow.Ticks, stop));
        return command;
    }

    private static async Task<int> RunAsync(long inputs, ulong seed, CancellationToken stop)
    {
        Console.WriteLine($"seed {seed} (repeat with --inputs {inputs} --seed {seed})");
        try
        {
            PppCounters sum = default;
            long given = 0, answers = 0;
            Part("option parsers", inputs, stop, n =>
            {
                (PppCounters counters, int frames, int sent) = BadInput.ToEndpoint(seed, n);
                given += frames;
                answers += sent;
                sum.Malformed += counters.Malformed;
                sum.OutOfPhase += counters.OutOfPhase;
                sum.OptionsNaked += counters.OptionsNaked;
                sum.OptionsRejected += counters.OptionsRejected;
                sum.ProtocolRejects += counters.ProtocolRejects;
                sum.CodeRejects += counters.CodeRejects;
                sum.EndlessNegotiations += counters.EndlessNegotiations;
                return frames;
            });
            Console.WriteLine($"  {answers} answers, {sum.Malformed} malformed, {sum.OutOfPhase} out of phase, {sum.OptionsNaked} options naked, {sum.OptionsRejected} rejected, {sum.ProtocolRejects} Protocol-Rejects, {sum.CodeRejects} Code-Rejects, {sum.EndlessNegotiations} endless negotiations");

            long framed = 0, discarded = 0;
            Part("framing", inputs / 10, stop, n =>
            {
                (int frames, int bad) = BadInput.Framing(seed, n);
                framed += frames;
                discarded += bad;
                return frames + bad;
            });
            Console.WriteLine($"  {framed} frames, {discarded} discarded, each cut in two ways");

            var counters = new DialCounters();
            var daemons = new LinkTraffic(new CallOptions(), 0, default, counters);
            Part("texts and packets", inputs / 4, stop, n =>
            {
                BadInput.Text(seed, n, daemons);
                return 1;
            });
            Console.WriteLine($"  {counters.HellosHeard} Hellos, {counters.RipngHeard} RIPng messages, {counters.OtherPackets} neither");

            long panics = 0;
            Part("console", inputs / 100, stop, n =>
            {
                panics += BadInput.Console(seed, n);
                return 1;
            });
            Console.WriteLine($"  {panics} panics told");

            var calls = new DialCounters();
            var caller = new CallOptions();
            CallOptions called = caller with { Calling = false, Chat = ChatScript.Getty };
            long start = Stopwatch.GetTimestamp(), wanted = Math.Max(1, inputs / 400);
            for (long n = 0; n < wanted && !stop.IsCancellationRequested; n++)
            {
                await BadInput.CallAsync(seed, n, caller, called, calls);
            }

            Told("whole calls", calls.Calls, Stopwatch.GetElapsedTime(start));
            Console.WriteLine($"  {calls.FramesIn} frames, {calls.BadFcs} bad FCS, {calls.TooLong} too long, {calls.Runts} runts, {calls.Malformed} malformed, {calls.OptionsRejected} options rejected; peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
            return stop.IsCancellationRequested ? 130 : 0;
        }
        catch (InvalidOperationException e)
        {
            Console.Error.WriteLine($"fuzz: {e.Message}");
            return 1;
        }
    }

    private static void Part(string name, long inputs, CancellationToken stop, Func<long, int> one)
    {
        long start = Stopwatch.GetTimestamp(), done = 0;
        for (long n = 0; done < inputs && !stop.IsCancellationRequested; n++)
        {
            done += one(n);
        }

        Told(name, done, Stopwatch.GetElapsedTime(start));
    }

    private static void Told(string name, long inputs, TimeSpan time) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture, $"{name,-18} {inputs,11:#,0} inputs  {time.TotalSeconds,7:0.0} s  {inputs / Math.Max(time.TotalSeconds, 0.001),11:#,0} a second"));
}
