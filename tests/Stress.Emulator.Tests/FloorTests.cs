using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests;

/// <summary>The floors inside the emulator, by the compiler's own symbols (docs/architecture.md).</summary>
public sealed class FloorTests
{
    // A folder is a namespace and stands on a floor; it may use what stands here and nothing else.
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["Core"] = [],
        ["Wire"] = ["Core"],
        ["Kernel"] = ["Core", "Wire"],
        ["Link"] = ["Core", "Wire"],
        ["Oracle"] = ["Core", "Wire", "Kernel", "Link"],
        ["Designs"] = ["Core", "Wire", "Kernel"],
        ["Userland"] = ["Core", "Wire", "Kernel", "Link", "Oracle"],
        ["Sites"] = ["Core", "Wire", "Kernel", "Link", "Oracle", "Designs", "Userland"],
        ["Stacks"] = ["Core", "Wire", "Kernel", "Link", "Oracle", "Designs", "Userland", "Sites"],
        ["Exploration"] = ["Core", "Wire", "Kernel", "Link", "Oracle", "Designs", "Userland", "Sites", "Stacks"],
        ["Minimise"] = ["Core", "Wire", "Kernel", "Link", "Oracle", "Designs", "Userland", "Sites", "Stacks"],
    };

    private const string Root = "Stress.Emulator";
    private const string KernelClass = "BsdKernel";
    private static readonly Lazy<CSharpCompilation> Compiled = new(Compile);

    // Without errors every name has its symbol. The bodies that the regex generator writes are not there (CS8795).
    [Fact]
    public void The_sources_compile_by_themselves() =>
        Assert.Empty(Compiled.Value.GetDiagnostics().Where(d => d is { Severity: DiagnosticSeverity.Error, Id: not "CS8795" }).Take(5));

    [Fact]
    public void A_folder_uses_only_the_floors_below_it()
    {
        SortedSet<string> found = new(StringComparer.Ordinal);
        foreach (SyntaxTree tree in Compiled.Value.SyntaxTrees.Where(tree => tree.FilePath.Length > 0))
        {
            SemanticModel model = Compiled.Value.GetSemanticModel(tree);
            string from = FolderOf(tree).Split('.')[0];
            foreach (SimpleNameSyntax name in tree.GetRoot().DescendantNodes().OfType<SimpleNameSyntax>())
            {
                ISymbol? symbol = model.GetSymbolInfo(name).Symbol;
                INamedTypeSymbol? type = symbol as INamedTypeSymbol ?? symbol?.ContainingType;
                if (type is null || !SymbolEqualityComparer.Default.Equals(type.ContainingAssembly, Compiled.Value.Assembly))
                {
                    continue;
                }

                string space = type.ContainingNamespace.ToDisplayString();
                string to = space.StartsWith(Root + ".", StringComparison.Ordinal) ? space[(Root.Length + 1)..].Split('.')[0] : "";
                if (to.Length > 0 && to != from && !Arrows[from].Contains(to))
                {
                    found.Add($"{Path.GetRelativePath(Repository.Root, tree.FilePath)}:{name.GetLocation().GetLineSpan().StartLinePosition.Line + 1}: {from} uses {type.Name} of {to}");
                }
            }
        }

        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public void The_arrows_make_no_circle()
    {
        // Each folder stands after all that it may use.
        string[] order = [.. Arrows.Keys];
        Assert.All(order, folder => Assert.All(Arrows[folder], used => Assert.True(Array.IndexOf(order, used) < Array.IndexOf(order, folder), $"{folder} uses {used}")));
    }

    [Fact]
    public void A_namespace_is_a_folder_and_the_parts_of_the_kernel_bear_the_kernels()
    {
        foreach (SyntaxTree tree in Compiled.Value.SyntaxTrees.Where(tree => tree.FilePath.Length > 0))
        {
            SyntaxNode root = tree.GetRoot();
            bool part = root.DescendantNodes().OfType<ClassDeclarationSyntax>().Any(c => c.Identifier.Text == KernelClass);
            string expected = part ? $"{Root}.Kernel" : $"{Root}.{FolderOf(tree)}";
            Assert.All(root.DescendantNodes().OfType<BaseNamespaceDeclarationSyntax>(), space => Assert.Equal((tree.FilePath, expected), (tree.FilePath, space.Name.ToString())));
            if (part)
            {
                Assert.StartsWith("Kernel", FolderOf(tree), StringComparison.Ordinal);
                Assert.Single(root.DescendantNodes().OfType<BaseTypeDeclarationSyntax>(), t => t.Parent is BaseNamespaceDeclarationSyntax);
            }
        }
    }

    [Fact]
    public void Every_folder_of_the_emulator_stands_on_a_floor() =>
        Assert.Equal(Arrows.Keys.Order(StringComparer.Ordinal), Compiled.Value.SyntaxTrees.Where(tree => tree.FilePath.Length > 0).Select(tree => FolderOf(tree).Split('.')[0]).Distinct().Order(StringComparer.Ordinal));

    private static string FolderOf(SyntaxTree tree) =>
        Path.GetRelativePath(Repository.At("emulator"), Path.GetDirectoryName(tree.FilePath)!).Replace(Path.DirectorySeparatorChar, '.');

    private static CSharpCompilation Compile()
    {
        var options = new CSharpParseOptions(LanguageVersion.Latest, DocumentationMode.None);
        List<SyntaxTree> trees =
        [
            CSharpSyntaxTree.ParseText("global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq; global using System.Threading; global using System.Threading.Tasks;", options),
        ];
        foreach (string file in Directory.EnumerateFiles(Repository.At("emulator"), "*.cs", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            string[] folders = Path.GetRelativePath(Repository.At("emulator"), file).Split(Path.DirectorySeparatorChar);
            if (folders[0] is not ("obj" or "bin"))
            {
                trees.Add(CSharpSyntaxTree.ParseText(File.ReadAllText(file), options, file));
            }
        }

        IEnumerable<string> platform = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Where(file => !Path.GetFileName(file).StartsWith("Stress.", StringComparison.Ordinal));
        return CSharpCompilation.Create(
            "floors", trees, platform.Select(file => MetadataReference.CreateFromFile(file)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable, allowUnsafe: true));
    }
}
