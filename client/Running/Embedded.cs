using System.Net.Sockets;
using Spectre.Console;
using Stress.Silo;

namespace Stress.Client.Running;

/// <summary>Starts the silo in this process.</summary>
public static class Embedded
{
    /// <summary>Starts it, and says where its metrics are.</summary>
    /// <param name="workers">Sites executed at once.</param>
    /// <param name="metricsPort">Loopback port of the metrics, 0 for any that is free, or null for none.</param>
    /// <param name="terminal">Hears the address of the metrics.</param>
    /// <param name="stateFolder">Folder of what has to outlive the process, or null for nothing.</param>
    /// <exception cref="UsageException">The port cannot be listened on.</exception>
    public static async Task<EmbeddedSilo> Start(int workers, int? metricsPort, Terminal terminal, string? stateFolder = null)
    {
        try
        {
            EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = workers, MetricsPort = metricsPort, StateFolder = stateFolder }, CancellationToken.None);
            if (silo.Metrics is { } metrics)
            {
                terminal.Out.MarkupLineInterpolated($"[dim]metrics[/]  {metrics}");
            }

            return silo;
        }
        catch (Exception e) when (metricsPort is not null && (e is IOException || e.GetBaseException() is SocketException))
        {
            throw new UsageException($"--metrics-port {metricsPort}: {e.GetBaseException().Message.TrimEnd('.')}; accepted is a free port of 127.0.0.1, or 0");
        }
    }
}
