using System.Text.Json.Nodes;
using Stress.Scenarios;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class FileCommandTests : IDisposable
{
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task Every_shipped_file_is_a_file_to_begin_with()
    {
        foreach (string source in Files("scenarios").Concat(Files("scenarios", "explore")))
        {
            string from = Path.GetFileNameWithoutExtension(source), file = Path.Combine(_screen.Folder, $"my {from}.yaml");
            Assert.Equal(ExitCodes.Ok, await _screen.Run("new", file, "--from", from));
            Assert.Empty(FileCheck.Of(file).Problems);
            string schema = File.ReadLines(file).First().Split("$schema=")[1];
            Assert.True(File.Exists(Path.Combine(_screen.Folder, schema)), schema);
            if (FileCheck.Of(file).Scenario is { } copy)
            {
                Scenario shipped = ScenarioLoader.Load(source);
                Assert.Equal($"my {from}", copy.Name);
                Assert.Equal(shipped.Options().Select(o => (o.Field, o.Value)), copy.Options().Select(o => (o.Field, o.Value)));
            }
        }

        Assert.Empty(_screen.Error);
    }

    [Fact]
    public async Task A_new_file_is_never_written_over_another()
    {
        string file = Path.Combine(_screen.Folder, "mine.yaml");
        Assert.Equal(ExitCodes.Ok, await _screen.Run("new", file));
        Assert.Contains("a copy of troxel-2005", _screen.Out);
        string text = File.ReadAllText(file);
        Assert.Equal(ExitCodes.Usage, await _screen.Run("new", file, "--from", "multi-line"));
        Assert.Contains("exists already", _screen.Error);
        Assert.Equal(text, File.ReadAllText(file));
    }

    [Theory]
    [InlineData("--from troxel-2006: no such scenario, did you mean troxel-2005?; accepted: ", "a.yaml", "--from", "troxel-2006")]
    [InlineData("a.txt: not the name of a scenario; accepted is a name that ends with .yaml", "a.txt")]
    [InlineData("FILE /nonexistent/a.yaml: its folder does not exist", "/nonexistent/a.yaml")]
    public async Task What_new_does_not_accept_is_named(string expected, params string[] arguments)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run(["new", .. arguments]));
        Assert.StartsWith($"stress: {expected}", _screen.Error);
    }

    [Fact]
    public async Task The_list_has_every_shipped_file_with_a_sentence()
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("list"));
        string[] lines = _screen.Out.Split('\n');
        IEnumerable<string> lists = Directory.EnumerateFiles(Repository.At("scenarios", "ops"), "*.ops");
        Assert.All(Files("scenarios").Concat(Files("scenarios", "explore")).Concat(lists), file => Assert.Contains(lines, line => line.StartsWith($"  {Path.GetFileNameWithoutExtension(file)} ", StringComparison.Ordinal) && line.TrimEnd().Length > 50));
    }

    [Fact]
    public async Task Check_names_every_error_of_every_file_and_says_what_is_accepted()
    {
        string wrong = Path.Combine(_screen.Folder, "wrong.yaml");
        File.WriteAllText(wrong, "pairs: 0\ndesign: nonesuch\n");
        Assert.Equal(ExitCodes.Usage, await _screen.Run("check", wrong, Repository.At("scenarios", "multi-line.yaml"), Path.Combine(_screen.Folder, "none.yaml")));
        string[] errors = _screen.Error.TrimEnd().Split('\n');
        Assert.Equal(3, errors.Length);
        Assert.StartsWith($"{wrong}:1: pairs: ", errors[0]);
        Assert.StartsWith($"{wrong}:2: design: ", errors[1]);
        Assert.Contains("does not exist", errors[2]);
        Assert.All(errors, error => Assert.Contains("; accepted: ", error));
        Assert.Contains("multi-line.yaml: accepted, a scenario: 80 pairs, 12h, design netbsd-2005", _screen.Out);
    }

    [Theory]
    [InlineData("scenario", "pairs")]
    [InlineData("world", "routers")]
    public async Task The_schema_of_a_format_is_printed_as_JSON(string kind, string field)
    {
        Assert.Equal(ExitCodes.Ok, await _screen.Run("schema", kind));
        Assert.NotNull(JsonNode.Parse(_screen.Out)!["properties"]![field]);
    }

    [Fact]
    public async Task A_format_that_there_is_not_is_named_with_those_that_there_are()
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("schema", "worlds"));
        Assert.StartsWith("stress: worlds: no such format, did you mean world?; accepted: scenario, world", _screen.Error);
    }

    private static IEnumerable<string> Files(params string[] folder) => Directory.EnumerateFiles(Repository.At(folder), "*.yaml");
}
