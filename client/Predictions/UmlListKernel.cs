using Stress.Client.RealStacks;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Predictions;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;

namespace Stress.Client.Predictions;

/// <summary>A real Linux kernel in a guest; each list has a network namespace of its own.</summary>
public sealed class UmlListKernel : IListKernel
{
    private readonly ListRun _run;
    private readonly int _batch;
    private readonly string? _fault;

    private UmlListKernel(ListRun run, string name, string? fault, int batch) => (_run, Name, _fault, _batch) = (run, name, fault, batch);

    /// <summary>Finds the kernel, and finds or makes the guest's system.</summary>
    /// <param name="name">As <c>exec</c> takes it: <c>uml:KERNEL</c>.</param>
    /// <param name="fault">A fault to switch on; null for none.</param>
    /// <param name="batch">Most lists of a boot.</param>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">There is no such kernel.</exception>
    public static async Task<UmlListKernel> FindAsync(string name, string? fault, int batch, Action<string> tell, CancellationToken stop)
    {
        ListRun run = await ListRun.OpenAsync(GuestCache.OfUser(), GuestExec.KernelOf(name)!, tell, stop);
        return fault is null || run.Kernel.Faults.Contains(fault) ? new UmlListKernel(run, name, fault, batch)
            : throw new UsageException($"--fault {fault} --kernel {name}: that kernel was built without it; accepted: a kernel of kernel build --faults");
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public string Identity => $"{_run.Kernel.Release}, key {_run.Kernel.Key}";

    /// <summary>Kernels that were started.</summary>
    public int Boots { get; private set; }

    /// <summary>The agent executes them.</summary>
    public RecordingConditions Conditions { get; } = RecordingConditions.Default with { ThroughAgent = true };

    RecordingConditions? IListKernel.Conditions => Conditions;

    /// <inheritdoc/>
    public string? Release => _run.Kernel.Release;

    /// <inheritdoc/>
    public string? NoVerdict => _run.Kernel.Kasan ? null : "this kernel has no KASAN that would make a report";

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<KernelList> lists, Action<int> done, CancellationToken stop)
    {
        var batches = new ListBatches(
            some =>
            {
                ListResult result = _run.Run(some, 1, _fault, stop, apart: true);
                stop.ThrowIfCancellationRequested();
                return result;
            },
            _batch);
        IReadOnlyList<BatchedList> results = batches.Run([.. lists.Select(list => (list.Name, list.Text))], done);
        Boots += batches.Boots;
        return [.. results.Zip(lists, (result, list) => new ListOutcome(
            list.Name, result.Answers, [.. result.Reports.Select(report => new ReportSeen(CrashWords.Of(report), report.Path))], result.Trouble ?? (result.Reports.Count == 0 ? NoVerdict : null)))];
    }
}
