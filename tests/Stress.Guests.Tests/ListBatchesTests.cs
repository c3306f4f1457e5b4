using Stress.Dial.Far;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;
using Stress.Guests.Processes;
using Stress.Guests.Running;
using Xunit;

namespace Stress.Guests.Tests;

public sealed class ListBatchesTests
{
    private static readonly FarPanic Report = new(FarSystem.Linux, "KASAN slab-use-after-free in f", "f", "", []);

    private static readonly IReadOnlyList<(string Name, string Text)> Eight = [.. Enumerable.Range(0, 8).Select(n => ($"l{n}", $"list {n}"))];

    // A kernel that reports something while a list runs, and does not go on.
    private static ListResult Boot(IReadOnlyList<(string Name, string Text)> lists, Predicate<string> isDeadly)
    {
        int dies = lists.Select(l => l.Text).ToList().FindIndex(isDeadly);
        int begun = dies < 0 ? lists.Count : dies + 1;
        IReadOnlyList<IReadOnlyList<string>> answers = [.. lists.Take(begun).Select(l => (IReadOnlyList<string>)[$"answer of {l.Text}"])];
        return new ListResult([], dies < 0 ? [] : [Report], default(GuestEnd)!, dies < 0, false, []) { ByList = answers };
    }

    [Fact]
    public void A_report_is_of_the_list_that_makes_it_alone_and_every_other_list_is_executed_all_the_same()
    {
        var batches = new ListBatches(lists => Boot(lists, text => text is "list 2" or "list 3"), 8);

        IReadOnlyList<BatchedList> results = batches.Run(Eight, _ => { });

        Assert.Equal([false, false, true, true, false, false, false, false], results.Select(r => r.Reports.Count > 0));
        Assert.Equal(Eight.Select(l => $"answer of {l.Text}"), results.Select(r => Assert.Single(r.Answers)));
        Assert.All(results, r => Assert.Null(r.Trouble));
        Assert.Equal(7, batches.Boots);
    }

    [Fact]
    public void Quiet_lists_cost_a_boot_a_batch()
    {
        var batches = new ListBatches(lists => Boot(lists, _ => false), 3);
        List<int> heard = [];

        Assert.Equal(8, batches.Run(Eight, heard.Add).Count);
        Assert.Equal([3, 6, 8], heard);
        Assert.Equal(3, batches.Boots);
    }

    [Fact]
    public void A_report_that_no_list_makes_alone_leaves_its_lists_without_a_verdict()
    {
        var batches = new ListBatches(lists => lists.Count == 8 ? Boot(lists, text => text == "list 7") : Boot(lists, _ => false), 8);

        Assert.All(batches.Run(Eight, _ => { }), r => Assert.StartsWith("only in one boot with other lists the kernel reported: KASAN", r.Trouble));
    }

    [Fact]
    public void A_kernel_that_stands_still_after_a_report_has_said_what_it_had_to_say()
    {
        var batches = new ListBatches(lists => new ListResult([], [Report], default(GuestEnd)!, false, true, []) { ByList = [["answer"]] }, 1);

        Assert.Null(Assert.Single(batches.Run([("l", "list")], _ => { })).Trouble);
    }

    [Fact]
    public void A_kernel_that_stands_still_says_nothing_of_its_list()
    {
        var batches = new ListBatches(lists => new ListResult([], [], default(GuestEnd)!, false, true, []) { ByList = [["answer"]] }, 1);

        BatchedList result = Assert.Single(batches.Run([("l", "list")], _ => { }));
        Assert.Equal("the kernel hung and was killed", result.Trouble);
        Assert.Equal(["answer"], result.Answers);
    }

    [KernelFact]
    public async Task Lists_in_one_boot_have_namespaces_of_their_own_and_answer_as_the_model_predicts()
    {
        var (kernel, system, launcher) = await RealKernel.GetAsync();
        var run = new ListRun(RealKernel.TheCache, launcher, system, kernel);
        string[] texts =
        [
            "create tun0\nindex tun0\nopen tun0\nup tun0\naddr4 tun0 10.0.0.1 10.0.0.2\nraw4 o 89\njoin4 o 224.0.0.5 10.0.0.1\nsend4 o 10.0.0.2\ndestroy tun0\ndrop4 o 224.0.0.5 10.0.0.1\nclose o",
            "create tun1\nindex tun1\ncreate tun0\nindex tun0\nudp6 r 521\njoin6 r ff02::9 tun1\ndestroy tun1\ndrop6 r ff02::9 @tun1\njoin6 r ff02::9 #1",
            "create tun0\nindex tun0",
        ];
        IReadOnlyList<(string Name, string Text)> lists = [.. texts.Select((text, n) => ($"l{n}", text))];
        IReadOnlyList<ListPrediction> said = [.. lists.Select(l => ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6), l.Name, l.Text, OperationList.Parse(l.Text, l.Name)))];

        var batches = new ListBatches(some => run.Run(some, 1, null, default, apart: true), 25);
        IReadOnlyList<ListOutcome> came = [.. batches.Run(lists, _ => { }).Zip(lists, (r, l) => new ListOutcome(l.Name, r.Answers, [.. r.Reports.Select(p => new ReportSeen(CrashWords.Of(p), p.Path))], r.Trouble))];

        PredictionScore score = PredictionScore.Of(said, came);
        Assert.Equal(1, batches.Boots);
        Assert.Empty(score.Differing);
        Assert.Equal((22, 3, 3), (score.Steps, score.Verdicts, score.VerdictsEqual));
    }
}
