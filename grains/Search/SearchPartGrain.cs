using Stress.Contracts;

namespace Stress.Grains;

/// <summary>One part of a round (<see cref="ISearchPartGrain"/>): executed outside the grain's turn, when one of the silo's workers is free.</summary>
[SearchPartPlacement]
public sealed class SearchPartGrain(SliceGate gate, SearchBackends backends, BuildStamp build, RunClock clock) : Grain, ISearchPartGrain
{
    /// <summary>A question waits this long for an answer: less than a call may take.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _over = new();
    private (byte[] Part, Task<byte[]?> Work)? _open;

    /// <inheritdoc/>
    public async Task<byte[]?> Execute(SearchPlan plan, byte[] part)
    {
        if (build.Refusal(plan.Build) is { } refusal)
        {
            throw new StateFormatException($"search {plan.Name}: its plan is {refusal}");
        }

        // Another part under this key belongs to a forgotten search: nothing waits for it.
        Task<byte[]?> work = _open is { } open && open.Part.AsSpan().SequenceEqual(part) ? open.Work : Task.Run(() => Work(plan, part));
        _open = (part, work);
        await Task.WhenAny(work, Task.Delay(LongestWait, clock.Time));
        if (!work.IsCompleted)
        {
            return null;
        }

        _open = null;
        DeactivateOnIdle();
        return await work;
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken) => _over.CancelAsync();

    private async Task<byte[]?> Work(SearchPlan plan, byte[] part)
    {
        if (!await gate.Enter())
        {
            return null;
        }

        try
        {
            await gate.Take();
            try
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(_over.Token, gate.Leaving);
                return await backends.Of(plan).Execute(plan.Order, part, stop.Token);
            }
            catch (OperationCanceledException)
            {
                return null;
            }
            catch (Exception e)
            {
                // It would fail the same way again: the same part, executed in the same way.
                throw new SearchPartException(e.FirstLine());
            }
            finally
            {
                gate.Free();
            }
        }
        finally
        {
            gate.Leave();
        }
    }
}
