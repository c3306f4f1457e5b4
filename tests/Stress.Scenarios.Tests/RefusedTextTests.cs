using Xunit;

namespace Stress.Scenarios.Tests;

public sealed class RefusedTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# nothing")]
    [InlineData("- a\n- b")]
    [InlineData("just words")]
    [InlineData("name: a\n---\nname: b")]
    public void A_text_that_is_not_one_map(string text) => Refusals.Of(text, 1, "", "the fields name, description");

    [Theory]
    [InlineData("name: a\npairs: 2\nname: b", 3)]
    [InlineData("name: a\nline: }\n", 2)]
    [InlineData("name: \"a", 1)]
    [InlineData("roles: [\n", 2)]
    [InlineData("name: a\n: : :\n- x", 2)]
    public void A_text_that_is_not_YAML(string text, int line) => Refusals.Of(text, line, "", "YAML with each field once");

    [Fact]
    public void An_alias() => Refusals.Of("name: &n a\ndescription: *n", 2, "", "plain values");

    [Theory]
    [InlineData("name: a\npairs: !!int 3", 2)]
    [InlineData("name: a\n!!str include: b.yaml", 2)]
    [InlineData("name: a\nline: !thing {delay: 1s}", 2)]
    [InlineData("name: a\nexpect: ! []", 2)]
    public void A_tag(string text, int line) => Refusals.Of(text, line, "", "plain values");

    [Fact]
    public void A_field_that_is_a_map() => Refusals.Of("name: a\n? {a: b}\n: c", 2, "", "text");

    [Theory]
    [InlineData('[', 13)]
    [InlineData('[', 100_000)]
    [InlineData('{', 100_000)]
    public void Nesting_beyond_twelve(char open, int levels) => Refusals.Of($"name: a\nroles: {new string(open, levels)}", 2, "", "at most 12 levels");

    [Fact]
    public void More_than_256_KiB()
    {
        Refusals.Of("# " + new string('x', ScenarioLoader.MaxBytes), 0, "", "at most 262144 bytes");
        Refusals.Of("# " + new string('\u00fc', ScenarioLoader.MaxBytes / 2), 0, "", "at most 262144 bytes");
        ScenarioLoader.Parse("name: a\n# " + new string('x', ScenarioLoader.MaxBytes - 100), "s.yaml");
    }

    [Fact]
    public void An_include_from_the_network() => Refusals.Of("name: a\ninclude: troxel-2005.yaml", 2, "include", "a scenario without include");

    [Theory]
    [InlineData("\"a\\nb\": 1")]
    [InlineData("pairs: \"1\\r\\n2\"")]
    [InlineData("pairs: \"\\e[2J\\x9b\\u2028\"")]
    [InlineData("roles:\n  - role: called\n    \"x\\ny\": z")]
    [InlineData("pairs: |\n  a\n  b")]
    [InlineData("sources: {\"a\\nb\": c}")]
    public void Line_ends_and_terminal_sequences_of_the_file_do_not_reach_the_message(string text) =>
        Refusals.OneLine(Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(text, "s.yaml")));

    [Fact]
    public void A_very_long_value_makes_no_very_long_message() =>
        Refusals.OneLine(Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse($"pairs: {new string('9', 200_000)}", "s.yaml")));

    [Theory]
    [InlineData("piars: 3", "piars", "unknown field, did you mean pairs?")]
    [InlineData("design: purge_al", "design", "\"purge_al\" is not accepted, did you mean purge-all?")]
    [InlineData("line: {bitrate: 300}", "line.bitrate", "unknown field, did you mean bit_rate?")]
    [InlineData("expect: [{path: membershp, percent: 1}]", "expect.path", "\"membershp\" is not accepted, did you mean membership?")]
    [InlineData("expect: [{path: any, prcent: 1}]", "expect.prcent", "unknown field, did you mean percent?")]
    [InlineData("xyzzy: 3", "xyzzy", "unknown field;")]
    public void A_word_near_an_accepted_one_is_asked_about(string text, string field, string problem) =>
        Assert.StartsWith($"s.yaml:1: {field}: {problem}", Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse(text, "s.yaml")).Message);

    [Fact]
    public void A_file_that_is_too_large_has_its_size_and_no_line()
    {
        Assert.Equal(
            $"s.yaml: {ScenarioLoader.MaxBytes + 2} bytes; accepted: at most {ScenarioLoader.MaxBytes} bytes",
            Assert.Throws<ScenarioException>(() => ScenarioLoader.Parse("# " + new string('x', ScenarioLoader.MaxBytes), "s.yaml")).Message);
        string file = Path.GetTempFileName();
        File.WriteAllText(file, new string('#', 300_000));
        Assert.Equal($"{file}: 300000 bytes; accepted: at most {ScenarioLoader.MaxBytes} bytes", Assert.Throws<ScenarioException>(() => ScenarioLoader.Load(file)).Message);
        File.Delete(file);
    }
}
