using System.Reflection;
using System.Text;

namespace Stress.Guests;

/// <summary>The sources embedded in the assembly: what is compiled into kernels and guest systems on the user's machine.</summary>
internal static class Resources
{
    private static readonly Assembly Own = typeof(Resources).Assembly;

    /// <summary>Names of the resources of a folder, in order.</summary>
    public static IReadOnlyList<string> Of(string folder) =>
        [.. Own.GetManifestResourceNames().Where(name => name.StartsWith(folder + "/", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>The bytes of one.</summary>
    public static byte[] Bytes(string name)
    {
        using Stream stream = Own.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"no resource {name}");
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The text of one.</summary>
    public static string Text(string name) => Encoding.UTF8.GetString(Bytes(name));

    /// <summary>Lines with a word, without comments, split into words.</summary>
    public static IReadOnlyList<string> Words(string name) =>
        [.. Text(name).Split('\n').Where(line => !line.StartsWith('#')).SelectMany(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
}
