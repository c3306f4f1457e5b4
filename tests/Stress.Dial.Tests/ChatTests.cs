using System.Text;
using Stress.Dial.Calls;
using Stress.Dial.Lines;
using Stress.Emulator.Core;
using Xunit;

namespace Stress.Dial.Tests;

public class ChatTests
{
    [Fact]
    public void A_login_answers_both_prompts_and_leaves_the_rest_to_PPP()
    {
        var chat = new Chat(ChatScript.Login("ppp", "secret"), VirtualTime.Zero);
        byte[] banner = Encoding.ASCII.GetBytes("\r\nNetBSD/i386 (gw) (tty00)\r\n\r\nlogin: "), second = Encoding.ASCII.GetBytes("Password:~PPP");
        Assert.Equal(banner.Length - 1, chat.Input(banner.AsSpan(..^1), VirtualTime.Zero));
        Assert.Equal("ppp\r", Sent(chat));
        Assert.Equal(second.Length - 4, chat.Input(second, VirtualTime.Zero));
        Assert.Equal("secret\r", Sent(chat));
        Assert.Equal(ChatState.Done, chat.State);
    }

    [Fact]
    public void A_word_of_the_script_that_is_not_accepted_is_named_with_its_file_and_line()
    {
        Assert.Contains("character 5 is not closed", Assert.Throws<FormatException>(() => ChatScript.Parse("''  'x")).Message);
        Assert.StartsWith("modem.chat:2: TIMEOUT soon: accepted", Assert.Throws<FormatException>(() => ChatScript.Parse("'' AT\nTIMEOUT soon", "modem.chat")).Message);
        Assert.Contains("accepted are ON and OFF", Assert.Throws<FormatException>(() => ChatScript.Parse("ECHO maybe")).Message);
        Assert.Contains("accepted are 49", Assert.Throws<FormatException>(() => ChatScript.Parse("ABORT " + new string('x', 50))).Message);
        Assert.Contains("accepted are 1023", Assert.Throws<FormatException>(() => ChatScript.Parse(new string('x', 1024))).Message);
        Assert.Contains("/nowhere: cannot be read", Assert.Throws<FormatException>(() => ChatScript.Parse("'' @/nowhere")).Message);
        Assert.Contains("/nowhere: cannot be read", Assert.Throws<FormatException>(() => ChatScript.Load("/nowhere")).Message);
    }

    [Fact]
    public void A_delay_is_a_second_of_the_call_s_clock_and_what_comes_meanwhile_is_kept()
    {
        var chat = new Chat(ChatScript.Parse("'' 'a\\d\\pb\\c' x y\\d\\c"), VirtualTime.Zero);
        Assert.Equal(("a", VirtualTime.FromSeconds(1)), (Sent(chat), chat.Deadline));
        Assert.Equal(1, chat.Input("x"u8, VirtualTime.Zero));
        chat.Timeout(new VirtualTime(999_999));
        Assert.Equal("", Sent(chat));
        chat.Timeout(new VirtualTime(1_000_000));
        Assert.Equal(("", new VirtualTime(1_100_000)), (Sent(chat), chat.Deadline));
        chat.Timeout(new VirtualTime(1_100_000));
        Assert.Equal(("by", new VirtualTime(2_100_000)), (Sent(chat), chat.Deadline));
        Assert.Equal(3, chat.Input("~PP"u8, new VirtualTime(1_500_000)));
        chat.Timeout(new VirtualTime(2_100_000));
        Assert.Equal((ChatState.Done, "~PP"), (chat.State, Encoding.Latin1.GetString(chat.TakeRest())));
    }

    [Fact]
    public void A_timeout_holds_from_its_place_on_until_the_next()
    {
        var chat = new Chat(ChatScript.Parse("TIMEOUT 5 a-x-b '' TIMEOUT 0 c"), VirtualTime.Zero);
        Assert.Equal(VirtualTime.FromSeconds(5), chat.Deadline);
        chat.Timeout(chat.Deadline);
        Assert.Equal(("x\r", VirtualTime.FromSeconds(10)), (Sent(chat), chat.Deadline));
        chat.Input("b"u8, VirtualTime.FromSeconds(7));
        Assert.Equal(VirtualTime.FromSeconds(52), chat.Deadline);
    }

    [Fact]
    public void Break_is_sent_in_its_place()
    {
        var chat = new Chat(ChatScript.Parse("'' BREAK '' 'a\\Kb'"), VirtualTime.Zero);
        Assert.Equal([("", true), ("a", true), ("b\r", false)], chat.TakeSend().Select(sent => (Encoding.ASCII.GetString(sent.Bytes), sent.Break)));
    }

