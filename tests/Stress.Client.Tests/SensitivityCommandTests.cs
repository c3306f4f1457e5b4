using System.Text.Json;
using Stress.Client.Sensitivity;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

public sealed class SensitivityCommandTests : IDisposable
{
    private static readonly string Scenario = Repository.At("scenarios", "troxel-2005.yaml");
    private readonly Screen _screen = new();

    public void Dispose() => _screen.Dispose();

    [Fact]
    public async Task The_table_has_the_scenario_as_it_is_and_a_row_for_each_variation()
    {
        string json = Path.Combine(_screen.Folder, "sensitivity.json");
        int code = await _screen.Run("sensitivity", Scenario, "--pairs", "2", "--hours", "40min", "--seed", "7", "--json", json, "--no-progress");

        Assert.True(code == ExitCodes.Ok, _screen.Error);
        Assert.Empty(_screen.Error);
        Assert.Contains($"./stress sensitivity {Scenario} --pairs 2 --hours 40min --seed 7", _screen.Out);
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(json));
        Dictionary<string, JsonElement> rows = document.RootElement.GetProperty("rows").EnumerateArray().ToDictionary(row => row.GetProperty("name").GetString()!);
        Assert.Equal([Variation.Base.Name, .. Variation.All.Select(variation => variation.Name)], rows.Keys);
        Assert.All(Variation.All, variation => Assert.Contains(variation.Name, _screen.Out));
        Assert.All(rows.Values, row => Assert.Equal(VariationResult.Columns, row.GetProperty("cells").EnumerateArray().Select(cell => cell.GetProperty("column").GetString()!)));
        Assert.True(rows[Variation.Base.Name].GetProperty("disconnects").GetProperty("calling").GetInt64() > 0);
        Assert.All(["static units", "demand", "purge-flagged"], control =>
            Assert.All(rows[control].GetProperty("cells").EnumerateArray(), cell => Assert.Equal(0, cell.GetProperty("percent").GetDouble())));
    }

    [Fact]
    public void Each_variation_has_a_name_of_its_own_and_says_what_it_changes()
    {
        Assert.Equal(Variation.All.Count, Variation.All.Select(variation => variation.Name).Distinct().Count());
        Assert.All(Variation.All, variation => Assert.NotEmpty(variation.Change));
        Assert.All(Variation.All, variation => Assert.NotEmpty(variation.Mechanism));
    }

    [Theory]
    [InlineData("--pairs", "0")]
    [InlineData("--hours", "-1")]
    [InlineData("--seed", "x")]
    [InlineData("--json", "/no/such/folder/table.json")]
    public async Task What_is_not_accepted_is_one_error(string option, string value)
    {
        Assert.Equal(ExitCodes.Usage, await _screen.Run("sensitivity", Scenario, option, value, "--no-progress"));
        Assert.Contains($"{option} {value}", _screen.Error);
        Assert.Empty(_screen.Out);
    }
}
