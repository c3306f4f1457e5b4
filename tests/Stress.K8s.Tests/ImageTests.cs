using System.Text.Json;
using System.Xml.Linq;
using Spectre.Console;
using Stress.Client;
using Stress.Client.Images;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

/// <summary>The image by the SDK's container publishing is that of the Containerfile.</summary>
public sealed class ImageTests
{
    private static readonly XDocument Project = XDocument.Load(Repository.At("client", "Stress.Client.csproj"));

    [Fact]
    public void It_has_the_user_the_ports_and_the_variables_of_the_Containerfile()
    {
        Containerfile file = Containerfile.Load("Containerfile");

        Assert.Equal(file.Only("USER"), Project.Descendants("ContainerUser").Single().Value);
        Assert.Equal(file.Only("USER"), $"{WritableFolders.User}");
        Assert.Equal(file.Only("EXPOSE").Split(' ').Order(), Included("ContainerPort").Order());
        Assert.Equal(
            file.Image.Where(instruction => instruction.Name == "ENV").Select(instruction => instruction.Text).Order(),
            Project.Descendants("ContainerEnvironmentVariable").Select(variable => $"{variable.Attribute("Include")!.Value}={variable.Attribute("Value")!.Value}").Order());
    }

    [Fact]
    public void Its_bill_of_materials_names_each_package_once_with_its_version_and_hash()
    {
        string own = Path.Combine(AppContext.BaseDirectory, "Stress.K8s.Tests.deps.json");
        using JsonDocument bill = JsonDocument.Parse(BillOfMaterials.Of("1.0.0", "registry/base:10", [own, own]));
        JsonElement[] components = [.. bill.RootElement.GetProperty("components").EnumerateArray()];
        JsonElement yaml = Assert.Single(components, component => component.GetProperty("name").GetString() == "YamlDotNet");
        string version = XDocument.Load(Repository.At("Directory.Packages.props")).Descendants("PackageVersion").Single(package => package.Attribute("Include")!.Value == "YamlDotNet").Attribute("Version")!.Value;

        Assert.Equal(("CycloneDX", "1.6"), (bill.RootElement.GetProperty("bomFormat").GetString(), bill.RootElement.GetProperty("specVersion").GetString()));
        Assert.Equal(("container", "registry/base:10"), (components[0].GetProperty("type").GetString(), components[0].GetProperty("name").GetString()));
        Assert.Equal($"pkg:nuget/YamlDotNet@{version}", yaml.GetProperty("purl").GetString());
        Assert.Equal(128, yaml.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length);
        Assert.DoesNotContain(components, component => component.GetProperty("name").GetString()!.StartsWith("Stress.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("--name", "a:b:c")]
    [InlineData("--name", ":dev")]
    [InlineData("--name", "registry.example:5000/")]
    [InlineData("--name", "registry.example:5000/Stress:1")]
    [InlineData("--out", "/nowhere/image.tar.gz")]
    [InlineData("--sbom", "/nowhere/sbom.json")]
    public async Task What_is_not_accepted_is_refused_in_one_line_before_anything_is_built(string option, string value)
    {
        using StringWriter screen = new(), errors = new();
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(screen) });

        Assert.Equal(ExitCodes.Usage, await StressCommand.Run(["image", option, value], new Terminal(console, errors), default));
        Assert.Single(errors.ToString().TrimEnd().Split('\n'));
    }

    private static IEnumerable<string> Included(string item) => Project.Descendants(item).Select(one => one.Attribute("Include")!.Value);
}
