using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Stress.Client.Clusters;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress silo</c>: a member of a cluster, until it is asked to stop.</summary>
public static class SiloCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var cluster = new ClusterOption();
        Option<int?> siloPort = Port("--silo-port", "Port on which silos talk to each other", SiloDefaults.SiloPort);
        Option<int?> gatewayPort = Port("--gateway-port", "Port on which clients reach this silo", SiloDefaults.GatewayPort);
        Option<int?> metricsPort = Port("--metrics-port", "HTTP port of metrics and health", SiloDefaults.MetricsPort, least: 0);
        Option<int?> dashboardPort = Port("--dashboard-port", "HTTP port of the dashboard", SiloDefaults.DashboardPort);
        var dashboard = new Option<bool>("--dashboard") { Description = "Serve Orleans' dashboard." };
        var listen = new Option<string?>("--listen") { Description = "Address to listen on (default: 127.0.0.1, this machine only)." };
        var advertise = new Option<string?>("--advertise") { Description = "Address announced to other silos and clients (default: the one it listens on)." };
        Option<int?> workers = SharedOptions.Workers();
        var designs = new Option<string?>("--designs") { Description = "Directory with libraries of teardown designs of your own, the same in every silo (docs/designs.md)." };
        Option<TimeSpan?> wait = ClusterWait.Option();
        var command = new Command("silo", "Start a silo of a cluster (docs/cluster.md).") { siloPort, gatewayPort, metricsPort, listen, advertise, workers, designs, wait, dashboard, dashboardPort };
        cluster.AddTo(command);
        command.SetAction((line, stop) =>
        {
            IPAddress listens = Address("--listen", line.GetValue(listen)) ?? IPAddress.Loopback;
            return Execute(
                terminal,
                new SiloSettings
                {
                    Redis = cluster.Required(line),
                    SiloPort = line.GetValue(siloPort) ?? SiloDefaults.SiloPort,
                    GatewayPort = line.GetValue(gatewayPort) ?? SiloDefaults.GatewayPort,
                    MetricsPort = line.GetValue(metricsPort) ?? SiloDefaults.MetricsPort,
                    DashboardPort = line.GetValue(dashboard) ? line.GetValue(dashboardPort) ?? SiloDefaults.DashboardPort : null,
                    Listen = listens,
                    Advertise = Advertised(listens, Address("--advertise", line.GetValue(advertise))),
                    Workers = line.GetValue(workers) ?? Environment.ProcessorCount,
                    Designs = DesignsOf(line.GetValue(designs)),
                },
                ClusterWait.Of(line.GetValue(wait), terminal),
                stop);
        });
        return command;
    }

    private static DesignFolder? DesignsOf(string? path)
    {
        try
        {
            return path is null ? null : DesignFolder.Read(path);
        }
        catch (ArgumentException e)
        {
            throw new UsageException($"--designs {e.Message}");
        }
    }

    private static async Task<int> Execute(Terminal terminal, SiloSettings settings, ClusterWait wait, CancellationToken stop)
    {
        await wait.For(
            async () =>
            {
                await ClusterOption.CheckAnswers(settings.Redis);
                return true;
            },
            stop);
        await using WebApplication app = SiloHost.Build(settings);
        try
        {
            await app.StartAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        catch (Exception e) when (e is IOException || e is SocketException || e.GetBaseException() is SocketException)
        {
            throw new UsageException($"a port cannot be listened on: {e.GetBaseException().Message}; accepted are free ports for --silo-port, --gateway-port and --metrics-port on an address of this machine");
        }

        terminal.Out.Profile.Out.Writer.WriteLine(
            $"silo {settings.Advertise}:{settings.SiloPort} of {settings.Redis}, gateway port {settings.GatewayPort}, {Counted.Of(settings.Workers, "worker")}, {app.Urls.First()}{SiloDefaults.MetricsPath}");
        terminal.Out.Profile.Out.Writer.Flush();
        Task<string> end = app.Services.GetRequiredService<SiloEnd>().Said;
        await Task.WhenAny(WaitFor(app, stop), end);
        if (end.IsCompleted)
        {
            // It has no cluster to leave.
            terminal.Error.WriteLine($"stress: {await end}");
            Environment.Exit(ExitCodes.Unavailable);
        }

        try
        {
            await app.StopAsync(CancellationToken.None).WaitAsync(SiloHost.LeaveTime, CancellationToken.None);
        }
        catch (TimeoutException)
        {
            // Nothing of it can be waited for any more, its end least of all.
            terminal.Error.WriteLine($"stress: the silo has not left its cluster within {SiloHost.LeaveTime.TotalSeconds:0} s ({settings.Redis} does not answer?) and ends all the same; its sites go on elsewhere from their last checkpoints");
            Environment.Exit(ExitCodes.Incomplete);
        }

        return ExitCodes.Ok;
    }

    private static async Task WaitFor(WebApplication app, CancellationToken stop)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration asked = stop.Register(() => ended.TrySetResult());
        using CancellationTokenRegistration itself = app.Lifetime.ApplicationStopping.Register(() => ended.TrySetResult());
        await ended.Task;
    }

    private static IPAddress? Advertised(IPAddress listens, IPAddress? named)
    {
        bool any = listens.Equals(IPAddress.Any) || listens.Equals(IPAddress.IPv6Any);
        return named ?? (!any ? listens : SiloSettings.InKubernetes ? null
            : throw new UsageException($"--listen {listens}: every address; accepted only with --advertise, the address that others reach this machine by"));
    }

    private static IPAddress? Address(string option, string? text) =>
        text is null ? null : IPAddress.TryParse(text, out IPAddress? address) ? address : throw new UsageException($"{option} {text}: accepted is an IP address, for example 127.0.0.1");

    private static Option<int?> Port(string name, string what, int usual, int least = 1) => TypedOption.Of(
        name,
        $"{what} (default: {usual}).",
        text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port >= least && port <= IPEndPoint.MaxPort
            ? (int?)port
            : throw new UsageException($"{name} {text}: accepted is a port from {least} to {IPEndPoint.MaxPort}"));
}
