using System.Diagnostics;
using Stress.Client.Clusters;
using Stress.Silo;

namespace Stress.Client.Following;

/// <summary>How long a cluster has not answered the client that follows a run, what the client reports, and when it gives up.</summary>
/// <param name="runId">The run.</param>
/// <param name="cluster">The cluster.</param>
/// <param name="patience">How long it may be silent.</param>
/// <param name="say">Gets one line when the silence is long, and one when it has ended.</param>
internal sealed class ClusterSilence(string runId, RedisAddress cluster, TimeSpan patience, Action<string> say)
{
    /// <summary>A client waits at least this long.</summary>
    public const int ShortestPatienceSeconds = 45;

    private static readonly TimeSpan SaidAfter = TimeSpan.FromSeconds(10);
    private long _heard = Stopwatch.GetTimestamp();
    private bool _said;

    /// <summary>
    /// A client waits twice as long as its run waits for a site, and at least 45 seconds: a silo that hangs with the
    /// run's own grain is found dead and replaced within that time.
    /// </summary>
    /// <param name="lostAfterSeconds">Wall seconds after which a silent site of the run is lost.</param>
    public static TimeSpan PatienceOf(int lostAfterSeconds) => TimeSpan.FromSeconds(Math.Max(ShortestPatienceSeconds, 2L * lostAfterSeconds));

    /// <summary>How the run is picked up by another client.</summary>
    public static string PickUpCommand(string runId, RedisAddress cluster) => $"./stress watch {runId} {ClusterOption.InWords(cluster)}";

    /// <summary>The cluster has answered.</summary>
    public void Heard()
    {
        _heard = Stopwatch.GetTimestamp();
        if (_said)
        {
            _said = false;
            say("the cluster answers again");
        }
    }

    /// <summary>The cluster has not answered yet.</summary>
    /// <param name="problem">What arrived instead of an answer, or null.</param>
    /// <exception cref="ClusterUnavailableException">It has been silent for too long.</exception>
    public void Check(string? problem)
    {
        TimeSpan silent = Stopwatch.GetElapsedTime(_heard);
        if (silent >= patience)
        {
            throw new ClusterUnavailableException(
                $"the cluster has not answered for {patience.TotalSeconds:0} s{(problem is null ? "" : $" ({problem})")}; the run is kept and continues once a silo is there, ./stress silo --cluster {cluster}; pick it up with: {PickUpCommand(runId, cluster)}");
        }

        if (silent >= SaidAfter && !_said)
        {
            _said = true;
            say($"no answer from the cluster for {SaidAfter.TotalSeconds:0} s; this client waits for a silo up to {patience.TotalSeconds:0} s; the run is kept, and is picked up later with: {PickUpCommand(runId, cluster)}");
        }
    }
}
