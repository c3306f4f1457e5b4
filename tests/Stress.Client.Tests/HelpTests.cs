using System.CommandLine;
using Stress.Client.Commands;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class HelpTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("  stress [command] [options]", "--help")]
    [InlineData("  stress compare <FILE> [options]", "compare", "--help")]
    public async Task The_usage_names_the_program_as_it_is_typed(string usage, params string[] arguments)
    {
        using var output = new StringWriter();
        await StressCommand.Create(_screen.Terminal).Parse(arguments).InvokeAsync(new InvocationConfiguration { Output = output });
        Assert.Contains(usage, output.ToString());
    }

    [Theory]
    [InlineData("(see stress --help)", "nonesuch")]
    [InlineData("(see stress run --help)", "run")]
    public async Task A_line_that_does_not_parse_points_to_the_help_as_it_is_typed(string pointer, params string[] arguments)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(arguments));
        Assert.Contains(pointer, _screen.Error);
    }

    [Theory]
    [InlineData("--pairs=0")]
    [InlineData("--pairs=x")]
    [InlineData("--hours=0")]
    [InlineData("--seed=-1")]
    [InlineData("--workers=0")]
    [InlineData("--json=/nonexistent/x.json")]
    public async Task Run_compare_and_sensitivity_refuse_a_shared_option_with_the_same_words(string option)
    {
        List<string> said = [];
        foreach (string command in (string[])["run", "compare", "sensitivity"])
        {
            using var screen = new Screen();
            Assert.Equal(ExitCodes.Usage, await screen.Run(command, Repository.At("scenarios", "troxel-2005.yaml"), option));
            said.Add(screen.Error);
        }

        Assert.Single(said.Distinct());
        Assert.Contains("accepted", said[0]);
    }

    [Fact]
    public void An_option_that_run_compare_and_sensitivity_share_says_the_same_in_each_but_for_the_default_size()
    {
        Command root = StressCommand.Create(_screen.Terminal);
        IEnumerable<IGrouping<string, Option>> options = root.Subcommands.Where(command => command.Name is "run" or "compare" or "sensitivity")
            .SelectMany(command => command.Options).GroupBy(option => option.Name).Where(group => group.Count() > 1);
        Assert.All(options, group => Assert.Single(group.Select(option => option.Description!.Split(" (default")[0]).Distinct()));
    }
}
