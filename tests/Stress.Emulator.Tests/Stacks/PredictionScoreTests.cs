using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public sealed class PredictionScoreTests
{
    private const string Text = "create tun0\nindex tun0\nup tun1";

    private static ListPrediction Said(string text = Text, string stack = StackCatalog.Linux6, string? design = null) =>
        ListPrediction.Of(StackCatalog.Create(stack, design), "a", text, OperationList.Parse(text, "a"));

    private static ListOutcome Came(params string[] answers) => new("a", [.. answers, "END normal"], [], null);

    [Fact]
    public void An_answer_is_equal_in_the_words_of_the_tool_or_in_the_errno_under_them()
    {
        PredictionScore inWords = PredictionScore.Of([Said()], [Came(" 1  create tun0  -> 0", " 2  index tun0  -> 0  [2]", " 3  up tun1  -> -1 Cannot find device \"tun1\"(1)")]);
        PredictionScore inNumbers = PredictionScore.Of([Said()], [Came(" 1  create tun0  -> 0", " 2  index tun0  -> 0  [2]", " 3  up tun1  -> -1 ENODEV(19)")]);

        Assert.Equal(3, inNumbers.StepsEqual);
        Assert.Equal(3, inNumbers.Steps);
        Assert.InRange(inWords.StepsEqual, 2, 3);
    }

    [Fact]
    public void A_step_that_differs_is_named_with_both_answers_and_a_step_without_an_answer_is_not_counted()
    {
        PredictionScore score = PredictionScore.Of([Said()], [Came(" 1  create tun0  -> -1 EBUSY(16)", " 2  index tun0  -> 0  [2]")]);

        Assert.Equal((2, 1), (score.Steps, score.StepsEqual));
        Assert.Equal(new StepDifference("a", 1, "create tun0", "0", "-1 EBUSY(16)"), Assert.Single(score.Differing));
    }

    [Fact]
    public void A_step_with_two_possible_answers_is_a_forecast_and_its_brier_score_is_the_squared_miss()
    {
        // Until the address is no longer tentative it is no source.
        const string text = "create tun0\nopen tun0\nup tun0\naddr6 tun0 fd00::1 64\nudp6 r 521\nsendpkt6 r ff02::9 tun0";
        ListPrediction said = Said(text);
        Assert.NotEmpty(said.Steps[5].Otherwise);
        string first = $" 6  sendpkt6 r ff02::9 tun0  -> {said.Steps[5].Answer}", other = $" 6  sendpkt6 r ff02::9 tun0  -> {said.Steps[5].Otherwise[0]}";

        PredictionScore hit = PredictionScore.Of([said], [Came(first)]), miss = PredictionScore.Of([said], [Came(other)]);

        Assert.Equal((1, 1, 0), (hit.Forecasts, hit.StepsEqual, hit.StepsOtherwise));
        Assert.Equal((1, 0, 1), (miss.Forecasts, miss.StepsEqual, miss.StepsOtherwise));
        Assert.Equal((1 - PredictionScore.FirstAnswer) * (1 - PredictionScore.FirstAnswer), hit.Brier!.Value, 9);
        Assert.Equal(PredictionScore.FirstAnswer * PredictionScore.FirstAnswer, miss.Brier!.Value, 9);
    }

    [Fact]
    public void A_verdict_is_equal_when_both_say_nothing_or_both_something_and_the_function_is_counted_apart()
    {
        const string text = "raw4 o 89\ncreate tun0\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\njoin4 o 224.0.0.5 10.0.0.1\ndeladdr4 tun0 10.0.0.1\nifclose tun0\ndestroy tun0\nclose o";
        ListPrediction said = Said(text, StackCatalog.NetBsd7, "netbsd-2005");
        Assert.Equal("if_mcast_op", said.FirstFunction);
        ListOutcome In(params string[] functions) => new("a", [], [.. functions.Select(f => new ReportSeen($"use after free in {f}", f))], null);

        PredictionScore same = PredictionScore.Of([said], [In("if_mcast_op")]), elsewhere = PredictionScore.Of([said], [In("igmp_leavegroup")]), nothing = PredictionScore.Of([said], [In()]);

        Assert.Equal((1, 1, 1, 1), (same.Verdicts, same.VerdictsEqual, same.Reported, same.FunctionsEqual));
        Assert.Equal((1, 1, 1, 0), (elsewhere.Verdicts, elsewhere.VerdictsEqual, elsewhere.Reported, elsewhere.FunctionsEqual));
        Assert.Equal((1, 0, 0), (nothing.Verdicts, nothing.VerdictsEqual, nothing.Reported));
        Assert.Equal("no report", Assert.Single(nothing.DifferingVerdicts).Real);
    }

    [Fact]
    public void What_is_not_modelled_or_came_to_no_verdict_is_counted_as_neither()
    {
        ListPrediction notModelled = Said("create tun0\nalloc 16\npipe 5");
        Assert.False(notModelled.IsDecided);

        PredictionScore score = PredictionScore.Of([notModelled], [Came(" 1  create tun0  -> 0", " 3  pipe 5  -> 0")]);
        PredictionScore hung = PredictionScore.Of([Said()], [new ListOutcome("a", [], [], "the kernel stood still")]);

        Assert.Equal((1, 1, 1, 0, 1), (score.Steps, score.StepsEqual, score.StepsNotModelled, score.Verdicts, score.VerdictsNotDecided));
        Assert.Equal((0, 1), (hung.Verdicts, hung.VerdictsNotDecided));
        Assert.Equal("a: the kernel stood still", Assert.Single(hung.Undecided));
    }

    [Fact]
    public void Outcomes_of_other_lists_are_refused() =>
        Assert.Throws<ArgumentException>(() => PredictionScore.Of([Said()], [new ListOutcome("b", [], [], null)]));

    [Fact]
    public void A_random_list_is_one_that_the_model_decides_and_the_same_for_a_seed()
    {
        for (int n = 0; n < 200; n++)
        {
            string text = RandomList.Of(2005, n);
            ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6), "a", text, OperationList.Parse(text, "a"));

            Assert.True(said.IsDecided, text);
            Assert.Equal(text, RandomList.Of(2005, n));
        }

        Assert.NotEqual(RandomList.Of(2005, 1), RandomList.Of(2005, 2));
        Assert.NotEqual(RandomList.Of(2005, 1), RandomList.Of(2006, 1));
    }

    [Fact]
    public void Through_the_agent_a_device_is_opened_once_and_again_after_it_was_closed_and_an_absent_one_never()
    {
        const string text = "open tun0\ncreate tun0\nopen tun0\nopen tun0\nifclose tun0\nopen tun0\nifclose tun1";
        RecordingConditions agent = RecordingConditions.Default with { ThroughAgent = true };

        ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6, null, agent), "a", text, OperationList.Parse(text, "a"));

        Assert.Equal(["-1 ENODEV(19)", "0", "0", "-1 EBUSY(16)", "0", "0", "0"], said.Steps.Select(s => s.Answer));
    }

    [Fact]
    public void Through_the_agent_an_interface_that_comes_up_without_a_carrier_has_no_route_to_groups_until_it_is_opened_and_the_program_sleeps()
    {
        const string text = "udp6 r 522\ncreate tun0\nup tun0\njoin6 r ff0e::77 #0\nopen tun0\njoin6 r ff0e::77 #0\ntick 10\njoin6 r ff0e::77 #0";
        RecordingConditions agent = RecordingConditions.Default with { ThroughAgent = true };

        ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6, null, agent), "a", text, OperationList.Parse(text, "a"));

        Assert.Equal(["-1 ENODEV(19)", "0", "-1 ENODEV(19)", "0", "0"], said.Steps.Skip(3).Select(s => s.Answer));
    }

    [Fact]
    public void Through_the_agent_an_address_goes_with_the_prefix_length_last_given_with_it()
    {
        const string text = "create tun0\naddr6 tun0 fd00::1 64\naddr6 tun0 fd00::1 128\ndeladdr6 tun0 fd00::1";
        RecordingConditions agent = RecordingConditions.Parse("program=agent", "x", 1);
        Assert.True(agent.ThroughAgent);
        Assert.EndsWith("program=agent", agent.ToString());

        ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6, null, agent), "a", text, OperationList.Parse(text, "a"));
        ListPrediction recorder = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6), "a", text, OperationList.Parse(text, "a"));

        Assert.StartsWith("-1", said.Steps[3].Answer);
        Assert.Equal("0", recorder.Steps[3].Answer);
    }
}
