using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed partial class LayerTests
{
    // A folder is a layer; it may use what stands here and nothing else (docs/architecture.md).
    private static readonly Dictionary<string, string[]> Arrows = new()
    {
        ["emulator"] = [],
        ["scenarios"] = ["emulator"],
        ["observability"] = ["emulator"],
        ["dial"] = ["emulator"],
        ["contracts"] = ["emulator", "scenarios", "observability"],
        ["guests"] = ["emulator", "scenarios", "observability", "contracts", "dial"],
        ["grains"] = ["emulator", "scenarios", "observability", "contracts"],
        ["silo"] = ["emulator", "scenarios", "observability", "dial", "contracts", "guests", "fuzz", "grains"],
        ["fuzz"] = ["emulator", "dial", "contracts", "guests"],
        ["triage"] = ["emulator", "scenarios", "observability", "contracts"],
        ["client"] = ["emulator", "scenarios", "observability", "dial", "contracts", "guests", "fuzz", "silo"],
    };

    public static TheoryData<string> Layers => [.. Arrows.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_uses_only_the_layers_that_the_design_lets_it(string layer)
    {
        IEnumerable<string> used = Items(layer, "ProjectReference").Select(path => path.Replace('\\', '/').Split('/')[^2]);

        Assert.Subset(Arrows[layer].ToHashSet(), used.ToHashSet());
    }

    // Projects reach what their own references use; what a layer's code has touched stands in its assembly.
    [Theory]
    [MemberData(nameof(Layers))]
    public void No_code_of_a_layer_sees_a_type_of_a_layer_that_it_may_not_use(string layer)
    {
        string[] used = [.. Assembly.Load(AssemblyOf(layer)).GetReferencedAssemblies().Select(name => name.Name!)];

        Assert.DoesNotContain(Arrows.Keys.Except([.. Arrows[layer], layer]).Select(AssemblyOf), used.Contains);
    }

    [Fact]
    public void The_emulator_uses_the_base_library_and_one_hash_and_nothing_else()
    {
        Assert.Equal(["System.IO.Hashing"], Items("emulator", "PackageReference"));
        Assert.Empty(Items("emulator", "FrameworkReference"));
    }

    [Fact]
    public void The_banned_interfaces_are_checked_by_the_compiler_and_nothing_switches_that_off()
    {
        XDocument shared = XDocument.Load(Repository.At("Directory.Build.props"));
        string[] everywhere = [.. shared.Descendants("ItemGroup").Elements().Select(item => item.Attribute("Include")?.Value ?? "")];
        Assert.Contains("Microsoft.CodeAnalysis.BannedApiAnalyzers", everywhere);
        Assert.Contains("$(MSBuildThisFileDirectory)BannedSymbols.txt", everywhere);
        Assert.Contains("BannedSymbols.txt", Items("emulator", "AdditionalFiles"));

        string[] folders = [.. Arrows.Keys, "bench", "tests"];
        string allowed = "RS" + "0030";
        Assert.All(folders.SelectMany(folder => Sources(folder, "*.cs*")), file => Assert.DoesNotContain(allowed, File.ReadAllText(file)));
    }

    [Fact]
    public void No_project_may_make_a_task_whose_completion_runs_what_waits_for_it_inline()
    {
        string[] forms = ["TaskCompletionSource.#ctor", "TaskCompletionSource.#ctor(System.Object)", "TaskCompletionSource`1.#ctor", "TaskCompletionSource`1.#ctor(System.Object)"];

        Assert.Equal(
            forms.Select(form => $"M:System.Threading.Tasks.{form}"),
            File.ReadAllLines(Repository.At("BannedSymbols.txt")).Where(line => line.Contains("TaskCompletionSource", StringComparison.Ordinal)).Select(line => line.Split(';')[0]));
    }

    // A record's ToString prints its properties: one that computes another of the same record never ends, and takes the process with it just when a failed test wants to show its options.
    [Theory]
    [MemberData(nameof(Layers))]
    public void No_record_of_a_layer_computes_a_property_of_its_own_type(string layer)
    {
        IEnumerable<string> endless =
            from type in Assembly.Load(AssemblyOf(layer)).GetTypes()
            where type.GetMethod("<Clone>$") is not null || type.IsValueType
            where type.GetMethod(nameof(ToString), Type.EmptyTypes) is { } text && text.IsDefined(typeof(CompilerGeneratedAttribute))
            from property in type.GetProperties()
            where property.PropertyType == type && !property.CanWrite && property.GetMethod is { IsStatic: false }
            select $"{type.Name}.{property.Name}";

        Assert.Empty(endless);
    }

    [Fact]
    public void No_line_of_the_emulator_touches_a_clock_a_thread_a_file_or_chance()
    {
        List<string> found = [];
        foreach (string file in Sources("emulator", "*.cs"))
        {
            string[] lines = File.ReadAllLines(file);
            for (int i = 0; i < lines.Length; i++)
            {
                string code = lines[i].Split("//")[0];
                if (Forbidden().IsMatch(code))
                {
                    found.Add($"{file}:{i + 1}: {code.Trim()}");
                }
            }
        }

        Assert.Empty(found);
    }

    // Whoever uses a folder stands before it; a project's own files, which put the rest together, are the folder "".
    public static TheoryData<string, string[]> FoldersInOrder => new()
    {
        { "grains", ["Run", "Search", "Shard", "Site", "Silo"] },
        {
            "client",
            [
                "", "Commands", "Triage", "Jobs", "Images", "Lines", "Demo", "Predictions", "Sensitivity", "Replay", "RealStacks", "Dialling", "Concluding", "Capture", "Screen",
                "Reports", "Following", "Clusters", "Launching", "Invocation",
            ]
        },
    };

    // By the names of types: whoever names one of another folder uses it. What stands behind a dot is a member.
    [Theory]
    [MemberData(nameof(FoldersInOrder))]
    public void The_folders_of_a_layer_use_each_other_in_one_direction(string layer, string[] order)
    {
        (string Folder, string Name, string Code)[] files =
        [
            .. from file in Sources(layer, "*.cs")
               let path = Path.GetRelativePath(Repository.At(layer), file)
               select (Path.GetDirectoryName(path)!.Split('/')[0], path, string.Join('\n', File.ReadAllLines(file).Select(line => Said().Replace(line.Split("//")[0], "")))),
        ];
        Dictionary<string, string> declared = files
            .SelectMany(file => DeclaredType().Matches(file.Code).Select(match => (Name: match.Groups[1].Value, file.Folder)))
            .DistinctBy(type => type.Name).ToDictionary(type => type.Name, type => type.Folder);

        Assert.Equal(order.Order(StringComparer.Ordinal), files.Select(file => file.Folder).Distinct().Order(StringComparer.Ordinal));
        Assert.True(declared.Count >= 25);
        Assert.All(files, file => Assert.All(
            Identifier().Matches(file.Code).Select(match => match.Value).Where(declared.ContainsKey),
            name => Assert.True(Array.IndexOf(order, declared[name]) >= Array.IndexOf(order, file.Folder), $"{layer}/{file.Name} names {name} of {declared[name]}/")));
    }

    [Fact]
    public void Every_project_has_a_page_that_says_what_lives_there()
    {
        string[] projects = [.. Directory.EnumerateFiles(Repository.Root, "*.csproj", SearchOption.AllDirectories).Select(file => Path.GetDirectoryName(file)!).Where(folder => !folder.Contains("/obj", StringComparison.Ordinal) && !folder.Contains("/runs/", StringComparison.Ordinal))];

        Assert.True(projects.Length >= 27);
        Assert.All(projects, folder => Assert.True(File.Exists(Path.Combine(folder, "README.md")), folder));
    }

    [Fact]
    public void No_type_is_called_manager_helper_or_utils()
    {
        string[] named = [.. Arrows.Keys.SelectMany(layer => Sources(layer, "*.cs")).Select(Path.GetFileNameWithoutExtension).OfType<string>()];

        Assert.DoesNotContain(named, name => VagueName().IsMatch(name));
    }

    [Fact]
    public void Every_package_has_its_reason()
    {
        string reasons = File.ReadAllText(Repository.At("docs", "dependencies.md"));
        IEnumerable<string> packages = XDocument.Load(Repository.At("Directory.Packages.props")).Descendants("PackageVersion")
            .Select(package => package.Attribute("Include")!.Value);

        Assert.DoesNotContain(packages, package => !reasons.Contains($"`{package}`", StringComparison.Ordinal));
    }

    private static string AssemblyOf(string layer) => $"Stress.{char.ToUpperInvariant(layer[0])}{layer[1..]}";

    private static IEnumerable<string> Items(string layer, string kind) =>
        XDocument.Load(Directory.EnumerateFiles(Repository.At(layer), "*.csproj").Single()).Descendants(kind).Select(item => item.Attribute("Include")!.Value);

    private static IEnumerable<string> Sources(string layer, string pattern) =>
        Directory.EnumerateFiles(Repository.At(layer), pattern, SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"\b(System\.Threading|System\.Net|System\.Diagnostics\.(Stopwatch|Process)|Random\.Shared|new Random\b|Guid\.|DateTime(Offset)?\.|Environment\.|Stopwatch\.|Console\.|File\.|Directory\.|Task\.|Thread\.|async |await |HashCode\.)")]
    private static partial Regex Forbidden();

    [GeneratedRegex("(Manager|Helper|Helpers|Utils|Utility)$")]
    private static partial Regex VagueName();

    [GeneratedRegex(@"""(?:\\.|[^""\\])*""")]
    private static partial Regex Said();

    [GeneratedRegex(@"^(?:public|internal) (?:(?:static|sealed|abstract|partial|readonly) )*(?:class|struct|record struct|record|interface|enum) (\w+)", RegexOptions.Multiline)]
    private static partial Regex DeclaredType();

    [GeneratedRegex(@"(?<![.\w])[A-Z]\w+\b")]
    private static partial Regex Identifier();
}
