using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Clustering.Redis;
using Orleans.Configuration;
using Orleans.Runtime;
using StackExchange.Redis;
using Stress.Grains;

namespace Stress.Silo;

/// <summary>
/// Looks once a second whether this silo is still in the membership table. A Redis that was emptied has no table: the silo could no longer be found, a new one would create a
/// cluster of its own, and this one would believe forever to be a member of the old one. It ends instead. While Redis does not answer, the log says so once.
/// </summary>
internal sealed class MembershipWatch(
    SiloSettings settings, SiloEnd end, ILocalSiloDetails here, ISiloStatusOracle status, IOptions<RedisClusteringOptions> redis, IOptions<ClusterOptions> cluster,
    ILogger<MembershipWatch> log)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        RedisKey table = redis.Value.CreateRedisKey(cluster.Value);
        RedisValue row = here.SiloAddress.ToString();
        var outage = new Outage(log, $"reading the membership table in {settings.Redis}");
        bool entered = false;
        using var timer = new PeriodicTimer(Every);
        try
        {
            await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(settings.Redis.ToOptions());
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (await IsThere(connection.GetDatabase(), table, row, outage) is { } there)
                {
                    entered |= there;
                    if (entered && !there && status.CurrentStatus == SiloStatus.Active)
                    {
                        end.Now($"{settings.Redis} has lost the cluster's membership table: the silo ends; started again it is a new member, and a client that follows a run starts it again from its beginning");
                        return;
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (RedisException)
        {
            // Redis was unreachable from the start: clustering has reported it.
        }
    }

    // Null while Redis does not answer: that says nothing about its contents.
    private static async Task<bool?> IsThere(IDatabase database, RedisKey table, RedisValue row, Outage outage)
    {
        try
        {
            bool there = await database.HashExistsAsync(table, row);
            outage.Over();
            return there;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            outage.Failed(e);
            return null;
        }
    }
}
