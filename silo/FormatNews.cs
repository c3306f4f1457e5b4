using Microsoft.Extensions.Logging;
using Orleans.Metadata;
using Orleans.Runtime;
using Stress.Grains;

namespace Stress.Silo;

/// <summary>One line in the log for each silo of the cluster that reads another format: the two share no run.</summary>
internal sealed class FormatNews(IClusterManifestProvider manifests, ILocalSiloDetails here, SiloFormats formats, ILogger<FormatNews> log) : ILifecycleParticipant<ISiloLifecycle>
{
    private readonly HashSet<SiloAddress> _told = [];
    private readonly CancellationTokenSource _end = new();
    private Task _listening = Task.CompletedTask;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(FormatNews),
        ServiceLifecycleStage.Active,
        _ =>
        {
            _listening = Listen();
            return Task.CompletedTask;
        },
        async _ =>
        {
            await _end.CancelAsync();
            await _listening;
            _end.Dispose();
        });

    // A silo is reported when it joins: its manifest comes with its membership.
    private async Task Listen()
    {
        try
        {
            Tell(manifests.Current);
            await foreach (ClusterManifest manifest in manifests.Updates.WithCancellation(_end.Token))
            {
                Tell(manifest);
            }
        }
        catch (OperationCanceledException)
        {
            // The silo stops.
        }
    }

    private void Tell(ClusterManifest manifest)
    {
        foreach (SiloAddress silo in manifest.Silos.Keys)
        {
            if (!silo.Equals(here.SiloAddress) && formats.Of(silo)?.Format != formats.Here.Key && _told.Add(silo))
            {
                log.LogWarning("silo {Silo} is {Other}, this one {Own}: they share no run", silo.Endpoint, formats.InWords([silo]), formats.Here);
            }
        }

        _told.RemoveWhere(silo => !manifest.Silos.ContainsKey(silo));
    }
}
