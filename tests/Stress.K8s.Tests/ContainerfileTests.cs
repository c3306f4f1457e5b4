using System.Globalization;
using System.Xml.Linq;
using Stress.Client;
using Stress.Client.Images;
using Stress.Guests;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.K8s.Tests;

public sealed class ContainerfileTests
{
    private const string Emulated = "Containerfile", Guests = "Containerfile.guests";

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void The_image_is_chiselled_and_its_user_is_a_number_that_is_not_root(string name)
    {
        Containerfile file = Containerfile.Load(name);

        Assert.EndsWith("-chiseled", file.Only("FROM"));
        Assert.True(int.Parse(file.Only("USER"), CultureInfo.InvariantCulture) > 0);
    }

    [Fact]
    public void The_image_of_real_kernels_has_what_guests_need_where_its_variables_say_and_offers_their_source()
    {
        Containerfile file = Containerfile.Load(Guests);
        string[] copied = [.. file.Image.Where(instruction => instruction.Name == "COPY").Select(instruction => instruction.Text)];
        (string Name, string Text)[] kernel = [.. file.Stages.Single(stage => stage[0].Text.EndsWith(" AS kernel", StringComparison.Ordinal))];

        Assert.Contains((("ENV", $"{GuestCache.Variable}=/guests")), file.Image);
        Assert.Contains("--from=kernel /guests /guests", copied);
        Assert.Contains(kernel, instruction => instruction.Text.Contains("kernel build", StringComparison.Ordinal));
        Assert.Contains(kernel, instruction => instruction.Text.Contains("kernel rootfs", StringComparison.Ordinal));
        Assert.Contains("--from=build /src/guests/SOURCES.txt guests/SOURCES.txt", copied);
        Assert.Contains(file.Stages, stage => stage[0].Text == "kernel AS sources");
        string offer = File.ReadAllText(Repository.At("guests", "SOURCES.txt"));
        Assert.All((string[])["GPL-2.0", "three years", "Containerfile.guests", "target \"sources\""], word => Assert.Contains(word, offer));
    }

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void Base_images_are_of_the_framework_that_the_projects_target(string name)
    {
        string framework = XDocument.Load(Repository.At("Directory.Build.props")).Descendants("TargetFramework").Single().Value;
        string version = framework["net".Length..];

        // The kernel is built on the Debian of its source package, and its sources are gathered there.
        Assert.All(
            Containerfile.Load(name).Stages.Where(stage => name == Emulated || !(stage[0].Text.EndsWith(" AS kernel", StringComparison.Ordinal) || stage[0].Text.EndsWith(" AS sources", StringComparison.Ordinal))),
            stage => Assert.Contains($":{version}", stage[0].Text));
    }

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void The_image_exposes_the_ports_of_a_silo(string name)
    {
        int[] exposed = [.. Containerfile.Load(name).Only("EXPOSE").Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture))];

        Assert.Equal([SiloDefaults.SiloPort, SiloDefaults.GatewayPort, SiloDefaults.MetricsPort], exposed);
    }

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void The_folders_that_runs_and_stores_are_written_to_are_there_and_belong_to_the_images_user(string name)
    {
        Containerfile file = Containerfile.Load(name);
        string user = file.Only("USER");

        Assert.Contains(file.Stages[0], instruction => instruction is ("RUN", "mkdir /data"));
        Assert.Equal(user, WritableFolders.User.ToString(CultureInfo.InvariantCulture));
        Assert.All(WritableFolders.Paths, path => Assert.Contains(
            file.Image, instruction => instruction.Name == "COPY" && instruction.Text.StartsWith($"--from=build --chown={user}:{user} /data ", StringComparison.Ordinal) && Path.Combine(file.Only("WORKDIR"), instruction.Text.Split(' ')[^1]) == path));
    }

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void The_entry_point_is_the_client_that_the_build_publishes(string name)
    {
        Containerfile file = Containerfile.Load(name);
        string[][] published = [.. file.Stages[0].Where(instruction => instruction.Text.StartsWith("dotnet publish ", StringComparison.Ordinal)).Select(instruction => instruction.Text.Split(' '))];
        string project = published[0][2];

        // The triage library stands where the client looks for it: in a folder of that name beside the program.
        Assert.Equal(["/out", "/out/triage"], published.Select(words => words[Array.IndexOf(words, "-o") + 1]));
        Assert.All(published, words => Assert.True(File.Exists(Repository.At(words[2])), words[2]));
        Assert.Equal(["dotnet", $"{file.Only("WORKDIR")}/{typeof(StressCommand).Assembly.GetName().Name}.dll"], file.EntryPoint);
        Assert.Equal(typeof(StressCommand).Assembly.GetName().Name, Path.GetFileNameWithoutExtension(project));
    }

    [Theory]
    [InlineData(Emulated)]
    [InlineData(Guests)]
    public void The_build_copies_every_project_that_the_client_needs_and_nothing_that_is_not_there(string name)
    {
        string[] copied = [.. Containerfile.Copied(Containerfile.Load(name).Stages[0])];

        Assert.All(copied, path => Assert.True(Path.Exists(Repository.At(path)), path));
        Assert.Equal(Needed("client").Union(Needed("triage")).Order(), copied.Where(path => Directory.Exists(Repository.At(path))).Order());
        Assert.Subset(copied.ToHashSet(), Directory.EnumerateFiles(Repository.Root, "Directory.*.props").Select(path => Path.GetFileName(path)!).ToHashSet());
    }

    // The folders of a project and of all that it refers to, directly or not.
    private static HashSet<string> Needed(string folder)
    {
        XDocument project = XDocument.Load(Directory.EnumerateFiles(Repository.At(folder), "*.csproj").Single());
        return [folder, .. project.Descendants("ProjectReference").SelectMany(reference => Needed(reference.Attribute("Include")!.Value.Split('/')[^2]))];
    }
}
