using System.CommandLine;
using System.Globalization;

namespace Stress.Client;

/// <summary>Numbers on the command line: each is read in one way, and refused with one message.</summary>
public static class Numbers
{
    /// <summary>A whole number.</summary>
    /// <param name="option">The option, as it is typed.</param>
    /// <param name="text">Its value.</param>
    /// <param name="min">The least that is accepted, not below 0.</param>
    /// <param name="max">The most.</param>
    /// <exception cref="UsageException">It is none, or outside.</exception>
    public static int Whole(string option, string text, int min, int max) => (int)Whole(option, text, (long)min, max);

    /// <inheritdoc cref="Whole(string, string, int, int)"/>
    public static long Whole(string option, string text, long min, long max) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value >= min && value <= max
            ? value
            : throw new UsageException($"{option} {text}: accepted is a whole number from {min} to {max}");

    /// <summary>An option that takes a whole number: a value that is not accepted is a parse error, with the same message.</summary>
    /// <param name="name">The option, as it is typed.</param>
    /// <param name="min">The least that is accepted, not below 0.</param>
    /// <param name="max">The most.</param>
    /// <param name="description">Its help.</param>
    public static Option<int?> Option(string name, int min, int max, string description) => TypedOption.Of(name, description, text => (int?)Whole(name, text, min, max));

    /// <inheritdoc cref="Option(string, int, int, string)"/>
    public static Option<long?> Option(string name, long min, long max, string description) => TypedOption.Of(name, description, text => (long?)Whole(name, text, min, max));

    /// <summary>What <c>--seed</c> says.</summary>
    /// <exception cref="UsageException">It is not such a number.</exception>
    public static ulong Seed(string text) => ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed)
        ? seed
        : throw new UsageException($"--seed {text}: accepted is a whole number from 0 to {ulong.MaxValue}");
}
