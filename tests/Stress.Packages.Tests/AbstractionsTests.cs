using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Mono.Cecil;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Packages.Tests;

/// <summary>The package <c>Stress.Designs.Abstractions</c>: what a design needs, all of it present in the emulator, and nothing else.</summary>
public sealed class AbstractionsTests
{
    /// <summary>Set to 1: the snapshot is written, and nothing is compared.</summary>
    private const string WriteVariable = "STRESS_WRITE_API";

    private static readonly string Reference = Repository.At("packages", "Abstractions", "bin", "Release", "net10.0", "Stress.Emulator.dll");
    private static readonly string Emulator = Repository.At("emulator", "bin", "Release", "net10.0", "Stress.Emulator.dll");

    [Fact]
    public void What_a_design_sees_is_what_the_snapshot_says()
    {
        string snapshot = Repository.At("packages", "Abstractions", "api.txt"), now = string.Join('\n', Api(Reference)) + "\n";
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1")
        {
            File.WriteAllText(snapshot, now);
        }

        Assert.Equal(File.ReadAllText(snapshot), now);
    }

    [Fact]
    public void Everything_that_a_design_sees_is_in_the_emulator_as_the_package_says() => Assert.Empty(Api(Reference).Except(Api(Emulator)));

    [Fact]
    public void The_package_has_no_code_and_the_emulators_name_and_version()
    {
        using AssemblyDefinition reference = AssemblyDefinition.ReadAssembly(Reference), emulator = AssemblyDefinition.ReadAssembly(Emulator);

        Assert.Equal(emulator.Name.FullName, reference.Name.FullName);
        Assert.Contains(reference.CustomAttributes, attribute => attribute.AttributeType.Name == "ReferenceAssemblyAttribute");
    }

    [Fact]
    public void Every_shipped_design_compiles_against_the_package_so_that_it_has_what_a_design_needs()
    {
        string[] ours = ["DesignSet.cs", "TeardownDesigns.cs", "HistoryDesigns.cs"];
        string[] sources =
        [
            .. Directory.EnumerateFiles(Repository.At("emulator", "Designs"), "*.cs", SearchOption.AllDirectories).Where(file => !ours.Contains(Path.GetFileName(file))),
            Repository.At("tests", "Stress.ExampleDesign", "PurgeInetOnly.cs"),
            Repository.At("packages", "Templates", "stress-design", "MyDesign.cs"),
        ];
        IEnumerable<string> runtime = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(':').Where(file => Path.GetFileName(file).StartsWith("System.", StringComparison.Ordinal));
        CSharpCompilation compilation = CSharpCompilation.Create(
            "Designs",
            [.. sources.Select(file => CSharpSyntaxTree.ParseText(File.ReadAllText(file), path: file)), CSharpSyntaxTree.ParseText("global using System; global using System.Linq; global using System.Collections.Generic;")],
            [.. runtime.Append(Reference).Select(file => MetadataReference.CreateFromFile(file))],
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));

        Assert.True(sources.Length >= 16);
        Assert.Empty(compilation.GetDiagnostics().Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Select(diagnostic => diagnostic.ToString()));
    }

    [Fact]
    public void Every_hook_of_a_design_is_in_the_table_of_the_documentation()
    {
        using AssemblyDefinition reference = AssemblyDefinition.ReadAssembly(Reference);
        TypeDefinition design = reference.MainModule.GetType("Stress.Emulator.Kernel.Ports.TeardownDesign");
        string page = File.ReadAllText(Repository.At("docs", "designs.md"));

        Assert.All(
            design.Properties.Select(property => property.Name).Concat(design.Methods.Where(method => method is { IsVirtual: true, IsSpecialName: false }).Select(method => method.Name)),
            hook => Assert.Contains($"`{hook}`", page));
    }

    // The types and members that another assembly may use, a line each: name and signature.
    private static IEnumerable<string> Api(string file)
    {
        using AssemblyDefinition assembly = AssemblyDefinition.ReadAssembly(file);
        List<string> lines = [];
        foreach (TypeDefinition type in assembly.MainModule.Types.Where(type => type.IsPublic))
        {
            string kind = type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsAbstract && !type.IsSealed ? "abstract class" : "class";
            lines.Add($"{kind} {type.FullName}");
            lines.AddRange(type.Fields.Where(field => field.IsPublic && !field.IsSpecialName).Select(field => $"{type.FullName}.{field.Name} : {(type.IsEnum ? field.Constant : field.FieldType.FullName)}"));
            lines.AddRange(type.Methods.Where(method => method.IsPublic || method.IsFamily).Select(method => $"{(method.IsAbstract ? "abstract " : method.IsVirtual ? "virtual " : "")}{method.FullName}"));
        }

        return lines.Order(StringComparer.Ordinal);
    }
}
