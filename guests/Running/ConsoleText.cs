using System.Text;
using Stress.Dial.Far;

namespace Stress.Guests.Running;

/// <summary>A guest's console as text, and what its kernel reported there.</summary>
public static class ConsoleText
{
    /// <summary>Its lines; bytes that are not ASCII stay what they are.</summary>
    public static IEnumerable<string> Lines(byte[] console) => Encoding.Latin1.GetString(console).Split('\n').Select(line => line.TrimEnd('\r'));

    /// <summary>Reports of the kernel, in order, each once.</summary>
    public static IReadOnlyList<FarPanic> Reports(byte[] console)
    {
        var watch = new ConsoleReports();
        watch.Take(console);
        watch.Complete();
        return watch.Reports;
    }
}
