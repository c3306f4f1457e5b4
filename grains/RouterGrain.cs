using System.Diagnostics;
using Orleans.Placement;
using Stress.Observability.Instruments;

namespace Stress.Grains;

/// <summary>What a router keeps in grain storage.</summary>
[GenerateSerializer, Alias("stress.RouterState")]
public sealed class RouterState
{
    /// <summary>The last checkpoint of the site, or null.</summary>
    [Id(0)]
    public SiteImage? Checkpoint { get; set; }
}

/// <summary>The owner of a router's image (<see cref="IRouterGrain"/>). The rule of leases is <see cref="LeasedImage"/>.</summary>
[PreferLocalPlacement]
public sealed class RouterGrain([PersistentState("router", RouterGrain.StorageName)] IPersistentState<RouterState> state, SiloMetrics metrics) : Grain, IRouterGrain
{
    /// <summary>Name of the grain storage for checkpoints.</summary>
    public const string StorageName = "checkpoints";

    private LeasedImage? _image;

    /// <inheritdoc/>
    public ValueTask<LeaseAnswer> Lease(RunPlan plan, int window)
    {
        _image ??= new LeasedImage(plan, GrainKeys.Parse(this.GetPrimaryKeyString()).Site, state.State.Checkpoint);
        return new(_image.Lease(window));
    }

    /// <inheritdoc/>
    public async ValueTask<bool> Return(RunPlan plan, long lease, SiteHandOver image)
    {
        if (_image is null || !_image.Return(lease, image))
        {
            return false;
        }

        long start = Stopwatch.GetTimestamp();
        if (_image.TryCheckpoint())
        {
            using Activity? span = WindowSpans.Checkpoint();
            state.State.Checkpoint = _image.Checkpoint;
            await state.WriteStateAsync();
            Count(plan, Stopwatch.GetElapsedTime(start), state.State.Checkpoint!.Bytes.Length);
        }

        return true;
    }

    private void Count(RunPlan plan, TimeSpan took, int bytes)
    {
        if (plan.Telemetry is not null)
        {
            metrics.Checkpoint(plan.Labels, took, bytes);
        }
    }

    /// <inheritdoc/>
    public async ValueTask Retire()
    {
        _image = null;
        if (state.State.Checkpoint is not null)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public async ValueTask<string> Show(int router)
    {
        (string runId, int site, int number) = GrainKeys.Parse(this.GetPrimaryKeyString());
        if (number != 0)
        {
            return await GrainFactory.GetGrain<IRouterGrain>(GrainKeys.Router(runId, site, 0)).Show(number);
        }

        if (_image?.AtHome is not { } image)
        {
            return $"router {router} of site {site}: not running here at the moment";
        }

        return router < image.Site.RouterCount
            ? image.Site.Show(router)
            : throw new ArgumentOutOfRangeException(nameof(router), router, $"site {site} has routers 0 to {image.Site.RouterCount - 1}");
    }
}
