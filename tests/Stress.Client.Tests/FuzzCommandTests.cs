using System.Text.Json;
using Xunit;

namespace Stress.Client.Tests;

public sealed class FuzzCommandTests
{
    [Fact]
    public async Task A_search_writes_its_findings_in_each_form_and_exits_1()
    {
        using var screen = new Screen();
        int code = await screen.Run("fuzz", "--stacks", "netbsd-7", "--lists", "1500", "--findings", "1", "--out", screen.Folder);

        Assert.Equal(ExitCodes.ExpectationFailed, code);
        string run = Assert.Single(Directory.GetDirectories(screen.Folder));
        using JsonDocument report = JsonDocument.Parse(File.ReadAllText(Path.Combine(run, "fuzz.json")));
        string title = report.RootElement.GetProperty("findings")[0].GetProperty("title").GetString()!;
        Assert.Contains(title, screen.Out, StringComparison.Ordinal);
        Assert.StartsWith($"# {title}\n", File.ReadAllText(Path.Combine(run, "finding-01.ops")), StringComparison.Ordinal);
        Assert.Contains("stress_list[]", File.ReadAllText(Path.Combine(run, "finding-01.c")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--stacks host: a finding there takes the machine down; accepted with --allow-crash", "--stacks", "netbsd-7,host")]
    [InlineData("--stacks netbsd-8: unknown stack, did you mean netbsd-7?", "--stacks", "netbsd-8")]
    [InlineData("--stacks linux-6,linux-6: accepted are different names", "--stacks", "linux-6,linux-6")]
    [InlineData("--stacks lwip,linux-6: lwip has operations of its own", "--stacks", "lwip,linux-6")]
    [InlineData("--budget soon: accepted is a time with a unit", "--budget", "soon")]
    [InlineData("--lists 0: accepted is a whole number from 1", "--lists", "0")]
    [InlineData("--daemons: accepted without --stacks (linux-6)", "--daemons", "--stacks", "linux-6")]
    [InlineData("--daemons: its namespaces are this machine's", "--daemons", "--cluster", "redis://127.0.0.1:1")]
    [InlineData("--stacks daemons: unknown stack", "--stacks", "daemons")]
    [InlineData("--name mine: accepted with --cluster", "--name", "mine")]
    [InlineData("--stacks host: on a cluster every silo executes lists; accepted are", "--stacks", "host", "--allow-crash", "--cluster", "redis://127.0.0.1:1")]
    [InlineData("--workers 2: accepted without --cluster", "--workers", "2", "--cluster", "redis://127.0.0.1:1")]
    [InlineData("a b: accepted is the name of a run", "--name", "a b", "--cluster", "redis://127.0.0.1:1")]
    [InlineData("--cluster ...: ", "--cluster", "nowhere")]
    [InlineData("--fault clone-mc-list: accepted with a stack uml:KERNEL", "--fault", "clone-mc-list")]
    public async Task What_cannot_be_searched_is_refused_in_a_sentence_and_nothing_is_written(string words, params string[] options)
    {
        using var screen = new Screen();
        string folder = Path.Combine(screen.Folder, "none");

        Assert.Equal(ExitCodes.Usage, await screen.Run(["fuzz", .. options, "--out", folder]));
        Assert.Contains(words, screen.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
    }
}
