using Microsoft.Extensions.Logging;
using Orleans.Runtime;

namespace Stress.Silo;

/// <summary>One line in the log for each silo that joins the cluster, leaves it, or dies.</summary>
internal sealed class SiloNews(ISiloStatusOracle oracle, ILocalSiloDetails here, ILogger<SiloNews> log) : ISiloStatusListener, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<SiloAddress, SiloStatus> _known = [];

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(
        nameof(SiloNews),
        ServiceLifecycleStage.Active,
        _ =>
        {
            oracle.SubscribeToSiloStatusEvents(this);
            foreach ((SiloAddress silo, SiloStatus status) in oracle.GetApproximateSiloStatuses(onlyActive: true))
            {
                SiloStatusChangeNotification(silo, status);
            }

            return Task.CompletedTask;
        },
        _ =>
        {
            oracle.UnSubscribeFromSiloStatusEvents(this);
            return Task.CompletedTask;
        });

    /// <inheritdoc/>
    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (updatedSilo.Equals(here.SiloAddress))
        {
            return;
        }

        lock (_lock)
        {
            bool known = _known.TryGetValue(updatedSilo, out SiloStatus before);
            if (known && before == status)
            {
                return;
            }

            if (status == SiloStatus.Dead)
            {
                _known.Remove(updatedSilo);
            }
            else
            {
                _known[updatedSilo] = status;
            }

            Say(updatedSilo, known ? before : SiloStatus.None, status);
        }
    }

    private void Say(SiloAddress silo, SiloStatus before, SiloStatus status)
    {
        switch (status)
        {
            case SiloStatus.Active:
                log.LogInformation("silo {Silo} is a member", silo.Endpoint);
                break;
            case SiloStatus.ShuttingDown or SiloStatus.Stopping when before == SiloStatus.Active:
                log.LogInformation("silo {Silo} leaves: its sites move", silo.Endpoint);
                break;
            case SiloStatus.Dead when before is SiloStatus.ShuttingDown or SiloStatus.Stopping:
                log.LogInformation("silo {Silo} has left", silo.Endpoint);
                break;
            case SiloStatus.Dead when before == SiloStatus.Active:
                log.LogWarning("silo {Silo} is dead: its sites continue elsewhere from their last checkpoints", silo.Endpoint);
                break;
        }
    }
}
