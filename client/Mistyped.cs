using System.CommandLine;
using System.CommandLine.Parsing;
using Stress.Emulator.Stacks;

namespace Stress.Client;

/// <summary>What is wrong with a command line that does not parse, in one line that names the word and the nearest that is accepted.</summary>
public static class Mistyped
{
    /// <summary>The line, or null when nothing is wrong.</summary>
    /// <param name="line">The command line.</param>
    public static string? Explain(ParseResult line)
    {
        Command command = line.CommandResult.Command;
        if (command.TreatUnmatchedTokensAsErrors && Options(line).FirstOrDefault() is { } option)
        {
            return $"{option}: no such option{Of(command)}{NearestWord.Hint(option, Known(command).SelectMany(o => o.Aliases.Append(o.Name)))}";
        }

        if (command.TreatUnmatchedTokensAsErrors && line.UnmatchedTokens.Count > 0)
        {
            string word = line.UnmatchedTokens[0];
            return command.Subcommands.Count > 0
                ? $"{word}: no such command{Of(command)}{NearestWord.Hint(word, command.Subcommands.Select(c => c.Name))}"
                : $"{word}: one word too many{Of(command, "for")}; accepted: {Accepted(command)}";
        }

        if (line.Errors.Count == 0)
        {
            return null;
        }

        if (command.Subcommands.Count > 0 && command.Action is null)
        {
            return $"{command.Name}: of what? accepted: {string.Join(", ", command.Subcommands.Select(c => c.Name))}";
        }

        ArgumentResult? missing = line.CommandResult.Children.OfType<ArgumentResult>().FirstOrDefault(r => r.Tokens.Count < r.Argument.Arity.MinimumNumberOfValues);
        return missing is null ? line.Errors[0].Message.TrimEnd('.') : $"{missing.Argument.Name} is missing";
    }

    // A word that starts with hyphens in the place of an argument: the parser takes it for the argument's value.
    private static IEnumerable<string> Options(ParseResult line)
    {
        string[] plain = [.. line.Tokens.SkipWhile(token => token.Type != TokenType.DoubleDash).Select(token => token.Value)];
        return line.CommandResult.Children.OfType<ArgumentResult>().SelectMany(result => result.Tokens.Select(token => token.Value)).Concat(line.UnmatchedTokens)
            .Where(word => word.Length > 1 && word[0] == '-' && !plain.Contains(word)).Select(word => word.Split('=')[0]);
    }

    private static IEnumerable<Option> Known(Command command) => command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => Known(parent).Where(o => o.Recursive)));

    private static string Of(Command command, string preposition = "of") => command is RootCommand ? "" : $" {preposition} {command.Name}";

    private static string Accepted(Command command) =>
        command.Arguments.Count == 0 ? "options only" : string.Join(' ', command.Arguments.Select(a => a.Arity.MinimumNumberOfValues == 0 ? $"[{a.Name}]" : a.Name));
}
