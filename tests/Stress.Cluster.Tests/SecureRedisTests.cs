using Stress.Client;
using Stress.Silo;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A Redis that answers only with TLS, and only to those who know the password.</summary>
public sealed class SecureRedisTests : IDisposable
{
    private const string Password = "of-this-test-only";
    private readonly string _folder = Directory.CreateTempSubdirectory("stress-test-").FullName;

    private static string[] Work => [Repository.At("scenarios", "troxel-2005.yaml"), "--pairs", "8", "--hours", "1"];

    [ToolFact("redis-server")]
    public async Task Silo_and_client_use_password_and_authority_and_without_them_say_in_one_line_what_is_missing()
    {
        Certificates.Write(_folder);
        await using LocalCluster cluster = LocalCluster.StartSecure(Password, In(Certificates.Authority), In(Certificates.Server), In(Certificates.Key));
        RunningProcess silo = await cluster.StartSilo(0);
        RunningProcess run = cluster.Run("run", onCluster: true, Work);
        string client = run.CommandLine;
        await run.End();
        await cluster.Run("embedded", onCluster: false, Work).End();
        Assert.Equal(cluster.ReportOf("embedded"), cluster.ReportOf("run"));
        Assert.All([silo.CommandLine, client, silo.Output, run.Output], text => Assert.DoesNotContain(Password, text, StringComparison.Ordinal));

        await IsRefused(cluster, SiloDefaults.RedisPasswordVariable, "another-password", "wants a password");
        await IsRefused(cluster, SiloDefaults.RedisPasswordVariable, "", "wants a password");
        await IsRefused(cluster, SiloDefaults.RedisCaVariable, "", "certificate");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task IsRefused(LocalCluster cluster, string variable, string value, string because)
    {
        string right = cluster.Environment[variable];
        cluster.Environment[variable] = value;
        RunningProcess[] asking = [cluster.Stress("silo", "--cluster", cluster.Address), cluster.Run("refused", onCluster: true, Work)];
        cluster.Environment[variable] = right;
        foreach (RunningProcess process in asking)
        {
            Assert.Equal(ExitCodes.Unavailable, await process.End());
            string line = Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
            Assert.Contains(because, line, StringComparison.Ordinal);
            Assert.Contains(variable, line, StringComparison.Ordinal);
            Assert.DoesNotContain(value.Length > 0 ? value : Password, line, StringComparison.Ordinal);
        }
    }

    private string In(string name) => Path.Combine(_folder, name);
}
