using System.Net.Sockets;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>Silent connections to a silo's ports are closed, and do not keep others out.</summary>
public sealed class SilentConnectionTests
{
    private const int Connections = 1000;

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "1"];

    [ToolFact("redis-server")]
    public Task A_thousand_silent_connections_to_each_port_are_closed_and_a_run_beside_them_gives_its_report() => Silence(tls: false);

    [ToolFact("redis-server")]
    public Task And_where_there_is_mutual_TLS() => Silence(tls: true);

    private static async Task Silence(bool tls)
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var authority = new ClusterAuthority("cluster");
        await cluster.Run("embedded", onCluster: false, Work).End();
        if (tls)
        {
            cluster.Tell(authority.Issue(Path.Combine(cluster.Folder, "tls"), "silo", ofSilo: true));
        }

        await cluster.StartSilo(0);
        List<TcpClient> silent = [];
        try
        {
            foreach (bool gateway in (bool[])[true, false])
            {
                for (int i = 0; i < Connections; i++)
                {
                    var client = new TcpClient();
                    silent.Add(client);
                    await client.ConnectAsync("127.0.0.1", cluster.PortOf(0, gateway));

                    // Some send the beginning of a message, and no more.
                    if (i % 4 == 0)
                    {
                        await client.GetStream().WriteAsync(new byte[] { 22 });
                    }
                }
            }

            RunningProcess run = cluster.Run("run", onCluster: true, [.. Work, "--wait", "3min"]);
            await Task.WhenAll(silent.Select(Closed));
            await run.End();
            Assert.True(cluster.ReportOf("embedded") == cluster.ReportOf("run"), run.Output + cluster.OutputOfSilo(0));
            Assert.Contains("was refused the clients' port: it has not said who it is", cluster.OutputOfSilo(0), StringComparison.Ordinal);
            Assert.Contains("was refused the silos' port: it has not said who it is", cluster.OutputOfSilo(0), StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", cluster.OutputOfSilo(0), StringComparison.Ordinal);
        }
        finally
        {
            silent.ForEach(client => client.Dispose());
        }
    }

    // By the silo: with an end, or a reset.
    private static async Task Closed(TcpClient client)
    {
        try
        {
            Assert.Equal(0, await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(RunningProcess.Longest));
        }
        catch (IOException)
        {
            // Reset.
        }
    }
}
