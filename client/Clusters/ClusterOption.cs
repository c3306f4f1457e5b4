using System.CommandLine;
using Stress.Silo;
using Stress.Silo.Tls;

namespace Stress.Client.Clusters;

/// <summary>The options <c>--cluster</c> and <c>--tls-*</c>, and the environment variables that replace them.</summary>
public sealed class ClusterOption
{
    private const string OfAll = "with the other two of --tls-*: mutual TLS";

    /// <summary><c>--cluster</c>.</summary>
    public Option<string?> Address { get; } =
        new("--cluster") { Description = $"Redis of the cluster, redis://HOST:PORT or rediss://HOST:PORT (default: {SiloDefaults.ClusterVariable})." };

    private readonly Option<string?> _certificate =
        new("--tls-cert") { Description = $"PEM file with this process' certificate; {OfAll} between silos and clients (default: {SiloDefaults.TlsCertificateVariable})." };

    private readonly Option<string?> _key = new("--tls-key") { Description = $"PEM file with its key (default: {SiloDefaults.TlsKeyVariable})." };

    private readonly Option<string?> _authority =
        new("--tls-ca") { Description = $"PEM file with the authority of the cluster's certificates (default: {SiloDefaults.TlsAuthorityVariable})." };

    /// <summary>Adds them to a command.</summary>
    public Command AddTo(Command command)
    {
        foreach (Option option in (Option[])[Address, _certificate, _key, _authority])
        {
            command.Add(option);
        }

        return command;
    }

    /// <summary>The cluster that was named, on the command line or in the environment; null for none.</summary>
    /// <exception cref="UsageException">It is not an address, or the files of mutual TLS are not as they should be.</exception>
    public RedisAddress? Read(ParseResult line)
    {
        if (ReadAddress(line.GetValue(Address)) is { } address)
        {
            return address with { Certificates = Certificates(line) };
        }

        Option<string?>? alone = ((Option<string?>[])[_certificate, _key, _authority]).FirstOrDefault(option => line.GetValue(option) is not null);
        return alone is null ? null : throw new UsageException($"{alone.Name} {line.GetValue(alone)}: without a cluster; accepted is --cluster redis://HOST:PORT beside it");
    }

    /// <summary>The cluster, which must be named.</summary>
    /// <exception cref="UsageException">It is not, or it is not an address, or the files of mutual TLS are not as they should be.</exception>
    public RedisAddress Required(ParseResult line) =>
        Read(line) ?? throw new UsageException($"no cluster; accepted is --cluster redis://HOST:PORT, or {SiloDefaults.ClusterVariable} in the environment");

    /// <summary>The options that name a cluster, for a command to be typed. What comes from the environment is in the user's environment too.</summary>
    public static string InWords(RedisAddress cluster)
    {
        IEnumerable<TlsFile> files = cluster.Certificates is { } tls ? [tls.Certificate, tls.Key, tls.Authority] : [];
        return string.Join(' ', files.Where(file => file.Named.StartsWith("--", StringComparison.Ordinal)).Select(file => file.ToString()).Prepend($"--cluster {cluster}"));
    }

    /// <summary>An address that was named, on the command line or in the environment; null for none.</summary>
    /// <exception cref="UsageException">It is not an address.</exception>
    public static RedisAddress? ReadAddress(string? option)
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
            // The address may contain a password: it is not repeated.
            throw new UsageException($"{from}...: {e.Message}");
        }
    }

    private ClusterTls? Certificates(ParseResult line)
    {
        (Option<string?> Option, string Variable)[] asked =
            [(_certificate, SiloDefaults.TlsCertificateVariable), (_key, SiloDefaults.TlsKeyVariable), (_authority, SiloDefaults.TlsAuthorityVariable)];
        TlsFile?[] files = [.. asked.Select(one => line.GetValue(one.Option) is { } path ? new TlsFile($"{one.Option.Name} ", path)
            : Environment.GetEnvironmentVariable(one.Variable) is { Length: > 0 } set ? new TlsFile($"{one.Variable}=", set) : null)];
        if (files.All(file => file is null))
        {
            return null;
        }

        int missing = Array.IndexOf(files, null);
        if (missing >= 0)
        {
            throw new UsageException($"{files.First(file => file is not null)}: mutual TLS needs three files; accepted is {asked[missing].Option.Name} beside it, or {asked[missing].Variable} in the environment");
        }

        var tls = new ClusterTls(files[0]!, files[1]!, files[2]!);
        try
        {
            _ = tls.Read(TimeProvider.System.GetUtcNow());
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }
        catch (ClusterUnavailableException)
        {
            // It may be renewed meanwhile: this is reported when connecting to the cluster.
        }

        return tls;
    }

    /// <summary>Connects to the cluster.</summary>
    /// <param name="redis">Its Redis.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="wait">How long to wait for it; null for one attempt.</param>
    /// <exception cref="ClusterUnavailableException">Redis does not answer or refuses, no silo answers, or one is not trusted.</exception>
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
    /// Asks Redis for an answer before anything else is begun, and looks at the process' own certificate. A Redis that refuses a password or shows a certificate that is not
    /// trusted may have been given others in a moment, as its clients have, and so may a certificate that has expired: they count as not there yet.
    /// </summary>
    /// <exception cref="ClusterUnavailableException">No answer comes, Redis refuses, or the certificate has expired.</exception>
    /// <exception cref="UsageException">The files of mutual TLS have changed since, and are not as they should be.</exception>
    public static async Task CheckAnswers(RedisAddress redis)
    {
        try
        {
            _ = redis.Certificates?.Read(TimeProvider.System.GetUtcNow());
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }

        if (await redis.Problem() is { } problem)
        {
            throw new ClusterUnavailableException(problem);
        }
    }
}
