using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Orleans.Configuration;
using Orleans.Dashboard;
using Orleans.Hosting;
using Orleans.Runtime;
using Stress.Contracts;
using Stress.Observability.Instruments;
using Stress.Silo.Connections;

namespace Stress.Silo;

/// <summary>A silo process: a member of a cluster, with its HTTP endpoints.</summary>
public static class SiloHost
{
    /// <summary>Wall time that a silo has for its drain. Kubernetes must be told a longer one.</summary>
    private static readonly TimeSpan DrainTime = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Wall time after which a silo that was asked to leave ends, whether it has left or not. Orleans waits longer for a Redis that does not answer, and whatever
    /// the silo had restarts from its last checkpoint.
    /// </summary>
    public static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(45);

    private static readonly string[] ConsequencesOfDeath =
    [
        "Orleans.Runtime.Metadata.ClusterManifestProvider",
        "Orleans.Runtime.Messaging",
        "Orleans.Runtime.CallbackData",
        "Orleans.Runtime.Scheduler",
        "Orleans.Runtime.GrainDirectory",
    ];

    private static readonly string[] SaidByTheStart = ["Microsoft.Extensions.Hosting.Internal.Host", "Microsoft.AspNetCore.Hosting.Diagnostics", "Orleans.Runtime.SiloLifecycleSubject", "Orleans.Grain"];

    private static readonly string[] SaidByOthers =
    [
        "Orleans.Runtime.MembershipService",
        "Orleans.Persistence.RedisGrainStorage",
        "Polly",
        "Orleans.Connections.Security",
        "Orleans.Messaging",
        "Orleans.Runtime.GrainCallCancellationManager",
        "Orleans.Runtime.GrainDirectory.ClientDirectory",
    ];

    /// <summary>Builds the process; the caller starts and stops it.</summary>
    public static WebApplication Build(SiloSettings settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Configuration.AddEnvironmentVariables();
        var joining = new Joining();
        AddLogging(builder.Logging, joining);
        builder.Services.AddSingleton(joining);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, ClientOwnedLifetime>();
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTime);
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.Listen(settings.Listen, settings.MetricsPort);
            if (settings.DashboardPort is { } port)
            {
                kestrel.Listen(settings.Listen, port);
            }
        });
        builder.Services.AddStressOtlp(builder.Configuration, "stress-silo");
        builder.UseOrleans(silo => AddSilo(silo, settings));

        WebApplication app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(joining.Over);
        app.UseRouting();
        app.MapHealth();
        app.MapStressMetrics();
        if (settings.DashboardPort is { } dashboard)
        {
            app.MapDashboard(dashboard);
        }

        return app;
    }

    private static void AddSilo(ISiloBuilder silo, SiloSettings settings)
    {
        if (SiloSettings.InKubernetes)
        {
            silo.UseKubernetesHosting();
        }

        silo.UseStressCluster(settings.Redis);
        silo.UseGuardedConnections(new ConnectionLimits(), settings.Redis.Certificates);
        silo.Configure<EndpointOptions>(options =>
        {
            options.SiloPort = settings.SiloPort;
            options.GatewayPort = settings.GatewayPort;
            if (settings.Advertise is { } address)
            {
                options.AdvertisedIPAddress = address;
            }

            options.SiloListeningEndpoint = new(settings.Listen, settings.SiloPort);
            options.GatewayListeningEndpoint = new(settings.Listen, settings.GatewayPort);
        });
        silo.AddStressGrains(settings.Workers);
        if (settings.Designs is { } designs)
        {
            // Replaces those without users' designs: of two services, or two backends with one name, the later counts.
            silo.Services.AddSingleton(designs);
            silo.Services.AddSingleton<ISiteBackend>(new EmulatorBackend(designs));
        }

        silo.Configure<ClusterMembershipOptions>(options => options.MaxJoinAttemptTime = settings.JoinTime);
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloDrain>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, SiloNews>();
        silo.Services.AddHostedService<RunKeeper>();
        silo.Services.AddSingleton(settings);
        silo.Services.AddSingleton<SiloEnd>();
        silo.Services.AddSingleton<IFatalErrorHandler, FatalEnd>();
        silo.Services.AddHostedService<MembershipWatch>();
        if (settings.DashboardPort is not null)
        {
            silo.AddDashboard();
        }
    }

    private static void AddLogging(ILoggingBuilder logging, Joining joining)
    {
        logging.AddConsole(options =>
        {
            options.FormatterName = SiloConsole.FormatterName;
            options.LogToStandardErrorThreshold = LogLevel.Trace;
        }).AddConsoleFormatter<SiloConsole, ConsoleFormatterOptions>();
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Stress", LogLevel.Information);

        // At every start they recommend server garbage collection, which costs memory and time here, and complain that the process starts slowly.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);

        // When a silo dies they log every probe, connection and pending call, every second until its entry is gone. Our own line says it once.
        foreach (string category in ConsequencesOfDeath)
        {
            logging.AddFilter(category, LogLevel.Error);
        }

        // A failed start is thrown to its caller, and reported there in one line.
        foreach (string category in SaidByTheStart)
        {
            logging.AddFilter(category, level => joining.IsOver && level >= LogLevel.Warning);
        }

        // These log an error for every attempt and grain if a dead silo cannot be notified, or if Redis is unavailable or was emptied. The caller gets the error too, and reports
        // it if it matters (Outage); for membership, MembershipWatch and SiloEnd do.
        foreach (string category in SaidByOthers)
        {
            logging.AddFilter(category, LogLevel.Critical);
        }
    }
}
