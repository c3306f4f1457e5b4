using Stress.Client.Lines;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary><c>stress agree DIR --coverage</c>: which lines of the kernel lists with a real answer have executed.</summary>
public sealed class KernelCoverageTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Only_lists_with_an_answer_of_the_main_kernel_count_and_functions_that_they_reach_are_told_from_those_that_only_a_run_reaches()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_screen.Folder, "lists")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.ops"), "create tun0\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\n");
        File.WriteAllText(Path.Combine(folder, "a.netbsd-4.0.1.txt"), " 1  create tun0  -> 0\n 2  open tun0  -> 0\n 3  addr4 tun0 10.0.0.1 10.0.0.2  -> 0\nEND normal, no crash\n");
        File.WriteAllText(Path.Combine(folder, "b.ops"), "udp6 r 521\n");
        File.WriteAllText(Path.Combine(folder, "b.netbsd-7.txt"), " 1  udp6 r 521  -> 0\nEND normal, no crash\n");

        Assert.Equal(ExitCodes.Ok, await _screen.Run("agree", folder, "--coverage"));

        Assert.Contains("coverage: 1 run of lists with a real answer executed ", _screen.Out);
        string[] functions = [.. _screen.Out.Split('\n').Where(line => line.Contains("that the scenario executes", StringComparison.Ordinal))];
        Assert.DoesNotContain(" 0 of ", functions.Single(line => line.Contains("Netinet/In.cs BsdKernel.SiocAifAddr ", StringComparison.Ordinal)).Split(',')[0]);
        Assert.Contains("   0 of ", functions.Single(line => line.Contains("Netinet/InPcb.cs BsdKernel.OpenSocket ", StringComparison.Ordinal)).Split(',')[0]);
        Assert.Contains("  only the scenario: Netinet6/Ip6Input.cs:", _screen.Out);
    }

    [Fact]
    public void The_same_work_marks_the_same_lines_and_leaves_the_program_that_asked_unmarked()
    {
        string list = Repository.At("tests", "recorded", "ops", "ops000.ops"), scenario = Repository.At("scenarios", "troxel-2005.yaml");
        KernelCoverage Count() => KernelCoverage.Of([list], ["netbsd-4.0.1"], ["netbsd-2005"], scenario);
        KernelCoverage one = Count(), two = Count();

        Assert.Equal(one.Functions, two.Functions);
        Assert.Equal(one.OnlyScenario, two.OnlyScenario);
        Assert.All(one.Functions, f => Assert.InRange(f.ByBoth, 0, Math.Min(f.ByLists, f.ByScenario)));
        Assert.Null(typeof(Emulator.Kernel.BsdKernel).Assembly.GetType(LineMarks.TypeName));
    }
}
