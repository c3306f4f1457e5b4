using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Userland.Ppp;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>
/// Our endpoint against lwIP over a line that delays, repeats, drops and reorders frames, in both roles. Both run under one clock that the test moves: a delay of
/// seconds costs no time, and a seed gives the same frames again.
/// </summary>
public class LwipLineTests
{
    private static readonly ReadOnlyMemory<byte> Name = Encoding.UTF8.GetBytes("caller"), Secret = Encoding.UTF8.GetBytes("secret");

    // Above every round trip: lwIP has no rule for a late repeat, and takes an open layer down for each.
    private static readonly VirtualTime PatientRestart = VirtualTime.FromSeconds(30);

    /// <summary>What a line does to frames, while it is bad.</summary>
    /// <param name="Delay">One way.</param>
    /// <param name="Jitter">Most that a frame is late on top: frames overtake each other.</param>
    /// <param name="DoubledPerThousand">Frames that come twice.</param>
    /// <param name="LostPerThousand">Frames that do not come.</param>
    /// <param name="Bad">How long that lasts; the delay stays.</param>
    private sealed record Line(VirtualTime Delay, VirtualTime Jitter, uint DoubledPerThousand, uint LostPerThousand, VirtualTime Bad);

    private static VirtualTime Ms(long ms) => VirtualTime.FromMilliseconds(ms);

    private static PppEndpointOptions Options(string auth, bool weCall) => new()
    {
        Name = Name,
        Secret = Secret,
        Secrets = [new PppSecret(Name, Secret)],
        Require = weCall ? PppAuthentication.None : auth switch
        {
            "pap" => PppAuthentication.Pap,
            "chap" => PppAuthentication.ChapMd5,
            _ => PppAuthentication.None,
        },
        LocalAddress = weCall ? Ipv4Address.Any : Ipv4Address.Of(10, 0, 0, 1),
        RemoteAddress = weCall ? Ipv4Address.Any : Ipv4Address.Of(10, 0, 0, 2),
    };

    private static PppEndpointOptions Patient(PppEndpointOptions options) => options with
    {
        LcpRestart = PatientRestart,
        IpcpRestart = PatientRestart,
        Ipv6cpRestart = PatientRestart,
        PapRestart = PatientRestart,
        ChapRestart = PatientRestart,
    };

    [LwipFact]
    public void At_a_round_trip_below_the_Restart_timers_both_ends_open_once_and_stay_open()
    {
        foreach (string auth in (string[])["none", "pap", "chap"])
        {
            using var far = new SteppedLwip(auth);
            foreach (bool weCall in (bool[])[true, false])
            {
                foreach (int delay in (int[])[0, 100, 700, 1400])
                {
                    OpenedOnce(far, Options(auth, weCall), weCall, delay, $"{auth}, {(weCall ? "we call" : "we answer")}, {delay} ms");
                }
            }
        }
    }

    [LwipFact]
    public void With_restart_times_above_the_round_trip_both_ends_open_once_at_delays_of_seconds()
    {
        // Up to three seconds one way: lwIP's own Restart timer is six (FSM_DEFTIMEOUT, a constant of its build).
        foreach (string auth in (string[])["none", "pap", "chap"])
        {
            using var far = new SteppedLwip(auth);
            foreach (bool weCall in (bool[])[true, false])
            {
                foreach (int delay in (int[])[1600, 2300, 2900])
                {
                    OpenedOnce(far, Patient(Options(auth, weCall)), weCall, delay, $"{auth}, {(weCall ? "we call" : "we answer")}, {delay} ms");
                }
            }
        }
    }

    [LwipFact]
    public void With_one_frame_in_a_hundred_doubled_or_lost_and_frames_that_overtake_each_other_both_ends_end_up_open_or_both_closed_with_a_reason()
    {
        const int Seeds = 40;
        int up = 0, all = 0;
        foreach (string auth in (string[])["none", "pap", "chap"])
        {
            using var far = new SteppedLwip(auth);
            for (ulong seed = 0; seed < Seeds; seed++)
            {
                bool weCall = (seed & 1) == 0;
                var line = new Line(Ms(20 + (30 * (long)seed)), Ms(seed % 3 == 0 ? 400 : 0), 10, 10, VirtualTime.FromMinutes(2));
                var pair = new Pair(far, Options(auth, weCall), weCall, line, seed);
                pair.Run(VirtualTime.FromMinutes(5));
                string story = $"seed {seed}, {auth}, {(weCall ? "we call" : "we answer")}: {pair.Story}";
                all++;
                if (pair.Ppp.IsDead)
                {
                    Assert.Contains("terminated(", story, StringComparison.Ordinal);
                    continue;
                }

                up++;
                Assert.True(pair.IsUp, story);
            }
        }

        Assert.InRange(up, all - (all / 20), all);
    }

