using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Hosting;
using Stress.Observability.Instruments;

namespace Stress.Silo.Tls;

/// <summary>Checks the files periodically, so that a silo reports, in its log and at /metrics, when its certificates were renewed, could not be, or are about to expire, even if
/// nobody connects to it.</summary>
internal sealed class CertificateWatch(ClusterCertificates certificates, SiloMetrics metrics, TimeProvider time, Action<string> say) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5), SaidBefore = TimeSpan.FromDays(7);

    /// <inheritdoc/>
    public override Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Certificate(() => certificates.Current.Certificate.NotAfter);
        return base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        string said = "";
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            X509Certificate2 own = certificates.Current.Certificate;
            if (own.NotAfter.ToUniversalTime() - time.GetUtcNow() < SaidBefore && own.Thumbprint != said)
            {
                said = own.Thumbprint;
                say(string.Create(CultureInfo.InvariantCulture, $"the certificate {own.Subject} expires on {own.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm:ss}Z, and then no new connection is accepted: renew it (k8s/README.md)"));
            }
        }
    }
}
