using Microsoft.Extensions.Hosting;

namespace Stress.Silo;

/// <summary>Leaves signals to the command: the first asks it to stop, and it stops its host in its own order.</summary>
internal sealed class ClientOwnedLifetime : IHostLifetime
{
    /// <inheritdoc/>
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