    [LwipFact]
    public void However_bad_the_line_was_for_a_while_both_ends_agree_in_the_end_at_every_seed()
    {
        foreach (string auth in (string[])["none", "pap", "chap"])
        {
            using var far = new SteppedLwip(auth);
            for (ulong seed = 0; seed < 20; seed++)
            {
                bool weCall = (seed & 1) == 0;
                var line = new Line(Ms(50 + (20 * (long)seed)), Ms(1500), 200, 200, VirtualTime.FromSeconds(15));
                var pair = new Pair(far, Options(auth, weCall), weCall, line, seed);
                pair.Run(VirtualTime.FromMinutes(5));
                Assert.True(pair.IsUp || pair.Ppp.IsDead, $"seed {seed}, {auth}, {(weCall ? "we call" : "we answer")}: {pair.Story}");
            }
        }
    }

    private static void OpenedOnce(SteppedLwip far, PppEndpointOptions options, bool weCall, int delay, string what)
    {
        var pair = new Pair(far, options, weCall, new Line(Ms(delay), VirtualTime.Zero, 0, 0, VirtualTime.Zero), 1);
        pair.Run(VirtualTime.FromMinutes(2));
        Assert.True(pair.IsUp, $"{what}: {pair.Story}");
        Assert.True(pair.Told.Count(t => t == "lcp") == 1 && pair.Told.Count(t => t == "ipcp") == 1 && pair.Told.Count(t => t == "ipv6cp") == 1, $"{what}: {pair.Story}");
    }

    // One process of lwIP under a clock of its own, in milliseconds, which goes on from call to call.
    private sealed class SteppedLwip(string auth) : IDisposable
    {
        private readonly Process _process = Lwip.Start("stepped", auth);

        public long Now { get; private set; }

        public bool IsDead { get; private set; }

        public bool Ip { get; private set; }

        public bool Ip6 { get; private set; }

        /// <summary>Does a step, and gives the bytes that were sent in it.</summary>
        public byte[] Step(string what)
        {
            _process.StandardInput.Write(what + "\n");
            _process.StandardInput.Flush();
            string line = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException($"lwIP ended at: {what}");
            string[] words = line.Split(' ');
            Now = long.Parse(words[0], CultureInfo.InvariantCulture);
            (IsDead, Ip, Ip6) = (words[1] == "1", words[2] == "1", words[3] == "1");
            return Convert.FromHexString(words[4]);
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }
    }

    // One call. Times are of the call, from zero.
    private sealed class Pair : IPppActions
    {
        private readonly PriorityQueue<(bool ToUs, byte[] Payload), (long At, long Number)> _flying = new();
        private readonly SteppedLwip _far;
        private readonly bool _weCall;
        private readonly Line _line;
        private readonly byte[] _buffer = new byte[4096];
        private HdlcDeframer _deframer;
        private RandomStream _random;
        private VirtualTime _now;
        private long _number;

        public Pair(SteppedLwip far, PppEndpointOptions options, bool weCall, Line line, ulong seed)
        {
            (_far, _weCall, _line) = (far, weCall, line);
            _random = new RandomStream(seed, 0, RandomPurpose.Noise);
            Ppp = new PppEndpoint(options) { Magic = (uint)_random.Next() | 1, InterfaceIdentifier = (_random.Next() & ~(2UL << 56)) | 1 };
        }

        public PppEndpoint Ppp { get; }

        public List<string> Told { get; } = [];

        public bool FarIsDead { get; private set; }

        public bool FarIp { get; private set; }

        public bool FarIp6 { get; private set; }

