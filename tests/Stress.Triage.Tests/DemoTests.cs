using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Triage.Tests;

/// <summary>Everything at once, by one command.</summary>
public sealed class DemoTests
{
    [ToolFact("prometheus")]
    public async Task The_demo_shows_a_run_that_goes_on_and_the_bugs_of_one_that_has_ended_and_ends_all_of_it()
    {
        string folder = Directory.CreateTempSubdirectory("stress-demo-").FullName;
        try
        {
            RunningProcess demo = RunningProcess.Start("dotnet", [typeof(Terminal).Assembly.Location, "demo", "--folder", folder, "--listen", "127.0.0.1:0"]);
            await demo.Says("Ctrl-C ends all");
            string triage = After(demo.Output, "triage "), metrics = After(demo.Output, "metrics "), prometheus = After(demo.Output, "Prometheus ");
            using var client = new HttpClient();

            // Each shows it once it has come so far: the pages take in what has ended, the run begins, Prometheus scrapes.
            await Until(client, triage, "in_delmulti");
            await Until(client, triage, "/live/");
            await Until(client, metrics, "stress_");
            await Until(client, $"{prometheus}/api/v1/query?query=up", "\"1\"");

            Assert.Equal(ExitCodes.Ok, await demo.Terminate());
            foreach (string address in new[] { triage, metrics, prometheus })
            {
                await Assert.ThrowsAsync<HttpRequestException>(() => client.GetAsync(address));
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string After(string output, string name) =>
        output.Split('\n').First(line => line.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1].Trim();

    private static async Task Until(HttpClient client, string address, string says)
    {
        using var longest = new CancellationTokenSource(RunningProcess.Longest);
        while (true)
        {
            longest.Token.ThrowIfCancellationRequested();
            try
            {
                if ((await client.GetStringAsync(address, longest.Token)).Contains(says, StringComparison.Ordinal))
                {
                    return;
                }
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }

            await Task.Delay(100, longest.Token);
        }
    }
}
