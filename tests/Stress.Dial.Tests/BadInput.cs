using Stress.Dial.Calls;
using Stress.Dial.Far;
using Stress.Dial.Lines;
using Stress.Dial.Recording;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;

namespace Stress.Dial.Tests;

/// <summary>
/// Everything that a far side may send, from a seed, and what must hold in every case. A breach is an <see cref="InvalidOperationException"/> that names seed and input.
/// The tests run thousands of inputs, <c>stress bench fuzz</c> millions.
/// </summary>
internal static class BadInput
{
    // One input may be answered by a reply, a Reject of each kind, and what a changed state sends: the layers' Requests, or a Challenge.
    private const int MostAnswers = 8, FramesAnEndpoint = 64;

    private static readonly ReadOnlyMemory<byte> Name = "caller"u8.ToArray(), Secret = "secret"u8.ToArray();

    /// <summary>One frame to an endpoint in one of its phases and roles, through every option parser.</summary>
    /// <param name="seed">The run's seed.</param>
    /// <param name="n">Number of the batch of 64 inputs.</param>
    /// <returns>What the endpoint counted, and how many inputs it was given.</returns>
    public static (PppCounters Counters, int Inputs, int Answers) ToEndpoint(ulong seed, long n)
    {
        var random = new RandomStream(seed, (ulong)n, RandomPurpose.Operations);
        PppAuthentication require = (PppAuthentication)random.Below(4), allow = (PppAuthentication)random.Below(4);
        var peer = new WiredEndpoint(new PppEndpointOptions { Name = Name, Secret = Secret }, seed, 1) { Describes = false };
        var tried = new WiredEndpoint(
            new PppEndpointOptions
            {
                LocalAddress = random.Below(2) == 0 ? Ipv4Address.Any : Ipv4Address.Of(10, 0, 0, 1),
                RemoteAddress = random.Below(2) == 0 ? Ipv4Address.Any : Ipv4Address.Of(10, 0, 0, 2),
                Name = Name,
                Secret = Secret,
                Secrets = [new PppSecret(Name, Secret)],
                Require = require,
                Allow = allow,
                AlwaysAskMru = random.Below(2) == 0,
                EchoInterval = random.Below(2) == 0 ? VirtualTime.Zero : VirtualTime.FromSeconds(5),
            },
            seed,
            (ulong)n)
        { Describes = false };
        tried.Start();
        peer.Start();

        // From nothing exchanged to everything open.
        for (uint steps = random.Below(40); steps > 0 && (tried.Pass(peer) | peer.Pass(tried)); steps--)
        {
        }

        int answers = 0;
        for (int i = 0; i < FramesAnEndpoint; i++)
        {
            if (tried.Ppp.IsDead)
            {
                tried.Start();
            }

            int before = tried.Sent;
            byte[] frame = Frame(ref random);
            tried.Ppp.Input(frame, tried.Now, tried);
            Hold(tried.Sent - before <= MostAnswers, seed, n, $"{tried.Sent - before} answers to input {i}: {Convert.ToHexString(frame)}");
            answers += tried.Sent - before;
            tried.Now += VirtualTime.FromMilliseconds(random.Below(4000));
            if (tried.Ppp.NextTimer <= tried.Now)
            {
                tried.Ppp.Timeout(tried.Now, tried);
            }
        }

        Hold(tried.Longest <= PppEndpoint.MaxFrame, seed, n, $"a frame of {tried.Longest} bytes");
        return (tried.Ppp.Counters, FramesAnEndpoint, answers);
    }

    /// <summary>Noise in pieces: the same frames and discards come out however the line cuts it, and a frame that goes in comes out.</summary>
    /// <returns>Frames and discards.</returns>
    public static (int Frames, int Discarded) Framing(ulong seed, long n)
    {
        var random = new RandomStream(seed, (ulong)n, RandomPurpose.Noise);
        byte[] bytes = Bytes(ref random);
        uint map = random.Below(2) == 0 ? 0 : (uint)random.Next();
        List<(int, ulong)> whole = Deframe(bytes, map, bytes.Length), cut = Deframe(bytes, map, 1 + (int)random.Below(97));
        Hold(whole.SequenceEqual(cut), seed, n, "the cuts change the frames");
        return (whole.Count(f => f.Item1 > 0), whole.Count(f => f.Item1 < 0));
    }

    /// <summary>A frame as text, and as a packet to the daemons.</summary>
    public static void Text(ulong seed, long n, LinkTraffic daemons)
    {
        var random = new RandomStream(seed, (ulong)n, RandomPurpose.Line);
        byte[] frame = random.Below(4) == 0 ? Frame(ref random) : Packet(ref random);
        string text = FrameText.Describe(frame);
        Hold(text.Length is >= 1 and <= 4096 && !text.Contains('\n'), seed, n, $"a description of {text.Length} characters");
        daemons.Heard((PppProtocol)((frame[0] << 8) | frame[1]), frame.AsSpan(2), VirtualTime.Zero);
    }

