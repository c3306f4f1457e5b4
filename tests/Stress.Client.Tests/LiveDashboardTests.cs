using System.Text.Json;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Silo;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Client.Tests;

/// <summary>Every dashboard and rule against a real Prometheus that scrapes a real silo with two real runs.</summary>
public sealed class LiveDashboardTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10), BetweenQuestions = TimeSpan.FromMilliseconds(250);

    [ToolFact("prometheus")]
    public async Task Every_expression_of_a_panel_and_a_rule_has_an_answer()
    {
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = 1, MetricsPort = 0 });
        IRunGrain mail = await Start(silo, "live-mail", null), other = await Start(silo, "live-other", "purge-flagged");
        using (var prometheus = new LivePrometheus(silo.Metrics!))
        {
            List<(string Place, string Expression)> open = [.. Expressions.OfPanels()];
            Assert.True(open.Count >= 40);
            using var limit = new CancellationTokenSource(Limit);
            for (string? missing = ""; missing is not null;)
            {
                missing = await StillEmpty(prometheus, open) ?? await RulesNotYetWell(prometheus);
                Assert.False(limit.IsCancellationRequested, missing);
                await Task.Delay(BetweenQuestions);
            }
        }

        foreach (IRunGrain run in (IRunGrain[])[mail, other])
        {
            await run.Cancel();
            while (!(await run.Progress()).Finished)
            {
                await Task.Yield();
            }
        }
    }

    // Two virtual hours a second: far from what the machine can do, and crashes come at once.
    private static async Task<IRunGrain> Start(EmbeddedSilo silo, string runId, string? design)
    {
        var settings = new RunSettings { File = Repository.At("scenarios", "troxel-2005.yaml"), Pairs = 6, Hours = VirtualTime.FromHours(100_000), Pace = 7200, Design = design };
        RunPlan plan = Launch.Create(settings, settings.Load(), runId, check: false).Plan with { CheckpointWindows = 1 };
        IRunGrain run = silo.Grains.GetGrain<IRunGrain>(runId);
        await run.Start(plan);
        return run;
    }

    /// <summary>Asks the open expressions and strikes out those with an answer; says which have none yet. An error is the end.</summary>
    private static async Task<string?> StillEmpty(LivePrometheus prometheus, List<(string Place, string Expression)> open)
    {
        for (int i = open.Count - 1; i >= 0; i--)
        {
            if (await prometheus.Query(open[i].Place, open[i].Expression) is not { } series)
            {
                return "Prometheus does not answer";
            }

            if (series.Any(one => one.GetProperty("value")[1].GetString() is not "NaN"))
            {
                open.RemoveAt(i);
            }
        }

        return open.Count == 0 ? null : $"no answer: {string.Join("; ", open.Select(o => $"{o.Place}: {o.Expression}"))}";
    }

    /// <summary>Every rule is evaluated without an error, and every recording rule has made a series.</summary>
    private static async Task<string?> RulesNotYetWell(LivePrometheus prometheus)
    {
        if (await prometheus.Ask("/api/v1/rules") is not { } json)
        {
            return "Prometheus does not answer";
        }

        JsonElement[] rules = [.. json.GetProperty("data").GetProperty("groups").EnumerateArray().SelectMany(group => group.GetProperty("rules").EnumerateArray())];
        Assert.True(rules.Length >= 14);
        foreach (JsonElement rule in rules)
        {
            string name = rule.GetProperty("name").GetString()!, health = rule.GetProperty("health").GetString()!;
            Assert.True(health != "err", $"{name}: {rule}");
            bool recording = rule.GetProperty("type").GetString() == "recording";
            if (health != "ok" || (recording && await prometheus.Query(name, name) is not { Length: > 0 }))
            {
                return $"{name} is not evaluated yet, or has no series";
            }
        }

        return null;
    }
}
