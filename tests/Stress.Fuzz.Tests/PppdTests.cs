using System.Text.RegularExpressions;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Fuzz.Tests;

public sealed class PppdTests
{
    [Fact]
    public void Every_operation_of_the_grammar_is_one_of_the_script_and_every_option_has_its_words()
    {
        string script = File.ReadAllText(Repository.At("fuzz", "pppd", "list.sh"));
        string[] operations = [.. Regex.Match(script, @"\nline\(\) \{(.*?)\n\}", RegexOptions.Singleline).Groups[1].Value.Split('\n').Where(l => l.Contains(") ", StringComparison.Ordinal)).SelectMany(l => l.Split(')')[0].Split('|', StringSplitOptions.TrimEntries))];

        Assert.Equal(PppdGrammar.Grammar.Productions.Select(p => p.Word).Order(), operations.Where(word => word != "*").Order());
        Assert.All(PppdGrammar.Grammar.Values["options"], option => Assert.Contains($"\n    {option}) ", script, StringComparison.Ordinal));
    }

    [Fact]
    public void A_console_is_read_list_by_list_with_the_errors_that_ip_gave_and_what_the_lists_left()
    {
        ListOutcome[] outcomes =
        [
            .. PppdStack.Read(
            [
                "guest: pppdlists begins", "=== 0000", "step start -> ", "[   12.000000] x1: renamed from ppp0", "step up -> can't find device 'x0'", "step down -> No such device",
                "=== 0001", "step wait -> ", "found: pppd died of signal 11", "found: pppd died of signal 11", "=== end", "exec: end",
            ],
            complete: true, "the guest ended (exit 0)"),
        ];

        Assert.Equal([("start", ""), ("up", "can't find device NAME"), ("down", "No such device")], outcomes[0].Steps.Select(step => (step.Word, step.Error)));
        Assert.Empty(outcomes[0].Titles);
        Assert.Equal(["pppd died of signal 11"], outcomes[1].Titles);
        Assert.Equal(2, outcomes.Length);
    }

    [Fact]
    public void A_report_of_the_kernel_is_that_of_its_list_and_ends_what_the_boot_says()
    {
        string[] lines = ["=== 0000", "step start -> ", "[    5.0] refcount_t: underflow; use-after-free.", "[    5.0] WARNING: CPU: 0 PID: 1 at lib/refcount.c:28 refcount_warn_saturate+0x1/0x2", "=== 0001", "step wait -> "];

        ListOutcome outcome = Assert.Single(PppdStack.Read(lines, complete: true, ""));

        Assert.Contains("refcount", Assert.Single(outcome.Titles.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public void A_guest_that_ends_in_the_middle_of_a_list_is_a_finding_of_that_list()
    {
        ListOutcome[] outcomes = [.. PppdStack.Read(["=== 0000", "step start -> ", "=== 0001", "step start -> "], complete: false, "the guest ended (signal 11)")];

        Assert.Equal([[], ["the guest ended (signal 11)"]], outcomes.Select(outcome => outcome.Titles));
    }

    [Fact]
    public void A_script_of_a_list_has_the_program_that_reads_it_and_the_list()
    {
        string script = PppdStack.ToShell("finding-01", "pppd died of signal 11", ["start s0 v6", "destroy ppp0"]);

        Assert.Contains("\nstart s0 v6\ndestroy ppp0\nLIST\n", script, StringComparison.Ordinal);
        Assert.Contains(File.ReadAllText(Repository.At("fuzz", "pppd", "list.sh")), script, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pppd:k", "pppd:k")]
    [InlineData("pppd:", null)]
    [InlineData("pppd", null)]
    public void A_stack_of_pppd_has_the_name_of_its_kernel(string name, string? known) => Assert.Equal(known, StackOpener.FactsOf(name)?.Name);
}