    /// <summary>A console's bytes: half sentences, noise and endless lines.</summary>
    /// <returns>Panics told.</returns>
    public static int Console(ulong seed, long n)
    {
        var random = new RandomStream(seed, (ulong)n, RandomPurpose.Script);
        string[] words =
        [
            "panic: ", "Fatal trap 12: page fault while in kernel mode", "uvm_fault(0x1, 0x2, 0, 1) -> e", "BUG: KASAN: use-after-free in f+0x1", "Stopped at ", "RIP: 0010:f+0x",
            "f(1,2) at netbsd:f+0x1", "#0 0xffff at f+0x1", "Linux version ", "NetBSD 9", "db{0}> ", "login: ", "[    1.0] ", "\n", "\n", "\r\n",
        ];
        ConsoleWatch watch = ConsoleWatch.Of("file:/dev/null", TimeProvider.System);
        for (uint pieces = random.Below(60); pieces > 0; pieces--)
        {
            switch (random.Below(4))
            {
                case 0:
                    byte[] noise = new byte[random.Below(random.Below(8) == 0 ? 5000u : 40u)];
                    Fill(ref random, noise);
                    watch.Input(noise);
                    break;
                default:
                    watch.Input(System.Text.Encoding.ASCII.GetBytes(words[random.Below((uint)words.Length)]));
                    break;
            }
        }

        watch.CompletePending();
        Hold(watch.Panics.All(p => p.Stack.Count <= 33 && p.Title.Length <= 4096 && p.Text.Length <= PanicDetector.MaxLineLength), seed, n, "a panic beyond its limits");
        return watch.Panics.Count;
    }

    /// <summary>A whole call of one of the roles, with whatever the far side says.</summary>
    public static async Task CallAsync(ulong seed, long n, CallOptions caller, CallOptions called, DialCounters counters)
    {
        var random = new RandomStream(seed, (ulong)n, RandomPurpose.Noise);
        await using var line = new ScriptedLine(Bytes(ref random));
        var log = new CallRecorder("fuzz", DateTimeOffset.UnixEpoch);
        CallResult result = await new Call(line, n % 3 == 0 ? called : caller, (0, n), seed, counters, log, TimeProvider.System).RunAsync(CancellationToken.None);
        Hold(result.HeardAnything, seed, n, "nothing was heard");
        Hold(line.Written < 1 << 20, seed, n, $"{line.Written} bytes for {line.Length}");
        Hold(log.Transcript.Length <= CallRecorder.MaxText + 4096, seed, n, $"a transcript of {log.Transcript.Length} characters");
    }

    private static void Hold(bool holds, ulong seed, long n, string what)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"seed {seed} input {n}: {what}");
        }
    }

    private static List<(int Length, ulong Hash)> Deframe(byte[] bytes, uint map, int step)
    {
        byte[] buffer = new byte[3072];
        var deframer = new HdlcDeframer { ReceiveAsyncMap = map };
        List<(int, ulong)> frames = [];
        for (int at = 0; at < bytes.Length; at += step)
        {
            ReadOnlySpan<byte> piece = bytes.AsSpan(at, Math.Min(step, bytes.Length - at));
            while (!piece.IsEmpty)
            {
                int n = deframer.Input(piece, buffer, out int consumed);
                piece = piece[consumed..];
                if (n != 0)
                {
                    ulong hash = 14695981039346656037;
                    foreach (byte b in buffer.AsSpan(0, Math.Max(n, 0)))
                    {
                        hash = (hash ^ b) * 1099511628211;
                    }

                    frames.Add((n, hash));
                }
            }
        }

        return frames;
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
                    byte[] noise = new byte[random.Below(400)];
                    Fill(ref random, noise);
                    stream.Write(noise);
                    break;
                case 1 when random.Below(4) == 0:
                    byte[] endless = new byte[8000];
                    Array.Fill(endless, (byte)0x55);
                    stream.Write(endless);
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
        ReadOnlySpan<ushort> protocols = [0xC021, 0xC021, 0xC021, 0x8021, 0x8021, 0x8057, 0x8057, 0xC023, 0xC223, 0x80FD, 0x0021, 0x0057, 0x1234];
        byte[] frame = new byte[6 + random.Below(random.Below(10) == 0 ? 1500u : 60u)];
        Fill(ref random, frame.AsSpan(6));
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

    // A good OSPF or RIPng packet with some of its bytes changed: past the first check, into the parsers behind it.
    private static byte[] Packet(ref RandomStream random)
    {
        var traffic = new LinkTraffic(new CallOptions(), 0, random, new DialCounters());
        bool v4 = random.Below(2) == 0;
        if (v4)
        {
            traffic.Ipv4Up(Ipv4Address.Of(10, 0, 0, 1), VirtualTime.Zero);
        }
        else
        {
            traffic.Ipv6Up(1, VirtualTime.Zero);
        }

        traffic.TakeDue(VirtualTime.FromSeconds(1), out PppProtocol protocol, out ReadOnlySpan<byte> packet);
        byte[] frame = [(byte)((ushort)protocol >> 8), (byte)protocol, .. packet];
        for (uint changes = random.Below(4); changes > 0; changes--)
        {
            frame[2 + random.Below((uint)frame.Length - 2)] = (byte)random.Next();
        }

        return random.Below(4) == 0 ? frame[..(2 + (int)random.Below((uint)frame.Length - 1))] : frame;
    }

    private static void Fill(ref RandomStream random, Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)random.Next();
        }
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
