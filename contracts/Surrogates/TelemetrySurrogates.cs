using Stress.Observability.Instruments;

namespace Stress.Contracts.Surrogates;

/// <summary>Converts <see cref="PathBand"/>.</summary>
[RegisterConverter]
public sealed class PathBandConverter : IConverter<PathBand, PlainDataSurrogate>
{
    /// <inheritdoc/>
    public PathBand ConvertFromSurrogate(in PlainDataSurrogate surrogate) => surrogate.To<PathBand>();

    /// <inheritdoc/>
    public PlainDataSurrogate ConvertToSurrogate(in PathBand value) => PlainDataSurrogate.Of(value);
}

/// <summary>Converts <see cref="RunSnapshot"/>.</summary>
[RegisterConverter]
public sealed class RunSnapshotConverter : IConverter<RunSnapshot, PlainDataSurrogate>
{
    /// <inheritdoc/>
    public RunSnapshot ConvertFromSurrogate(in PlainDataSurrogate surrogate) => surrogate.To<RunSnapshot>();

    /// <inheritdoc/>
    public PlainDataSurrogate ConvertToSurrogate(in RunSnapshot value) => PlainDataSurrogate.Of(value);
}
