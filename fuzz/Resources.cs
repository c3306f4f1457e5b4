using System.Reflection;

namespace Stress.Fuzz;

/// <summary>The sources embedded in the assembly: what is built or executed on the user's machine and in guests.</summary>
internal static class Resources
{
    /// <summary>The text of one.</summary>
    /// <param name="name">Folder and file, as <c>lwip/driver.c</c>.</param>
    public static string Text(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name) ?? throw new InvalidOperationException($"no resource {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
