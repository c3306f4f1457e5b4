namespace Stress.Contracts;

/// <summary>
/// One router. It owns the kernel image: interface table, sockets, processes. The answering router (number 0) keeps the image of its whole
/// site, since a site is executed as one; the others ask it.
/// </summary>
[Alias("stress.IRouterGrain")]
public interface IRouterGrain : IGrainWithStringKey
{
    /// <summary>
    /// Asks for the image in order to execute <paramref name="window"/>. Refused unless that is the next one. Asking again while a lease is
    /// out takes the lease back: the image restarts from the last checkpoint (or virtual time zero), which gives the same result.
    /// </summary>
    /// <param name="plan">The run.</param>
    /// <param name="window">The window.</param>
    /// <param name="first">True if nothing of the site can have been executed before: storage is not asked for a checkpoint.</param>
    [Alias("Lease")]
    ValueTask<LeaseAnswer> Lease(RunPlan plan, int window, bool first);

    /// <summary>Gives the image back, one or more windows further on. A lease that was taken back is no longer accepted.</summary>
    /// <param name="plan">The run.</param>
    /// <param name="lease">The lease.</param>
    /// <param name="image">The image.</param>
    /// <param name="end">What to do with it.</param>
    [Alias("Return")]
    ValueTask<ReturnAnswer> Return(RunPlan plan, LeaseId lease, SiteHandOver image, LeaseEnd end);

    /// <summary>Drops the checkpoint of a site whose result is in storage.</summary>
    [Alias("Forget")]
    ValueTask Forget();

    /// <summary>Makes a checkpoint of the current image, however few windows have passed.</summary>
    [Alias("Save")]
    ValueTask Save();

    /// <summary>Moves to the silo that the site belongs to, with the image.</summary>
    [Alias("Move")]
    ValueTask Move();

    /// <summary>What the router's console would show, at the end of the last returned window.</summary>
    [Alias("Show")]
    ValueTask<string> Show(int router);
}

/// <summary>Names a lease: an activation of a router never mistakes another activation's lease for its own.</summary>
/// <param name="Activation">Whose it is; drawn anew for every activation.</param>
/// <param name="Number">Its number among those of the activation, from 1.</param>
[GenerateSerializer, Immutable, Alias("stress.LeaseId")]
public readonly record struct LeaseId([property: Id(0)] Guid Activation, [property: Id(1)] long Number);

/// <summary>The answer to a request for a lease.</summary>
[GenerateSerializer, Immutable, Alias("stress.LeaseAnswer")]
public sealed record LeaseAnswer
{
    /// <summary>The image, when granted; else null.</summary>
    [Id(0)]
    public SiteHandOver? Image { get; init; }

    /// <summary>Names the lease when the image is returned.</summary>
    [Id(1)]
    public LeaseId Lease { get; init; }

    /// <summary>The only window that would be granted.</summary>
    [Id(2)]
    public required int NextWindow { get; init; }
}

/// <summary>What to do with an image that comes back.</summary>
public enum LeaseEnd : byte
{
    /// <summary>It waits for the next lease.</summary>
    Rest,

    /// <summary>It is dropped: the site's result is on its way. Its checkpoint stays until the result is safe (<see cref="IRouterGrain.Forget"/>).</summary>
    Release,

    /// <summary>It is dropped after a checkpoint of it was written, however few windows have passed since the last.</summary>
    SaveAndRelease,
}

/// <summary>The answer to an image that comes back.</summary>
/// <param name="Taken">False when the lease had been taken back: the image is discarded.</param>
/// <param name="Stored">True when storage holds a checkpoint of the site, to be deleted later.</param>
[GenerateSerializer, Immutable, Alias("stress.ReturnAnswer")]
public readonly record struct ReturnAnswer([property: Id(0)] bool Taken, [property: Id(1)] bool Stored);
