using System.Text.Json;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Prometheus;

public sealed class DashboardTests
{
    private static readonly string[] Variables = ["design", "run", "scenario"];

    [Fact]
    public void There_are_the_four_dashboards() =>
        Assert.Equal(["cluster.json", "code-paths.json", "designs.json", "soak.json"], Expressions.DashboardFiles.Select(Path.GetFileName));

    [Fact]
    public void A_dashboard_has_the_required_fields_and_the_three_variables()
    {
        var uids = new HashSet<string>();
        ForEach((file, root) =>
        {
            Assert.True(uids.Add(root.GetProperty("uid").GetString()!), $"{file}: uid is not its own");
            Assert.NotEqual("", root.GetProperty("title").GetString());
            Assert.True(root.GetProperty("schemaVersion").GetInt32() >= 36, $"{file}: schemaVersion");
            Assert.Equal(JsonValueKind.Array, root.GetProperty("annotations").GetProperty("list").ValueKind);
            Assert.Equal(JsonValueKind.String, root.GetProperty("time").GetProperty("from").ValueKind);
            Assert.Equal(Variables, root.GetProperty("templating").GetProperty("list").EnumerateArray().Select(v => v.GetProperty("name").GetString()).Order());
        });
    }

    [Fact]
    public void A_panel_has_an_id_of_its_own_a_unit_a_description_and_a_source() => ForEach((file, root) =>
    {
        var ids = new HashSet<int>();
        foreach (JsonElement panel in root.GetProperty("panels").EnumerateArray())
        {
            string title = panel.GetProperty("title").GetString()!;
            Assert.True(ids.Add(panel.GetProperty("id").GetInt32()), $"{file}, {title}: the id is used twice");
            Assert.NotEqual("", panel.GetProperty("type").GetString());
            Assert.NotEqual("", panel.GetProperty("description").GetString());
            Assert.NotEqual("", panel.GetProperty("fieldConfig").GetProperty("defaults").GetProperty("unit").GetString());
            Assert.Equal("stress-prometheus", panel.GetProperty("datasource").GetProperty("uid").GetString());
            Assert.Equal(JsonValueKind.Object, panel.GetProperty("options").ValueKind);
            IEnumerable<string?> targets = panel.GetProperty("targets").EnumerateArray().Select(t => t.GetProperty("refId").GetString());
            Assert.Equal(targets.Distinct(), targets);
            Assert.NotEmpty(targets);
        }
    });

    [Fact]
    public void Panels_lie_in_the_grid_and_none_on_another() => ForEach((file, root) =>
    {
        var taken = new Dictionary<(int, int), string>();
        foreach (JsonElement panel in root.GetProperty("panels").EnumerateArray())
        {
            string title = panel.GetProperty("title").GetString()!;
            JsonElement grid = panel.GetProperty("gridPos");
            int x = grid.GetProperty("x").GetInt32(), y = grid.GetProperty("y").GetInt32(), w = grid.GetProperty("w").GetInt32(), h = grid.GetProperty("h").GetInt32();
            Assert.True(x >= 0 && w > 0 && x + w <= 24 && h > 0, $"{file}, {title}: outside the 24 columns");
            for (int i = 0; i < w * h; i++)
            {
                Assert.True(taken.TryAdd((x + (i % w), y + (i / w)), title), $"{file}: {title} lies on {taken.GetValueOrDefault((x + (i % w), y + (i / w)))}");
            }
        }
    });

    private static void ForEach(Action<string, JsonElement> check)
    {
        foreach (string file in Expressions.DashboardFiles)
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
            check(Path.GetFileName(file), json.RootElement);
        }
    }
}
