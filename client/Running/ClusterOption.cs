using System.CommandLine;
using Stress.Silo;

namespace Stress.Client.Running;

/// <summary>The option <c>--cluster</c> and what stands in for it.</summary>
public static class ClusterOption
{
    /// <summary>The option.</summary>
    public static Option<string?> Create() =>
        new("--cluster") { Description = $"Redis of the cluster, redis://HOST:PORT or rediss://HOST:PORT (default: {SiloDefaults.ClusterVariable})." };

    /// <summary>The address that was named, on the command line or in the environment; null for none.</summary>
    /// <exception cref="UsageException">It is no address.</exception>
    public static RedisAddress? Read(string? option)
    {
        string from = option is null ? SiloDefaults.ClusterVariable + "=" : "--cluster ";
        string? text = option ?? Environment.GetEnvironmentVariable(SiloDefaults.ClusterVariable);
        if (string.IsNullOrEmpty(text) && option is null)
        {
            return null;
        }

        try
        {
            RedisAddress address = RedisAddress.Parse(text!);
            _ = address.ToOptions();
            return address;
        }
        catch (FormatException e)
        {
            // What is wrong may be a password in it: the address is not repeated.
            throw new UsageException($"{from}...: {e.Message}");
        }
    }

    /// <summary>The address, which has to be named.</summary>
    /// <exception cref="UsageException">It is not, or it is no address.</exception>
    public static RedisAddress Required(string? option) =>
        Read(option) ?? throw new UsageException($"no cluster; accepted is --cluster redis://HOST:PORT, or {SiloDefaults.ClusterVariable} in the environment");

    /// <summary>Connects to the cluster.</summary>
    /// <param name="redis">Its Redis.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="wait">How long it is waited for; null for one attempt.</param>
    /// <exception cref="ClusterUnavailableException">Redis does not answer or refuses, or no silo answers.</exception>
    public static Task<ClusterClient> Connect(RedisAddress redis, CancellationToken stop, ClusterWait? wait = null)
    {
        return wait is null ? Attempt() : wait.For(Attempt, stop);

        async Task<ClusterClient> Attempt()
        {
            await CheckAnswers(redis);
            return await ClusterClient.ConnectAsync(redis, wait?.Attempt, stop);
        }
    }

    /// <summary>
    /// Asks Redis for an answer before anything else is begun. One that refuses a password or shows a certificate that is not trusted may have been given others in a
    /// moment, as its clients have: it counts as one that is not there yet.
    /// </summary>
    /// <exception cref="ClusterUnavailableException">None comes, or it refuses.</exception>
    public static async Task CheckAnswers(RedisAddress redis)
    {
        if (await redis.Problem() is { } problem)
        {
            throw new ClusterUnavailableException(problem);
        }
    }
}
