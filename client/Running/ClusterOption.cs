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
    /// <exception cref="UsageException">Redis refuses what the command line names.</exception>
    /// <exception cref="ClusterUnavailableException">Redis does not answer, or no silo does.</exception>
    public static async Task<ClusterClient> Connect(RedisAddress redis, CancellationToken stop)
    {
        await CheckAnswers(redis);
        return await ClusterClient.ConnectAsync(redis, stop);
    }

    /// <summary>Asks Redis for an answer before anything else is begun.</summary>
    /// <exception cref="UsageException">It refuses a password or shows a certificate that is not trusted: trying again does not help.</exception>
    /// <exception cref="ClusterUnavailableException">None comes.</exception>
    public static async Task CheckAnswers(RedisAddress redis)
    {
        if (await redis.Problem() is { } problem)
        {
            throw problem.StartsWith(RedisAddress.NoAnswer, StringComparison.Ordinal) ? new ClusterUnavailableException(problem) : new UsageException(problem);
        }
    }
}
