using Orleans.Runtime;
using Orleans.Storage;
using Stress.Contracts;

namespace Stress.Silo;

/// <summary>
/// Grain storage whose errors can cross a grain call. Any exception of a library becomes a <see cref="StorageUnavailableException"/> with its message here, at its origin: a grain
/// that does not catch it, or fails to activate because of it, passes it on to its caller.
/// </summary>
/// <param name="storage">The storage.</param>
public sealed class CrossingStorage(IGrainStorage storage) : IGrainStorage
{
    /// <inheritdoc/>
    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Crossed(storage.ReadStateAsync, stateName, grainId, grainState);

    /// <inheritdoc/>
    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Crossed(storage.WriteStateAsync, stateName, grainId, grainState);

    /// <inheritdoc/>
    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) => Crossed(storage.ClearStateAsync, stateName, grainId, grainState);

    private static async Task Crossed<T>(Func<string, GrainId, IGrainState<T>, Task> call, string stateName, GrainId grainId, IGrainState<T> grainState)
    {
        try
        {
            await call(stateName, grainId, grainState);
        }
        catch (InconsistentStateException e)
        {
            // Orleans' own, which tells grains about another activation; without its cause.
            throw e.InnerException is null ? e : new InconsistentStateException(e.Message, e.StoredEtag, e.CurrentEtag);
        }
        catch (Exception e) when (e.GetBaseException() is StateFormatException or InvalidDataException)
        {
            string problem = $"{stateName} of {grainId.Key}: {e.GetBaseException().Message}";
            throw e.GetBaseException() is StateFormatException ? new StateFormatException(problem) : new InvalidDataException(problem);
        }
        catch (Exception e) when (Crossing.IsForeign(e))
        {
            throw Crossing.Of("grain storage", e);
        }
    }
}
