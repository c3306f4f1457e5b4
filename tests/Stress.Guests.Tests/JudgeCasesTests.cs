using Stress.Emulator.Exploration.Judging;
using Stress.Emulator.Stacks;
using Stress.Guests.Kernels;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>The files of <c>scenarios/judge-linux</c>; <c>./stress bench guests judge</c> judges them.</summary>
public sealed class JudgeCasesTests
{
    private static string Folder => Repository.At("scenarios", "judge-linux");

    public static TheoryData<string> Cases => [.. Directory.GetDirectories(Folder).Select(folder => Path.GetFileName(folder))];

    [Fact]
    public void There_are_twenty_cases() => Assert.Equal(20, Cases.Count);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_case_is_a_list_a_bug_and_a_right_an_incomplete_and_a_wrong_fix(string name)
    {
        string folder = Path.Combine(Folder, name), list = Path.Combine(folder, "list.ops");
        Assert.Contains(OperationList.Parse(File.ReadAllText(list), list), operation => operation.Text.StartsWith("destroy ", StringComparison.Ordinal));
        Assert.NotEqual(File.Exists(Path.Combine(folder, "bug.cocci")), KernelFaults.All.Any(fault => fault.Name == name));

        string[] fixes = [.. Directory.GetFiles(folder, "*.cocci").Where(file => Path.GetFileName(file) != "bug.cocci").Order(StringComparer.Ordinal)];
        Assert.Equal(["incomplete.cocci", "right.cocci", "wrong.cocci"], fixes.Select(file => Path.GetFileName(file)));
        Assert.All(fixes, file =>
        {
            string[] lines = File.ReadAllLines(file);
            Assert.Contains(lines, line => line.StartsWith("// File: ", StringComparison.Ordinal));
            FixVerdict? expected = FixVerdictNames.Named(Assert.Single(lines, line => line.StartsWith("// expect: ", StringComparison.Ordinal))["// expect: ".Length..]);
            Assert.NotNull(expected);
            Assert.Equal(Path.GetFileName(file) == "right.cocci", expected == FixVerdict.Ends);
        });
    }
}
