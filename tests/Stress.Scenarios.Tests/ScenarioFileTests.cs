using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

public sealed class ScenarioFileTests : IDisposable
{
    private static readonly string Troxel = File.ReadAllText(Repository.At("scenarios", "troxel-2005.yaml"));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("stress-scenarios-");

    public static TheoryData<string> Shipped => new(Directory.GetFiles(Repository.At("scenarios"), "*.yaml").Select(f => Path.GetFileName(f)).Order());

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [MemberData(nameof(Shipped))]
    public void Every_shipped_scenario_loads_and_has_its_files_name(string file)
    {
        Scenario s = ScenarioLoader.Load(Repository.At("scenarios", file));

        Assert.Equal(Path.GetFileNameWithoutExtension(file), s.Name);
        Assert.NotEmpty(s.Description);
        Assert.NotEmpty(s.Expect);
    }

    [Theory]
    [MemberData(nameof(Shipped))]
    public void What_a_run_keeps_of_a_scenario_is_that_scenario_without_its_includes(string file)
    {
        Scenario s = ScenarioLoader.Load(Repository.At("scenarios", file));

        ScenarioWriterTests.Same(s, ScenarioLoader.Parse(s.SourceText, file));
        ScenarioWriterTests.Same(s, ScenarioLoader.Parse(ScenarioWriter.Write(s), file));
    }

    [Fact]
    public void Each_option_is_listed_once_with_its_source()
    {
        var options = ScenarioLoader.Parse(Troxel, "t.yaml").Options().ToList();

        Assert.Equal(options.Count, options.Select(o => o.Field).Distinct().Count());
        Assert.Contains(("line.bit_rate", "33600", "issue"), options);
        Assert.Contains(("hours", "12h", ""), options);
        Assert.DoesNotContain(options, o => o.Field is "oracle" or "skip_quiet");
    }

    [Fact]
    public void An_include_comes_first_and_roles_merge_by_their_role()
    {
        Write("base.yaml", "pairs: 4\nroles:\n  - {role: called, name: a, pppd: {persist: true, holdoff: 5s}}\n  - {role: calling, name: b}\nsources: {roles.called.pppd.holdoff: x, roles.called.pppd.persist: y}");
        Scenario s = Load("roles:\n  - {role: called, pppd: {holdoff: 7s}}\ninclude: base.yaml");

        Assert.Equal((4, "a", "b"), (s.Pairs, s.Site.Called.Name, s.Site.Calling.Name));
        Assert.Equal((true, VirtualTime.FromSeconds(7)), (s.Site.Called.Pppd.Persist, s.Site.Called.Pppd.Holdoff));
        Assert.Equal("y", Assert.Single(s.Sources).Value);
    }

    [Fact]
    public void An_including_file_can_replace_a_competitor_that_has_a_source()
    {
        Write("base.yaml", Troxel);
        Scenario s = Load("include: base.yaml\nroles:\n  - {role: called, kernel: {competitors: []}}");

        Assert.Empty(s.Site.Called.Kernel.Competitors);
        Assert.DoesNotContain(s.Sources.Keys, k => k.StartsWith("roles.called.kernel.competitors", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("../base.yaml")]
    [InlineData("/etc/passwd")]
    [InlineData("a\\b.yaml")]
    [InlineData("c:base.yaml")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("\"\"")]
    [InlineData("[base.yaml]")]
    [InlineData("\"a\\0b\"")]
    public void An_include_that_is_not_the_name_of_a_file_of_the_folder(string name) => Refused($"name: a\ninclude: {name}", "top.yaml", 2, "include", "the name of a file in the same folder");

    [Theory]
    [InlineData("top.yaml")]
    [InlineData("base.yaml")]
    public void Includes_in_a_circle(string back)
    {
        Write("base.yaml", $"name: b\npairs: 1\ninclude: {back}");
        Refused("include: base.yaml", "base.yaml", 3, "include", "includes without a circle");
    }

    [Fact]
    public void A_chain_of_more_than_four_includes()
    {
        for (int i = 1; i <= 5; i++)
        {
            Write($"i{i}.yaml", $"include: i{i + 1}.yaml");
        }

        Refused("include: i1.yaml", "i4.yaml", 1, "include", "a chain of at most 4");
        Write("i4.yaml", "name: last");
        Assert.Equal("last", Load("include: i1.yaml").Name);
    }

    [Fact]
    public void An_include_that_is_missing_is_reported_where_it_is_named()
    {
        Write("base.yaml", "name: b\ninclude: none.yaml");
        Refused("include: base.yaml", "base.yaml", 2, "include", "a scenario file in YAML");
    }

    [Fact]
    public void An_include_that_is_a_folder()
    {
        _folder.CreateSubdirectory("sub");
        Refused("include: sub", "top.yaml", 1, "include", "a scenario file in YAML");
    }

    [Fact]
    public void An_error_in_an_included_file_is_reported_there()
    {
        Write("base.yaml", "name: b\nline: {delay: 3}\n");
        Refused("include: base.yaml", "base.yaml", 2, "line.delay", "200ms..2s");
    }

    [Fact]
    public void Two_roles_of_one_name_in_two_files()
    {
        Write("base.yaml", "roles:\n  - {role: called, name: a}");
        Refused("include: base.yaml\nroles:\n  - {role: calling, name: a}", "top.yaml", 3, "roles.name", "a name of its own");
    }

    [Fact]
    public void Pairs_of_one_file_that_the_callers_of_another_do_not_divide()
    {
        Write("base.yaml", "pairs: 9");
        Refused("include: base.yaml\ncallers_per_answerer: 2", "top.yaml", 2, "pairs", "a multiple of callers_per_answerer");
    }

    [Fact]
    public void A_file_that_is_missing_or_a_folder_or_too_large_or_without_an_end()
    {
        string missing = Path.Combine(_folder.FullName, "none.yaml"), large = Write("large.yaml", new string('#', ScenarioLoader.MaxBytes + 1));
        Refusals.Says(Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(missing)), missing, 0, "", "such as scenarios/troxel-2005.yaml");
        Refusals.Says(Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(_folder.FullName)), _folder.FullName, 0, "", "a scenario file in YAML");
        Refusals.Says(Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(large)), large, 0, "", "at most 262144 bytes");
        if (OperatingSystem.IsLinux())
        {
            Refusals.Says(Assert.Throws<ScenarioException>(() => ScenarioLoader.Load("/dev/zero")), "/dev/zero", 0, "", "at most 262144 bytes");
        }
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private Scenario Load(string text) => ScenarioLoader.Load(Write("top.yaml", text));

    private void Refused(string text, string file, int line, string field, string accepted) =>
        Refusals.Says(Assert.Throws<ScenarioException>(() => Load(text)), Path.Combine(_folder.FullName, file), line, field, accepted);
}
