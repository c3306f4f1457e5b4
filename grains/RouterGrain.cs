using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Storage;
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
[SitePlacement]
public sealed class RouterGrain(
    [PersistentState("router", RouterGrain.StorageName)] IPersistentState<RouterState> state, LocalGrains local, SiloMetrics metrics, ILogger<RouterGrain> log)
    : Grain, IRouterGrain, IGrainMigrationParticipant
{
    /// <summary>Name of the grain storage for checkpoints.</summary>
    public const string StorageName = "checkpoints";

    /// <summary>Under this name the image travels to another silo.</summary>
    private const string MovedImage = "stress.image";

    private LeasedImage? _image;
    private SiteImage? _moved;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        local.Add(this.AsReference<IRouterGrain>());
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        local.Remove(this.AsReference<IRouterGrain>());
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
        {
            await Save();
        }
    }

    /// <inheritdoc/>
    public ValueTask<LeaseAnswer> Lease(RunPlan plan, int window)
    {
        if (_image is null)
        {
            long leases = (long)GrainContext.ActivationId.GetHashCode() << 32;
            _image = new LeasedImage(plan, GrainKeys.Parse(this.GetPrimaryKeyString()).Site, state.State.Checkpoint, _moved, leases);
            _moved = null;
        }

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
            if (await Write() && plan.Telemetry is not null)
            {
                metrics.Checkpoint(plan.Labels, Stopwatch.GetElapsedTime(start), _image.Checkpoint!.Bytes.Length);
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public ValueTask<bool> Release()
    {
        _image = null;
        DeactivateOnIdle();
        return new(state.RecordExists);
    }

    /// <inheritdoc/>
    public async ValueTask Forget()
    {
        if (state.RecordExists)
        {
            await state.ClearStateAsync();
        }

        DeactivateOnIdle();
    }

    /// <inheritdoc/>
    public async ValueTask Save()
    {
        if (_image is not null && _image.Checkpointed())
        {
            await Write();
        }
    }

    /// <inheritdoc/>
    public ValueTask Move()
    {
        this.MigrateOnIdle();
        return default;
    }

    /// <inheritdoc/>
    public void OnDehydrate(IDehydrationContext dehydrationContext)
    {
        // An image that is out on a lease stays behind: the site restarts from its checkpoint, which gives the same.
        if (_image?.AtHome is { } image)
        {
            dehydrationContext.TryAddValue(MovedImage, SiteImage.Save(image));
        }
    }

    /// <inheritdoc/>
    public void OnRehydrate(IRehydrationContext rehydrationContext) => rehydrationContext.TryGetValue(MovedImage, out _moved);

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

    // A checkpoint that cannot be written costs repeated work should this silo die now, and nothing else: the next one is due in a few windows.
    private async Task<bool> Write()
    {
        state.State.Checkpoint = _image!.Checkpoint;
        try
        {
            await state.WriteStateAsync();
            return true;
        }
        catch (InconsistentStateException)
        {
            // Either the reply to an earlier write was lost, or another activation has gone on. What is stored is a checkpoint of this site all the same.
            await Reread();
        }
        catch (Exception e)
        {
            log.LogWarning("site {Site}: no checkpoint of window {Window}: {Problem}", this.GetPrimaryKeyString(), _image.NextWindow, e.Message);
        }

        return false;
    }

    private async Task Reread()
    {
        try
        {
            await state.ReadStateAsync();
        }
        catch (Exception e)
        {
            log.LogWarning("site {Site}: its checkpoint cannot be read: {Problem}", this.GetPrimaryKeyString(), e.Message);
        }
    }
}
