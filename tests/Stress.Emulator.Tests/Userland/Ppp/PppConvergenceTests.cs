using CsCheck;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Userland.Ppp;

/// <summary>Two endpoints, and what holds whatever the line does between them.</summary>
public class PppConvergenceTests
{
    private const int MaxSteps = 20_000;

    private static readonly Gen<PppEndpointOptions> Options =
        Gen.Select(Gen.Int[0, 3], Gen.Int[0, 3], Gen.Bool, Gen.Bool, Gen.UShort, Gen.Bool).Select((require, allow, compress, magic, mru, known) => new PppEndpointOptions
        {
            Require = (PppAuthentication)require,
            Allow = (PppAuthentication)allow,
            ProtocolCompression = compress,
            AddressControlCompression = compress,
            MagicNumber = magic,
            Mru = (ushort)(mru % 1400 + 100),
            Name = PppEnd.Utf8(known ? "peer" : "stranger"),
            Secret = PppEnd.Utf8("secret"),
            Secrets = [new PppSecret(PppEnd.Utf8("peer"), PppEnd.Utf8("secret"))],
        });

    private static readonly Gen<(PppEndpointOptions, PppEndpointOptions, ulong)> Pairs = Gen.Select(Options, Options, Gen.ULong);

    [Fact]
    public void Over_a_good_line_a_pair_opens_everything_unless_authentication_forbids_it() => Pairs.Sample(pair =>
    {
        (PppEnd a, PppEnd b) = Connect(pair.Item1, pair.Item2);
        Run(a, b, pair.Item3, lossPerThousand: 0, until: VirtualTime.FromSeconds(120));
        bool opens = Passes(pair.Item1, pair.Item2) && Passes(pair.Item2, pair.Item1);
        Assert.Equal(opens, IsUp(a) && IsUp(b));
        Assert.Equal(opens, !a.Ppp.IsDead && !b.Ppp.IsDead);
        if (!opens)
        {
            Assert.Contains(PppTermination.AuthenticationFailed.ToString(), a.Story + b.Story);
        }
    });

    [Fact]
    public void Over_a_lossy_line_every_pair_opens_or_gives_up_within_bounded_steps() => Gen.Select(Pairs, Gen.Int[1, 900]).Sample((pair, loss) =>
    {
        (PppEnd a, PppEnd b) = Connect(pair.Item1, pair.Item2);
        int steps = Run(a, b, pair.Item3, loss, until: VirtualTime.FromMinutes(30));
        Assert.True(steps < MaxSteps, $"{steps} steps");

        // After the losses the line is good: what is not open then is over.
        Run(a, b, pair.Item3, 0, until: VirtualTime.FromMinutes(60));
        Assert.Equal(a.Ppp.IsDead, !IsOpen(a));
        Assert.Equal(b.Ppp.IsDead, !IsOpen(b));
        a.Ppp.LowerDown(a.Now, a);
        b.Ppp.LowerDown(b.Now, b);
        Assert.Equal(Count(a, "ipcp("), Count(a, "ipcp-down"));
        Assert.Equal(Count(a, "ipv6cp("), Count(a, "ipv6cp-down"));
        Assert.Equal(Count(b, "lcp"), Count(b, "lcp-down"));
        Assert.Equal(1, Count(a, "terminated("));
        Assert.Equal(1, Count(b, "terminated("));
    });

    [Fact]
    public void Any_bytes_at_all_leave_an_endpoint_bounded_and_able_to_close() => Gen.Select(Options, Gen.Byte.Array[0, 1600].Array[0, 40], Gen.Int[0, 7]).Sample((options, frames, head) =>
    {
        PppEnd end = new PppEnd(options).Start();
        foreach (byte[] frame in frames)
        {
            Head(frame, head);
            end.Ppp.Input(frame, end.Now, end);
            Assert.True(end.Sent.Count <= 4, $"{end.Sent.Count} frames for one");
            foreach (byte[] sent in end.Sent)
            {
                Assert.InRange(sent.Length, 6, PppEndpoint.MaxFrame);
            }

            end.Sent.Clear();
        }

        end.Ppp.Close(end.Now, end);
        for (int i = 0; i < 100 && !end.Ppp.IsDead; i++)
        {
            end.Wait();
        }

        Assert.True(end.Ppp.IsDead);
    });

