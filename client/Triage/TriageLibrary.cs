using System.Reflection;
using System.Runtime.Loader;
using Stress.Contracts.Triage;

namespace Stress.Client.Triage;

/// <summary>Loads Stress.Triage when it is first asked: a run needs neither its packages nor its build.</summary>
internal static class TriageLibrary
{
    /// <summary>The default store: a file next to the folder of runs.</summary>
    public const string DefaultStore = "triage.db";

    private const string LibraryName = "Stress.Triage", Type = "Stress.Triage.TriageFactory";

    /// <summary>It is built already: it is not built for something that can be done later.</summary>
    public static bool IsBuilt => Find() is not null;

    /// <summary>Opens a store.</summary>
    /// <exception cref="UsageException">The library is not there.</exception>
    /// <exception cref="TriageException">The store cannot be opened.</exception>
    public static async Task<ITriage> Open(string store, string runsFolder, TimeProvider time)
    {
        var factory = (ITriageFactory)Activator.CreateInstance(Load().GetType(Type, throwOnError: true)!)!;
        return await factory.Open(store, runsFolder, time);
    }

    private static Assembly Load()
    {
        string file = Find() ?? throw new UsageException($"{LibraryName}.dll is not there; accepted is a program that was started with ./stress, which builds it when it is first needed");
        return Beside(file).LoadFromAssemblyName(new AssemblyName(LibraryName));
    }

    // Next to the program in an image, and in its own folder in a clone.
    private static string? Find()
    {
        string own = Path.Combine(AppContext.BaseDirectory, "triage", $"{LibraryName}.dll");
        if (File.Exists(own))
        {
            return own;
        }

        for (DirectoryInfo? above = new(AppContext.BaseDirectory); above is not null; above = above.Parent)
        {
            string built = Path.Combine(above.FullName, "triage", "bin", "Release", "net10.0", $"{LibraryName}.dll");
            if (File.Exists(built))
            {
                return built;
            }
        }

        return null;
    }

    private static AssemblyLoadContext Beside(string file) => new LibraryContext(file);

    // Assemblies that the program has are shared, so that both use the same types; only the others are loaded from the library's folder.
    private sealed class LibraryContext(string file) : AssemblyLoadContext(LibraryName)
    {
        private readonly AssemblyDependencyResolver _resolver = new(file);

        protected override Assembly? Load(AssemblyName name)
        {
            if (name.Name != LibraryName)
            {
                try
                {
                    return Default.LoadFromAssemblyName(name);
                }
                catch (FileNotFoundException)
                {
                    // Not the program's.
                }
            }

            return _resolver.ResolveAssemblyToPath(name) is { } path ? LoadFromAssemblyPath(path) : null;
        }

        protected override nint LoadUnmanagedDll(string name) => _resolver.ResolveUnmanagedDllToPath(name) is { } path ? LoadUnmanagedDllFromPath(path) : 0;
    }
}
