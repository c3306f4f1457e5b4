using System.Text;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Guests.Calendar;
using Stress.Guests.Line;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>The line between two serial ports, without any guest.</summary>
public sealed class TtyLineTests
{
    private const long Ms = 1_000_000;
    private static readonly LineOptions Clean = new()
    {
        Delay = TimeRange.Milliseconds(80, 200), TrainingFailuresPerThousand = 0, NoisePerMillionFrames = 0, DialTime = TimeRange.Seconds(25, 40),
        CarrierDetect = TimeRange.Milliseconds(100, 2000),
    };

    private readonly List<(Role Role, PortEvent Event)> _arrivals = [];

    [Fact]
    public void A_call_that_is_answered_says_CONNECT_and_raises_carrier_at_both_ends_at_the_same_time()
    {
        TtyLine line = Dialled(Clean);

        Run(line, 60_000 * Ms);

        Assert.Contains("CONNECT 33600", Text(Role.Calling));
        long called = Carrier(Role.Called), calling = Carrier(Role.Calling);
        Assert.Equal(called, calling);
        Assert.InRange(called, 25_000 * Ms, 41_000 * Ms);
        Assert.Contains(_arrivals, a => a.Role == Role.Called && a.Event.Lines.HasFlag(PortLines.Ring));
    }

    [Fact]
    public void A_modem_that_nobody_listens_to_does_not_answer()
    {
        TtyLine line = Line(Clean);
        Dtr(line, Role.Calling, 0, true);
        Type(line, Role.Calling, Ms, "ATDT5550123\r");

        Run(line, 90_000 * Ms);

        Assert.Contains("NO CARRIER", Text(Role.Calling));
        Assert.DoesNotContain(_arrivals, a => a.Role == Role.Called);
    }

    [Fact]
    public void Lowering_DTR_takes_the_carrier_away_at_both_ends_and_what_was_on_the_way_is_lost()
    {
        TtyLine line = Dialled(Clean);
        Run(line, 60_000 * Ms);
        _arrivals.Clear();

        Type(line, Role.Called, 60_000 * Ms, new string('x', 33_600));
        Dtr(line, Role.Calling, 60_001 * Ms, false);

        long near = Loss(Role.Calling), far = Loss(Role.Called);
        Assert.Equal(60_001 * Ms + (2 * line.Lookahead), near);
        Assert.InRange(far, 60_101 * Ms, 62_001 * Ms);
        Assert.DoesNotContain(_arrivals, a => a.Role == Role.Calling && a.Event.Kind == PortMessageKind.Data && a.Event.Time > near);
        Assert.Equal(1, line.Counts.HungUp);
    }

    [Fact]
    public void Bytes_arrive_in_their_order_at_the_lines_rate_and_never_before_its_delay()
    {
        TtyLine line = Dialled(Clean);
        Run(line, 60_000 * Ms);
        _arrivals.Clear();

        Type(line, Role.Calling, 60_000 * Ms, new string('a', 3_360));
        Type(line, Role.Calling, 60_000 * Ms, "b");

        long[] times = [.. _arrivals.Where(a => a.Role == Role.Called && a.Event.Kind == PortMessageKind.Data).Select(a => a.Event.Time)];
        Assert.InRange(times[0], 61_080 * Ms, 61_200 * Ms);
        Assert.True(times[1] > times[0]);
    }

