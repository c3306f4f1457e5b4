using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>The outcome of a site.</summary>
public enum SiteState : byte
{
    /// <summary>Not started.</summary>
    Waiting,

    /// <summary>Being executed.</summary>
    Running,

    /// <summary>Executed to its end.</summary>
    Done,

    /// <summary>Stopped by an error of our own.</summary>
    Failed,

    /// <summary>Nobody answered for it.</summary>
    Lost,

    /// <summary>Begun, and closed at its current window when the run was interrupted, to be continued, or cancelled, for good.</summary>
    Begun,

    /// <summary>Not begun when the run was interrupted or cancelled.</summary>
    NotBegun,
}

/// <summary>A site that did not finish.</summary>
/// <param name="Site">Its number.</param>
/// <param name="Window">The window that it had reached.</param>
/// <param name="State">Failed, lost, begun or not begun.</param>
/// <param name="Problem">What happened.</param>
[GenerateSerializer, Immutable, Alias("stress.SiteTrouble")]
public sealed record SiteTrouble([property: Id(0)] int Site, [property: Id(1)] int Window, [property: Id(2)] SiteState State, [property: Id(3)] string Problem);

/// <summary>A shard's results so far. Lists are in the order of the shard's sites.</summary>
[GenerateSerializer, Immutable, Alias("stress.ShardResult")]
public sealed record ShardResult
{
    /// <summary>Counts of sites.</summary>
    [Id(0)]
    public required ShardProgress Progress { get; init; }

    /// <summary>The sum over the shard's sites.</summary>
    [Id(1)]
    public required RunTotals Totals { get; init; }

    /// <summary>The outcome of each site.</summary>
    [Id(2)]
    public required SiteState[] States { get; init; }

    /// <summary>Each site's digest; 0 if it is not done.</summary>
    [Id(3)]
    public required ulong[] Digests { get; init; }

    /// <summary>Each site's first crash, or never.</summary>
    [Id(4)]
    public required VirtualTime[] FirstCrashes { get; init; }

    /// <summary>Sites that did not finish, each with its state.</summary>
    [Id(5)]
    public required IReadOnlyList<SiteTrouble> Troubles { get; init; }

    /// <summary>Marks of the checked sites that are done.</summary>
    [Id(6)]
    public required IReadOnlyDictionary<int, IReadOnlyList<WindowMark>> Marks { get; init; }

    /// <summary>The finished sites one by one, when the plan keeps them.</summary>
    [Id(7)]
    public IReadOnlyList<SiteRecord> Sites { get; init; } = [];
}

/// <summary>The counts of one finished site over virtual time.</summary>
/// <param name="Site">Its number.</param>
/// <param name="Digest">Its digest.</param>
/// <param name="Series">Its counts.</param>
[GenerateSerializer, Immutable, Alias("stress.SiteRecord")]
public sealed record SiteRecord([property: Id(0)] int Site, [property: Id(1)] ulong Digest, [property: Id(2)] SiteSeries Series);

/// <summary>A run's results so far.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunResult")]
public sealed record RunResult
{
    /// <summary>The plan.</summary>
    [Id(0)]
    public required RunPlan Plan { get; init; }

    /// <summary>Counts of sites.</summary>
    [Id(1)]
    public required ShardProgress Progress { get; init; }

    /// <summary>The sum over all sites.</summary>
    [Id(2)]
    public required RunTotals Totals { get; init; }

    /// <summary>The digest over the finished sites in site order.</summary>
    [Id(3)]
    public required ulong Digest { get; init; }

    /// <summary>First crash of each finished site, or never.</summary>
    [Id(4)]
    public required IReadOnlyList<VirtualTime> FirstCrashes { get; init; }

    /// <summary>Sites that did not finish, each with its state.</summary>
    [Id(5)]
    public required IReadOnlyList<SiteTrouble> Troubles { get; init; }

    /// <summary>Marks of the checked sites that are done.</summary>
    [Id(6)]
    public required IReadOnlyDictionary<int, IReadOnlyList<WindowMark>> Marks { get; init; }

    /// <summary>The finished sites one by one in site order, when the plan keeps them.</summary>
    [Id(7)]
    public IReadOnlyList<SiteRecord> Sites { get; init; } = [];

    /// <summary>Merges the shards, which are in shard order.</summary>
    public static RunResult Merge(RunPlan plan, IReadOnlyList<ShardResult> shards)
    {
        var totals = RunTotals.Of(plan);
        var progress = new ShardProgress();
        var digest = new RunDigest();
        List<VirtualTime> first = [];
        List<SiteTrouble> troubles = [];
        Dictionary<int, IReadOnlyList<WindowMark>> marks = [];
        for (int shard = 0; shard < shards.Count; shard++)
        {
            ShardResult result = shards[shard];
            totals.Add(result.Totals);
            progress += result.Progress;
            troubles.AddRange(result.Troubles);
            int firstSite = plan.SitesOf(shard).First;
            for (int i = 0; i < result.States.Length; i++)
            {
                if (result.States[i] == SiteState.Done)
                {
                    digest.Add(firstSite + i, result.Digests[i]);
                    first.Add(result.FirstCrashes[i]);
                }
            }

            foreach ((int site, IReadOnlyList<WindowMark> list) in result.Marks)
            {
                marks.Add(site, list);
            }
        }

        return new RunResult
        {
            Plan = plan,
            Progress = progress,
            Totals = totals,
            Digest = digest.Value,
            FirstCrashes = first,
            Troubles = troubles,
            Marks = marks,
            Sites = [.. shards.SelectMany(shard => shard.Sites)],
        };
    }
}
