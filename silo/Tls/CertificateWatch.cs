using Microsoft.Extensions.Hosting;

namespace Stress.Silo.Tls;

/// <summary>Looks at the files now and again, so that a silo says when its certificates were renewed, or could not be, though nobody connects to it.</summary>
internal sealed class CertificateWatch(ClusterCertificates certificates, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(5);

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            _ = certificates.Current;
        }
    }
}