    [Fact]
    public void Nothing_reaches_the_other_end_before_the_least_delay_nor_the_same_end_before_twice_of_it()
    {
        foreach (ulong seed in Enumerable.Range(1, 40).Select(n => (ulong)n))
        {
            LineOptions noisy = Clean with { TrainingFailuresPerThousand = 300, NoisePerMillionFrames = 200_000, CarrierLossEvery = VirtualTime.FromSeconds(50) };
            long now = 0, self = 0;
            Role actor = Role.Calling;
            TtyLine? line = null;
            line = new TtyLine(noisy, seed, 0, (role, e) => Assert.True(e.Time >= (role == actor ? self : now + line!.Lookahead), $"seed {seed}: {role} {e.Time} at {now}"), (_, _) => { });
            var random = new RandomStream(seed, 1, RandomPurpose.Script);
            for (int i = 0; i < 400; i++)
            {
                now += random.Below(2_000) * Ms;
                while (line.NextTimer <= now)
                {
                    (long at, Role before) = (line.NextTimer, actor);
                    (now, self, actor) = (Math.Max(at, 0), at + (2 * line.Lookahead), Role.Calling);
                    line.RunTimer();
                    actor = before;
                }

                actor = (Role)random.Below(2);
                self = now + (2 * line.Lookahead);
                if (random.Below(4) == 0)
                {
                    Dtr(line, actor, now, random.Below(3) > 0);
                }
                else
                {
                    Type(line, actor, now, random.Below(3) == 0 ? "ATDT1\r" : "~}#.x~");
                }
            }
        }
    }

    [Fact]
    public void Noise_turns_one_bit_of_a_broken_frame_and_leaves_the_flags_alone()
    {
        TtyLine line = Dialled(Clean with { NoisePerMillionFrames = 1_000_000 });
        Run(line, 60_000 * Ms);
        _arrivals.Clear();

        Type(line, Role.Calling, 60_000 * Ms, "~abcdefgh~");

        byte[] got = _arrivals.Single(a => a.Role == Role.Called).Event.Data, sent = Encoding.ASCII.GetBytes("~abcdefgh~");
        Assert.Equal(1, sent.Zip(got, (a, b) => System.Numerics.BitOperations.PopCount((uint)(a ^ b))).Sum());
        Assert.Equal([(byte)'~', (byte)'~'], [got[0], got[^1]]);
        Assert.Equal(1, line.Counts.FramesBroken);
    }

    [Theory]
    [InlineData("AT\r", "OK")]
    [InlineData("ATZ\r", "OK")]
    [InlineData("HELLO\r", "ERROR")]
    public void A_modem_in_command_mode_answers(string typed, string answer)
    {
        TtyLine line = Line(Clean);
        Dtr(line, Role.Calling, 0, true);
        Type(line, Role.Calling, Ms, typed);

        Assert.Contains(answer, Text(Role.Calling));
    }

    private TtyLine Line(LineOptions options) => new(options, 7, 0, (role, e) => _arrivals.Add((role, e)), (role, time) => _arrivals.RemoveAll(a => a.Role == role && a.Event.Kind == PortMessageKind.Data && a.Event.Time > time));

    private TtyLine Dialled(LineOptions options)
    {
        TtyLine line = Line(options);
        Dtr(line, Role.Called, 0, true);
        Dtr(line, Role.Calling, 0, true);
        Type(line, Role.Calling, Ms, "ATDT5550123\r");
        return line;
    }

    private static void Run(TtyLine line, long until)
    {
        while (line.NextTimer < until)
        {
            line.RunTimer();
        }
    }

    private static void Dtr(TtyLine line, Role role, long time, bool up) =>
        line.Input(role, new PortEvent(time, PortMessageKind.Lines, up ? PortLines.DataTerminalReady : PortLines.None, []));

    private static void Type(TtyLine line, Role role, long time, string text) => line.Input(role, new PortEvent(time, PortMessageKind.Data, PortLines.None, Encoding.ASCII.GetBytes(text)));

    private string Text(Role role) => string.Concat(_arrivals.Where(a => a.Role == role).Select(a => Encoding.ASCII.GetString(a.Event.Data)));

    private long Carrier(Role role) => _arrivals.First(a => a.Role == role && a.Event.Kind == PortMessageKind.Lines && a.Event.Lines.HasFlag(PortLines.CarrierDetect)).Event.Time;

    private long Loss(Role role) => _arrivals.First(a => a.Role == role && a.Event.Kind == PortMessageKind.Lines && !a.Event.Lines.HasFlag(PortLines.CarrierDetect)).Event.Time;
}
