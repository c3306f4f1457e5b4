using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Orleans.Connections.Security;
using Stress.Silo.Connections;

namespace Stress.Silo.Tls;

/// <summary>
/// Puts mutual TLS under Orleans' connections. A silo's certificate is for servers and clients (extended key usage), a client's for clients: it cannot be used to impersonate a
/// silo, neither to clients nor at the silos' own port.
/// </summary>
internal static class TlsConnections
{
    // Longer than the limit of ConnectionGuard, which logs whom it disconnects.
    private static readonly TimeSpan HandshakeTime = TimeSpan.FromSeconds(15);

    // Silos have changing addresses and no names: any holder of a certificate from the authority belongs to the cluster.
    private const string Name = "stress-silo";

    /// <summary>What a silo requires from those who connect to it.</summary>
    /// <param name="certificates">The silo's.</param>
    /// <param name="news">Told who is refused.</param>
    /// <param name="where">The port, in words.</param>
    /// <param name="ofSilos">Whether it is for silos only.</param>
    public static TlsOptions Server(ClusterCertificates certificates, RefusalNews news, string where, bool ofSilos) => new()
    {
        // Orleans' own check, against the machine's authorities, is off: the check below is against the cluster's. It is configured when a handshake begins, so that it uses the current files.
        RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
        LocalServerCertificateSelector = (_, _) => certificates.Current.Certificate,
        HandshakeTimeout = HandshakeTime,
        OnAuthenticateAsServer = (connection, options) =>
        {
            var ssl = (SslServerAuthenticationOptions)options.SslServerAuthenticationOptions;
            TlsIdentity own = certificates.Current;
            ssl.ServerCertificateSelectionCallback = null;
            ssl.ServerCertificateContext = own.Context;
            ssl.ClientCertificateRequired = true;
            ssl.AllowTlsResume = false;
            ssl.CertificateChainPolicy = ClusterTls.Policy(own.Authorities, ClusterTls.ClientUsage);
            ssl.RemoteCertificateValidationCallback = (_, shown, chain, errors) =>
            {
                string? problem = shown is null ? "it has shown no certificate"
                    : errors != SslPolicyErrors.None ? $"{shown.Subject}: {ClusterTls.Reason(chain?.ChainStatus ?? [])}"
                    : ofSilos && !IsForServers((X509Certificate2)shown) ? $"{shown.Subject}: it is a client's, and no silo's"
                    : null;
                return Decide(news, connection, where, problem);
            };
        },
    };

    /// <summary>What a client, or a silo as the client of another, requires from the silo that it connects to.</summary>
    /// <param name="certificates">Its own.</param>
    /// <param name="news">Told which silo is not trusted.</param>
    public static TlsOptions Client(ClusterCertificates certificates, RefusalNews news) => new()
    {
        RemoteCertificateMode = RemoteCertificateMode.NoCertificate,
        ClientCertificateMode = RemoteCertificateMode.NoCertificate,
        HandshakeTimeout = HandshakeTime,
        OnAuthenticateAsClient = (connection, options) =>
        {
            var ssl = (SslClientAuthenticationOptions)options.SslClientAuthenticationOptions;
            TlsIdentity own = certificates.Current;
            ssl.TargetHost = Name;
            ssl.ClientCertificates = null;
            ssl.LocalCertificateSelectionCallback = null;
            ssl.ClientCertificateContext = own.Context;
            ssl.AllowTlsResume = false;
            ssl.CertificateChainPolicy = ClusterTls.Policy(own.Authorities, ClusterTls.ServerUsage);
            ssl.RemoteCertificateValidationCallback = (_, shown, chain, errors) => Decide(
                news,
                connection,
                "as a silo",
                shown is null ? "it has shown no certificate"
                    : (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) != SslPolicyErrors.None ? $"{shown.Subject}: {ClusterTls.Reason(chain?.ChainStatus ?? [])}"
                    : null);
        },
    };

    private static bool Decide(RefusalNews news, ConnectionContext connection, string where, string? problem)
    {
        if (problem is not null)
        {
            news.Refused(connection.RemoteEndPoint?.ToString() ?? "somebody", where, problem);
        }

        return problem is null;
    }

    // A certificate without an extended key usage is valid for any.
    private static bool IsForServers(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().All(usage => usage.EnhancedKeyUsages[ClusterTls.ServerUsage] is not null);
}
