using System.Text.Json;
using System.Text.RegularExpressions;
using Stress.Emulator.Exploration.Judging;
using Stress.Guests.Judging;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class JudgeCommandTests : IDisposable
{
    private const string Entry = "netbsd-pppd-mcast-purge-skipped";
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    private string Fixes(params (string Name, string Text)[] fixes)
    {
        foreach ((string name, string text) in fixes)
        {
            File.WriteAllText(Path.Combine(_screen.Folder, name + ".fix"), text);
        }

        return _screen.Folder;
    }

    [Fact]
    public async Task A_verdict_each_comes_first_then_tries_pairs_price_and_the_schedule_that_is_not_clean()
    {
        string fixes = Fixes(("a-right", "design: purge-all"), ("b-wrong", "design: route-validate\nexpect: does-not-end"));

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("judge", Entry, "--fixes", fixes, "--schedules", "20", "--lists", Repository.At("tests", "recorded", "minimal")));
        int verdict = _screen.Out.IndexOf("does-not-end", StringComparison.Ordinal), tries = _screen.Out.IndexOf("clean tries;", StringComparison.Ordinal);
        Assert.InRange(verdict, 1, tries);
        Assert.Contains("more clean ones until below one in 1000 at 95 %", _screen.Out);
        Assert.Contains("the same schedules without and with it: ", _screen.Out);
        Assert.Contains("McNemar, exact: p ", _screen.Out);
        Assert.Contains("price over ", _screen.Out);
        Assert.Contains("  not clean", _screen.Out);
    }

    [Fact]
    public async Task A_fix_that_is_not_what_its_file_expects_exits_1_and_json_has_every_verdict()
    {
        string fixes = Fixes(("wrong", "design: route-validate")), json = Path.Combine(_screen.Folder, "x.json");

        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("judge", Entry, "--fixes", fixes, "--schedules", "20", "--json", json));
        Assert.Contains("(expected: ends)", _screen.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        Assert.Equal("does-not-end", document.RootElement[0].GetProperty("verdict").GetString());
    }

    [Fact]
    public async Task A_list_that_shows_no_bug_is_not_decided()
    {
        string list = Path.Combine(_screen.Folder, "x.ops");
        File.WriteAllText(list, "create ppp0\n");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("judge", list, "--fixes", Fixes(("a", "design: purge-all"))));
        Assert.Contains("stress: not decided: x: kernel netbsd-2005 executes it without a finding", _screen.Error);
    }

    [Theory]
    [InlineData("--fixes is missing; accepted is a folder with NAME.fix", "judge", Entry)]
    [InlineData("no fix here; accepted are files NAME.fix", "judge", Entry, "--fixes", "FOLDER")]
    [InlineData("nonesuch: no such file and no entry of scenarios/history", "judge", "nonesuch", "--fixes", "FOLDER")]
    [InlineData("--design x: the header of ", "judge", Entry, "--fixes", "FOLDER", "--design", "x")]
    [InlineData("--kernel linux: accepted: uml:KERNEL", "judge", Entry, "--fixes", "FOLDER", "--kernel", "linux")]
    [InlineData("no patch here; accepted with --kernel are files NAME.patch and NAME.cocci", "judge", Entry, "--fixes", "FOLDER", "--kernel", "uml:x")]
    [InlineData("--fault, --bug, --tries and --seed are of real kernels; accepted with --kernel uml:KERNEL", "judge", Entry, "--fixes", "FOLDER", "--tries", "3")]
    [InlineData("--schedules 0: accepted is a whole number from 1", "judge", Entry, "--fixes", "FOLDER", "--schedules", "0")]
    public async Task What_is_not_accepted_is_one_line_and_exit_2(string message, params string[] arguments)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run([.. arguments.Select(word => word == "FOLDER" ? _screen.Folder : word)]));
        Assert.Contains(message, _screen.Error);
    }

    [Fact]
    public async Task A_patch_that_expects_no_verdict_is_refused_with_file_and_line()
    {
        File.WriteAllText(Path.Combine(_screen.Folder, "x.patch"), "Why\nexpect: perhaps\n--- a/x\n+++ b/x\n");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("judge", Entry, "--fixes", _screen.Folder, "--kernel", "uml:x"));
        Assert.Contains("x.patch:2: 'perhaps' is not a verdict; accepted: ends, ", _screen.Error);
    }

    [Fact]
    public async Task A_stored_bug_is_judged_by_its_least_list()
    {
        string runs = Path.Combine(_screen.Folder, "runs"), store = Path.Combine(_screen.Folder, "bugs.db"), json = Path.Combine(_screen.Folder, "bugs.json");
        Assert.Equal(ExitCodes.ExpectationFailed, await _screen.Run("fuzz", "--stacks", "netbsd-2005", "--lists", "200", "--seed", "1", "--findings", "1", "--out", runs));
        Assert.Equal(ExitCodes.Ok, await _screen.Run("import", runs, "--store", store));
        Assert.Equal(ExitCodes.Ok, await _screen.Run("bugs", "--store", store, "--json", json));
        string bug = Regex.Match(File.ReadAllText(json), "\"id\": \"([^\"]+)\"").Groups[1].Value;

        int code = await _screen.Run("judge", bug, "--store", store, "--fixes", Fixes(("a", "design: purge-all")), "--schedules", "5", "--lists", Repository.At("tests", "recorded", "minimal"));

        Assert.Contains($"the bug: bug {bug} on netbsd-2005: ", _screen.Out);
        Assert.NotEqual(ExitCodes.Usage, code);
        Assert.Equal(ExitCodes.Usage, await _screen.Run("judge", "fffffffff", "--store", store, "--fixes", _screen.Folder));
        Assert.Contains("fffffffff: no such bug; accepted is ", _screen.Error);
    }

    [Fact]
    public void Patches_have_a_verdict_each_their_pairs_and_the_clean_tries_that_are_still_needed()
    {
        var order = new Commands.PatchOrder("leaves", "create tun0", _screen.Folder, "uml:k", "igmp-delrec-hold", null, null, Tries: 10, Seed: 1, OneIn: 1_000, Json: null);
        Trial sick = new(["WARNING in a"], false, null), clean = new([], false, null);

        int code = Commands.JudgePatches.Conclude(
            _screen.Terminal, order, new Kernel("k", sick), new Kernel("k", clean), [("a-right", FixVerdict.Ends, new Kernel("k+a", clean)), ("b-wrong", FixVerdict.Ends, new Kernel("k+b", sick))], ["one"]);

        Assert.Equal(ExitCodes.ExpectationFailed, code);
        Assert.Contains("the bug: leaves on k with igmp-delrec-hold: WARNING in a", _screen.Out);
        Assert.Contains("a-right: 10 clean tries; 2985 more clean ones until below one in 1000 at 95 %", _screen.Out);
        Assert.Contains("the same seeds without and with it: 10 bad only without, 0 only with", _screen.Out);
        Assert.Contains("b-wrong: 10 tries of 10 not clean", _screen.Out);
    }

    private sealed class Kernel(string name, Trial trial) : IJudgedKernel
    {
        public string Name => name;

        public long Bytes => 1;

        public Trial Try(ulong seed) => trial;

        public double Answer(out IReadOnlyList<IReadOnlyList<string>> answers)
        {
            answers = [[" 1  create tun0  -> 0"]];
            return 0;
        }
    }

    [Fact]
    public async Task A_patch_of_a_real_kernel_is_refused_with_what_is_accepted()
    {
        File.WriteAllText(Path.Combine(_screen.Folder, "x.patch"), "");

        Assert.Equal(ExitCodes.Usage, await _screen.Run("judge", Entry, "--fixes", _screen.Folder));
        Assert.Contains("x.patch: a patch of a real kernel; accepted with --kernel uml:KERNEL, and without it NAME.fix", _screen.Error);
    }
}
