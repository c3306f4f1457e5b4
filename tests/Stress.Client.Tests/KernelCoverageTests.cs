using System.Diagnostics;
using Stress.Client.Commands;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>
/// <c>stress agree DIR --coverage</c>: which lines of the kernel lists with a real answer have executed. In processes of its own: a second copy of the program's assemblies
/// would be met by other tests of this one.
/// </summary>
public sealed class KernelCoverageTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Only_lists_with_an_answer_of_the_main_kernel_count_what_they_reach_is_told_from_what_only_a_run_reaches_and_twice_the_same()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_screen.Folder, "lists")).FullName;
        File.WriteAllText(Path.Combine(folder, "a.ops"), "create tun0\nopen tun0\naddr4 tun0 10.0.0.1 10.0.0.2\n");
        File.WriteAllText(Path.Combine(folder, "a.netbsd-4.0.1.txt"), " 1  create tun0  -> 0\n 2  open tun0  -> 0\n 3  addr4 tun0 10.0.0.1 10.0.0.2  -> 0\nEND normal, no crash\n");
        File.WriteAllText(Path.Combine(folder, "b.ops"), "udp6 r 521\n");
        File.WriteAllText(Path.Combine(folder, "b.netbsd-7.txt"), " 1  udp6 r 521  -> 0\nEND normal, no crash\n");

        string text = await Agree(folder);

        Assert.Contains("coverage: 1 run of lists with a real answer executed ", text);
        string[] functions = [.. text.Split('\n').Where(line => line.Contains("that the scenario executes", StringComparison.Ordinal))];
        Assert.DoesNotContain(" 0 of ", functions.Single(line => line.Contains("Netinet/In.cs BsdKernel.SiocAifAddr ", StringComparison.Ordinal)).Split(',')[0]);
        Assert.Contains("   0 of ", functions.Single(line => line.Contains("Netinet/InPcb.cs BsdKernel.OpenSocket ", StringComparison.Ordinal)).Split(',')[0]);
        Assert.Contains("  only the scenario: Netinet6/Ip6Input.cs:", text);
        Assert.Equal(text, await Agree(folder));
    }

    private static async Task<string> Agree(string folder)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(AgreeCommand).Assembly.Location, "agree", folder, "--coverage"]) { RedirectStandardOutput = true };
        using Process process = Process.Start(start)!;
        string text = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(ExitCodes.Ok, process.ExitCode);
        return text;
    }
}
