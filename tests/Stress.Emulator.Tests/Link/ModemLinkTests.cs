using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Xunit;

namespace Stress.Emulator.Tests.Link;

/// <summary>A telephone line between two modems: dialling, carrier, serialisation, delay, noise, and what each end is told and when (reference 8.1, 8.2).</summary>
public sealed class ModemLinkTests
{
    private static readonly LineOptions Quiet = new()
    {
        Delay = TimeRange.Milliseconds(100, 100), LoginTime = TimeRange.Seconds(4, 4), DialTime = TimeRange.Seconds(30, 30), FailedDialTime = TimeRange.Seconds(50, 50),
        CarrierDetect = TimeRange.Milliseconds(700, 700), TrainingFailuresPerThousand = 0, NoisePerMillionFrames = 0,
    };

    private static readonly byte[] Frame = [0xFF, 0x03, 0xC0, 0x21, 1, 1];

    [Fact]
    public void A_call_is_answered_after_the_dial_time_and_both_ends_hear_how_long_the_login_takes()
    {
        Line line = Dialled(Quiet);

        Assert.Equal(["30.000 connected, login 4 s"], line.Called.Heard);
        Assert.Equal(["30.000 connected, login 4 s"], line.Calling.Heard);
        Assert.Contains("calling: CONNECT 33600", line.Said);
    }

    [Fact]
    public void Without_anybody_to_answer_the_attempt_ends_after_the_time_of_a_failed_dial_and_only_the_caller_is_told()
    {
        var line = new Line(Quiet) { Called = { AnswersCalls = false } };
        line.Dial();

        Assert.Empty(line.Called.Heard);
        Assert.Equal(["50.000 failed"], line.Calling.Heard);
    }

    [Fact]
    public void Training_that_always_fails_never_gives_carrier()
    {
        Line line = Dialled(Quiet with { TrainingFailuresPerThousand = 1000 });

        Assert.Empty(line.Called.Heard);
        Assert.Equal(["50.000 failed"], line.Calling.Heard);
    }

    [Fact]
    public void Who_stops_answering_while_the_phone_rings_is_not_connected()
    {
        var line = new Line(Quiet);
        line.Link.Dial(VirtualTime.Zero);
        line.Called.AnswersCalls = false;
        line.Run();

        Assert.Empty(line.Called.Heard);
        Assert.Equal(["30.000 failed"], line.Calling.Heard);
    }

    [Fact]
    public void A_caller_whose_machine_died_while_it_dialled_is_not_connected_and_told_nothing()
    {
        var line = new Line(Quiet);
        line.Link.Dial(VirtualTime.Zero);
        line.Calling.IsUp = false;
        line.Run();

        Assert.Empty(line.Called.Heard);
        Assert.Empty(line.Calling.Heard);
    }

    [Fact]
    public void A_caller_that_drops_dtr_while_it_dials_gives_the_attempt_up()
    {
        var line = new Line(Quiet);
        line.Link.Dial(VirtualTime.Zero);
        line.Link.DropDtr(ModemLink.Calling, VirtualTime.FromSeconds(3));
        line.Run();

        Assert.Empty(line.Called.Heard);
        Assert.Empty(line.Calling.Heard);
    }

    [Fact]
    public void Dtr_of_the_called_end_means_nothing_to_a_line_that_only_rings()
    {
        var line = new Line(Quiet);
        line.Link.Dial(VirtualTime.Zero);
        line.Link.DropDtr(ModemLink.Called, VirtualTime.FromSeconds(3));
        line.Run();

        Assert.Equal(["30.000 connected, login 4 s"], line.Calling.Heard);
    }

    [Theory]
    [InlineData(ModemLink.Called)]
    [InlineData(ModemLink.Calling)]
    public void Dtr_low_at_one_end_is_lost_carrier_at_the_other_after_the_time_that_its_modem_needs_and_nothing_at_its_own(int by)
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.Link.DropDtr(by, VirtualTime.FromSeconds(60));
        line.Run();