        public bool IsUp => Ppp.StateOf(0) == FsmState.Opened && Ppp.StateOf(1) == FsmState.Opened && Ppp.StateOf(2) == FsmState.Opened && FarIp && FarIp6 && !FarIsDead;

        public string Story =>
            $"{string.Join(' ', Told)} | {Ppp.StateOf(0)} {Ppp.StateOf(1)} {Ppp.StateOf(2)} | lwIP: dead {FarIsDead}, ip {FarIp}, ip6 {FarIp6}";

        public void Run(VirtualTime until)
        {
            long start = _far.Now;
            Collect(_far.Step(_weCall ? "listen" : "connect"));
            Ppp.Open(_now, this);
            Ppp.LowerUp(_now, this);
            while (!Ppp.IsDead || !FarIsDead)
            {
                VirtualTime next = Ppp.NextTimer < until ? Ppp.NextTimer : until;
                if (_flying.TryPeek(out _, out (long At, long) first) && first.At < next.Microseconds)
                {
                    next = new VirtualTime(first.At);
                }

                // lwIP's clock has milliseconds: the next event waits for its whole millisecond.
                long ms = (next.Microseconds + 999) / 1000;
                byte[] sent = _far.Step($"until {start + ms}");
                Note();
                _now = VirtualTime.FromMilliseconds(_far.Now - start);
                Collect(sent);
                if (FarIsDead && !Ppp.IsDead)
                {
                    // Its carrier goes with it.
                    Ppp.LowerDown(_now, this);
                }

                if (Ppp.IsDead)
                {
                    break;
                }

                if (_far.Now - start < ms)
                {
                    continue;
                }

                while (!Ppp.IsDead && _flying.TryPeek(out _, out first) && first.At <= _now.Microseconds)
                {
                    (bool toUs, byte[] payload) = _flying.Dequeue();
                    if (toUs)
                    {
                        Ppp.Input(payload, _now, this);
                    }
                    else
                    {
                        byte[] line = new byte[HdlcFraming.MaxEncodedLength(payload.Length)];
                        int length = HdlcFraming.Encode(payload, line, HdlcFraming.DefaultAsyncMap);
                        Collect(_far.Step($"input {Convert.ToHexString(line, 0, length)}"));
                        Note();
                    }
                }

                Ppp.Timeout(_now, this);
                if (_now >= until)
                {
                    break;
                }
            }

            _far.Step("free");
        }

        public void SendFrame(ReadOnlySpan<byte> frame) => Fly(toUs: false, (frame[0] == 0xFF ? frame[2..] : frame).ToArray());

        public void IpcpUp(Ipv4Address ours, Ipv4Address his) => Told.Add("ipcp");

        public void IpcpDown() => Told.Add("ipcp-down");

        public void Ipv6cpUp(ulong ours, ulong his) => Told.Add("ipv6cp");

        public void Ipv6cpDown() => Told.Add("ipv6cp-down");

        public void LinkTerminated(PppTermination reason) => Told.Add($"terminated({reason})");

        void IPppActions.LcpUp() => Told.Add("lcp");

        void IPppActions.LcpDown() => Told.Add("lcp-down");

        private void Note() => (FarIsDead, FarIp, FarIp6) = (_far.IsDead, _far.Ip, _far.Ip6);

        private void Collect(byte[] sent)
        {
            for (int at = 0; at < sent.Length;)
            {
                int length = _deframer.Input(sent.AsSpan(at), _buffer, out int consumed);
                at += consumed;
                Assert.True(length >= 0, $"lwIP sent what is no frame: {length}");
                if (length > 0)
                {
                    Fly(toUs: true, _buffer[..length]);
                }
            }
        }

        private void Fly(bool toUs, byte[] payload)
        {
            bool bad = _now < _line.Bad;
            if (bad && _random.Below(1000) < _line.LostPerThousand)
            {
                return;
            }

            for (int copies = bad && _random.Below(1000) < _line.DoubledPerThousand ? 2 : 1; copies > 0; copies--)
            {
                long late = bad && _line.Jitter > VirtualTime.Zero ? _random.Below((uint)_line.Jitter.Microseconds) : 0;
                _flying.Enqueue((toUs, payload), ((_now + _line.Delay).Microseconds + late, _number++));
            }
        }
    }
}
