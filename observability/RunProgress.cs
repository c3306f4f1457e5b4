using Stress.Observability.Instruments;

namespace Stress.Observability;

/// <summary>The progress of a run, as written to <c>progress.json</c> while it runs, for views in other processes.</summary>
public sealed record RunProgress
{
    /// <summary>Version of this format; a field may be added without a new number, never removed or changed.</summary>
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The format that this build writes and reads. 1 had one list per counter instead of <c>counters</c>.</summary>
    public const int CurrentFormat = 2;

    /// <summary>Wall time at which this was written.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>The run's cumulative counters.</summary>
    public required RunSnapshot Run { get; init; }

    /// <summary>The silos that execute it.</summary>
    public IReadOnlyList<SiloState> Silos { get; init; } = [];
}

/// <summary>One silo of a cluster.</summary>
/// <param name="Address">Host and port.</param>
/// <param name="Status">Its membership: <c>Active</c>, <c>ShuttingDown</c> and so on.</param>
/// <param name="Activations">Grains in its memory.</param>
/// <param name="CpuPercent">Share of the machine's processors that is in use, 0 to 100.</param>
/// <param name="MemoryBytes">Memory of the process.</param>
public sealed record SiloState(string Address, string Status, long Activations, double CpuPercent, long MemoryBytes);
