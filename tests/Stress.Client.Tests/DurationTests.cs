using System.CommandLine;
using Stress.Client.Dialling;
using Stress.Client.Launching;
using Stress.Emulator.Core;
using Stress.Scenarios;
using Xunit;

namespace Stress.Client.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("24", 86_400_000_000)]
    [InlineData("0.5", 1_800_000_000)]
    [InlineData("40min", 2_400_000_000)]
    [InlineData("90s", 90_000_000)]
    [InlineData("2h", 7_200_000_000)]
    [InlineData("1d", 86_400_000_000)]
    public void Hours_on_a_command_line_are_what_a_scenario_takes(string text, long microseconds)
    {
        Assert.Equal(new VirtualTime(microseconds), Durations.Hours(text));
        Assert.Equal(new VirtualTime(microseconds), new RunSettings { File = "x.yaml", Hours = RunOptions.ReadHours(text) }.Apply(new Scenario()).Duration);
        Assert.Equal(new VirtualTime(microseconds), ScenarioLoader.Parse($"name: x\nhours: {text}\n", "x.yaml").Duration);
    }

    [Theory]
    [InlineData(86_400_000_000, "24")]
    [InlineData(1_800_000_000, "30min")]
    [InlineData(2_400_000_000, "40min")]
    [InlineData(90_000_000, "90s")]
    [InlineData(3_600_000_001, "3600000001us")]
    public void Hours_are_printed_as_they_are_read(long microseconds, string text)
    {
        Assert.Equal(text, Durations.SpellHours(new VirtualTime(microseconds)));
        Assert.Equal(new VirtualTime(microseconds), Durations.Hours(text));
    }

    [Theory]
    [InlineData("20", 20_000_000, 20_000_000)]
    [InlineData("20-40", 20_000_000, 40_000_000)]
    [InlineData("250ms", 250_000, 250_000)]
    [InlineData("20s-1min", 20_000_000, 60_000_000)]
    [InlineData("20s..1min", 20_000_000, 60_000_000)]
    public void Seconds_of_a_call_are_taken_with_and_without_a_unit(string text, long min, long max)
    {
        Option<TimeRange?> up = DialNumbers.Range("--up", "");
        Option<VirtualTime?> holdoff = DialNumbers.Seconds("--holdoff", ""), restart = DialNumbers.Restart("--lcp-restart", "");
        ParseResult line = new RootCommand { up, holdoff, restart }.Parse(["--up", text, "--holdoff", "2min", "--lcp-restart", "250ms"]);

        Assert.Empty(line.Errors);
        Assert.Equal(new TimeRange(new VirtualTime(min), new VirtualTime(max)), line.GetValue(up));
        Assert.Equal((VirtualTime.FromMinutes(2), VirtualTime.FromMilliseconds(250)), (line.GetValue(holdoff)!.Value, line.GetValue(restart)!.Value));
    }

    [Theory]
    [InlineData("never")]
    [InlineData("")]
    [InlineData("min")]
    [InlineData("-1")]
    [InlineData("99999999999999999999")]
    public void What_is_no_time_is_none(string text)
    {
        Assert.Null(Durations.Hours(text));
        Assert.Null(Durations.Seconds(text));
    }

    [Fact]
    public void The_patience_for_a_silent_site_takes_a_unit_too()
    {
        Option<int?> lostAfter = RunOptions.LostAfter();

        Assert.Equal(120, new RootCommand { lostAfter }.Parse(["--lost-after", "2min"]).GetValue(lostAfter));
    }
}
