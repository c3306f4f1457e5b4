using System.Globalization;
using System.Net;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

public sealed class DashboardTests
{
    [ToolFact("redis-server")]
    public async Task The_dashboard_answers_on_its_port_and_nowhere_else_whatever_a_request_calls_its_host()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        string port = Programs.FreeLoopbackPort().ToString(CultureInfo.InvariantCulture);
        RunningProcess silo = cluster.BeginSilo(0, 2, "--dashboard", "--dashboard-port", port);
        await silo.Says("/metrics");
        string metrics = silo.Output[silo.Output.IndexOf("http://", StringComparison.Ordinal)..].Split("/metrics")[0];
        using var http = new HttpClient();

        Assert.Equal(HttpStatusCode.OK, await Ask($"http://127.0.0.1:{port}/", null));
        Assert.Equal(HttpStatusCode.NotFound, await Ask($"{metrics}/", null));
        Assert.Equal(HttpStatusCode.NotFound, await Ask($"{metrics}/", $"127.0.0.1:{port}"));
        Assert.Equal(HttpStatusCode.OK, await Ask($"{metrics}/metrics", $"127.0.0.1:{port}"));

        async Task<HttpStatusCode> Ask(string address, string? host)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.Host = host;
            using HttpResponseMessage answer = await http.SendAsync(request);
            return answer.StatusCode;
        }
    }
}
