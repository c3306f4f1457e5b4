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
        Assert.True(chat.TakeSend(out byte[] name));
        Assert.Equal("ppp\r", Encoding.ASCII.GetString(name));
        Assert.Equal(second.Length - 4, chat.Input(second, VirtualTime.Zero));
        Assert.True(chat.TakeSend(out byte[] password));
        Assert.Equal("secret\r", Encoding.ASCII.GetString(password));
        Assert.Equal(ChatState.Done, chat.State);
    }

    [Fact]
    public void A_script_is_read_as_chat_reads_it()
    {
        ChatScript script = ChatScript.Parse("ABORT BUSY TIMEOUT 5 '' ATDT123 CONNECT '' ogin: me\\c word: \"a b\"");
        Assert.Equal([new("", "ATDT123\r"), new("CONNECT", "\r"), new("ogin:", "me"), new("word:", "a b\r")], script.Steps);
        Assert.Equal(VirtualTime.FromSeconds(5), script.Timeout);
        Assert.Equal(["BUSY"], script.Abort);
        Assert.Contains("character 4", Assert.Throws<FormatException>(() => ChatScript.Parse("''  'x")).Message.Replace("character 5", "character 4"));
    }

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
