using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Stress.Client.Predictions;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class PredictCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    private string Out => Path.Combine(_screen.Folder, "out");

    private string Lists()
    {
        string folder = Path.Combine(_screen.Folder, "lists");
        Directory.CreateDirectory(folder);
        File.WriteAllLines(Path.Combine(folder, "y.ops"), ["create tun0", "up tun0", "index tun0"]);
        File.WriteAllLines(Path.Combine(folder, "y.linux-6.18.txt"), [" 1  create tun0                                  -> 0", " 2  up tun0                                      -> -1 ENODEV(19)", " 3  index tun0                                   -> 0  [2]", "END normal"]);
        File.WriteAllLines(Path.Combine(folder, "z.ops"), ["create tun0"]);
        return folder;
    }

    private async Task<string> Predicted()
    {
        await _screen.Run("predict", Lists(), "--kernel", "recorded:linux-6.18", "--out", Out);
        return Assert.Single(Directory.GetDirectories(Out));
    }

    [Fact]
    public async Task The_recorded_lists_of_the_generator_are_predicted_to_the_last_step()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("predict", Repository.At("tests", "recorded", "gen"), "--kernel", "recorded:linux-6.18", "--out", Out));
        Assert.Contains("predicted: 61 lists, 3,377 steps, by linux-6 of recorded:linux-6.18", _screen.Out);
        Assert.Contains("steps equal: 3377 of 3377 (100.00 %)", _screen.Out);
        Assert.Contains("61 lists without a verdict: a recording has no console", _screen.Out);
    }

    [Fact]
    public void The_prediction_is_sealed_before_the_kernel_runs_and_the_seal_is_that_of_its_file()
    {
        IReadOnlyList<KernelList> lists = [List("a", "create tun0\nindex tun0")];
        var record = new PredictionRecord(Path.Combine(Out, "p"));
        string? sealedThen = null;
        var kernel = new FakeKernel(_ =>
        {
            sealedThen = Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(Path.Combine(record.Folder, "prediction.json"))));
            return new ListOutcome("a", [" 1  create tun0  -> 0", " 2  index tun0  -> 0  [2]", "END normal"], [], null);
        });

        Assert.Equal(ExitCodes.Ok, Commands.PredictCommand.Predict(_screen.Terminal, record, StackCatalog.Linux6, kernel, lists, minimise: false, default));

        Assert.NotNull(sealedThen);
        Assert.Contains($"sealed: {sealedThen}", _screen.Out);
        Assert.StartsWith(sealedThen + "  prediction.json", File.ReadAllText(Path.Combine(record.Folder, "prediction.sha256")));
        Assert.Equal(sealedThen, record.Outcome().Seal);
        Assert.Contains("verdicts equal: 1 of 1 (100.00 %)", _screen.Out);
    }

    [Theory]
    [InlineData("--fault clone-mc-list --kernel recorded:x: a fault cannot be switched on there", "clone-mc-list", "recorded:x")]
    [InlineData("--fault ppp-channel-hold: no operation that the model has reaches it; accepted: addrconf-idev-hold, clone-mc-list, igmp-delrec-hold, mld-delrec-hold, tun-socket-hold", "ppp-channel-hold", "uml:x")]
    [InlineData("--fault clone: unknown fault", "clone", "uml:x")]
    public async Task A_fault_that_cannot_be_predicted_is_refused_with_those_that_can(string message, string fault, string kernel)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("predict", Lists(), "--kernel", kernel, "--fault", fault, "--out", Out));
        Assert.Contains(message, _screen.Error);
    }

    [Fact]
    public void With_a_fault_the_model_says_which_lists_die_and_in_which_function()
    {
        IReadOnlyList<KernelList> lists = [List("a", "raw4 o 89\ncreate tun0"), List("b", "index tun0")];
        ListOutcome[] came =
        [
            new("a", [" 1  raw4 o 89  -> 0"], [new ReportSeen("KASAN slab-use-after-free in tun_queue_purge", "tun_queue_purge")], null), new("b", [" 1  index tun0  -> -1 ENODEV(19)", "END normal"], [], null),
        ];
        var kernel = new FakeKernel(list => came.First(outcome => outcome.Name == list.Name));
        var record = new PredictionRecord(Path.Combine(Out, "p"));

        Assert.Equal(ExitCodes.Ok, Commands.PredictCommand.Predict(_screen.Terminal, record, StackCatalog.Linux6, kernel, lists, minimise: false, default, "tun-socket-hold"));
        Assert.Contains("by linux-6 with tun-socket-hold of ", _screen.Out);
        Assert.Contains("verdicts equal: 2 of 2 (100.00 %); the same function in 1 of 1 (100.00 %) that died as predicted", _screen.Out);
        Assert.Equal("tun-socket-hold", record.Prediction().Fault);
    }

    [Fact]
    public async Task Too_few_equal_steps_exit_1_and_each_is_named()
    {
        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("predict", Lists(), "--kernel", "recorded:linux-6.18", "--out", Out));
        Assert.Contains("predicted: 1 list, 3 steps", _screen.Out);
        Assert.Contains("steps equal: 2 of 3 (66.67 %)", _screen.Out);
        Assert.Contains("differs: y step 2 (up tun0): predicted 0, real -1 ENODEV(19)", _screen.Out);
    }

    [Fact]
    public async Task A_record_as_it_was_sealed_verifies_with_the_same_score()
    {
        string record = await Predicted();
        using var other = new Screen();

        Assert.Equal(ExitCodes.Ok, await other.Run("predict", "--verify", record));
        Assert.Contains("as it was sealed: ", other.Out);
        Assert.Contains("steps equal: 2 of 3 (66.67 %)", other.Out);
    }

    [Fact]
    public async Task A_prediction_that_was_changed_afterwards_is_found_and_so_is_a_score_that_is_not_that_of_the_answers()
    {
        string record = await Predicted(), prediction = Path.Combine(record, "prediction.json"), outcome = Path.Combine(record, "outcome.json");
        string said = File.ReadAllText(prediction), came = File.ReadAllText(outcome);

        // The missed step is made a hit.
        JsonNode changed = JsonNode.Parse(said)!;
        changed["lists"]![0]!["steps"]![1]!["answer"] = "-1 ENODEV(19)";
        File.WriteAllText(prediction, changed.ToJsonString());
        using var first = new Screen();
        Assert.Equal(ExitCodes.ExpectationFailed, await first.Run("predict", "--verify", record));
        Assert.Contains("not as it was sealed: prediction.json is not the file that was sealed", first.Out);

        File.WriteAllText(prediction, said);
        JsonNode better = JsonNode.Parse(came)!;
        better["score"]!["stepsEqual"] = 3;
        File.WriteAllText(outcome, better.ToJsonString());
        using var second = new Screen();
        Assert.Equal(ExitCodes.ExpectationFailed, await second.Run("predict", "--verify", record));
        Assert.Contains("the score in outcome.json is not that of its answers: steps 3/3", second.Out);
    }

    [Fact]
    public void A_difference_is_cut_down_by_itself_and_the_rule_is_named()
    {
        // A kernel that answers as the model does, but lets nobody bring up an interface with an IPv4 address.
        IReadOnlyList<KernelList> lists = [List("a", "create tun0\ncreate tun1\nraw4 o 89\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\nup tun1\nindex tun0\nup tun0\nclose o\ndestroy tun1")];
        var kernel = new FakeKernel(list =>
        {
            ListPrediction said = ListPrediction.Of(StackCatalog.Create(StackCatalog.Linux6), list.Name, list.Text, list.Parsed.Operations);
            bool refuses = list.Text.Contains("create tun0") && list.Text.Contains("addr4 tun0");
            return new ListOutcome(list.Name, [.. said.Steps.Select((s, n) => $"{n + 1,2}  {s.Operation}  -> {(refuses && s.Operation == "up tun0" && s.Answer == "0" ? "-1 EPERM(1)" : s.Answer)}"), "END normal"], [], null);
        });

        Assert.Equal(ExitCodes.ExpectationFailed, Commands.PredictCommand.Predict(_screen.Terminal, new PredictionRecord(Path.Combine(Out, "p")), StackCatalog.Linux6, kernel, lists, minimise: true, default));

        Assert.Contains("difference: up: predicted 0, real -1 EPERM(1); 1 step; 3 operations; likely rule: addrconf_notify at NETDEV_UP (net/ipv6/addrconf.c)", _screen.Out);
        MinimalDifference difference = Assert.Single(new PredictionRecord(Path.Combine(Out, "p")).Outcome().Differences);
        Assert.Equal(["create tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "up tun0"], difference.Lines);
        Assert.True(difference.IsMinimal);
    }

    [Fact]
    public void A_list_that_the_model_does_not_model_is_not_decided()
    {
        IReadOnlyList<KernelList> lists = [List("a", "create tun0\npipe 5")];
        var kernel = new FakeKernel(_ => new ListOutcome("a", [" 1  create tun0  -> 0", " 2  pipe 5  -> 0", "END normal"], [], null));

        Assert.Equal(ExitCodes.NotDecided, Commands.PredictCommand.Predict(_screen.Terminal, new PredictionRecord(Path.Combine(Out, "p")), StackCatalog.Linux6, kernel, lists, minimise: false, default));
        Assert.Contains("1 step not modelled", _screen.Out);
        Assert.Contains("1 list without a verdict: ", _screen.Out);
    }

    [Theory]
    [InlineData("FOLDER is missing; accepted: predict FOLDER --kernel KERNEL, predict --random N --kernel KERNEL, or predict --verify RECORD", "predict")]
    [InlineData("--kernel is missing; accepted: uml:KERNEL", "predict", "LISTS")]
    [InlineData("--kernel linux: accepted: uml:KERNEL", "predict", "LISTS", "--kernel", "linux")]
    [InlineData("--model linux-7: no such model, did you mean linux-6?; accepted: ", "predict", "LISTS", "--kernel", "uml:x", "--model", "linux-7")]
    [InlineData("--model netbsd-7 --kernel uml:x: that is another system; accepted: --model linux-6", "predict", "LISTS", "--kernel", "uml:x", "--model", "netbsd-7")]
    [InlineData("no list here that recorded:plan9 answers; accepted are NAME.ops with a recording beside it", "predict", "LISTS", "--kernel", "recorded:plan9")]
    [InlineData("FOLDER and --random both say which lists", "predict", "LISTS", "--random", "3", "--kernel", "uml:x")]
    [InlineData("--random --kernel recorded:x: there are no answers to these lists", "predict", "--random", "3", "--kernel", "recorded:x")]
    [InlineData("--seed x: accepted is a whole number from 0", "predict", "--random", "3", "--seed", "x", "--kernel", "uml:x")]
    [InlineData("--seed 3: a folder's lists have none; accepted with --random", "predict", "LISTS", "--seed", "3", "--kernel", "uml:x")]
    [InlineData("--batch 0: accepted is", "predict", "LISTS", "--kernel", "uml:x", "--batch", "0")]
    [InlineData("no prediction.json here; accepted is the folder of a prediction", "predict", "--verify", "LISTS")]
    [InlineData("accepted: predict --verify RECORD, without FOLDER or --kernel", "predict", "LISTS", "--verify", "LISTS")]
    public async Task What_is_not_accepted_is_one_line_and_exit_2(string message, params string[] arguments)
    {
        string lists = Lists();

        Assert.Equal(ExitCodes.Usage, await _screen.Run([.. arguments.Select(word => word == "LISTS" ? lists : word)]));
        Assert.Contains(message, _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
    }

    private static KernelList List(string name, string text) => new(name, name, text, OperationFile.Parse(text, name));

    private sealed class FakeKernel(Func<KernelList, ListOutcome> answer) : IListKernel
    {
        public string Name => "fake";

        public string Identity => "none";

        public RecordingConditions? Conditions => null;

        public string? NoVerdict => null;

        public IReadOnlyList<ListOutcome> Run(IReadOnlyList<KernelList> lists, Action<int> done, CancellationToken stop) => [.. lists.Select(answer)];
    }
}
