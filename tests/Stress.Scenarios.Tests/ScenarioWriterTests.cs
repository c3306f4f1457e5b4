using System.Collections;
using System.Reflection;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Scenarios.Tests;

public sealed class ScenarioWriterTests
{
    [Fact]
    public void The_text_of_a_file_without_include_is_kept_as_it_stands()
    {
        string file = Repository.At("scenarios", "troxel-2005.yaml");
        Assert.Equal(File.ReadAllText(file), ScenarioLoader.Load(file).SourceText);
    }

    [Fact]
    public void Every_option_can_be_set_by_a_file()
    {
        // One role at most is silent.
        var site = (SiteOptions)Other(new SiteOptions());
        site = site.With(site.Called with { Pppd = site.Called.Pppd with { Silent = false } });
        var scenario = new Scenario { Pairs = 6, Site = site, Seed = 7 };
        Scenario read = ScenarioLoader.Parse(ScenarioWriter.Write(scenario), "s.yaml");
        var defaults = new Scenario { Pairs = 1, Seed = 1, Site = new SiteOptions() }.Options().ToDictionary(o => o.Field, o => o.Value);
        foreach ((string field, string value, _) in scenario.Options())
        {
            Assert.Contains((field, value, ""), read.Options());
            Assert.True(field is "hours" or "backend" or "roles.called.pppd.silent" || !defaults.TryGetValue(field, out string? was) || was != value, $"{field} was left at {value}");
        }
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("\"quoted\" and \\ and 'single'")]
    [InlineData("two\nlines\r\n\ttab")]
    [InlineData("\u001b[2J\u0085\u2028\u2029\ufeff")]
    [InlineData("grün 😀 : # - {a: b} *x !y %z")]
    [InlineData(" ends in space ")]
    [InlineData("null")]
    public void Any_text_survives(string text)
    {
        Scenario scenario = new() { Name = text, Reported = [new ReportedFigure(text, null, 3)], Sources = new Dictionary<string, string> { ["window"] = text } };
        Same(scenario, ScenarioLoader.Parse(ScenarioWriter.Write(scenario), "s.yaml"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.1)]
    [InlineData(1e-7)]
    [InlineData(99.999999999999986)]
    public void A_per_cent_survives_to_the_last_bit(double percent)
    {
        Scenario scenario = new() { Expect = [new Expectation { Path = "any", MinPercent = percent, MaxPercent = 100 }], Reported = [new ReportedFigure("any", Role.Calling, percent)] };
        Same(scenario, ScenarioLoader.Parse(ScenarioWriter.Write(scenario), "s.yaml"));
    }

    internal static void Same(Scenario expected, Scenario actual)
    {
        Assert.Equal((expected.Name, expected.Description, expected.Pairs, expected.Duration, expected.Seed), (actual.Name, actual.Description, actual.Pairs, actual.Duration, actual.Seed));
        Assert.Equal(expected.Options(), actual.Options());
        Assert.Equal(expected.Expect.Select(e => e with { Line = 0 }), actual.Expect.Select(e => e with { Line = 0 }));
        Assert.Equal(expected.ExpectReached, actual.ExpectReached);
        Assert.Equal(expected.Reported, actual.Reported);
        Assert.Equal(expected.Sources.OrderBy(s => s.Key, StringComparer.Ordinal), actual.Sources.OrderBy(s => s.Key, StringComparer.Ordinal));
    }

    // The record with every field at another value than its default, so that a field which a file cannot set is found.
    private static object Other(object record)
    {
        object copy = record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
        foreach (PropertyInfo p in ScenarioFields.Properties(record.GetType()).Where(p => p.PropertyType != typeof(Role)))
        {
            p.SetValue(copy, (p.Name, p.GetValue(record)) switch
            {
                ("GroupMember", _) => "224.0.1.1",
                ("Design", _) => "psref",
                ("Name", _) => record is RoleOptions r ? $"the {ScenarioFields.Spell(r.Role)}" : "x",
                (_, RoleSet roles) => new RoleSet([.. roles.Select(role => (RoleOptions)Other(role))]),
                ("UpdateJitter", _) => VirtualTime.FromSeconds(3),
                (_, bool b) => !b,
                (_, int n) => n + 1,
                (_, uint map) => map | 0x000A0000,
                (_, VirtualTime t) => t + VirtualTime.FromSeconds(7),
                (_, TimeRange r) => new TimeRange(r.Min + VirtualTime.FromSeconds(1), r.Max + VirtualTime.FromSeconds(2)),
                (_, CountRange c) => new CountRange(c.Min + 1, c.Max + 3),
                (_, Enum e) => Enum.GetValues(e.GetType()).Cast<Enum>().First(x => !x.Equals(e)),
                (_, IReadOnlyList<string> words) => words.Reverse().ToList(),
                (_, IReadOnlyList<CompetitorOptions>) => new List<CompetitorOptions>
                {
                    new("one: two", 48, CompetitorTrigger.LinkDown, new CountRange(2, 5), VirtualTime.Zero, TimeRange.Fixed(VirtualTime.Never), BlockContent.SmallIntegers),
                    new("three", 16, CompetitorTrigger.Background, CountRange.Fixed(1), VirtualTime.FromSeconds(3), TimeRange.Seconds(1, 2), BlockContent.Zero) { Times = new CountRange(2, 6) },
                },
                (_, IReadOnlyList<InterfaceOptions>) => new List<InterfaceOptions>
                {
                    new() { Name = "aue0", Teardown = InterfaceTeardown.AddressesFirst, Down = TimeRange.Seconds(1, 2), OtherMtu = 1000, Group = "hub" },
                    new() { Name = "vlan3", Parent = "aue0" }, new() { Name = "gif0", Tunnel = "10.0.0.1" },
                },
                (_, null) or (_, string) or (_, IEnumerable) => throw new InvalidOperationException($"give {p.Name} another value here"),
                (_, { } inner) => Other(inner),
            });
        }

        return copy;
    }
}