        Assert.Empty(line.End(by).Heard);
        Assert.Equal(["60.700 carrier lost"], line.End(by ^ 1).Heard);
        Assert.Contains($"{(by == ModemLink.Called ? "called" : "calling")}: DTR low", line.Said);
    }

    [Fact]
    public void Dtr_low_on_a_line_on_hook_is_nothing()
    {
        var line = new Line(Quiet);
        line.Link.DropDtr(ModemLink.Called, VirtualTime.Zero);
        line.Run();

        Assert.Empty(line.Calling.Heard);
        Assert.Empty(line.Said);
    }

    [Fact]
    public void What_was_on_its_way_when_the_line_went_never_arrives()
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.FromSeconds(60));
        line.Link.DropDtr(ModemLink.Calling, VirtualTime.FromSeconds(60));
        line.Run();

        Assert.Equal(["60.700 carrier lost"], line.Called.Heard);
    }

    [Fact]
    public void A_line_without_carrier_takes_no_frame()
    {
        var line = new Line(Quiet);
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.Zero);
        line.Run();

        Assert.Equal(0, line.Frames);
        Assert.Empty(line.Called.Heard);
    }

    // Ten bits a byte: two flags shared as one, the content, its FCS, and one more byte for each that is escaped.
    [Fact]
    public void A_frame_takes_its_bytes_at_the_bit_rate_and_then_the_delay_and_an_escaped_byte_counts_twice()
    {
        LineOptions slow = Quiet with { BitRate = 10 };
        byte[] plain = [0xFF, 0x03, 0x80, 0x21, 0x00], escaped = [0xFF, 0x03, 0x80, 0x21, 0x7E];

        TimeSpan Time(byte[] frame)
        {
            Line line = Dialled(slow);
            line.Link.Transmit(ModemLink.Called, frame, VirtualTime.FromSeconds(100));
            line.Run();
            return TimeSpan.FromMicroseconds(line.Now.Microseconds) - TimeSpan.FromSeconds(100) - TimeSpan.FromMilliseconds(100);
        }

        Assert.Equal(TimeSpan.FromSeconds(plain.Length + 2 + 1), Time(plain));
        Assert.Equal(TimeSpan.FromSeconds(escaped.Length + 2 + 1 + 1), Time(escaped));
    }

    [Fact]
    public void A_second_frame_waits_for_the_first_in_its_own_direction_and_not_in_the_other()
    {
        // Six bytes, two of FCS, one flag, and one that is escaped: a second.
        Line line = Dialled(Quiet with { BitRate = 100 });
        line.Forget();
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.FromSeconds(100));
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.FromSeconds(100));
        line.Link.Transmit(ModemLink.Called, Frame, VirtualTime.FromSeconds(100));
        line.Run();

        Assert.Equal(["101.100 frame FF03C0210101", "102.100 frame FF03C0210101"], line.Called.Heard);
        Assert.Equal(["101.100 frame FF03C0210101"], line.Calling.Heard);
    }

    [Fact]
    public void Noise_turns_one_bit_which_the_check_sequence_finds_and_the_frame_is_dropped()
    {
        Line line = Dialled(Quiet with { NoisePerMillionFrames = 1_000_000 });
        line.Forget();
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.FromSeconds(60));
        line.Run();

        Assert.Equal(1, line.Frames);
        Assert.Empty(line.Called.Heard);
        Assert.Contains("called: bad FCS: frame dropped", line.Said);
    }

    [Fact]
    public void A_line_that_loses_carrier_by_itself_tells_both_ends_each_after_its_modems_own_time()
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.Link.LoseCarrier(VirtualTime.FromSeconds(90));
        line.Run();

        Assert.Equal(["90.700 carrier lost"], line.Called.Heard);
        Assert.Equal(["90.700 carrier lost"], line.Calling.Heard);
        Assert.Contains("calling: the line loses carrier", line.Said);
    }

    [Fact]
    public void A_line_with_a_mean_time_between_losses_loses_carrier_without_being_told_to()
    {
        Line line = Dialled(Quiet with { CarrierLossEvery = VirtualTime.FromMinutes(5) });

        Assert.EndsWith("carrier lost", line.Called.Heard[^1], StringComparison.Ordinal);
        Assert.EndsWith("carrier lost", line.Calling.Heard[^1], StringComparison.Ordinal);
    }

    [Fact]
    public void A_line_on_hook_has_no_carrier_to_lose()
    {
        var line = new Line(Quiet);
        line.Link.LoseCarrier(VirtualTime.FromSeconds(1));
        line.Run();

        Assert.Empty(line.Said);
    }

    [Fact]
    public void A_loss_of_carrier_that_a_history_leaves_out_is_told_to_nobody()
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.LeftOut = (LinkEvent.CarrierLoss, ModemLink.Called);
        line.Link.LoseCarrier(VirtualTime.FromSeconds(90));
        line.Run();

        Assert.Empty(line.Called.Heard);
        Assert.Equal(["90.700 carrier lost"], line.Calling.Heard);
    }

    [Fact]
    public void A_redial_before_the_caller_was_told_of_the_loss_begins_a_call_of_its_own()
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.Link.DropDtr(ModemLink.Called, VirtualTime.FromSeconds(60));
        line.Link.Dial(VirtualTime.FromSeconds(60));
        line.Run();

        Assert.Equal(["90.000 connected, login 4 s"], line.Calling.Heard);
    }

    [Fact]
    public void Redialling_on_a_line_that_is_connected_hangs_up_first()
    {
        Line line = Dialled(Quiet);
        line.Forget();
        line.Link.Transmit(ModemLink.Calling, Frame, VirtualTime.FromSeconds(60));
        line.Link.Dial(VirtualTime.FromSeconds(60));
        line.Run();

        Assert.Equal(["90.000 connected, login 4 s"], line.Called.Heard);
    }

    [Fact]
    public void Bytes_of_a_real_port_take_their_time_like_frames_and_stay_in_the_modem_until_then()
    {
        var line = new ModemLine(Quiet with { BitRate = 10 }, 1, 1, 0);
        line.Dial(answererReady: true);
        Assert.True(line.Answer(answererReady: true));

        Assert.Equal(VirtualTime.FromMilliseconds(5_100), line.SendBytes(ModemLink.Called, VirtualTime.Zero, 5));
        Assert.Equal(VirtualTime.FromMilliseconds(8_100), line.SendBytes(ModemLink.Called, VirtualTime.FromSeconds(1), 3));
        Assert.Equal((VirtualTime.FromSeconds(8), VirtualTime.Zero), (line.BusyUntil(ModemLink.Called), line.BusyUntil(ModemLink.Calling)));
    }

    private static Line Dialled(LineOptions options)
    {
        var line = new Line(options);
        line.Dial();
        return line;
    }

    private sealed class Line : ILinkSite
    {
        public Line(LineOptions options)
        {
            (Called, Calling) = (new(this), new(this));
            Link = new ModemLink(this, 0, 0, new ModemLine(options, 1, 1, 0), Called, Calling);
        }

        public ModemLink Link { get; }

        public ModemEnd Called { get; }

        public ModemEnd Calling { get; }

        public EventQueue Events { get; } = new(ModemLink.Events);

        public VirtualTime Now { get; private set; }

        public int Frames { get; private set; }

        public List<string> Said { get; } = [];

        public (LinkEvent What, int End)? LeftOut { get; set; }

        public ModemEnd End(int end) => end == ModemLink.Called ? Called : Calling;

        public void Dial()
        {
            Link.Dial(VirtualTime.Zero);
            Run();
        }

        public void Run()
        {
            while (!Events.NextTime.IsNever)
            {
                int slot = Events.Pop(out VirtualTime at);
                Now = at;
                Link.Fire(slot, at);
            }
        }

        public void Forget()
        {
            Called.Heard.Clear();
            Calling.Heard.Clear();
            Said.Clear();
        }

        public void FrameSent(int link, int from, ReadOnlySpan<byte> frame) => Frames++;

        public bool Admits(LinkEvent what, int link, int end) => LeftOut != (what, end);

        public void Say(int link, int end, string text) => Said.Add($"{(end == ModemLink.Called ? "called" : "calling")}: {text}");
    }

    private sealed class ModemEnd(Line line) : IModemEnd
    {
        public List<string> Heard { get; } = [];

        public bool IsUp { get; set; } = true;

        public bool AnswersCalls { get; set; } = true;

        public void Connected(VirtualTime login, VirtualTime now) => Hear(now, FormattableString.Invariant($"connected, login {login.Microseconds / 1_000_000} s"));

        public void DialFailed(VirtualTime now) => Hear(now, "failed");

        public void CarrierLost(VirtualTime now) => Hear(now, "carrier lost");

        public void FrameArrived(ReadOnlySpan<byte> frame, int tag, VirtualTime now) => Hear(now, $"frame {Convert.ToHexString(frame)}");

        private void Hear(VirtualTime now, string what)
        {
            Assert.Equal(line.Now, now);
            Heard.Add(FormattableString.Invariant($"{now.Microseconds / 1e6:F3} {what}"));
        }
    }
}
