using CsCheck;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Dial.Tests;

/// <summary>Bad input from the far side: bounded memory and time, counted, never an exception. STRESS_FUZZ_SEED repeats a run, STRESS_FUZZ_INPUTS sets its length.</summary>
public class FuzzTests(ITestOutputHelper output)
{
    private static readonly ulong Seed = ulong.TryParse(Environment.GetEnvironmentVariable("STRESS_FUZZ_SEED"), out ulong seed) ? seed : (ulong)DateTime.UtcNow.Ticks;
    private static readonly int Inputs = int.TryParse(Environment.GetEnvironmentVariable("STRESS_FUZZ_INPUTS"), out int inputs) ? inputs : 5000;

    [Fact]
    public async Task Calls_end_whatever_bytes_come()
    {
        output.WriteLine($"STRESS_FUZZ_SEED={Seed} STRESS_FUZZ_INPUTS={Inputs}");
        var counters = new DialCounters();
        int calls = Inputs / 5;
        for (int n = 0; n < calls; n++)
        {
            await BadInput.CallAsync(Seed, n, LwipTests.Caller, LwipTests.Called with { Chat = ChatScript.Getty }, counters);
        }

        Assert.Equal(calls, counters.Ended);
        Assert.True(counters.BadFcs > 0 && counters.TooLong > 0 && counters.Malformed > 0 && counters.OptionsRejected > 0, $"seed {Seed}: the input never reached a parser");
        output.WriteLine($"{calls} calls: {counters.FramesIn} frames, {counters.BadFcs} bad FCS, {counters.TooLong} too long, {counters.Malformed} malformed, {counters.OptionsRejected} options rejected");
    }

    [Fact]
    public void An_endpoint_in_any_phase_and_role_takes_any_frame_and_answers_with_few()
    {
        output.WriteLine($"STRESS_FUZZ_SEED={Seed} STRESS_FUZZ_INPUTS={Inputs}");
        PppCounters sum = default;
        for (int n = 0, inputs = 0; inputs < 4 * Inputs; n++)
        {
            (PppCounters counters, int given, _) = BadInput.ToEndpoint(Seed, n);
            inputs += given;
            sum.Malformed += counters.Malformed;
            sum.OptionsNaked += counters.OptionsNaked;
            sum.OptionsRejected += counters.OptionsRejected;
            sum.ProtocolRejects += counters.ProtocolRejects;
            sum.CodeRejects += counters.CodeRejects;
        }

        Assert.True(
            sum is { Malformed: > 0, OptionsNaked: > 0, OptionsRejected: > 0, ProtocolRejects: > 0, CodeRejects: > 0 }, $"seed {Seed}: the input never reached a parser");
    }

    [Fact]
    public void The_line_s_cuts_change_no_frame()
    {
        for (int n = 0; n < Inputs / 5; n++)
        {
            BadInput.Framing(Seed, n);
        }
    }

    [Fact]
    public void Frames_of_any_bytes_have_a_description_of_bounded_length_and_the_daemons_take_them()
    {
        var counters = new DialCounters();
        var daemons = new LinkTraffic(LwipTests.Caller, 0, default, counters);
        for (int n = 0; n < Inputs; n++)
        {
            BadInput.Text(Seed, n, daemons);
        }

        Assert.True(counters.HellosHeard > 0 && counters.RipngHeard > 0 && counters.OtherPackets > 0, $"seed {Seed}: the input never reached a parser");
    }

    [Fact]
    public void A_console_of_half_sentences_makes_no_panic_beyond_its_limits()
    {
        for (int n = 0; n < Inputs / 5; n++)
        {
            BadInput.Console(Seed, n);
        }
    }

    [Fact]
    public void The_deframer_gives_a_frame_back_however_the_line_cuts_it() =>
        Gen.Select(Gen.Byte.Array[2, 300], Gen.UInt, Gen.Int[1, 7]).Sample((payload, map, step) =>
        {
            payload[0] &= 0xFE;
            if (payload[0] == 0xFE && payload[1] == 0x03)
            {
                payload[1] = 0;
            }

            byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)], buffer = new byte[400];
            int length = HdlcFraming.Encode(payload, line, map), frames = 0;
            var deframer = new HdlcDeframer();
            for (int at = 0; at < length; at += step)
            {
                ReadOnlySpan<byte> piece = line.AsSpan(at, Math.Min(step, length - at));
                while (!piece.IsEmpty)
                {
                    int n = deframer.Input(piece, buffer, out int consumed);
                    piece = piece[consumed..];
                    if (n != 0)
                    {
                        Assert.Equal(payload, buffer[..n]);
                        frames++;
                    }
                }
            }

            Assert.Equal(1, frames);
        });

    [Fact]
    public void A_console_of_any_bytes_makes_no_panic_longer_than_its_limits() => Gen.Byte.Array[0, 20_000].Sample(bytes =>
    {
        ConsoleWatch watch = ConsoleWatch.Of("file:/dev/null", TimeProvider.System);
        watch.Input(bytes);
        watch.Input("\npanic: x\n"u8);
        watch.Input(bytes);
        watch.CompletePending();
        Assert.All(watch.Panics, panic => Assert.InRange(panic.Stack.Count, 0, 33));
        Assert.NotEmpty(watch.Panics);
    });

    [Fact]
    public void A_chat_takes_any_bytes_and_ends_at_its_limit()
    {
        var chat = new Chat(ChatScript.Login("a", "b"), VirtualTime.Zero);
        byte[] noise = new byte[4096];
        Array.Fill(noise, (byte)'o');
        int pieces = 0;
        while (chat.State == ChatState.Waiting)
        {
            chat.Input(noise, VirtualTime.Zero);
            Assert.True(++pieces <= (Chat.MaxBytes / noise.Length) + 1);
        }

        Assert.Equal(ChatState.Flooded, chat.State);
    }
}
