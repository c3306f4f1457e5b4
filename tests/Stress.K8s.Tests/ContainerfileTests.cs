using System.Globalization;
using System.Xml.Linq;
using Stress.Client;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

public sealed class ContainerfileTests
{
    private readonly Containerfile _file = Containerfile.Load();

    [Fact]
    public void The_image_is_chiselled_and_its_user_is_a_number_that_is_not_root()
    {
        Assert.EndsWith("-chiseled", _file.Only("FROM"));
        Assert.True(int.Parse(_file.Only("USER"), CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void Base_images_are_of_the_framework_that_the_projects_target()
    {
        string framework = XDocument.Load(Repository.At("Directory.Build.props")).Descendants("TargetFramework").Single().Value;
        string version = framework["net".Length..];

        Assert.All(_file.Stages, stage => Assert.Contains($":{version}", stage[0].Text));
    }

    [Fact]
    public void The_image_exposes_the_ports_of_a_silo()
    {
        int[] exposed = [.. _file.Only("EXPOSE").Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

        Assert.Equal([SiloDefaults.SiloPort, SiloDefaults.GatewayPort, SiloDefaults.MetricsPort], exposed);
    }

    [Fact]
    public void The_entry_point_is_the_client_that_the_build_publishes()
    {
        string publish = _file.Stages[0].Single(instruction => instruction.Name == "RUN").Text;
        string project = publish.Split(' ').Single(word => word.EndsWith(".csproj", StringComparison.Ordinal));

        Assert.True(File.Exists(Repository.At(project)), project);
        Assert.Equal(["dotnet", $"{_file.Only("WORKDIR")}/{typeof(StressCommand).Assembly.GetName().Name}.dll"], _file.EntryPoint);
        Assert.Equal(typeof(StressCommand).Assembly.GetName().Name, Path.GetFileNameWithoutExtension(project));
    }

    [Fact]
    public void The_build_copies_every_project_that_the_client_needs_and_nothing_that_is_not_there()
    {
        string[] copied = [.. Containerfile.Copied(_file.Stages[0])];

        Assert.All(copied, path => Assert.True(Path.Exists(Repository.At(path)), path));
        Assert.Equal(Needed("client").Order(), copied.Where(path => Directory.Exists(Repository.At(path))).Order());
        Assert.Subset(copied.ToHashSet(), Directory.EnumerateFiles(Repository.Root, "Directory.*.props").Select(path => Path.GetFileName(path)!).ToHashSet());
    }

    // The folders of a project and of all that it refers to, directly or not.
    private static HashSet<string> Needed(string folder)
    {
        XDocument project = XDocument.Load(Directory.EnumerateFiles(Repository.At(folder), "*.csproj").Single());
        return [folder, .. project.Descendants("ProjectReference").SelectMany(reference => Needed(reference.Attribute("Include")!.Value.Split('/')[^2]))];
    }
}
