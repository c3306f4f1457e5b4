using Stress.Contracts;
using Stress.Silo;

namespace Stress.Client.Following;

/// <summary>Starts a search on a cluster, or resumes one, and follows it to its end.</summary>
/// <param name="host">The cluster.</param>
/// <param name="say">Is told when the cluster is silent for long, and when it answers again.</param>
public sealed class SearchFollower(ClusterClient host, Action<string> say)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500), AskAgainAfter = TimeSpan.FromSeconds(5);

    /// <summary>Follows it. When <paramref name="stop"/> is cancelled the search pauses, and its result so far is returned; it is kept, and continues when it is started again.</summary>
    /// <param name="plan">What to search.</param>
    /// <param name="watch">Gets its progress, as its backend writes it.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The report, as its backend writes it.</returns>
    /// <exception cref="ClusterUnavailableException">The cluster was silent for too long, or what the search needs is not there.</exception>
    public async Task<byte[]> Run(SearchPlan plan, Action<byte[]> watch, CancellationToken stop)
    {
        ISearchGrain search = host.Grains.GetGrain<ISearchGrain>(plan.Name);
        var silence = new ClusterSilence(plan.Name, host.Cluster!, ClusterSilence.PatienceOf(0), say);
        await Tell(() => search.Start(plan));
        bool held = false;
        for (; ; )
        {
            if (stop.IsCancellationRequested && !held)
            {
                held = true;
                await Tell(search.Hold);
            }

            SearchProgress? progress = await Ask(search.Progress);
            if (progress is null)
            {
                say("the cluster has forgotten the search (was its Redis emptied?): it is started again from its beginning");
                await Tell(() => search.Start(plan));
                continue;
            }

            watch(progress.State);
            if (progress.Problem is { } problem)
            {
                throw new ClusterUnavailableException($"search {plan.Name}: {problem}");
            }

            if (progress.Finished || (held && progress.Held))
            {
                byte[]? report = await Ask(search.Report);
                if (progress.Finished && report is not null)
                {
                    await Tell(search.Forget);
                }

                if (report is not null)
                {
                    return report;
                }
            }

            await Task.Delay(Interval, held ? CancellationToken.None : stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // What was asked before an interruption is answered after it too.
        Task Tell(Func<Task> question) => RunFollower.Tell(() => question().WaitAsync(AskAgainAfter), silence, CancellationToken.None);

        Task<T> Ask<T>(Func<Task<T>> question) => RunFollower.Ask(() => question().WaitAsync(AskAgainAfter), silence, CancellationToken.None);
    }
}
