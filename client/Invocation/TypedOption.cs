using System.CommandLine;
using System.CommandLine.Parsing;

namespace Stress.Client;

/// <summary>Options whose value is read once, when the line is parsed. A value that is not accepted is a parse error, with its reader's message.</summary>
public static class TypedOption
{
    /// <summary>An option.</summary>
    /// <param name="name">The option, as it is typed.</param>
    /// <param name="description">Its help.</param>
    /// <param name="read">Reads its value; throws <see cref="UsageException"/> for what is not accepted.</param>
    /// <param name="words">The values that a shell offers, as they are typed. The names of an enumeration, which the library would offer, are not what a line accepts.</param>
    public static Option<T> Of<T>(string name, string description, Func<string, T> read, params string[] words)
    {
        var option = new Option<T>(name) { Description = description, CustomParser = Parser(read) };
        option.CompletionSources.Clear();
        if (words.Length > 0)
        {
            option.CompletionSources.Add(words);
        }

        return option;
    }

    /// <summary>A parser of the last word after an option, or of an argument.</summary>
    /// <param name="read">Reads it; throws <see cref="UsageException"/> for what is not accepted.</param>
    public static Func<ArgumentResult, T?> Parser<T>(Func<string, T> read) => result =>
    {
        try
        {
            return read(result.Tokens[^1].Value);
        }
        catch (UsageException e)
        {
            result.AddError(e.Message);
            return default;
        }
    };
}