    [Fact]
    public void A_peer_that_naks_for_ever_is_given_up_after_a_known_number_of_packets()
    {
        PppEnd end = new PppEnd(new PppEndpointOptions()).Start();
        for (int frames = 0; !end.Ppp.IsDead; frames++)
        {
            Assert.True(frames <= PppEndpoint.MaxConfigurePackets);
            byte id = end.Sent.Last()[3];
            end.Sent.Clear();
            end.Ppp.Input([0xC0, 0x21, 3, id, 0, 8, 1, 4, 5, 0xDC], end.Now, end);
        }

        Assert.Equal(1, end.Ppp.Counters.EndlessNegotiations);
        Assert.EndsWith("terminated(NegotiationFailed)", end.Story);
    }

    // Half of the frames get a real protocol and a real code and length, so that they reach the option parsers.
    private static void Head(byte[] frame, int kind)
    {
        ReadOnlySpan<ushort> protocols = [0xC021, 0x8021, 0x8057, 0xC023, 0xC223, 0x80FD, 0x0021, 0xC021];
        if (frame.Length < 6)
        {
            return;
        }

        frame[0] = (byte)(protocols[kind] >> 8);
        frame[1] = (byte)protocols[kind];
        frame[2] = (byte)((frame[2] % 12) + 1);
        frame[4] = (byte)((frame.Length - 2) >> 8);
        frame[5] = (byte)(frame.Length - 2);
    }

    private static (PppEnd, PppEnd) Connect(PppEndpointOptions a, PppEndpointOptions b) => (
        new PppEnd(a with { LocalAddress = Ipv4Address.Any }, 0xAAAAAAAA, 0xA).Start(),
        new PppEnd(b with { LocalAddress = Ipv4Address.Of(10, 0, 0, 1), RemoteAddress = Ipv4Address.Of(10, 0, 0, 2) }, 0xBBBBBBBB, 0xB).Start());

    private static bool Passes(PppEndpointOptions judge, PppEndpointOptions peer)
    {
        PppAuthentication asked = judge.Require, both = asked & peer.Allow;
        bool known = peer.Name.Span.SequenceEqual(PppEnd.Utf8("peer").Span);
        return asked == PppAuthentication.None || (both != PppAuthentication.None && known);
    }

    private static bool IsOpen(PppEnd end) => end.Ppp.Phase == PppPhase.Running;

    private static bool IsUp(PppEnd end) =>
        end.Ppp.StateOf(PppEndpoint.Ipcp) == FsmState.Opened && end.Ppp.StateOf(PppEndpoint.Ipv6cp) == FsmState.Opened;

    private static int Count(PppEnd end, string word) =>
        end.Told.Count(told => told == word || (word.EndsWith('(') && told.StartsWith(word, StringComparison.Ordinal)));

    // Frames take a millisecond; a lost one is gone. A dead end's line is down.
    private static int Run(PppEnd a, PppEnd b, ulong seed, int lossPerThousand, VirtualTime until)
    {
        var noise = new RandomStream(seed, 0, RandomPurpose.Noise);
        for (int steps = 0; ; steps++)
        {
            if (a.Ppp.IsDead != b.Ppp.IsDead)
            {
                PppEnd alive = a.Ppp.IsDead ? b : a;
                alive.Ppp.LowerDown(alive.Now, alive);
            }

            if (steps == MaxSteps || (a.Ppp.IsDead && b.Ppp.IsDead))
            {
                return steps;
            }

            bool any = a.Sent.Count + b.Sent.Count > 0;
            if (any)
            {
                a.Now = b.Now += VirtualTime.FromMilliseconds(1);
                Pass(a, b, ref noise, lossPerThousand);
                Pass(b, a, ref noise, lossPerThousand);
            }
            else
            {
                VirtualTime next = a.Ppp.NextTimer < b.Ppp.NextTimer ? a.Ppp.NextTimer : b.Ppp.NextTimer;
                if (next > until)
                {
                    return steps;
                }

                a.Now = b.Now = next;
            }

            a.Ppp.Timeout(a.Now, a);
            b.Ppp.Timeout(b.Now, b);
        }
    }

    private static void Pass(PppEnd from, PppEnd to, ref RandomStream noise, int lossPerThousand)
    {
        if (from.Sent.TryDequeue(out byte[]? frame) && noise.Below(1000) >= lossPerThousand)
        {
            to.Ppp.Input(frame, to.Now, to);
        }
    }
}
