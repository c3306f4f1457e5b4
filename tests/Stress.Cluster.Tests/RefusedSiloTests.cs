using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Cluster.Tests;

/// <summary>A silo that cannot become a member says why in one line, without a stack, and exits with the code that tells whether trying again may help.</summary>
public sealed class RefusedSiloTests
{
    [ToolFact("redis-server")]
    public async Task One_on_the_ports_of_another_is_refused_and_the_other_stays_a_member()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        RunningProcess first = await cluster.StartSilo(0);
        string port = $"{cluster.PortOf(0, gateway: false)}";
        RunningProcess second = cluster.Stress("silo", "--cluster", cluster.Address, "--silo-port", port, "--gateway-port", $"{cluster.PortOf(0, gateway: true)}", "--metrics-port", "0");

        Assert.True(await second.End() == ExitCodes.Usage, second.Output);
        Assert.StartsWith($"stress: --silo-port {port}: ", OnlyLine(second), StringComparison.Ordinal);
        Assert.Equal(ExitCodes.Ok, await cluster.Stress("runs", "--cluster", cluster.Address).End());
        Assert.Equal(ExitCodes.Ok, await first.Terminate());
    }

    [ToolFact("redis-server")]
    public async Task A_Redis_that_takes_no_writes_is_named_with_its_reason_and_waited_for()
    {
        (string[] Refuse, string[] Take, string Reason)[] states =
        [
            (["CONFIG", "SET", "maxmemory", "1"], ["CONFIG", "SET", "maxmemory", "0"], "OOM command not allowed when used memory > 'maxmemory'"),
            (["REPLICAOF", "127.0.0.1", "1"], ["REPLICAOF", "NO", "ONE"], "not eligible for replica"),
            (["ACL", "SETUSER", "default", "-hsetnx"], ["ACL", "SETUSER", "default", "+hsetnx"], "NOPERM"),
        ];
        await using LocalCluster cluster = LocalCluster.Start();
        foreach ((string[] refuse, string[] take, string reason) in states)
        {
            await cluster.TellRedis("FLUSHALL");
            await cluster.TellRedis(refuse);
            RunningProcess once = cluster.BeginSilo(0);
            Assert.True(await once.End() == ExitCodes.Unavailable, once.Output);
            string line = OnlyLine(once);
            Assert.StartsWith($"stress: {cluster.Address} does not take what a silo has to write (", line, StringComparison.Ordinal);
            Assert.Contains(reason, line, StringComparison.Ordinal);

            RunningProcess patient = cluster.BeginSilo(0, 2, "--wait", "3min");
            await patient.Says($"of 180: {cluster.Address} does not take what a silo has to write (");
            await cluster.TellRedis(take);
            await patient.Says("/metrics");
            Assert.False(patient.Output.Contains("   at ", StringComparison.Ordinal), patient.Output);
            Assert.Equal(ExitCodes.Ok, await patient.Terminate());
        }
    }

    [ToolFact("redis-server")]
    public async Task One_that_the_others_do_not_answer_says_who_they_are_while_it_waits_and_when_it_ends()
    {
        await using LocalCluster cluster = LocalCluster.Start();
        using var own = new ClusterAuthority("own");
        using var another = new ClusterAuthority("another");
        cluster.Tell(own.Issue(Path.Combine(cluster.Folder, "own"), "silo", ofSilo: true));
        await cluster.StartSilo(0);

        // It trusts them; they do not trust it.
        string folder = Path.Combine(cluster.Folder, "another");
        cluster.Tell(another.Issue(folder, "stranger", ofSilo: true, trusted: [own, another]));
        RunningProcess stranger = cluster.BeginSilo(1);
        await stranger.Says($"let this one in when each has answered it: {cluster.SiloName(0)}");
        await cluster.SaysOfSilo(0, "CN=stranger: it is not by the cluster's authority");

        Assert.True(await stranger.End() == ExitCodes.Unavailable, stranger.Output);
        string last = stranger.Output.TrimEnd().Split('\n')[^1];
        Assert.StartsWith($"stress: the silos of {cluster.Address} have not let this one in: not every one of {cluster.SiloName(0)} has answered it", last, StringComparison.Ordinal);
        Assert.False(stranger.Output.Contains("   at ", StringComparison.Ordinal), stranger.Output);
    }

    private static string OnlyLine(RunningProcess process) => Assert.Single(process.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
