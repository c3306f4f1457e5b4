namespace Stress.Silo;

/// <summary>
/// What a silo process listens on and reads when the command line says nothing else. The manifests in <c>k8s/</c> are checked against these names, so that
/// none of them can drift.
/// </summary>
public static class SiloDefaults
{
    /// <summary>Wall time within which the cluster's other silos must answer a silo. Dead ones that are still listed are skipped sooner.</summary>
    public static readonly TimeSpan JoinTime = TimeSpan.FromMinutes(2);

    /// <summary>TCP port on which silos talk to each other.</summary>
    public const int SiloPort = 11111;

    /// <summary>TCP port on which clients reach a silo.</summary>
    public const int GatewayPort = 30000;

    /// <summary>HTTP port of <see cref="MetricsPath"/> and the health endpoints.</summary>
    public const int MetricsPort = 9464;

    /// <summary>HTTP port of Orleans' dashboard, if requested.</summary>
    public const int DashboardPort = 8080;

    /// <summary>Prometheus' text form of every instrument.</summary>
    public const string MetricsPath = "/metrics";

    /// <summary>Answers 200 while the process is worth keeping.</summary>
    public const string LivePath = "/healthz/live";

    /// <summary>Answers 200 while the silo is an active member of its cluster and takes work; 503 while it starts or drains.</summary>
    public const string ReadyPath = "/healthz/ready";

    /// <summary>Environment variable with the address of the cluster's Redis, <c>redis://HOST:PORT</c> or <c>rediss://HOST:PORT</c>; <c>--cluster</c> wins.</summary>
    public const string ClusterVariable = "STRESS_CLUSTER";

    /// <summary>Environment variable with the password of the cluster's Redis. No command-line option: a password does not belong in a process list.</summary>
    public const string RedisPasswordVariable = "STRESS_REDIS_PASSWORD";

    /// <summary>Environment variable with the file of the certificate authority that the cluster's Redis is checked against.</summary>
    public const string RedisCaVariable = "STRESS_REDIS_CA";

    /// <summary>Environment variable with the file of this process' certificate for mutual TLS; <c>--tls-cert</c> wins. So for the two below.</summary>
    public const string TlsCertificateVariable = "STRESS_TLS_CERT";

    /// <summary>Environment variable with the file of that certificate's key.</summary>
    public const string TlsKeyVariable = "STRESS_TLS_KEY";

    /// <summary>Environment variable with the file of the authority that the certificates of silos and clients are checked by.</summary>
    public const string TlsAuthorityVariable = "STRESS_TLS_CA";

    /// <summary>Environment variable with the name of the run that is started; <c>--name</c> wins. A Job's pods have its uid there, so that each follows the run of the one before.</summary>
    public const string RunNameVariable = "STRESS_RUN_NAME";
}
