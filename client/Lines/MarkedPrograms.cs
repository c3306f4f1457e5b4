using System.Reflection;
using System.Runtime.Loader;

namespace Stress.Client.Lines;

/// <summary>A second copy of this program's assemblies, one of which is given: nothing that it does affects the first copy.</summary>
/// <param name="name">The assembly that is given.</param>
/// <param name="content">Its content.</param>
public sealed class MarkedPrograms(string name, MemoryStream content) : AssemblyLoadContext(isCollectible: true)
{
    private const string Own = "Stress.";

    /// <inheritdoc/>
    protected override Assembly? Load(AssemblyName assemblyName)
    {
        if (assemblyName.Name == name)
        {
            content.Position = 0;
            return LoadFromStream(content);
        }

        string file = Path.Combine(AppContext.BaseDirectory, assemblyName.Name + ".dll");
        return assemblyName.Name!.StartsWith(Own, StringComparison.Ordinal) && File.Exists(file) ? LoadFromAssemblyPath(file) : null;
    }
}
