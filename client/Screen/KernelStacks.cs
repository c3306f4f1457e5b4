using Stress.Dial.Far;

namespace Stress.Client.Screen;

/// <summary>The stacks of what a real kernel reported: where it happened, and where the object was allocated and freed.</summary>
internal static class KernelStacks
{
    /// <summary>Writes those that the report has, a line each, innermost function first.</summary>
    /// <param name="o">Where to write.</param>
    /// <param name="report">The report.</param>
    /// <param name="indent">The text before each line.</param>
    /// <param name="most">Functions of a stack that are named.</param>
    public static void Write(TextWriter o, FarPanic report, string indent = "", int most = int.MaxValue)
    {
        foreach ((string what, IReadOnlyList<string> functions) in new[] { ("stack", report.Stack), ("allocated by", report.AllocatedBy), ("freed by", report.FreedBy) })
        {
            if (functions.Count > 0)
            {
                o.WriteLine($"{indent}{what}: {string.Join(" < ", functions.Take(most))}");
            }
        }
    }
}
