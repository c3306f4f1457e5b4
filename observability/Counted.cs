using System.Globalization;

namespace Stress.Observability;

/// <summary>A number of things in words: <c>1 entry</c>, <c>0 entries</c>, <c>1,200 entries</c>.</summary>
public static class Counted
{
    /// <summary>The number and its noun, in singular or plural.</summary>
    /// <param name="n">How many.</param>
    /// <param name="one">The word for one, as <c>entry</c>.</param>
    /// <param name="many">The word for another number; by rule: <c>entries</c>, <c>crashes</c>, <c>sites</c>.</param>
    public static string Of(long n, string one, string? many = null) => $"{n.ToString("#,0", CultureInfo.InvariantCulture)} {Word(n, one, many)}";

    /// <summary>The word alone.</summary>
    /// <param name="n">How many.</param>
    /// <param name="one">The word for one.</param>
    /// <param name="many">The word for another number; by rule where it is null.</param>
    public static string Word(long n, string one, string? many = null) => n == 1 ? one : many ?? Many(one);

    private static string Many(string one) =>
        one.EndsWith('y') && one.Length > 1 && !"aeiou".Contains(one[^2]) ? one[..^1] + "ies"
        : one.EndsWith('s') || one.EndsWith("sh", StringComparison.Ordinal) || one.EndsWith("ch", StringComparison.Ordinal) || one.EndsWith('x') ? one + "es"
        : one + "s";
}
