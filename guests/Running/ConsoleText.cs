using System.Text;
using Stress.Dial.Far;

namespace Stress.Guests.Running;

/// <summary>A guest's console as text, and what its kernel reported there.</summary>
public static class ConsoleText
{
    /// <summary>Its lines; bytes that are no ASCII stay what they are.</summary>
    public static IEnumerable<string> Lines(byte[] console) => Encoding.Latin1.GetString(console).Split('\n').Select(line => line.TrimEnd('\r'));

    /// <summary>Reports of the kernel, in order.</summary>
    public static IReadOnlyList<FarPanic> Reports(byte[] console)
    {
        var detector = new PanicDetector();
        var found = new List<FarPanic>();
        foreach (string line in Lines(console))
        {
            Add(detector.Line(line));
        }

        Add(detector.Complete());
        return found;

        void Add(FarPanic? first)
        {
            if (first is not null)
            {
                found.Add(first);
            }

            while (detector.TryTake(out FarPanic? more))
            {
                found.Add(more!);
            }
        }
    }
}
