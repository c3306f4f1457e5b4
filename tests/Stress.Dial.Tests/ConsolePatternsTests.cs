using Stress.Dial.Far;
using Xunit;

namespace Stress.Dial.Tests;

/// <summary>A user's own patterns.</summary>
public class ConsolePatternsTests
{
    private const string Own = """
        # A company's own watchdog.
        cause hung "our watchdog: $what" ^OURDOG: (?<what>\w+) is stuck
        frame ^\s+at {function}:\d+$
        helper our_lock_*
        """;

    [Fact]
    public void Own_patterns_find_what_no_system_s_table_knows()
    {
        var reader = new ConsoleReader(ConsolePatterns.Parse(Own, "own.patterns"));
        foreach (string line in (string[])["Linux version 6.1.0 (a@b) #1", "[    3.0] OURDOG: link is stuck", "[    3.0]   at our_lock_take:12", "[    3.0]   at our_link_poll:40"])
        {
            reader.Line(line);
        }

        reader.Quiet();
        Assert.True(reader.TryTake(out FarPanic? crash));
        Assert.Equal(("our watchdog: link in our_link_poll", FarKind.Hung, FarSystem.Linux), (crash!.Title, crash.Kind, crash.System));
        Assert.False(reader.TryTake(out _));
    }

    [Theory]
    [InlineData("causes fault \"x\" ^x", "own:2: 'causes': accepted are banner, tells, cause")]
    [InlineData("cause explosion \"x\" ^x", "own:2: cause: kind 'explosion': accepted are fault, panic, checker")]
    [InlineData("cause fault,loud \"x\" ^x", "own:2: cause: option 'loud': accepted are weak")]
    [InlineData("cause fault ^x", "own:2: cause: the title is missing")]
    [InlineData("cause fault \"$who\" ^x", "own:2: cause: title names $who")]
    [InlineData("cause held,once \"x\" ^x", "own:2: cause: option 'once' needs a group")]
    [InlineData("cause fault \"x\" (", "own:2: pattern '('")]
    [InlineData("cause fault \"x\" (?=x)", "own:2: pattern '(?=x)'")]
    [InlineData("cause fault \"x\"", "own:2: the pattern is missing")]
    [InlineData("frame ^x", "own:2: pattern '^x' has no group 'function'")]
    [InlineData("section cellar ^x", "own:2: section 'cellar': accepted are stack")]
    [InlineData("helper a*b*", "own:2: function 'a*b*'")]
    [InlineData("helper", "own:2: no function is named")]
    [InlineData("# nothing", "own: no pattern in it")]
    public void A_line_that_is_no_pattern_is_refused_with_file_line_and_what_is_accepted(string line, string error) =>
        Assert.StartsWith(error, Assert.Throws<FormatException>(() => ConsolePatterns.Parse("# own\n" + line, "own")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.StartsWith("/nowhere/x.patterns: ", Assert.Throws<FormatException>(() => ConsolePatterns.Load("/nowhere/x.patterns")).Message, StringComparison.Ordinal);

    [Fact]
    public void A_report_is_bounded_whatever_the_console_prints()
    {
        var reader = new ConsoleReader();
        reader.Line("Linux version 6.1.0 (a@b) #1");
        reader.Line("unregister_netdevice: waiting for ppp0 to become free. Usage count = 9");
        for (int n = 0; n < 500; n++)
        {
            reader.Line($"ref_tracker: ppp0@ffff8881 has 1/500 users at");
            reader.Line($"     keeper_fn+0x1/0x2");
        }

        reader.Quiet();
        Assert.True(reader.TryTake(out FarPanic? crash));
        Assert.Equal(PanicDetector.MaxListed, crash!.Holders.Count);
        reader.Line("BUG: kernel NULL pointer dereference, address: 0000000000000018");
        reader.Line("Call Trace:");
        for (int n = 0; n < 500; n++)
        {
            reader.Line($" deep_fn_{n}x+0x1/0x2");
        }

        reader.Quiet();
        Assert.True(reader.TryTake(out crash));
        Assert.Equal(PanicDetector.MaxStack, crash!.Stack.Count);
    }
}
