using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Hosting;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Observability.Instruments;
using Stress.Tests.Shared;

namespace Stress.Observability.Tests.Prometheus;

/// <summary>A real silo and a real /metrics endpoint, on free loopback ports, with the instruments of two runs.</summary>
internal sealed class MetricsHost : IAsyncDisposable
{
    public static readonly RunLabels Mail = new("seed-42", "seed", "netbsd-2005", "emulator"), Fixed = new("seed-43", "seed", "purge-flagged", "emulator");

    private readonly WebApplication _app;
    private readonly RunMetrics _runs;
    private readonly SiloMetrics _silo;
    private int _rounds;

    private MetricsHost(WebApplication app, int port)
    {
        _app = app;
        Port = port;
        _runs = app.Services.GetRequiredService<RunMetrics>();
        _silo = app.Services.GetRequiredService<SiloMetrics>();
        _silo.Certificate(() => DateTimeOffset.FromUnixTimeSeconds(2_000_000_000));
    }

    public int Port { get; }

    public Uri Address => new($"http://127.0.0.1:{Port}/metrics");

    public RunMetrics Runs => _runs;

    public static async Task<MetricsHost> StartAsync()
    {
        int port = Programs.FreeLoopbackPort();
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls($"http://127.0.0.1:{port}");
        builder.Services.AddStressInstruments();
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Programs.FreeLoopbackPort(), gatewayPort: 0, serviceId: "stress-test", clusterId: "stress-test");
            silo.Configure<ClusterMembershipOptions>(options => options.NumMissedTableIAmAliveLimit = 2);
        });
        WebApplication app = builder.Build();
        app.MapStressMetrics();
        await app.StartAsync();
        return new MetricsHost(app, port);
    }

    /// <summary>Both runs go on by one hour of 100 sites.</summary>
    public async Task AdvanceAsync()
    {
        _rounds++;
        foreach (RunLabels labels in new[] { Mail, Fixed })
        {
            _runs.Publish(Snapshot(labels, _rounds));
            _silo.Executed(labels, windows: 600, rerun: 6, events: 500_000);
            _silo.Checkpoint(labels, TimeSpan.FromMilliseconds(3), 41_000);
        }

        // A call, so that Orleans has a latency to tell.
        await _app.Services.GetRequiredService<IGrainFactory>().GetGrain<IManagementGrain>(0).GetHosts();
    }

    public static RunSnapshot Snapshot(RunLabels labels, int hours)
    {
        int crashes = labels == Mail ? hours : 0;
        return new RunSnapshot
        {
            Labels = labels,
            Counters = PairTopology.Counters(
                new() { Disconnects = 600 * hours, DecidedDisconnects = 600 * hours, Aliases = 1 * hours, LeakedSlots = 30 * hours, StaleCreated = 500 * hours, StaleLive = 7 },
                new() { Disconnects = 600 * hours, DecidedDisconnects = 600 * hours, Redials = 590 * hours, Aliases = 2 * hours, LeakedSlots = 20 * hours, StaleCreated = 200 * hours, StaleLive = 3 },
                new() { Events = 500_000L * hours, Frames = 120_000L * hours }),
            Crashes =
            [
                new PathCount(CodePath.Membership, Role.Called, 450 * crashes, 300 * hours),
                new PathCount(CodePath.Membership, Role.Calling, 150 * crashes, 300 * hours),
                new PathCount(CodePath.In6SelectHlim, Role.Called, 0, 300 * hours),
                new PathCount(CodePath.In6SelectHlim, Role.Calling, 60 * crashes, 300 * hours),
            ],
            Windows = 600 * hours,
            Pairs = 100,
            PairHours = 100 * hours,
            SitesPlanned = 100,
            SitesDone = 10,
            Wall = TimeSpan.FromSeconds(hours),
            PaceLag = TimeSpan.FromSeconds(0.2),
            Bands =
            [
                new PathBand(CodePath.Membership, Role.Called, 0.75, 0.70, 0.80),
                new PathBand(CodePath.Membership, Role.Calling, 0.25, 0.20, 0.30),
                new PathBand(CodePath.In6SelectHlim, Role.Calling, 0.10, 0.05, 0.15),
            ],
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}
