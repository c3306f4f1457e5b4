using System.CommandLine;
using System.CommandLine.Parsing;

namespace Stress.Client;

/// <summary>Options whose value is read once, when the line is parsed: what is not accepted is the parser's error, with the sentence of whoever reads it.</summary>
public static class TypedOption
{
    /// <summary>An option.</summary>
    /// <param name="name">The option, as it is typed.</param>
    /// <param name="description">Its help.</param>
    /// <param name="read">Reads what stands behind it; throws <see cref="UsageException"/> for what is not accepted.</param>
    public static Option<T> Of<T>(string name, string description, Func<string, T> read) => new(name) { Description = description, CustomParser = Parser(read) };

    /// <summary>What reads the last word behind an option, or an argument.</summary>
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
