using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>Two endpoints over a line that delays, repeats, loses and reorders frames.</summary>
public class PppLineTests
{
    private const int MaxFrames = 20_000, MaxSteps = 100_000;

    /// <summary>What a line does to frames.</summary>
    /// <param name="ToAnswering">Delay to the answering end.</param>
    /// <param name="ToCalling">Delay to the calling end.</param>
    /// <param name="Jitter">Most that a frame is late on top, while the line is bad: frames overtake each other.</param>
    /// <param name="DoubledPerThousand">Frames that come twice, while the line is bad.</param>
    /// <param name="LostPerThousand">Frames that do not come, while the line is bad.</param>
    /// <param name="Bad">How long the line is bad.</param>
    /// <param name="Skew">How much later the calling end starts.</param>
    private sealed record Line(VirtualTime ToAnswering, VirtualTime ToCalling, VirtualTime Jitter, uint DoubledPerThousand, uint LostPerThousand, VirtualTime Bad, VirtualTime Skew);

    private static VirtualTime Ms(long ms) => VirtualTime.FromMilliseconds(ms);

    // Thirty seconds of requests, less the longest round trip and a second.
    private static readonly VirtualTime LongestBad = VirtualTime.FromSeconds(21);

    private static readonly PppSecret Secret = new(PppEnd.Utf8("peer"), PppEnd.Utf8("secret"));

    private static readonly Gen<PppEndpointOptions> Ends =
        Gen.Select(Gen.Int[0, 3], Gen.Bool, Gen.Bool, Gen.Long[1000, 6000], Gen.Int[5, 20], Gen.Int[1, 10]).Select((require, magic, mru, restart, configure, failure) => new PppEndpointOptions
        {
            Require = (PppAuthentication)require,
            MagicNumber = magic,
            Mru = mru ? (ushort)576 : (ushort)1500,
            LcpRestart = Ms(restart),
            LcpMaxConfigure = configure,
            IpcpMaxFailure = failure,
            Name = Secret.Name,
            Secret = Secret.Secret,
            Secrets = [Secret],
        });

    private static readonly Gen<Line> Lines = Gen.Select(Gen.Long[1, 4000], Gen.Long[1, 4000], Gen.Long[0, 3000], Gen.UInt[0, 400], Gen.UInt[0, 400], Gen.Frequency((3, Gen.Long[0, 20]), (1, Gen.Long[21, 120])), Gen.Long[0, 10_000])
        .Select((a, b, jitter, doubled, lost, bad, skew) => new Line(Ms(a), Ms(b), Ms(jitter), doubled, lost, VirtualTime.FromSeconds(bad), Ms(skew)));

    [Fact]
    public void Whatever_the_line_does_for_a_while_both_ends_are_then_open_in_the_same_protocols_or_both_are_closed_with_a_reason() =>
        Gen.Select(Ends, Ends, Lines, Gen.ULong).Sample((a, b, line, seed) =>
        {
            Pair pair = new Pair(a, b, line, seed).Run(until: VirtualTime.FromMinutes(30));
            Assert.True(pair.Frames < MaxFrames, $"{pair.Frames} frames: it never ends");
            pair.IsSettled();
        }, iter: 400);

    [Theory]
    [InlineData(100)]
    [InlineData(800)]
    [InlineData(1400)]
    [InlineData(1600)]
    [InlineData(2000)]
    [InlineData(3000)]
    [InlineData(4000)]
    public void At_any_delay_up_to_four_seconds_both_ends_open_once_and_stay_open_whichever_starts_first(int delay)
    {
        foreach (PppAuthentication require in (PppAuthentication[])[PppAuthentication.None, PppAuthentication.Pap, PppAuthentication.ChapMd5])
        {
            for (int skew = 0; skew <= 4000; skew += 200)
            {
                var options = new PppEndpointOptions { Name = Secret.Name, Secret = Secret.Secret, Secrets = [Secret] };
                var line = new Line(Ms(delay), Ms(delay), VirtualTime.Zero, 0, 0, VirtualTime.Zero, Ms(skew));
                Pair pair = new Pair(options with { Require = require }, options, line, 1).Run(until: VirtualTime.FromMinutes(10));
                Assert.True(pair.IsUp, $"{require}, {skew} ms: {pair.Answering.Story} | {pair.Calling.Story}");
                Assert.Equal((1, 1), (pair.Answering.Told.Count(t => t == "lcp"), pair.Calling.Told.Count(t => t == "lcp")));
                Assert.Equal((1, 1), (pair.Answering.Told.Count(t => t.StartsWith("ipcp(", StringComparison.Ordinal)), pair.Calling.Told.Count(t => t.StartsWith("ipcp(", StringComparison.Ordinal))));
            }
        }
    }

