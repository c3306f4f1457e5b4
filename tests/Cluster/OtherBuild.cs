using System.Globalization;
using System.Reflection;
using Mono.Cecil;
using Stress.Contracts;

namespace Stress.Tests.Clusters;

/// <summary>A second build of the command: the same code with another version, and optionally another number of the format that it writes and reads.</summary>
public static class OtherBuild
{
    /// <summary>Makes it, and returns the path of its program.</summary>
    /// <param name="folder">A folder that does not exist.</param>
    /// <param name="program">The program of this build.</param>
    /// <param name="version">Its version.</param>
    /// <param name="format">The number of its format.</param>
    public static string Make(string folder, string program, string version, int format)
    {
        string own = Path.GetDirectoryName(program)!, stamped = Path.GetFileName(typeof(BuildStamp).Assembly.Location);
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.EnumerateFiles(own).Where(file => Path.GetFileName(file) != stamped))
        {
            // The host looks for the other files next to the program itself, wherever a link to it is.
            if (file == program)
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }
            else
            {
                File.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(file)), file);
            }
        }

        foreach (string inner in Directory.EnumerateDirectories(own))
        {
            Directory.CreateSymbolicLink(Path.Combine(folder, Path.GetFileName(inner)), inner);
        }

        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(Path.Combine(own, stamped));
        Set(assembly, nameof(AssemblyInformationalVersionAttribute), at: 0, version);
        Set(assembly, nameof(AssemblyMetadataAttribute), at: 1, format.ToString(CultureInfo.InvariantCulture), BuildStamp.FormatProperty);
        assembly.Write(Path.Combine(folder, stamped));
        return Path.Combine(folder, Path.GetFileName(program));
    }

    private static void Set(AssemblyDefinition assembly, string attribute, int at, string value, string? key = null)
    {
        CustomAttribute one = assembly.CustomAttributes.Single(
            candidate => candidate.AttributeType.Name == attribute && (key is null || (string)candidate.ConstructorArguments[0].Value == key));
        one.ConstructorArguments[at] = new CustomAttributeArgument(one.ConstructorArguments[at].Type, value);
    }
}
