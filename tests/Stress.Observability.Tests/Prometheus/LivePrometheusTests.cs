using System.Diagnostics;
using System.Text.Json;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Observability.Tests.Prometheus;

/// <summary>A real Prometheus, with our rules, scrapes a real silo.</summary>
public sealed class LivePrometheusTests
{
    private const int Attempts = 150;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(200);

    [ToolFact("promtool", "prometheus")]
    public void The_rules_pass_their_own_cases()
    {
        (int exit, string output, string errors) = Programs.Run("promtool", "test", "rules", Repository.At("observability", "prometheus", "rules.test.yml"));
        Assert.True(exit == 0, output + errors);
        (exit, output, errors) = Programs.Run("promtool", "check", "config", Repository.At("observability", "prometheus", "prometheus.yml"));
        Assert.True(exit == 0, output + errors);
    }

    [ToolFact("prometheus")]
    public async Task Every_expression_of_a_panel_and_a_rule_has_an_answer()
    {
        await using MetricsHost silo = await MetricsHost.StartAsync();
        await silo.AdvanceAsync();
        string folder = Directory.CreateTempSubdirectory("stress-prometheus-").FullName;
        int port = MetricsHost.FreePort();
        foreach (string rules in new[] { "rules.yml", "alerts.yml" })
        {
            File.Copy(Repository.At("observability", "prometheus", rules), Path.Combine(folder, rules));
        }

        string config = File.ReadAllText(Repository.At("observability", "prometheus", "prometheus.yml"))
            .Replace("localhost:9464", $"127.0.0.1:{silo.Port}", StringComparison.Ordinal)
            .Replace("_interval: 5s", "_interval: 500ms", StringComparison.Ordinal);
        string configFile = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(configFile, config);
        using Process prometheus = Programs.Start("prometheus", $"--config.file={configFile}", $"--storage.tsdb.path={Path.Combine(folder, "data")}",
            $"--web.listen-address=127.0.0.1:{port}", "--log.level=error");
        prometheus.BeginErrorReadLine();
        prometheus.BeginOutputReadLine();
        try
        {
            using var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };
            List<(string Place, string Expression)> open = [.. Expressions.OfPanels()];
            Assert.True(open.Count >= 40);
            string last = "Prometheus never answered";
            for (int attempt = 0; attempt < Attempts && last.Length > 0; attempt++)
            {
                Assert.False(prometheus.HasExited, "Prometheus ended by itself");
                await silo.AdvanceAsync();
                await Task.Delay(BetweenAttempts);
                last = await StillEmpty(http, open) ?? await RulesNotYetWell(http) ?? "";
            }

            Assert.True(last.Length == 0, last);
        }
        finally
        {
            prometheus.Kill();
            await prometheus.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>Asks the open expressions and strikes out those with an answer. An error is the end.</summary>
    private static async Task<string?> StillEmpty(HttpClient http, List<(string Place, string Expression)> open)
    {
        for (int i = open.Count - 1; i >= 0; i--)
        {
            JsonElement? answer = await Ask(http, $"/api/v1/query?query={Uri.EscapeDataString(open[i].Expression)}");
            if (answer is not { } json)
            {
                return "Prometheus does not answer";
            }

            Assert.True(json.GetProperty("status").GetString() == "success", $"{open[i].Place}: {open[i].Expression}: {json}");
            IEnumerable<string?> values = json.GetProperty("data").GetProperty("result").EnumerateArray().Select(r => r.GetProperty("value")[1].GetString());
            if (values.Any(v => v is not "NaN"))
            {
                open.RemoveAt(i);
            }
        }

        return open.Count == 0 ? null : $"no answer: {string.Join("; ", open.Select(o => $"{o.Place}: {o.Expression}"))}";
    }

    /// <summary>Every rule was evaluated without an error, and every recording rule has made a series.</summary>
    private static async Task<string?> RulesNotYetWell(HttpClient http)
    {
        JsonElement? answer = await Ask(http, "/api/v1/rules");
        if (answer is not { } json)
        {
            return "Prometheus does not answer";
        }

        var rules = json.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(g => g.GetProperty("rules").EnumerateArray()).ToList();
        Assert.True(rules.Count >= 14);
        foreach (JsonElement rule in rules)
        {
            string name = rule.GetProperty("name").GetString()!, health = rule.GetProperty("health").GetString()!;
            Assert.True(health != "err", $"{name}: {rule}");
            if (health != "ok")
            {
                return $"{name} is not evaluated yet";
            }

            if (rule.GetProperty("type").GetString() == "recording")
            {
                JsonElement? made = await Ask(http, $"/api/v1/query?query={Uri.EscapeDataString(name)}");
                if (made is not { } series || series.GetProperty("data").GetProperty("result").GetArrayLength() == 0)
                {
                    return $"{name} has no series";
                }
            }
        }

        return null;
    }

    /// <summary>Null while nobody listens.</summary>
    private static async Task<JsonElement?> Ask(HttpClient http, string path)
    {
        try
        {
            string text = await http.GetStringAsync(path);
            return JsonDocument.Parse(text).RootElement;
        }
        catch (HttpRequestException e) when (e.StatusCode is null or System.Net.HttpStatusCode.ServiceUnavailable)
        {
            return null;
        }
    }
}
