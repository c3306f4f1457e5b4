using Stress.Contracts;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks;

namespace Stress.Client.Launching;

/// <summary>Reads teardown designs from a library of the user: every public class in it that derives from <see cref="TeardownDesign"/>.</summary>
public static class DesignLibrary
{
    /// <summary>The built-in designs, and those of a library if one is named.</summary>
    /// <param name="file">The library, or null for none.</param>
    /// <exception cref="UsageException">The file is not such a library, or a name in it is not accepted.</exception>
    public static DesignSet Load(string? file)
    {
        try
        {
            return file is null ? DesignSet.BuiltIn : DesignSet.BuiltIn.With(Read(file));
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--design-assembly {file}: {e.Message}");
        }
    }

    /// <summary>The designs that a command line names.</summary>
    /// <param name="known">What there is.</param>
    /// <param name="where">Where the name stands: an option, or a field of a file.</param>
    /// <param name="name">The name.</param>
    /// <param name="orAll">Where <c>all</c> is accepted too.</param>
    /// <exception cref="UsageException">There is none of that name.</exception>
    public static TeardownDesign Named(DesignSet known, string where, string name, bool orAll = false) =>
        known.All.FirstOrDefault(design => design.Name == name)
            ?? throw new UsageException($"{where} {name}: no such design{NearestWord.Hint(name, known.All.Select(design => design.Name))}; accepted: {(orAll ? "all, " : "")}{known.Names}");

    /// <summary>The designs of a library alone.</summary>
    /// <exception cref="UsageException">The file is not such a library.</exception>
    public static IReadOnlyList<TeardownDesign> Read(string file) => Open(file).Designs;

    /// <summary>The hash of the library that a design is in; null for a design that is built in.</summary>
    /// <param name="file">The library, or null for none.</param>
    /// <param name="design">The design's name.</param>
    /// <exception cref="UsageException">The file is not such a library.</exception>
    public static string? HashOf(string? file, string design) =>
        file is not null && Open(file) is var library && library.Designs.Any(known => known.Name == design) ? library.Hash : null;

    private static DesignFile Open(string file)
    {
        try
        {
            return DesignFile.Read(file);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--design-assembly {file}: {e.Message}");
        }
    }
}
