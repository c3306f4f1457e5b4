using System.Reflection;
using System.Security.Cryptography;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Contracts;

/// <summary>A library with a user's own teardown designs: every public class in it that derives from <see cref="TeardownDesign"/>. It is code, and runs with the rights of its process.</summary>
/// <param name="Path">The file.</param>
/// <param name="Hash">SHA-256 of its bytes, 64 hexadecimal digits in lower case: by this and a design's name another process knows the same design.</param>
/// <param name="Designs">Its designs by the names of their types; at least one.</param>
public sealed record DesignFile(string Path, string Hash, IReadOnlyList<TeardownDesign> Designs)
{
    /// <summary>Loads a library.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">The file is not such a library; the message begins with what is wrong with it and does not name it.</exception>
    public static DesignFile Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new ArgumentException($"no such file; accepted is a .NET library with classes that derive from {nameof(TeardownDesign)}");
        }

        try
        {
            byte[] bytes = File.ReadAllBytes(path);
            TeardownDesign[] designs =
            [
                .. Assembly.LoadFrom(System.IO.Path.GetFullPath(path)).GetExportedTypes()
                    .Where(type => type.IsSubclassOf(typeof(TeardownDesign)) && !type.IsAbstract && type.GetConstructor([]) is not null)
                    .OrderBy(type => type.FullName, StringComparer.Ordinal)
                    .Select(type => (TeardownDesign)Activator.CreateInstance(type)!),
            ];
            return designs.Length > 0
                ? new DesignFile(path, Convert.ToHexStringLower(SHA256.HashData(bytes)), designs)
                : throw new ArgumentException($"no design in it; accepted are public classes with a parameterless constructor that derive from {nameof(TeardownDesign)}");
        }
        catch (Exception e) when (e is BadImageFormatException or FileLoadException or FileNotFoundException or TypeLoadException or ReflectionTypeLoadException or TargetInvocationException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"cannot be loaded: {(e.InnerException ?? e).Message.ReplaceLineEndings(" ")}");
        }
    }
}
