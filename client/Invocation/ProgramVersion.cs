using System.Reflection;
using System.Runtime.InteropServices;

namespace Stress.Client;

/// <summary>Which build of the command this is.</summary>
/// <param name="Number">The version number.</param>
/// <param name="Commit">The commit that it was built from, in hexadecimal; empty for a build outside a repository.</param>
public sealed record ProgramVersion(string Number, string Commit)
{
    /// <summary>This process'.</summary>
    public static ProgramVersion Current { get; } =
        Parse(typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "");

    /// <summary>The runtime and the machine's kind, for example <c>.NET 10.0.1, linux-x64</c>.</summary>
    public static string Runtime => $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}";

    /// <summary>Reads an assembly's informational version: a number, and after a plus sign the commit (Semantic Versioning 2.0.0, section 10).</summary>
    public static ProgramVersion Parse(string informational)
    {
        int plus = informational.IndexOf('+', StringComparison.Ordinal);
        return plus < 0 ? new ProgramVersion(informational, "") : new ProgramVersion(informational[..plus], informational[(plus + 1)..]);
    }

    /// <inheritdoc/>
    public override string ToString() => Commit.Length == 0 ? Number : $"{Number}, commit {Commit}";
}
