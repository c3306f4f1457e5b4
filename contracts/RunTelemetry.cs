using Stress.Observability.Instruments;

namespace Stress.Contracts;

/// <summary>What metrics and live views need to know about a run besides its plan. It does not affect the result.</summary>
[GenerateSerializer, Immutable, Alias("stress.RunTelemetry")]
public sealed record RunTelemetry
{
    /// <summary>The scenario's name: a label of every metric.</summary>
    [Id(0)]
    public required string Scenario { get; init; }

    /// <summary>What the 2005 mail reports and the scenario accepts, by code path and role.</summary>
    [Id(1)]
    public PathBand[] Bands { get; init; } = [];

    /// <summary>What the systems of a run of real kernels are, in a word; empty in a run of emulated ones.</summary>
    [Id(2)]
    public string Systems { get; init; } = "";

    /// <inheritdoc/>
    public bool Equals(RunTelemetry? other) =>
        other is not null && Scenario == other.Scenario && Systems == other.Systems && Bands.SequenceEqual(other.Bands);

    /// <inheritdoc/>
    public override int GetHashCode() => Scenario.GetHashCode(StringComparison.Ordinal);
}
