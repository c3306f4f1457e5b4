using Stress.Emulator.Stacks;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Stacks;
using Xunit;

namespace Stress.Fuzz.Tests;

public sealed class GrammarTests
{
    public static TheoryData<string> Stacks => [.. StackCatalog.Names];

    [Fact]
    public void Every_operation_of_the_language_is_in_the_grammar_but_the_look_at_a_model()
    {
        string[] words = [.. KernelGrammar.Grammar.Productions.Select(p => p.Word).Distinct()];

        Assert.Equal(OperationList.Names.Except(["show"]).Order(), words.Order());
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void A_stack_has_what_the_grammar_says_it_has(string stack)
    {
        var generator = new Generator(KernelGrammar.Grammar.For([stack]));
        IReadOnlyList<string>[] lists = [.. Enumerable.Range(1, 300).Select(n => generator.Generate(new Chance(1, (ulong)n)))];

        IReadOnlyList<ListOutcome> outcomes = new EmulatedStack(stack).Run(lists, 1, CancellationToken.None);

        Assert.All(outcomes, outcome => Assert.Null(outcome.Lost));

        // The models' tables are limited, and arriving IPv6 packets are not modelled everywhere: this is about words that a stack never supports.
        string[] never = [.. outcomes.SelectMany(outcome => outcome.Steps).GroupBy(step => step.Word).Where(word => word.All(step => !step.IsExecuted)).Select(word => word.Key)];
        Assert.Empty(never);
    }

    [Theory]
    [MemberData(nameof(Stacks))]
    public void A_changed_list_is_one_of_the_language(string stack)
    {
        var generator = new Generator(KernelGrammar.Grammar.For([stack]));
        for (ulong n = 1; n <= 300; n++)
        {
            var chance = new Chance(2, n);
            IReadOnlyList<string> list = generator.Mutate(generator.Generate(chance), generator.Generate(chance), chance);

            Assert.InRange(list.Count, 1, Generator.LongestChanged);
            _ = OperationList.Parse(string.Join('\n', list), $"list {n}");
        }
    }

    [Fact]
    public void Stacks_together_have_what_each_of_them_has()
    {
        string[] words = [.. KernelGrammar.Grammar.For([StackCatalog.Linux6, KernelGrammar.Agent]).Productions.Select(p => p.Word)];

        Assert.Contains("sjoin6", words);
        Assert.DoesNotContain("tcp4", words);
        Assert.DoesNotContain("carp", words);
    }
}
