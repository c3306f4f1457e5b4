using System.Diagnostics;
using System.Text.RegularExpressions;
using Stress.Tests.Shared;
using Xunit;
using Xunit.Abstractions;

namespace Stress.Packages.Tests;

/// <summary>An author of a design with an empty folder, the .NET SDK and our packages, but no network.</summary>
/// <param name="output">What the commands printed.</param>
public sealed partial class EmptyFolderTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(20);

    private readonly string _folder = Directory.CreateTempSubdirectory("stress-author-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void From_an_empty_folder_the_packages_lead_to_a_design_of_ones_own_that_is_compared_explored_and_executed()
    {
        string feed = Path.Combine(_folder, "feed"), tools = Path.Combine(_folder, "tools"), work = Path.Combine(_folder, "work");
        Directory.CreateDirectory(work);
        File.WriteAllText(
            Path.Combine(_folder, "NuGet.config"), $"<configuration><packageSources><clear /><add key=\"stress\" value=\"{feed}\" /></packageSources></configuration>");

        string packed = Run(Repository.Root, "./stress", "pack", feed);
        Assert.Equal(["Stress.1.0.0.nupkg", "Stress.Designs.Abstractions.1.0.0.nupkg", "Stress.Templates.1.0.0.nupkg"], packed.Split('\n').Select(Path.GetFileName).Order(StringComparer.Ordinal));

        Run(work, "dotnet", "new", "install", Path.Combine(feed, "Stress.Templates.1.0.0.nupkg"));
        Run(work, "dotnet", "new", "stress-design", "--name", "MyFix", "--design", "my-fix");
        Run(_folder, "dotnet", "tool", "install", "Stress", "--tool-path", tools);

        // The commands of the project's README are typed as printed.
        string project = Path.Combine(work, "MyFix"), page = File.ReadAllText(Path.Combine(project, "README.md"));
        Dictionary<string, string> said = [];
        foreach (string line in Fence().Match(page).Groups[1].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string command = line.Split('#')[0].Trim();
            string[] words = command.Split(' ');
            said[words[0] == "stress" ? words[1] : words[0]] = Run(project, words[0] == "stress" ? Path.Combine(tools, "stress") : words[0], words[1..]);
        }

        Assert.False(File.Exists(Path.Combine(project, "bin", "Release", "net10.0", "Stress.Emulator.dll")), "a build of a design has an emulator beside it");
        Assert.Matches(@"my-fix +all \d+ crashes", said["compare"]);
        Assert.Contains("my-fix", said["explore"]);
        Assert.Contains("verdict: clean", said["exec"]);
        Assert.Contains("troxel-2005", Run(project, Path.Combine(tools, "stress"), "list"));
        Assert.Contains("in_delmulti: stale in_multi.inm_ifp", Run(project, Path.Combine(tools, "stress"), "bugs", "--store", Path.Combine(_folder, "triage.db")));
    }

    private string Run(string folder, string program, params string[] words)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = folder };

        // A home and a cache of its own: nothing from this machine is used, and nothing is left behind.
        start.Environment["DOTNET_CLI_HOME"] = Path.Combine(_folder, "home");
        start.Environment["NUGET_PACKAGES"] = Path.Combine(_folder, "cache");
        if (program == "./stress")
        {
            // Our own packages have dependencies, which restoring has put into this machine's cache.
            start.Environment.Remove("NUGET_PACKAGES");
            start.Environment.Remove("DOTNET_CLI_HOME");
            start.FileName = Repository.At("stress");
        }

        return TypedCommand.Run(output, start, Longest);
    }

    [GeneratedRegex("```\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Fence();
}
