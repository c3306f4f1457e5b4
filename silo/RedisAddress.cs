using System.Globalization;
using StackExchange.Redis;
using Stress.Silo.Tls;

namespace Stress.Silo;

/// <summary>
/// The Redis of a cluster: <c>redis://HOST:PORT</c>, or <c>rediss://HOST:PORT</c> for TLS. Password and certificate authority come by environment variable
/// (<see cref="SiloDefaults.RedisPasswordVariable"/>, <see cref="SiloDefaults.RedisCaVariable"/>), since a command line can be read by everybody on the machine.
/// </summary>
public sealed record RedisAddress
{
    private const int DefaultPort = 6379;
    private const int ConnectMilliseconds = 5_000;
    private const int CommandMilliseconds = 5_000;
    private const int ReconnectFirstMilliseconds = 200;
    private const int ReconnectLongestMilliseconds = 2_000;

    private RedisAddress(string host, int port, bool tls) => (Host, Port, Tls) = (host, port, tls);

    /// <summary>Name or address of the machine.</summary>
    public string Host { get; }

    /// <summary>TCP port.</summary>
    public int Port { get; }

    /// <summary>True for <c>rediss://</c>.</summary>
    public bool Tls { get; }

    /// <summary>The certificates by which the cluster's silos and clients know each other; null if anybody may connect.</summary>
    public ClusterTls? Certificates { get; init; }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">It is none; the message says what is accepted.</exception>
    public static RedisAddress Parse(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Scheme is not ("redis" or "rediss") || uri.Host.Length == 0
            || uri.AbsolutePath is not ("" or "/") || uri.Query.Length > 0)
        {
            throw new FormatException("accepted is redis://HOST:PORT, or rediss://HOST:PORT for TLS");
        }

        return uri.UserInfo.Length == 0
            ? new RedisAddress(uri.Host, uri.Port > 0 ? uri.Port : DefaultPort, uri.Scheme == "rediss")
            : throw new FormatException($"a password does not belong in an address; accepted is the environment variable {SiloDefaults.RedisPasswordVariable}");
    }

    /// <summary>How to connect. Broken connections are re-established automatically, at intervals that grow to two seconds.</summary>
    /// <exception cref="FormatException">The certificate authority's file cannot be used.</exception>
    public ConfigurationOptions ToOptions()
    {
        var options = new ConfigurationOptions
        {
            EndPoints = { { Host, Port } },
            Ssl = Tls,
            Password = Environment.GetEnvironmentVariable(SiloDefaults.RedisPasswordVariable) is { Length: > 0 } password ? password : null,
            ClientName = "stress",
            AbortOnConnectFail = false,
            ConnectTimeout = ConnectMilliseconds,
            AsyncTimeout = CommandMilliseconds,
            SyncTimeout = CommandMilliseconds,
            ReconnectRetryPolicy = new ExponentialRetry(ReconnectFirstMilliseconds, ReconnectLongestMilliseconds),
        };
        if (Environment.GetEnvironmentVariable(SiloDefaults.RedisCaVariable) is { Length: > 0 } authority)
        {
            try
            {
                options.TrustIssuer(authority);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.Cryptography.CryptographicException)
            {
                throw new FormatException($"{SiloDefaults.RedisCaVariable}={authority}: {e.Message.TrimEnd('.')}; accepted is a file with a PEM certificate");
            }
        }

        return options;
    }

    /// <summary>Says why Redis cannot be used, or null when it answers.</summary>
    public async Task<string?> Problem()
    {
        ConfigurationOptions options = ToOptions();
        options.AbortOnConnectFail = true;
        try
        {
            await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
            await connection.GetDatabase().PingAsync();
            return null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            string message = (e.InnerException ?? e).Message.ReplaceLineEndings(" ");
            return message.Contains("NOAUTH", StringComparison.Ordinal) || message.Contains("WRONGPASS", StringComparison.Ordinal)
                ? $"{this} wants a password; accepted is the right one in {SiloDefaults.RedisPasswordVariable}"
                : message.Contains("remote certificate", StringComparison.Ordinal)
                ? $"the certificate of {this} is not trusted ({message.TrimEnd('.')}); accepted is one for {Host}, by an authority of this machine or that of the file in {SiloDefaults.RedisCaVariable}"
                : $"no Redis answers at {this}; accepted is the address of a running redis-server ({message.Split(". ")[0]})";
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{(Tls ? "rediss" : "redis")}://{(Host.Contains(':') && !Host.StartsWith('[') ? $"[{Host}]" : Host)}:{Port}");
}
