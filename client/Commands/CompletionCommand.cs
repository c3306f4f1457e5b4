using System.CommandLine;
using System.CommandLine.Completions;
using System.Text;
using Stress.Client.Screen;
using Stress.Emulator.Designs;
using Stress.Emulator.Stacks;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress completion bash|zsh|fish</c>: a script that completes commands, options and known values in a shell. It is generated from the command line's
/// own declarations and starts no program, so a keystroke is cheap. Everything else is completed as a file name.
/// </summary>
public static class CompletionCommand
{
    private const string Indent = "        ";

    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish." };
        shell.CompletionSources.Add(Shells);
        var command = new Command("completion", "Print a script that completes the command line in a shell: source <(./stress completion bash).") { shell };
        command.SetAction(line =>
        {
            Command root = line.RootCommandResult.Command;
            string script = line.GetValue(shell)! switch
            {
                "bash" => Bash(root),
                "zsh" => Zsh(root),
                "fish" => Fish(root),
                var other => throw new UsageException($"{other}: no script for it{NearestWord.Hint(other, Shells)}; accepted: {string.Join(", ", Shells)}"),
            };
            OutputFile.Write(OutputFile.Standard, script, terminal);
            return ExitCodes.Ok;
        });
        return command;
    }

    private static string Bash(Command root) => $$"""
        # Completion of stress for bash: source <(./stress completion bash)
        _stress() {
            local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} at='' i options='' names='' values=''
            # An option and its value with = between them are three words.
            if [ "$word" = = ]; then word=''; elif [ "$before" = = ] && [ "$COMP_CWORD" -gt 2 ]; then before=${COMP_WORDS[COMP_CWORD-2]}; fi
            for ((i = 1; i < COMP_CWORD; i++)); do
                case "$at ${COMP_WORDS[i]}" in
                    {{Paths(root)}}) at="$at ${COMP_WORDS[i]}" ;;
                esac
            done
            case "$at" in
        {{Cases(root)}}    esac
            case "$at $before" in
        {{ValueCases(root)}}    esac
            if [ -n "$values" ]; then names=$values; elif [[ $word == -* ]]; then names=$options; fi
            COMPREPLY=($(compgen -W "$names" -- "$word"))
        }
        complete -o bashdefault -o default -F _stress stress ./stress

        """;

    private static string Zsh(Command root) => $$"""
        #compdef stress
        # Completion of stress for zsh: source <(./stress completion zsh), after compinit
        _stress() {
            local word=${words[CURRENT]} before=${words[CURRENT-1]} at='' i options='' names='' values=''
            # An option and its value with = between them are one word, and only what follows the = is completed.
            if [[ $word == --*=* ]]; then before=${word%%=*}; word=${word#*=}; compset -P '*='; fi
            for ((i = 2; i < CURRENT; i++)); do
                case "$at ${words[i]}" in
                    {{Paths(root)}}) at="$at ${words[i]}" ;;
                esac
            done
            case "$at" in
        {{Cases(root)}}    esac
            case "$at $before" in
        {{ValueCases(root)}}    esac
            if [[ -n $values ]]; then names=$values; elif [[ $word == -* ]]; then names=$options; fi
            if [[ -n $names ]]; then compadd -- ${=names}; else _files; fi
        }
        compdef _stress stress ./stress

        """;

    private static string Fish(Command root)
    {
        var script = new StringBuilder("# Completion of stress for fish: ./stress completion fish | source\n");
        string top = string.Join(' ', Visible(root).Select(c => c.Name));
        foreach (Command command in Visible(root))
        {
            script.Append($"complete -c stress -n 'not __fish_seen_subcommand_from {top}' -a {command.Name} -d {Quote(command.Description)}\n");
        }

        (Command[] Path, Command Command)[] all = [.. All(root, [])];
        foreach ((Command[] path, Command command) in all)
        {
            string seen = path.Length == 0 ? $"not __fish_seen_subcommand_from {top}" : string.Join("; and ", path.Select(c => $"__fish_seen_subcommand_from {c.Name}"));

            // fish matches a word anywhere on the line: the run of k8s run is not the command run.
            if (path.Length == 1 && all.Where(c => c.Path.Length > 1 && c.Path[^1].Name == command.Name && c.Path[0] != command).Select(c => c.Path[0].Name).ToArray() is { Length: > 0 } elsewhere)
            {
                seen += $"; and not __fish_seen_subcommand_from {string.Join(' ', elsewhere)}";
            }

            foreach (Command inner in path.Length == 0 ? [] : Visible(command))
            {
                script.Append($"complete -c stress -n '{seen}' -a {inner.Name} -d {Quote(inner.Description)}\n");
            }

            foreach (Option option in HelpScreen.OptionsOf(command).Where(o => o.Name.StartsWith("--", StringComparison.Ordinal)))
            {
                string[] values = [.. Values(option)];
                script.Append($"complete -c stress -n '{seen}' -l {option.Name[2..]}{(HelpScreen.Takes(option) ? values.Length > 0 ? $" -x -a '{string.Join(' ', values)}'" : " -r" : "")} -d {Quote(option.Description)}\n");
            }

            if (command.Arguments.SelectMany(Words).ToArray() is { Length: > 0 } words && path.Length > 0)
            {
                script.Append($"complete -c stress -n '{seen}' -f -a '{string.Join(' ', words)}'\n");
            }
        }

        return script.ToString();
    }

    private static string Quote(string? text) => $"'{(text ?? "").Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private static string Paths(Command root) => string.Join(" | ", All(root, []).Where(c => c.Path.Length > 0).Select(c => $"'{Typed(c.Path)}'"));

    private static string Cases(Command root)
    {
        var cases = new StringBuilder();
        foreach ((Command[] path, Command command) in All(root, []))
        {
            IEnumerable<string> names = Visible(command).Select(c => c.Name).Concat(command.Arguments.SelectMany(Words));
            cases.Append($"{Indent}'{Typed(path)}') options='{string.Join(' ', HelpScreen.OptionsOf(command).Select(o => o.Name))}'; names='{string.Join(' ', names)}' ;;\n");
        }

        return cases.ToString();
    }

    private static string ValueCases(Command root)
    {
        var cases = new StringBuilder();
        foreach ((Command[] path, Command command) in All(root, []))
        {
            foreach (Option option in HelpScreen.OptionsOf(command))
            {
                if (HelpScreen.Takes(option) && Values(option).ToArray() is { Length: > 0 } values)
                {
                    cases.Append($"{Indent}'{Typed(path)} {option.Name}') values='{string.Join(' ', values)}' ;;\n");
                }
            }
        }

        return cases.ToString();
    }

    private static string Typed(IEnumerable<Command> path) => string.Concat(path.Select(c => " " + c.Name));

    private static IEnumerable<(Command[] Path, Command Command)> All(Command command, Command[] path) =>
        Visible(command).SelectMany(inner => All(inner, [.. path, inner])).Prepend((path, command));

    private static IEnumerable<Command> Visible(Command command) => command.Subcommands.Where(c => !c.Hidden);

    private static IEnumerable<string> Values(Option option)
    {
        string[] own = [.. option.GetCompletions(CompletionContext.Empty).Select(item => item.Label)];
        return own.Length == 0 && option.Name == "--design" ? TeardownDesigns.All.Select(design => design.Name) : own;
    }

    private static IEnumerable<string> Words(Argument argument) => argument.Hidden || argument.ValueType == typeof(bool) ? [] : argument.GetCompletions(CompletionContext.Empty).Select(item => item.Label);
}
