using System.Net;
using System.Net.Sockets;
using Spectre.Console;
using Stress.Client.Launching;
using Stress.Silo;

namespace Stress.Client.Clusters;

/// <summary>Starts the silo in this process.</summary>
public static class Embedded
{
    /// <summary>Starts it, and reports the address of its metrics.</summary>
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
        catch (Exception e) when (metricsPort is { } port && (e is IOException || e.GetBaseException() is SocketException))
        {
            throw ListeningPort.Refused(RunOptions.MetricsPortName, IPAddress.Loopback, port, e);
        }
    }

    /// <summary>Tries the port of the metrics before anything is written.</summary>
    /// <exception cref="UsageException">It cannot be listened on.</exception>
    public static void CheckFree(int? metricsPort)
    {
        if (metricsPort is { } port)
        {
            ListeningPort.Check(RunOptions.MetricsPortName, IPAddress.Loopback, port);
        }
    }
}
