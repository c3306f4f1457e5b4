using System.Reflection;
using System.Text;

namespace Stress.Emulator.Kernel.Ports;

/// <summary>Describes for a field of <see cref="Counters"/> what it counts, and where it is shown.</summary>
/// <param name="help">What is counted, as the metric's help has it.</param>
[AttributeUsage(AttributeTargets.Field)]
public sealed class CounterAttribute(string help) : Attribute
{
    /// <summary>What is counted.</summary>
    public string Help { get; } = help;

    /// <summary>The metric's name after <c>stress_run_</c>, without <c>_total</c>; null for the field's name in snake case.</summary>
    public string? Metric { get; init; }

    /// <summary>Whether it is a metric. A report has every counter.</summary>
    public bool IsMetric { get; init; } = true;

    /// <summary>True for a state, which may decrease; false for a count of events.</summary>
    public bool Level { get; init; }

    /// <summary>True for what a site counts as a whole, false for what each node counts.</summary>
    public bool OfSite { get; init; }

    /// <summary>The kind of work that it counts, in the words of the table of prices; null for what is not a price.</summary>
    public string? Work { get; init; }
}

/// <summary>A counter's declaration.</summary>
/// <param name="Index">Its place in <see cref="Counters.Values"/>.</param>
/// <param name="Name">Its name in files, in camel case.</param>
/// <param name="Metric">The metric's name after <c>stress_run_</c>, or null without one.</param>
/// <param name="Help">What is counted.</param>
/// <param name="Level">True for a state, which may decrease.</param>
/// <param name="OfSite">True for what a site counts as a whole.</param>
/// <param name="Work">The kind of work, or null.</param>
public sealed record CounterInfo(int Index, string Name, string? Metric, string Help, bool Level, bool OfSite, string? Work)
{
    /// <summary>Every counter, in the order of the declaration.</summary>
    public static IReadOnlyList<CounterInfo> All { get; } =
        [.. typeof(Counters).GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic).OrderBy(field => field.MetadataToken).Select(Of)];

    /// <summary>Its value in a set of counters.</summary>
    public long In(Counters counters) => Counters.Values(ref counters)[Index];

    private static CounterInfo Of(FieldInfo field, int index)
    {
        if (field.FieldType != typeof(long) || field.GetCustomAttribute<CounterAttribute>() is not { } declared)
        {
            throw new InvalidOperationException($"{nameof(Counters)}.{field.Name}: accepted is a long with [Counter]");
        }

        string? metric = !declared.IsMetric ? null : (declared.Metric ?? Snake(field.Name)) + (declared.Level ? "" : "_total");
        return new CounterInfo(index, char.ToLowerInvariant(field.Name[0]) + field.Name[1..], metric, declared.Help, declared.Level, declared.OfSite, declared.Work);
    }

    private static string Snake(string name)
    {
        var snake = new StringBuilder();
        foreach (char c in name)
        {
            if (char.IsUpper(c) && snake.Length > 0)
            {
                snake.Append('_');
            }

            snake.Append(char.ToLowerInvariant(c));
        }

        return snake.ToString();
    }
}
