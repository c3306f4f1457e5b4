using System.Globalization;
using System.Net;
using System.Text.Json;
using k8s;
using k8s.Autorest;
using k8s.Models;
using Stress.Silo;

namespace Stress.Client.Jobs;

/// <summary>Makes a Job on a Kubernetes cluster and follows it to its end. An API server that is unavailable, restarts or has forgotten the position of a watch is asked again.</summary>
/// <param name="api">The API server.</param>
/// <param name="space">The namespace.</param>
/// <param name="say">Is told the Job's state.</param>
/// <param name="again">How long it waits before it asks again.</param>
/// <param name="patience">How long the API server may be unavailable.</param>
public sealed class JobLauncher(IKubernetes api, string space, Action<string> say, TimeSpan again, TimeSpan patience)
{
    // A generated name ends in five random characters: if several in a row are taken, there is another reason.
    private const int MostConflicts = 5;

    /// <summary>Makes the Job, and returns its name and uid, which is its run's name.</summary>
    /// <exception cref="UsageException">The API server does not accept it.</exception>
    /// <exception cref="ClusterUnavailableException">The API server does not answer.</exception>
    public async Task<(string Name, string Uid)> Create(V1Job job, CancellationToken stop)
    {
        for (int conflicts = 0; ;)
        {
            try
            {
                V1Job made = await api.BatchV1.CreateNamespacedJobAsync(job, space, cancellationToken: stop);
                return (made.Metadata.Name, made.Metadata.Uid);
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.Conflict && ++conflicts < MostConflicts)
            {
                // Another Job has the name that the server generated; it generates another.
            }
            catch (HttpOperationException e) when (e.Response.StatusCode < HttpStatusCode.InternalServerError && e.Response.StatusCode != HttpStatusCode.TooManyRequests)
            {
                throw new UsageException($"the API server does not accept the Job: {Reason(e)}; accepted is a Job in a namespace that k8s/ was applied to, by a user who may create one");
            }
            catch (Exception e) when (IsAway(e))
            {
                // Whether it was made is not known: it is not made a second time.
                throw new ClusterUnavailableException($"the API server does not answer: {Reason(e)}; accepted is one that does (kubectl -n {space} get jobs shows whether the Job was made)");
            }
        }
    }

    /// <summary>Follows a Job to its end and returns the exit code of its last pod; <see cref="ExitCodes.Incomplete"/> where that is none of a run's.</summary>
    /// <exception cref="ClusterUnavailableException">The API server is unavailable for too long, or the Job was deleted.</exception>
    public async Task<int> Follow(string name, CancellationToken stop)
    {
        string said = "";
        DateTimeOffset heard = DateTimeOffset.UtcNow;
        for (; ; )
        {
            try
            {
                V1Job job = await api.BatchV1.ReadNamespacedJobAsync(name, space, cancellationToken: stop);
                (heard, said) = (DateTimeOffset.UtcNow, Say(job, said));
                if (EndOf(job) is { } end)
                {
                    return await Code(name, end, stop);
                }

                await foreach ((WatchEventType type, V1Job changed) in api.BatchV1.WatchListNamespacedJobAsync(
                    space, fieldSelector: $"metadata.name={name}", resourceVersion: job.Metadata.ResourceVersion, cancellationToken: stop))
                {
                    (heard, said) = (DateTimeOffset.UtcNow, type == WatchEventType.Modified ? Say(changed, said) : said);

                    // Whatever ends a watch, the Job is read again: what was missed is in it.
                    if (type is WatchEventType.Error or WatchEventType.Deleted || EndOf(changed) is not null)
                    {
                        break;
                    }
                }
            }
            catch (HttpOperationException e) when (e.Response.StatusCode == HttpStatusCode.NotFound)
            {
                throw new ClusterUnavailableException($"Job {name} was deleted before its end; its run is held when its lease is over, and ended with ./stress cancel");
            }
            catch (HttpOperationException e) when (e.Response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
            {
                throw new UsageException($"the API server does not show Job {name}: {Reason(e)}; accepted is a user who may get and watch Jobs and list pods");
            }
            catch (Exception e) when (!stop.IsCancellationRequested && (IsAway(e) || e is JsonException))
            {
                if (DateTimeOffset.UtcNow - heard >= patience)
                {
                    throw new ClusterUnavailableException($"the API server has not answered for {patience.TotalSeconds:0} s: {Reason(e)}; the Job continues: kubectl -n {space} get job {name}");
                }
            }

            await Task.Delay(again, stop);
        }
    }

    private string Say(V1Job job, string said)
    {
        string now = string.Create(
            CultureInfo.InvariantCulture,
            $"{job.Metadata.Name}: {(EndOf(job) is { } end ? end.Type.ToLowerInvariant() : job.Status?.Active > 0 ? "active" : "waiting for a pod")}{(job.Status?.Failed is > 0 and var failed ? $", {failed} of its pods failed" : "")}");
        if (now != said)
        {
            say(now);
        }

        return now;
    }

    // The condition that ends a Job: its pods are gone by then.
    private static V1JobCondition? EndOf(V1Job job) => job.Status?.Conditions?.FirstOrDefault(condition => condition.Type is "Complete" or "Failed" && condition.Status == "True");

    private async Task<int> Code(string name, V1JobCondition end, CancellationToken stop)
    {
        if (end.Type == "Complete")
        {
            // One of its pods has exited with 0, whatever happened to earlier ones.
            return ExitCodes.Ok;
        }

        V1PodList pods = await api.CoreV1.ListNamespacedPodAsync(space, labelSelector: $"batch.kubernetes.io/job-name={name}", cancellationToken: stop);
        V1ContainerStateTerminated? last = pods.Items
            .SelectMany(pod => pod.Status?.ContainerStatuses ?? [])
            .Where(container => container.Name == RunJob.ContainerName)
            .Select(container => container.State?.Terminated).OfType<V1ContainerStateTerminated>().MaxBy(ended => ended.FinishedAt);
        say($"{name}: {end.Reason}: {end.Message}");
        if (last is { ExitCode: (>= ExitCodes.ExpectationFailed and <= ExitCodes.NotWritten) or ExitCodes.Interrupted })
        {
            return last.ExitCode;
        }

        // Its node or kernel has ended it (eviction, memory): that says nothing about the run, which continues in the silos.
        if (last is { ExitCode: not ExitCodes.Ok })
        {
            say($"{name}: its last pod was ended from outside, with {last.ExitCode} ({last.Reason}); the run itself is in the silos: ./stress status");
        }

        return ExitCodes.Incomplete;
    }

    private static bool IsAway(Exception e) => e is HttpRequestException or IOException or TaskCanceledException or HttpOperationException;

    // The server's Status message, or the reason why there is none.
    private static string Reason(Exception e)
    {
        if (e is HttpOperationException { Response: { } response })
        {
            try
            {
                return JsonSerializer.Deserialize<V1Status>(response.Content) is { Message: { Length: > 0 } message } ? message.TrimEnd('.') : $"{(int)response.StatusCode}";
            }
            catch (JsonException)
            {
                return $"{(int)response.StatusCode}";
            }
        }

        return e.GetBaseException().Message.ReplaceLineEndings(" ").TrimEnd('.');
    }
}
