using System.Text.Json;
using System.Xml.Linq;
using Stress.Client.Commands;
using Stress.Client.RealStacks;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks.History;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>What was not seen is not therefore absent: a list that a stack executes in part has a verdict and an exit code of its own.</summary>
public sealed class UndecidedTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task A_list_with_an_operation_that_is_not_modelled_is_not_decided_and_never_clean()
    {
        string file = Write("x.ops", "create tun0", "up tun0", "route4 tun0 1.1.1.0 24", "destroy tun0");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("exec", file, "--stack", "netbsd-7"));
        Assert.Contains("verdict: not decided: netbsd-7 does not model step 3 (route4 tun0 1.1.1.0 24)", _screen.Out);
        Assert.DoesNotContain("verdict: clean", _screen.Out);
        Assert.StartsWith($"stress: {file}:3: not decided: ", _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task What_was_seen_beside_an_operation_that_is_not_modelled_is_said_all_the_same()
    {
        string file = Write("x.ops", "softint", "raw4 o 89", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "join4 o 224.0.0.5 10.0.0.1", "deladdr4 tun0 10.0.0.1", "ifclose tun0", "destroy tun0", "close o");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("exec", file, "--stack", "netbsd-7", "--design", "netbsd-2005"));
        Assert.Contains("verdict: step 10 (close o): heap-use-after-free in if_mcast_op (if.c); not decided: netbsd-7 does not model step 1 (softint)", _screen.Out);
    }

    [Fact]
    public async Task Every_format_says_that_a_list_is_not_decided()
    {
        string file = Write("x.ops", "create tun0", "pipe 100"), junit = Path.Combine(_screen.Folder, "j.xml"), sarif = Path.Combine(_screen.Folder, "s.json");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("exec", file, "--stack", "linux-6", $"--junit={junit}", $"--sarif={sarif}", "--github"));
        Assert.Equal("not decided", XDocument.Load(junit).Descendants("error").Single().Attribute("type")!.Value);
        Assert.Equal("1", XDocument.Load(junit).Root!.Attribute("errors")!.Value);
        using JsonDocument log = JsonDocument.Parse(File.ReadAllText(sarif));
        JsonElement run = log.RootElement.GetProperty("runs")[0], result = run.GetProperty("results").EnumerateArray().Single();
        Assert.Equal(("open", "none", "undecided"), (result.GetProperty("kind").GetString(), result.GetProperty("level").GetString(), result.GetProperty("ruleId").GetString()));
        Assert.False(run.GetProperty("invocations")[0].GetProperty("executionSuccessful").GetBoolean());
        Assert.Contains("::warning file=", _screen.Out);
        Assert.Contains(",line=2,", _screen.Out);

        using var json = new Screen();
        Assert.Equal(ExitCodes.NotDecided, await json.Run("exec", file, "--stack", "linux-6", "--json"));
        using JsonDocument document = JsonDocument.Parse(json.Out);
        Assert.StartsWith("not decided: linux-6 does not model step 2", document.RootElement.GetProperty("verdict").GetString());
        Assert.False(document.RootElement.GetProperty("decided").GetBoolean());
        Assert.Equal(2, document.RootElement.GetProperty("notModelled")[0].GetInt32());
    }

    [Fact]
    public async Task A_list_on_a_kernel_that_nobody_watches_is_not_decided_whatever_it_answered()
    {
        string file = Write("x.ops", "create tun0", "up tun0");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("exec", file, "--stack", "exec:cat >/dev/null; echo ' 1  create tun0  -> 0'; echo END normal"));
        Assert.Contains("verdict: not decided: that kernel's console is not watched", _screen.Out);
        Assert.StartsWith($"stress: {file}: not decided: that kernel's console is not watched (dial --console does); accepted for a verdict is --stack uml:KERNEL", _screen.Error);
    }

    [Theory]
    [InlineData(ExitCodes.Ok, "verdict: no report", false, false, true, null, "0")]
    [InlineData(ExitCodes.Ok, "", true, false, true, "it died", "0")]
    [InlineData(ExitCodes.Incomplete, "verdict: the kernel hung and was killed", false, true, true, null, "0")]
    [InlineData(ExitCodes.Incomplete, "verdict: the kernel hung and was killed", true, true, true, null, "0")]
    [InlineData(ExitCodes.Incomplete, "", false, false, true, "it went away", "0")]
    [InlineData(ExitCodes.NotDecided, "verdict: not decided: no report, and this kernel has no KASAN that would make one", false, false, false, null, "0")]
    [InlineData(ExitCodes.NotDecided, "verdict: not decided: the agent does not execute step 7 on that system", false, false, true, null, "-1 not modelled(0)")]
    public void What_a_guest_did_not_show_is_clean_only_when_it_would_have_shown_it(int code, string verdict, bool reported, bool hung, bool sanitizer, string? ended, string answer)
    {
        Assert.Equal(code, GuestExec.Conclude(_screen.Terminal, "x.ops", [$" 7  softint                                      -> {answer}"], new GuestExec.GuestOutcome(true, reported, hung, sanitizer, ended)));
        Assert.Equal(verdict, _screen.Out.Trim());
    }

    [Fact]
    public async Task Agree_counts_a_step_that_is_not_modelled_neither_as_agreed_nor_as_differing_and_exits_5()
    {
        Write("y.ops", "create tun0", "up tun0", "pipe 100");
        Write("y.netbsd-7.txt", " 1  create tun0                                  -> 0", " 2  up tun0                                      -> 0", " 3  pipe 100                                     -> 0", "END normal, no crash");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("2 of 2 (100.00 %) of the steps agree", _screen.Out);
        Assert.Contains("not decided: y step 3 (pipe 100) is not modelled; real 0", _screen.Out);
    }

    [Fact]
    public async Task Agree_does_not_take_a_list_that_is_not_modelled_for_a_clean_one()
    {
        Write("y.ops", "create tun0", "udp6 i 521", "enter6 i");
        Write("verdicts.tsv", "y\tfix-out\tclean", "y\tfix-in\tclean");

        Assert.Equal(ExitCodes.NotDecided, await _screen.Run("agree", _screen.Folder));
        Assert.Contains("verdicts netbsd-7-fix-in: not decided: y: real clean; model not decided: netbsd-7 does not model step 3 (enter6 i)", _screen.Out);
        Assert.DoesNotContain("1 of 1", _screen.Out);
    }

    [Fact]
    public void A_bug_of_which_a_side_is_not_modelled_is_neither_found_nor_gone_and_an_entry_that_is_wrong_outweighs_it()
    {
        HistoryEntry entry = Entry();
        var seen = new HistoryOutcome(entry.Verdict, "seen", 3, []);
        var clean = new HistoryOutcome(Verdict.Clean, "", 3, []);
        HistoryOutcome undecided = clean with { NotDecided = "it does not model step 2 (softint)" };

        Assert.False(new HistoryRun(entry, seen, undecided).Gone);
        Assert.False(new HistoryRun(entry, undecided with { Verdict = entry.Verdict }, clean).Found);
        Assert.Equal("not decided", undecided.Name);
        Assert.Equal(ExitCodes.Ok, HistoryCommand.CodeOf([new HistoryRun(entry, seen, clean)]));
        Assert.Equal(ExitCodes.NotDecided, HistoryCommand.CodeOf([new HistoryRun(entry, seen, clean), new HistoryRun(entry, seen, undecided)]));
        Assert.Equal(ExitCodes.ExpectationFailed, HistoryCommand.CodeOf([new HistoryRun(entry, seen, undecided), new HistoryRun(entry, clean, clean)]));
    }

    private static HistoryEntry Entry()
    {
        string file = Repository.At("scenarios", "history", "lwip-igmp-groups-outlive-netif.ops");
        return HistoryEntry.Parse(File.ReadAllText(file), file, "lwip-igmp-groups-outlive-netif");
    }

    private string Write(string name, params string[] lines)
    {
        string file = Path.Combine(_screen.Folder, name);
        File.WriteAllLines(file, lines);
        return file;
    }
}
