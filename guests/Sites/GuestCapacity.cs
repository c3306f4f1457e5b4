using System.Globalization;

namespace Stress.Guests.Sites;

/// <summary>How many kernels may exist in this process at once, and how much memory they may have. Requests wait in order for room.</summary>
/// <param name="kernels">Kernels.</param>
/// <param name="mebibytes">Memory of all of them, MiB.</param>
public sealed class GuestCapacity(int kernels, int mebibytes)
{
    /// <summary>The variable that says how many kernels may live in a silo.</summary>
    public const string Variable = "STRESS_MAX_KERNELS";

    // What a silo needs for itself, and the share of the rest that guests may have.
    private const int OwnMiB = 512;
    private const double Share = 0.8;

    private readonly Lock _lock = new();
    private readonly LinkedList<(int Kernels, int MiB, TaskCompletionSource Turn)> _waiting = new();
    private int _usedKernels, _usedMiB;

    /// <summary>Kernels that may live at once.</summary>
    public int Kernels => kernels;

    /// <summary>Memory that they may have, MiB.</summary>
    public int Mebibytes => mebibytes;

    /// <summary>Of this process: its memory, as the system or the container limits it, and <see cref="Variable"/> where it is set.</summary>
    public static GuestCapacity OfProcess()
    {
        int memory = (int)Math.Max(0, ((GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 20) - OwnMiB) * Share);
        string? named = Environment.GetEnvironmentVariable(Variable);
        return new GuestCapacity(int.TryParse(named, NumberStyles.None, CultureInfo.InvariantCulture, out int most) && most > 0 ? most : int.MaxValue, memory);
    }

    /// <summary>Whether so much can ever be available.</summary>
    public bool CanHold(int wanted, int wantedMiB) => wanted <= kernels && wantedMiB <= mebibytes;

    /// <summary>Takes room, first come, first served.</summary>
    /// <param name="wanted">Kernels.</param>
    /// <param name="wantedMiB">Their memory, MiB.</param>
    /// <param name="stop">Ends the wait.</param>
    public async Task TakeAsync(int wanted, int wantedMiB, CancellationToken stop)
    {
        var turn = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LinkedListNode<(int, int, TaskCompletionSource)> place;
        lock (_lock)
        {
            place = _waiting.AddLast((wanted, wantedMiB, turn));
            Serve();
        }

        try
        {
            await turn.Task.WaitAsync(stop).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            lock (_lock)
            {
                if (turn.Task.IsCompleted)
                {
                    (_usedKernels, _usedMiB) = (_usedKernels - wanted, _usedMiB - wantedMiB);
                }
                else
                {
                    _waiting.Remove(place);
                }

                Serve();
            }

            throw;
        }
    }

    /// <summary>Gives room back.</summary>
    public void Free(int had, int hadMiB)
    {
        lock (_lock)
        {
            (_usedKernels, _usedMiB) = (_usedKernels - had, _usedMiB - hadMiB);
            Serve();
        }
    }

    private void Serve()
    {
        while (_waiting.First is { Value: var first } && first.Kernels <= kernels - _usedKernels && first.MiB <= mebibytes - _usedMiB)
        {
            (_usedKernels, _usedMiB) = (_usedKernels + first.Kernels, _usedMiB + first.MiB);
            _waiting.RemoveFirst();
            first.Turn.SetResult();
        }
    }
}
