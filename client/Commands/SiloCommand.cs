using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Runtime;
using Stress.Client.Clusters;
using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Observability;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress silo</c>: a member of a cluster, until it is asked to stop.</summary>
public static class SiloCommand
{
    private static readonly TimeSpan DisposeTime = TimeSpan.FromSeconds(5);

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var cluster = new ClusterOption();
        Option<int?> siloPort = Port("--silo-port", "Port on which silos talk to each other", SiloDefaults.SiloPort);
        Option<int?> gatewayPort = Port("--gateway-port", "Port on which clients reach this silo", SiloDefaults.GatewayPort);
        Option<int?> metricsPort = Port(RunOptions.MetricsPortName, "HTTP port of metrics and health", SiloDefaults.MetricsPort, least: 0);
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
        CheckPorts(settings);
        WebApplication started;
        try
        {
            started = await wait.For(() => Start(settings, wait, stop), stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }

        await using WebApplication app = started;
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
            // There is nothing left to wait for, not even its end.
            terminal.Error.WriteLine($"stress: the silo has not left its cluster within {SiloHost.LeaveTime.TotalSeconds:0} s ({settings.Redis} does not answer?) and exits anyway; its sites continue elsewhere from their last checkpoints");
            Environment.Exit(ExitCodes.Incomplete);
        }

        return ExitCodes.Ok;
    }

    // Before anything is started, since Orleans would share a port with another silo of the same user: to the cluster the two would be one, and the earlier would be declared dead.
    private static void CheckPorts(SiloSettings settings)
    {
        (string Option, int Port)[] ports =
        [
            ("--silo-port", settings.SiloPort), ("--gateway-port", settings.GatewayPort), (RunOptions.MetricsPortName, settings.MetricsPort),
            .. settings.DashboardPort is { } dashboard ? [("--dashboard-port", dashboard)] : Array.Empty<(string, int)>(),
        ];
        for (int i = 0; i < ports.Length; i++)
        {
            if (ports[i].Port != 0 && Array.FindIndex(ports, other => other.Port == ports[i].Port) is var first && first < i)
            {
                throw new UsageException($"{ports[i].Option} {ports[i].Port}: it is the {ports[first].Option} too; accepted is a port of its own");
            }

            ListeningPort.Check(ports[i].Option, settings.Listen, ports[i].Port);
        }
    }

    // Starts the silo and waits until it is a member.
    private static async Task<WebApplication> Start(SiloSettings settings, ClusterWait wait, CancellationToken stop)
    {
        await ClusterOption.CheckAnswers(settings.Redis);
        WebApplication app = SiloHost.Build(settings with { JoinTime = wait.Left > settings.JoinTime ? wait.Left : settings.JoinTime });
        try
        {
            Task starting = app.StartAsync(stop);
            Task<string> end = app.Services.GetRequiredService<SiloEnd>().Said;
            await wait.Through(
                Task.WhenAny(starting, end),
                () => Joining.Others(app.Services) is { Members: { Count: > 0 } members } others
                    ? $"the silos of {settings.Redis} let this one in when each has answered it: {string.Join(", ", members)}{(others.Refusal is { } why ? $" ({why})" : "")}"
                    : $"the silo joins the cluster of {settings.Redis}");
            if (end.IsCompleted)
            {
                throw NotLetIn(await end, settings, app.Services);
            }

            await starting;
            return app;
        }
        catch (Exception e)
        {
            Exception said = Explained(e, settings, app.Services);

            // Whatever does not end will end with the process, or fail at the next attempt's port.
            _ = await Task.WhenAny(app.DisposeAsync().AsTask(), Task.Delay(DisposeTime, CancellationToken.None));
            if (said == e)
            {
                throw;
            }

            throw said;
        }
    }

    // Why a silo has not become a member, in a line.
    private static Exception Explained(Exception e, SiloSettings settings, IServiceProvider services)
    {
        switch (e)
        {
            case ClusterUnavailableException or UsageException or OperationCanceledException:
                return e;
            case IOException or SocketException:
            case { } other when other.GetBaseException() is SocketException:
                return new UsageException(
                    $"a port cannot be listened on: {e.GetBaseException().Message}; accepted are free ports for --silo-port, --gateway-port and --metrics-port on an address of this machine");
            case StorageUnavailableException:
                return new ClusterUnavailableException(
                    $"{settings.Redis} does not take what a silo has to write ({e.Message.ReplaceLineEndings(" ").Split(", mc:")[0].TrimEnd('.')}); accepted is a Redis that is no replica, has room, and allows its user every command");
            case OrleansException:
                return NotLetIn(e.Message.ReplaceLineEndings(" "), settings, services);
            default:
                return e;
        }
    }

    // The others wait in vain for an answer from a silo that they refuse or do not reach, and declare it dead in the end.
    private static ClusterUnavailableException NotLetIn(string why, SiloSettings settings, IServiceProvider services)
    {
        (IReadOnlyList<string> members, string? refusal) = Joining.Others(services);
        return new(members.Count == 0
            ? $"the silo has not become a member of the cluster of {settings.Redis}: {why}"
            : $"the silos of {settings.Redis} have not let this one in: not every one of {string.Join(", ", members)} has answered it ({refusal ?? "if they refuse it, their logs say why"}); accepted is a silo that each of them reaches at {settings.Advertise?.ToString() ?? "its address"}:{settings.SiloPort}, and that reaches each of them");
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
