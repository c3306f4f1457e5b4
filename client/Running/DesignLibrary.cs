using System.Reflection;
using Stress.Emulator.Designs;

namespace Stress.Client.Running;

/// <summary>Reads teardown designs from a library of the user: every public class in it that derives from <see cref="TeardownDesign"/>.</summary>
public static class DesignLibrary
{
    /// <summary>The built-in designs and those of the library.</summary>
    /// <exception cref="UsageException">The file is no such library, or a name in it is not accepted.</exception>
    public static DesignSet Load(string file)
    {
        if (!File.Exists(file))
        {
            throw new UsageException($"--design-assembly {file}: no such file; accepted is a .NET library with classes that derive from {nameof(TeardownDesign)}");
        }

        try
        {
            TeardownDesign[] designs =
            [
                .. Assembly.LoadFrom(Path.GetFullPath(file)).GetExportedTypes()
                    .Where(type => type.IsSubclassOf(typeof(TeardownDesign)) && !type.IsAbstract && type.GetConstructor([]) is not null)
                    .OrderBy(type => type.FullName, StringComparer.Ordinal)
                    .Select(type => (TeardownDesign)Activator.CreateInstance(type)!),
            ];
            return designs.Length > 0
                ? DesignSet.BuiltIn.With(designs)
                : throw new UsageException($"--design-assembly {file}: no design in it; accepted are public classes with a parameterless constructor that derive from {nameof(TeardownDesign)}");
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--design-assembly {file}: {e.Message}");
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException or ReflectionTypeLoadException or TargetInvocationException)
        {
            throw new UsageException($"--design-assembly {file}: cannot be loaded: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}");
        }
    }
}
