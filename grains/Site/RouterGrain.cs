using System.Diagnostics;
using Orleans.Storage;
using Stress.Contracts;
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
public sealed class RouterGrain(IPersistentStateFactory states, LocalGrains local, SiteBackends backends, SiloMetrics metrics)
    : Grain, IRouterGrain, IGrainMigrationParticipant
{
    /// <summary>Name of the grain storage for checkpoints.</summary>
    public const string StorageName = "checkpoints";

    /// <summary>Under this name the image travels to another silo.</summary>
    private const string MovedImage = "stress.image";

    private static readonly PersistentStateAttribute Where = new("router", StorageName);

    private IPersistentState<RouterState>? _state;
    private LeasedImage? _image;
    private SiteImage? _moved;

    /// <inheritdoc/>
    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        local.Add(this);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        local.Remove(this);
        if (reason.ReasonCode == DeactivationReasonCode.ShuttingDown)
        {
            await Save();
        }

        if (_image?.AtHome is { } site)
        {
            // An execution without an image starts over wherever the site continues.
            await site.End();
        }
    }

    /// <inheritdoc/>
    public async ValueTask<LeaseAnswer> Lease(RunPlan plan, int window, bool first)
    {
        if (_image is null)
        {
            SiteImage? checkpoint = plan.CheckpointWindows == 0 || first ? null : (await Stored()).State.Checkpoint;
            _image = new LeasedImage(plan, GrainKeys.Parse(this.GetPrimaryKeyString()).Site, checkpoint, _moved, Guid.NewGuid());
            _moved = null;
        }

        return _image.Lease(window);
    }

    /// <inheritdoc/>
    public async ValueTask<ReturnAnswer> Return(RunPlan plan, LeaseId lease, SiteHandOver image, LeaseEnd end)
    {
        if (_image is null || !_image.Return(lease, image, last: end != LeaseEnd.Rest))
        {
            return default;
        }

        long start = Stopwatch.GetTimestamp();
        if ((end == LeaseEnd.SaveAndRelease || (end == LeaseEnd.Rest && _image.IsCheckpointDue)) && _image.Checkpointed(image))
        {
            using Activity? span = WindowSpans.Checkpoint();
            if (await Write() && plan.Telemetry is not null)
            {
                metrics.Checkpoint(plan.Labels, Stopwatch.GetElapsedTime(start), _image.Checkpoint!.Bytes.Length);
            }
        }

        if (end != LeaseEnd.Rest)
        {
            _image = null;
            DeactivateOnIdle();
        }
        else if (_image.AtHome is { IsLive: false })
        {
            // The image is kept; the execution that it was made from is not needed.
            await image.End();
        }

        return new(Taken: true, Stored: _state is { RecordExists: true });
    }

    /// <inheritdoc/>
    public async ValueTask Forget()
    {
        IPersistentState<RouterState> state = await Stored();
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
        // An image that is out on a lease stays behind, and so does an execution that has none: the site restarts from its checkpoint or from virtual time zero, which gives the same.
        if (_image?.AtHome is { IsLive: false } site && SiteImage.Save(site.HandOver()) is { } image)
        {
            dehydrationContext.TryAddValue(MovedImage, image);
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

        if (_image is not { } leased || leased.AtHome is not { } rest || backends.Of(leased.Plan) is not { } backend)
        {
            return $"router {router} of site {site}: not running here at the moment";
        }

        return await rest.Show(backend, leased.Plan, router);
    }

    // Most sites run from start to end without a checkpoint, so storage is asked when there may be one, and not whenever a router is activated.
    private async ValueTask<IPersistentState<RouterState>> Stored()
    {
        if (_state is null)
        {
            IPersistentState<RouterState> state = states.Create<RouterState>(GrainContext, Where);
            await state.ReadStateAsync();
            _state = state;
        }

        return _state;
    }

    // A checkpoint that cannot be written only costs repeated work if this silo dies now: the next one is due in a few windows.
    private async Task<bool> Write()
    {
        try
        {
            IPersistentState<RouterState> state = await Stored();
            state.State.Checkpoint = _image!.Checkpoint;
            await state.WriteStateAsync();
            local.Storage.Over();
            return true;
        }
        catch (InconsistentStateException)
        {
            // Either the reply to an earlier write was lost, or another activation has taken over. What is stored is a checkpoint of this site in either case.
            await Reread();
        }
        catch (Exception e)
        {
            // Any error of storage: it is reported once for the silo (Outage).
            local.Storage.Failed(e);
        }

        return false;
    }

    private async Task Reread()
    {
        try
        {
            await _state!.ReadStateAsync();
        }
        catch (Exception e)
        {
            // As above; the next checkpoint is refused and read again.
            local.Storage.Failed(e);
        }
    }
}
