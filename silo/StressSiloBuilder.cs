using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Hosting;
using Orleans.Metadata;
using Orleans.Runtime;
using Orleans.Storage;
using Stress.Contracts;
using Stress.Fuzz.Search;
using Stress.Fuzz.Stacks;
using Stress.Grains;
using Stress.Guests;
using Stress.Guests.Sites;
using Stress.Observability.Instruments;

namespace Stress.Silo;

/// <summary>What every silo of ours has, whether embedded in the client or a process of a cluster. Clustering and storage are the host's.</summary>
public static class StressSiloBuilder
{
    /// <summary>The cluster's service: part of every grain's identity in storage.</summary>
    public const string ServiceId = "stress";

    /// <summary>
    /// Wall time after which a call counts as unanswered. A slice takes milliseconds, but may have to wait for those of every other site in progress on the silo.
    /// </summary>
    private const int ResponseTimeoutSeconds = 60;

    private static readonly TimeSpan ProbeTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan LongestProbeTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan IAmAliveEvery = TimeSpan.FromSeconds(5);
    private const int IAmAliveMissed = 4;

    /// <summary>What executes sites: one line per backend.</summary>
    public static IReadOnlyList<ISiteBackend> Backends { get; } =
    [
        new EmulatorBackend(),
        UmlBackend.OfProcess(),
    ];

    /// <summary>What executes searches: one line per backend.</summary>
    public static IReadOnlyList<ISearchBackend> SearchBackends { get; } =
    [
        new FuzzBackend(new StackOpener(GuestCache.OfUser())),
    ];

    /// <summary>Adds the services of the grains.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="workers">Sites executed at once.</param>
    public static ISiloBuilder AddStressGrains(this ISiloBuilder silo, int workers)
    {
        silo.Services.AddSingleton(new SliceGate(workers));
        silo.Services.AddStressInstruments();
        silo.Services.TryAddSingleton(new RunClock(TimeProvider.System));

        if (TelemetryExtensions.Traces(silo.Configuration))
        {
            // The W3C context of the client's command reaches the windows that it causes.
            silo.AddActivityPropagation();
        }

        foreach (ISiteBackend backend in Backends)
        {
            silo.Services.AddSingleton(backend);
        }

        foreach (ISearchBackend backend in SearchBackends)
        {
            silo.Services.AddSingleton(backend);
        }

        silo.Services.AddSingleton<SearchBackends>();
        silo.Services.TryAddSingleton(DesignFolder.None);
        silo.Services.AddSingleton<SiteBackends>();
        silo.Services.AddSingleton<TracedSlices>();
        silo.Services.AddSingleton<LocalGrains>();
        silo.Services.TryAddSingleton(BuildStamp.Current);
        silo.Services.AddSingleton<SiloFormats>();
        silo.Services.AddSingleton<IGrainPropertiesProvider, FormatProperty>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, FormatNews>();
        silo.Services.AddSingleton<IGrainStorageSerializer, StateSerializer>();
        silo.Services.AddSingleton<SiteHome>();
        silo.AddPlacementDirector<SitePlacement, SitePlacementDirector>();
        silo.AddPlacementDirector<SearchPartPlacement, SearchPartPlacementDirector>();
        silo.AddPlacementDirector<NamedSiloPlacement, NamedSiloPlacementDirector>();
        silo.Configure<ClusterOptions>(options => options.ServiceId = ServiceId);
        silo.Configure<SiloMessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(ResponseTimeoutSeconds));
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            // A dead silo is detected within about ten seconds, and a starting one need not wait long for dead ones that are still listed.
            options.ProbeTimeout = ProbeTimeout;

            // A hanging silo keeps its connections: it is detected when it has been silent for three of these.
            options.MaxProbeTimeout = LongestProbeTimeout;
            options.IAmAliveTablePublishTimeout = IAmAliveEvery;
            options.NumMissedTableIAmAliveLimit = IAmAliveMissed;
        });
        silo.Configure<MessagingOptions>(options => options.ResponseTimeout = TimeSpan.FromSeconds(ResponseTimeoutSeconds));
        return silo;
    }
}