    [Theory]
    [InlineData(10u, 0u)]
    [InlineData(0u, 10u)]
    [InlineData(10u, 10u)]
    public void With_one_frame_in_a_hundred_doubled_or_lost_every_pair_opens_at_any_delay(uint doubled, uint lost)
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            var options = new PppEndpointOptions { Name = Secret.Name, Secret = Secret.Secret, Secrets = [Secret] };
            VirtualTime delay = Ms(100 + ((long)seed * 39 / 2));
            var line = new Line(delay, delay, VirtualTime.Zero, doubled, lost, VirtualTime.FromMinutes(10), VirtualTime.Zero);
            Pair pair = new Pair(options with { Require = (PppAuthentication)(seed % 3) }, options, line, seed).Run(until: VirtualTime.FromMinutes(10));
            Assert.True(pair.IsUp, $"seed {seed}: {pair.Answering.Story} | {pair.Calling.Story}");
        }
    }

    private sealed class Pair
    {
        private readonly PriorityQueue<(bool ToCalling, byte[] Frame), (long At, long Number)> _flying = new();
        private readonly Line _line;
        private RandomStream _random;
        private VirtualTime _now;
        private bool _started;

        public Pair(PppEndpointOptions answering, PppEndpointOptions calling, Line line, ulong seed)
        {
            _line = line;
            _random = new RandomStream(seed, 0, RandomPurpose.Noise);
            Answering = new PppEnd(answering with { LocalAddress = Ipv4Address.Of(10, 0, 0, 1), RemoteAddress = Ipv4Address.Of(10, 0, 0, 2) }, 0xAAAAAAAA, 0xA);
            Calling = new PppEnd(calling with { LocalAddress = Ipv4Address.Any }, 0xBBBBBBBB, 0xB);
        }

        public PppEnd Answering { get; }

        public PppEnd Calling { get; }

        public int Frames { get; private set; }

        public bool IsUp => new[] { Answering, Calling }.All(e => e.Ppp.StateOf(0) == FsmState.Opened && e.Ppp.StateOf(1) == FsmState.Opened && e.Ppp.StateOf(2) == FsmState.Opened);

        public void IsSettled()
        {
            string story = $"{Answering.Story} | {Calling.Story}";
            Assert.True(Answering.Ppp.IsDead == Calling.Ppp.IsDead, story);
            if (Answering.Ppp.IsDead)
            {
                Assert.Contains("terminated(", Answering.Told[^1], StringComparison.Ordinal);
                Assert.Contains("terminated(", Calling.Told[^1], StringComparison.Ordinal);
                Assert.Equal((1, 1), (Answering.Told.Count(t => t.StartsWith("terminated", StringComparison.Ordinal)), Calling.Told.Count(t => t.StartsWith("terminated", StringComparison.Ordinal))));
                return;
            }

            Assert.True(Answering.Ppp.Phase == PppPhase.Running && Calling.Ppp.Phase == PppPhase.Running, story);
            for (int layer = 0; layer < 3; layer++)
            {
                // On a line that is bad for longer than all of a network protocol's requests last, one end may have given it up after the other had its Ack, or closed it
                // after a refused address while each of its Terminate-Requests was lost (RFC 1661, TO- in Req-Sent and in Closing).
                FsmState here = Answering.Ppp.StateOf(layer), there = Calling.Ppp.StateOf(layer);
                bool givenUp = layer > 0 && _line.Bad > LongestBad && (here == FsmState.Opened ? there : here) is FsmState.Stopped or FsmState.Closed;
                Assert.True((here == FsmState.Opened) == (there == FsmState.Opened) || givenUp, $"layer {layer}: {here} and {there}: {story}");
            }
        }

        public Pair Run(VirtualTime until)
        {
            Answering.Start();
            for (int steps = 0; steps < MaxSteps; steps++)
            {
                Collect(Answering, toCalling: true);
                Collect(Calling, toCalling: false);
                if (_started && Answering.Ppp.IsDead != Calling.Ppp.IsDead)
                {
                    // A dead end drops its line.
                    PppEnd alive = Answering.Ppp.IsDead ? Calling : Answering;
                    alive.Ppp.LowerDown(_now, alive);
                }

                VirtualTime other = _started ? Calling.Ppp.NextTimer : _line.Skew;
                VirtualTime next = Answering.Ppp.NextTimer < other ? Answering.Ppp.NextTimer : other;
                if (_flying.TryPeek(out _, out (long At, long) first) && first.At <= next.Microseconds)
                {
                    (bool toCalling, byte[] frame) = _flying.Dequeue();
                    Step(new VirtualTime(first.At));
                    PppEnd to = toCalling ? Calling : Answering;
                    if (to != Calling || _started)
                    {
                        to.Ppp.Input(frame, _now, to);
                    }

                    continue;
                }

                if (next > until || (_started && Answering.Ppp.IsDead && Calling.Ppp.IsDead))
                {
                    break;
                }

                Step(next);
                if (!_started && _line.Skew <= _now)
                {
                    _started = true;
                    Calling.Start();
                }

                Answering.Ppp.Timeout(_now, Answering);
                Calling.Ppp.Timeout(_now, Calling);
            }

            return this;
        }

        private void Step(VirtualTime to) => _now = Answering.Now = Calling.Now = to;

        private void Collect(PppEnd from, bool toCalling)
        {
            while (from.Sent.TryDequeue(out byte[]? frame))
            {
                bool bad = _now < _line.Bad;
                if (bad && _random.Below(1000) < _line.LostPerThousand)
                {
                    continue;
                }

                for (int copies = bad && _random.Below(1000) < _line.DoubledPerThousand ? 2 : 1; copies > 0; copies--)
                {
                    VirtualTime late = bad && _line.Jitter > VirtualTime.Zero ? new VirtualTime(_random.Below((uint)_line.Jitter.Microseconds)) : VirtualTime.Zero;
                    _flying.Enqueue((toCalling, frame), ((_now + (toCalling ? _line.ToCalling : _line.ToAnswering) + late).Microseconds, Frames++));
                }
            }
        }
    }
}
