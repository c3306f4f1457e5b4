using System.CommandLine;
using System.Diagnostics;
using System.Reflection;
using Stress.Client.Commands;
using Stress.Client.Screen;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class CompletionCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Theory]
    [InlineData("run|runs", "stress", "ru")]
    [InlineData("sensitivity", "./stress", "sens")]
    [InlineData("--pairs|--pace", "stress", "run", "FILE", "--pa")]
    [InlineData("router", "stress", "show", "")]
    [InlineData("netbsd-2005|notifier-hold", "stress", "run", "FILE", "--design", "n")]
    [InlineData("purge-all", "stress", "run", "FILE", "--design", "=", "purge-a")]
    [InlineData("bash|zsh|fish", "stress", "completion", "")]
    [InlineData("none|pap|chap|any", "stress", "dial", "TARGET", "--require", "")]
    [InlineData("open|fixed|invalid|duplicate", "stress", "bugs", "--status", "")]
    [InlineData("all", "stress", "explore", "FILE", "--design", "al")]
    [InlineData("all", "stress", "compare", "FILE", "--designs", "al")]
    [InlineData("", "stress", "silo", "--designs", "")]
    [InlineData("", "stress", "run", "")]
    [InlineData("", "stress", "run", "nonesuch")]
    public async Task Bash_completes_commands_options_and_known_values_and_leaves_files_to_itself(string expected, params string[] words)
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("completion", "bash"));
        string script = Path.Combine(_screen.Folder, "stress.bash");
        File.WriteAllText(script, _screen.Out + "COMP_WORDS=(\"$@\")\nCOMP_CWORD=$(($# - 1))\n_stress\nprintf '%s\\n' \"${COMPREPLY[@]}\"\n");
        var start = new ProcessStartInfo("bash", ["--norc", script, .. words]);
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal), await Lines(start));
    }

    // What is typed, and what is offered for it: a command, an option, a value, a value after =, words of an argument, a command of a command, and a file.
    private static readonly (string Typed, string Offered)[] Completed =
    [
        ("stress ru", "run|runs"),
        ("./stress sens", "sensitivity"),
        ("stress run FILE --pa", "--pace|--pairs"),
        ("stress run FILE --design n", "netbsd-2005|notifier-hold"),
        ("stress bugs --status ", "duplicate|fixed|invalid|open"),
        ("stress explore FILE --design=al", "all"),
        ("stress completion f", "fish"),
        ("stress k8s u", "upgrade"),
        ("stress k8s run --bis", "--bisect"),
        ("stress run mi", "mine.yaml"),
    ];

    [ToolFact("zsh")]
    public async Task Zsh_loads_the_script_and_completes_commands_options_known_values_and_files()
    {
        await Script("zsh");
        string driver = Path.Combine(_screen.Folder, "driver.zsh");

        // The line editor completes at a terminal only: an inner shell has one, notes what is offered, and ends after the key.
        await File.WriteAllTextAsync(driver, """
            zmodload zsh/zpty || exit 3
            zpty inner zsh -f -i
            zpty -w inner "PROMPT= fpath=($fpath); autoload -Uz compinit && compinit -u -D && source ./stress.zsh"
            zpty -w inner 'compadd() { local -a hits; builtin compadd -A hits "$@"; print -rl -- $hits >> offered; builtin compadd "$@" }'
            zpty -w inner 'over() { exit }; zle -N over; bindkey "^X" over; bindkey "^I" complete-word'
            zpty -n -w inner "$1"$'\t\C-x'
            while zpty -r inner line; do :; done
            cat offered
            rm offered
            """);
        foreach ((string typed, string offered) in Completed)
        {
            Assert.Equal((typed, offered), (typed, string.Join('|', (await Lines(new ProcessStartInfo("zsh", ["-f", driver, typed]))).Distinct())));
        }
    }

    [ToolFact("fish")]
    public async Task Fish_loads_the_script_and_completes_commands_options_known_values_and_files()
    {
        await Script("fish");
        foreach ((string typed, string offered) in Completed)
        {
            // A description stands after a tab; of an option and its value in one word, fish names both.
            string[] lines = await Lines(new ProcessStartInfo("fish", ["--no-config", "--command", $"source ./stress.fish; complete --do-complete '{typed}'"]));

            Assert.Equal((typed, offered), (typed, string.Join('|', lines.Select(line => line.Split('\t')[0].Split('=')[^1]))));
        }
    }

    private async Task Script(string shell)
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("completion", shell));
        await File.WriteAllTextAsync(Path.Combine(_screen.Folder, $"stress.{shell}"), _screen.Out);
        await File.WriteAllTextAsync(Path.Combine(_screen.Folder, "mine.yaml"), "");
    }

    // What a shell prints in the test's folder, in order.
    private async Task<string[]> Lines(ProcessStartInfo start)
    {
        (start.RedirectStandardOutput, start.RedirectStandardError, start.WorkingDirectory) = (true, true, _screen.Folder);
        start.Environment["HOME"] = _screen.Folder;
        using Process shell = Process.Start(start)!;
        Task<string> errors = shell.StandardError.ReadToEndAsync(), output = shell.StandardOutput.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.Empty(await errors);
        return [.. (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task A_script_knows_every_command_and_every_option(string shell)
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("completion", shell));
        foreach (Command command in All(StressCommand.Create(_screen.Terminal)).Skip(1))
        {
            Assert.Contains(command.Name, _screen.Out);
            Assert.All(command.Options.Where(o => !o.Hidden), option => Assert.Contains(shell == "fish" ? $"-l {option.Name.TrimStart('-')}" : option.Name, _screen.Out));
        }
    }

    // fish matches a word anywhere on the line.
    [Theory]
    [InlineData("run", "checkpoint", "k8s")]
    [InlineData("upgrade", "cluster", "k8s")]
    [InlineData("show", "bisect", "kernel")]
    public async Task Fish_offers_the_options_of_a_command_only_where_its_word_is_not_that_of_an_inner_command(string command, string option, string outer)
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("completion", "fish"));
        Assert.Contains($"complete -c stress -n '__fish_seen_subcommand_from {command}; and not __fish_seen_subcommand_from {outer}' -l {option} ", _screen.Out);
    }

    [Fact]
    public async Task A_shell_that_there_is_no_script_for_is_named_with_those_that_there_are()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("completion", "fisch"));
        Assert.StartsWith("stress: fisch: no script for it, did you mean fish?; accepted: bash, zsh, fish", _screen.Error);
    }

    [Fact]
    public async Task The_page_for_man_has_every_command_every_option_and_every_exit_code()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("man"));
        string[] lines = _screen.Out.Split('\n');
        foreach (Command command in All(StressCommand.Create(_screen.Terminal)).Skip(1))
        {
            Assert.Contains(lines, line => line.StartsWith(".SS ", StringComparison.Ordinal) && line.Contains(command.Name.Replace("-", "\\-", StringComparison.Ordinal), StringComparison.Ordinal));
            Assert.All(command.Options.Where(o => !o.Hidden), option => Assert.Contains(option.Name.Replace("-", "\\-", StringComparison.Ordinal), _screen.Out));
        }

        foreach (FieldInfo code in typeof(ExitCodes).GetFields(BindingFlags.Public | BindingFlags.Static).Where(f => f.IsLiteral))
        {
            Assert.Contains($".B \"{code.GetRawConstantValue()}\"", lines);
        }

        // A line of text that begins with a point would be taken for a macro, and be lost.
        Assert.All(lines.Where(line => line.StartsWith('.')), line => Assert.Contains(line.Split(' ')[0], (string[])[".TH", ".SH", ".SS", ".TP", ".B", ".I", ".RI"]));
    }

    private static IEnumerable<Command> All(Command command) => command.Subcommands.Where(c => !c.Hidden).SelectMany(All).Prepend(command);
}