    [Fact]
    public void Say_echo_and_report_tell_the_user()
    {
        var chat = new Chat(ChatScript.Parse("SAY 'Dialling\\n' REPORT CONNECT REPORT RING CLR_REPORT RING '' ATD CONNECT '' ECHO ON ogin: me"), VirtualTime.Zero);
        chat.Input("RING\r\nCONNECT 9600\r\nHello\r\nlogin: "u8, VirtualTime.Zero);
        Assert.Equal(["chat says: Dialling", "chat reports: CONNECT 9600", "chat hears:  9600", "chat hears: Hello", "chat hears: login:"], chat.TakeNotes());
    }

    [Theory]
    [InlineData("ON", 2)]
    [InlineData("OFF", 3)]
    public void Loss_of_carrier_is_a_signal_unless_the_script_says_otherwise(string value, int status)
    {
        var chat = new Chat(ChatScript.Parse($"HANGUP {value} ogin: me"), VirtualTime.Zero);
        chat.HangUp();
        Assert.Equal((ChatState.HungUp, status), (chat.State, chat.ExitStatus));
    }

    [Fact]
    public void More_abort_texts_than_chat_keeps_end_it()
    {
        string Aborts(int n) => string.Join(' ', Enumerable.Range(0, n).Select(i => $"ABORT x{i}"));
        Assert.Equal(ChatState.Done, new Chat(ChatScript.Parse(Aborts(50)), VirtualTime.Zero).State);
        Assert.Equal(2, new Chat(ChatScript.Parse(Aborts(51)), VirtualTime.Zero).ExitStatus);
    }

    private static string Sent(Chat chat) => string.Concat(chat.TakeSend().Select(sent => Encoding.Latin1.GetString(sent.Bytes)));

    [Fact]
    public void A_prompt_that_never_comes_times_out_and_an_abort_text_ends_it_at_once()
    {
        var late = new Chat(ChatScript.Login("a", "b"), VirtualTime.Zero);
        late.Timeout(ChatScript.DefaultTimeout);
        Assert.Equal((ChatState.TimedOut, "ogin:"), (late.State, late.Detail));
        var busy = new Chat(ChatScript.Parse("'' ATDT1 CONNECT ''"), VirtualTime.Zero);
        busy.Input("\r\nBUSY\r\n"u8, VirtualTime.Zero);
        Assert.Equal((ChatState.Aborted, "BUSY"), (busy.State, busy.Detail));
    }

    [Fact]
    public void A_modem_s_word_in_a_banner_ends_no_login_and_ends_a_dialling_script()
    {
        var login = new Chat(ChatScript.Login("a", "b"), VirtualTime.Zero);
        login.Input("This line is often BUSY\r\nlogin: "u8, VirtualTime.Zero);
        Assert.Equal((ChatState.Waiting, "assword:"), (login.State, login.Detail));
        var modem = new Chat(ChatScript.Parse("'' ATDT1 CONNECT ''"), VirtualTime.Zero);
        modem.Input("\r\nNO DIAL TONE\r\n"u8, VirtualTime.Zero);
        Assert.Equal(ChatState.Aborted, modem.State);
    }

    [Theory]
    [InlineData("me\rword\r")]
    [InlineData("me\nword\n")]
    [InlineData("me\r\nword\r\n")]
    public void A_caller_may_end_its_lines_with_CR_LF_or_both(string typed)
    {
        var getty = new Chat(ChatScript.Getty, VirtualTime.Zero);
        int lines = typed.IndexOf("word", StringComparison.Ordinal);
        getty.Input(Encoding.ASCII.GetBytes(typed[..lines]), VirtualTime.Zero);
        Assert.Equal(ChatState.Waiting, getty.State);
        getty.Input(Encoding.ASCII.GetBytes(typed[lines..]), VirtualTime.Zero);
        Assert.Equal(ChatState.Done, getty.State);
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:5555")]
    [InlineData("tcp://[::1]:5555")]
    [InlineData("tcp://host:600{n}")]
    [InlineData("pty:/dev/ttyS{n}")]
    [InlineData("exec:ssh gw cu -l tty00")]
    public void A_target_is_written_as_it_is_read(string text) => Assert.Equal(text, LineTarget.Parse(text).ToString());

    [Theory]
    [InlineData("127.0.0.1:5555")]
    [InlineData("tcp://host")]
    [InlineData("tcp://host:70000")]
    [InlineData("tcp://:1")]
    [InlineData("pty:")]
    [InlineData("exec:")]
    [InlineData("")]
    public void Anything_else_is_refused_with_what_is_accepted(string text) =>
        Assert.Contains(LineTarget.Accepted, Assert.Throws<FormatException>(() => LineTarget.Parse(text)).Message);

    [Fact]
    public void The_number_of_the_line_is_put_in() => Assert.Equal("tcp://host:6007", LineTarget.Parse("tcp://host:600{n}").ForLine(7).ToString());
}
