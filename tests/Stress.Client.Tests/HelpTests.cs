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

    [Fact]
    public async Task Without_a_command_one_sees_the_short_help_and_no_error()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run());
        Assert.InRange(_screen.Out.Split('\n').Length, 8, 24);
        Assert.Contains("  run <FILE>", _screen.Out);
        Assert.Contains("./stress run scenarios/troxel-2005.yaml", _screen.Out);
        Assert.Contains("stress --help", _screen.Out);
        Assert.Empty(_screen.Error);
    }

    [Theory]
    [InlineData("rnu: no such command, did you mean run? (see stress --help)", "rnu")]
    [InlineData("minimize: no such command, did you mean minimise?", "minimize", "x")]
    [InlineData("zzz: no such command (see stress --help)", "zzz", "--help")]
    [InlineData("--pair: no such option of run, did you mean --pairs? (see stress run --help)", "run", "--pair", "3", "x.yaml")]
    [InlineData("--pair: no such option of run, did you mean --pairs?", "run", "x.yaml", "--pair=3")]
    [InlineData("--versoin: no such option, did you mean --version?", "--versoin")]
    [InlineData("rooter: no such command of show, did you mean router?", "show", "rooter")]
    [InlineData("show: of what? accepted: router (see stress show --help)", "show")]
    [InlineData("b: one word too many for run; accepted: FILE", "run", "a", "b")]
    [InlineData("FILE is missing (see stress run --help)", "run")]
    [InlineData("--design netbsd-2004: no such design, did you mean netbsd-2005?; accepted: ", "run", "SCENARIO", "--design", "netbsd-2004")]
    [InlineData("--designs purge-al: no such design, did you mean purge-all?; accepted: ", "compare", "SCENARIO", "--designs", "purge-al")]
    [InlineData("--depth x: accepted is a whole number", "explore", "SCENARIO", "--depth", "x")]
    [InlineData("test: of the source tree", "test")]
    public async Task A_word_that_is_not_accepted_is_named_with_the_nearest_that_is(string expected, params string[] arguments)
    {
        string scenario = Repository.At("scenarios", "troxel-2005.yaml");
        Assert.Equal(ExitCodes.Usage, await _screen.Run([.. arguments.Select(word => word == "SCENARIO" ? scenario : word)]));
        Assert.StartsWith($"stress: {expected}", _screen.Error);
        Assert.Single(_screen.Error.TrimEnd().Split('\n'));
        Assert.Empty(_screen.Out);
    }

    private static readonly Type[] Words = [typeof(bool), typeof(string), typeof(string[])];

    [Fact]
    public void What_stands_behind_a_typed_option_is_refused_by_its_name_and_with_what_is_accepted() => Assert.All(
        AllCommands(StressCommand.Create(_screen.Terminal)).SelectMany(command => command.Options.Where(option => option.Arity.MaximumNumberOfValues > 0 && !Words.Contains(option.ValueType)).Select(option => (command, option))),
        typed => Assert.StartsWith($"{typed.option.Name} nonsense: accepted ", Assert.Single(typed.command.Parse([$"{typed.option.Name}=nonsense"]).Errors, error => error.Message.Contains("nonsense", StringComparison.Ordinal)).Message));

    [Fact]
    public void An_option_that_is_a_number_or_a_time_is_no_text() => Assert.All(
        AllCommands(StressCommand.Create(_screen.Terminal)).SelectMany(command => command.Options).Where(option => option.ValueType == typeof(string)),
        text => Assert.DoesNotMatch(@"(?i)^(most|seed|pairs of|virtual|seconds|windows between|sites executed|wall time|port |http port|per cent|crashes per)|this many|seconds, or for example", text.Description));

    private static IEnumerable<Command> AllCommands(Command command) => command.Subcommands.SelectMany(AllCommands).Append(command);

    [Fact]
    public async Task The_version_has_the_commit_and_the_runtime()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("--version"));
        Assert.Matches(@"^stress \d+\.\d+\.\d+, commit ([0-9a-f]{12}|unknown), \.NET 10\.\S* on \S+\s*$", _screen.Out);
    }

    [Fact]
    public async Task The_help_has_test_and_bench_and_shows_what_may_be_left_out()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("--help"));
        Assert.Contains("  test [<WORDS>...] ", _screen.Out);
        Assert.Contains("  bench [<WORDS>...] ", _screen.Out);
        Assert.Contains("  watch [<RUN>] ", _screen.Out);
        Assert.Contains("  history [<ID>...] ", _screen.Out);
        Assert.Contains("  replay <RUN> <CRASH-ID> ", _screen.Out);
    }
}
