using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Contracts;

/// <summary>
/// The users' own designs that a silo knows: the libraries of a directory that is mounted in every silo, read when the silo starts. A plan names a design by its
/// name and its library's hash; no library ever crosses the network.
/// </summary>
public sealed class DesignFolder
{
    private readonly Dictionary<string, DesignSet> _byHash = new(StringComparer.Ordinal);

    private DesignFolder(string path, IEnumerable<DesignFile> files)
    {
        Path = path;
        foreach (DesignFile file in files)
        {
            _byHash[file.Hash] = DesignSet.BuiltIn.With(file.Designs);
            Names = [.. Names, .. file.Designs.Select(design => NameOf(design.Name, file.Hash))];
        }
    }

    /// <summary>A silo without such a directory.</summary>
    public static DesignFolder None { get; } = new("", []);

    /// <summary>The directory; empty for none.</summary>
    public string Path { get; }

    /// <summary>Every design in it, as <see cref="NameOf"/> spells it.</summary>
    public IReadOnlyList<string> Names { get; } = [];

    /// <summary>Reads every library (*.dll) of a directory, by the order of their names. Libraries that a design depends on belong elsewhere.</summary>
    /// <param name="path">The directory.</param>
    /// <exception cref="ArgumentException">There is no such directory, or a file in it is not a library of designs; the message names it.</exception>
    public static DesignFolder Read(string path)
    {
        if (!Directory.Exists(path))
        {
            throw new ArgumentException($"{path}: no such directory; accepted is one with libraries of teardown designs");
        }

        List<DesignFile> files = [];
        foreach (string file in Directory.EnumerateFiles(path, "*.dll").Order(StringComparer.Ordinal))
        {
            try
            {
                files.Add(DesignFile.Read(file));
                _ = DesignSet.BuiltIn.With(files[^1].Designs);
            }
            catch (ArgumentException e)
            {
                throw new ArgumentException($"{file}: {e.Message}");
            }
        }

        return new DesignFolder(path, files);
    }

    /// <summary>How a design of a library is spelled between silos and clients: <c>my-fix@</c> and the hash.</summary>
    /// <param name="design">The design's name.</param>
    /// <param name="hash">SHA-256 of its library (<see cref="DesignFile.Hash"/>).</param>
    public static string NameOf(string design, string hash) => $"{design}@{hash}";

    /// <summary>The built-in designs and those of the library with a hash; null where no library of the directory has it.</summary>
    /// <param name="hash">SHA-256 of the library.</param>
    public DesignSet? With(string hash) => _byHash.GetValueOrDefault(hash);
}
