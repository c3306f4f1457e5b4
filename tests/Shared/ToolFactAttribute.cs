using Xunit;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Stress.Tests.Shared;

/// <summary>
/// A test that needs a program. Without the program it is skipped, and says which Debian package has it; where <c>STRESS_REQUIRE_TOOLS=1</c>
/// is set (continuous integration) it fails instead.
/// </summary>
/// <param name="tool">The program, as found on the PATH.</param>
/// <param name="package">The Debian package; the program's name unless given.</param>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("Stress.Tests.Shared." + nameof(ToolFactDiscoverer), "Stress.Tests.Shared")]
public sealed class ToolFactAttribute(string tool, string? package = null) : FactAttribute
{
    /// <summary>The program.</summary>
    public string Tool { get; } = tool;

    /// <summary>A second program that it needs, or null.</summary>
    public string? And { get; init; }

    /// <summary>The Debian package of the second program; its name unless given.</summary>
    public string? AndPackage { get; init; }

    /// <summary>What is missing, or null when the programs are there.</summary>
    public string? Missing => Lacks(Tool, package) ?? (And is null ? null : Lacks(And, AndPackage));

    /// <inheritdoc/>
    public override string? Skip => Tools.Required ? null : Missing;

    private static string? Lacks(string tool, string? package) => Tools.Find(tool) is null ? $"needs {tool} (Debian package {package ?? tool})" : null;
}

/// <summary>Makes the failing case of a tool that is required and missing.</summary>
/// <param name="sink">Where xunit wants its diagnostics.</param>
public sealed class ToolFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute)
    {
        string? missing = factAttribute.GetNamedArgument<string?>(nameof(ToolFactAttribute.Missing));
        return missing is not null && Tools.Required
            ? new ExecutionErrorTestCase(
                DiagnosticMessageSink, discoveryOptions.MethodDisplayOrDefault(), discoveryOptions.MethodDisplayOptionsOrDefault(), testMethod, missing)
            : base.CreateTestCase(discoveryOptions, testMethod, factAttribute);
    }
}

/// <summary>Programs on this machine.</summary>
public static class Tools
{
    /// <summary>True when a missing program is an error.</summary>
    public static bool Required => Environment.GetEnvironmentVariable("STRESS_REQUIRE_TOOLS") == "1";

    /// <summary>The path of a program, or null.</summary>
    public static string? Find(string tool) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
            .Append("/usr/sbin")
            .Where(folder => folder.Length > 0)
            .Select(folder => Path.Combine(folder, tool))
            .FirstOrDefault(File.Exists);
}
