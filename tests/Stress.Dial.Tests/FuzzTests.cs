using CsCheck;
using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Simulation;
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
            var random = new RandomStream(Seed, (ulong)n, RandomPurpose.Noise);
            await using var line = new ScriptedLine(Bytes(ref random));
            var log = new CallRecorder("fuzz", DateTimeOffset.UnixEpoch);
            CallOptions options = n % 3 == 0 ? LwipTests.Called with { Chat = ChatScript.Getty } : LwipTests.Caller;
            CallResult result = await new Call(line, options, (0, n), Seed, counters, log, TimeProvider.System).RunAsync(CancellationToken.None);
            Assert.True(result.HeardAnything, $"seed {Seed} call {n}");
            Assert.True(line.Written < 1 << 20, $"seed {Seed} call {n}: {line.Written} bytes for {line.Length}");
            Assert.True(log.Transcript.Length <= CallRecorder.MaxText + 4096);
        }

        Assert.Equal(calls, counters.Ended);
        Assert.True(counters.BadFcs > 0 && counters.TooLong > 0 && counters.Malformed > 0 && counters.OptionsRejected > 0, $"seed {Seed}: the input never reached a parser");
        output.WriteLine($"{calls} calls: {counters.FramesIn} frames, {counters.BadFcs} bad FCS, {counters.TooLong} too long, {counters.Malformed} malformed, {counters.OptionsRejected} options rejected");
    }

    [Fact]
    public void Frames_of_any_bytes_have_a_description_of_bounded_length()
    {
        for (int n = 0; n < Inputs; n++)
        {
            var random = new RandomStream(Seed, (ulong)n, RandomPurpose.Line);
            byte[] frame = Frame(ref random);
            string text = FrameText.Describe(frame);
            Assert.InRange(text.Length, 1, 4096);
            Assert.DoesNotContain('\n', text);
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

    // Valid frames, frames with valid heads and random bodies, broken frames, endless frames, and plain noise.
    private static byte[] Bytes(ref RandomStream random)
    {
        using var stream = new MemoryStream();
        stream.WriteByte(HdlcFraming.Flag);
        for (uint pieces = 1 + random.Below(30); pieces > 0; pieces--)
        {
            switch (random.Below(8))
            {
                case 0:
                    for (uint n = random.Below(400); n > 0; n--)
                    {
                        stream.WriteByte((byte)random.Next());
                    }

                    break;
                case 1 when random.Below(4) == 0:
                    for (int n = 0; n < 8000; n++)
                    {
                        stream.WriteByte(0x55);
                    }

                    stream.WriteByte(HdlcFraming.Flag);
                    break;
                default:
                    byte[] payload = Frame(ref random);
                    byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
                    int length = HdlcFraming.Encode(payload, line, HdlcFraming.DefaultAsyncMap);
                    if (random.Below(8) == 0)
                    {
                        line[1 + random.Below((uint)length - 2)] ^= 0x04;
                    }

                    stream.Write(line, 0, length);
                    break;
            }
        }

        return stream.ToArray();
    }

    private static byte[] Frame(ref RandomStream random)
    {
        ReadOnlySpan<ushort> protocols = [0xC021, 0xC021, 0xC021, 0x8021, 0x8057, 0xC023, 0xC223, 0x80FD, 0x0021, 0x0057, 0x1234];
        byte[] frame = new byte[6 + random.Below(random.Below(10) == 0 ? 1500u : 60u)];
        for (int i = 6; i < frame.Length; i++)
        {
            frame[i] = (byte)random.Next();
        }

        ushort protocol = protocols[(int)random.Below((uint)protocols.Length)];
        frame[0] = (byte)(protocol >> 8);
        frame[1] = (byte)protocol;
        frame[2] = (byte)(1 + random.Below(13));
        frame[3] = (byte)random.Below(4);
        int length = random.Below(10) == 0 ? (int)random.Below(2000) : frame.Length - 2;
        frame[4] = (byte)(length >> 8);
        frame[5] = (byte)length;

        // Options that add up, more often than chance would make them.
        for (int at = 6; at + 2 <= frame.Length && random.Below(20) != 0;)
        {
            int option = Math.Min((int)(2 + random.Below(9)), frame.Length - at);
            frame[at] = (byte)random.Below(10);
            frame[at + 1] = (byte)Math.Max(option, 2);
            at += Math.Max(option, 2);
        }

        return frame;
    }

    /// <summary>A line that says its bytes in small pieces and then loses carrier.</summary>
    private sealed class ScriptedLine(byte[] bytes) : ILine
    {
        private int _at;

        public int Length => bytes.Length;

        public long Written { get; private set; }

        public ValueTask<int> ReadAsync(Memory<byte> buffer)
        {
            int n = Math.Min(Math.Min(buffer.Length, 700), bytes.Length - _at);
            bytes.AsMemory(_at, n).CopyTo(buffer);
            _at += n;
            return ValueTask.FromResult(n);
        }

        public ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> sent, CancellationToken stop)
        {
            Written += sent.Length;
            return ValueTask.FromResult(true);
        }

        public void HangUp() => _at = bytes.Length;

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
