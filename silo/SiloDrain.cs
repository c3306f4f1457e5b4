using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Stress.Grains;

namespace Stress.Silo;

/// <summary>
/// The drain of a silo that was asked to leave, before Orleans takes it out of the cluster: windows in flight end and return their leases, and images and
/// books go to other silos, and to storage.
/// </summary>
internal sealed class SiloDrain(LocalGrains local, SliceGate gate, ILogger<SiloDrain> log) : ILifecycleParticipant<ISiloLifecycle>
{
    // Stages stop from the highest down: while this runs, the silo is still an active member.
    private const int Stage = ServiceLifecycleStage.Active + 1;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle observer) => observer.Subscribe(nameof(SiloDrain), Stage, _ => Task.CompletedTask, Drain);

    private async Task Drain(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Longest);
        try
        {
            await local.Leave(gate, limit.Token);
        }
        catch (OperationCanceledException)
        {
            log.LogWarning("the drain is not complete after {Seconds} s; what is left restarts from its last checkpoint", Longest.TotalSeconds);
        }
    }
}
