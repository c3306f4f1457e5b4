using Stress.Emulator.Core;

namespace Stress.Contracts.Surrogates;

/// <summary>Wire form of <see cref="SiteSeries"/>: packed, since most of its numbers are those of the bin before.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiteSeriesSurrogate")]
public struct SiteSeriesSurrogate
{
    /// <summary>What <see cref="SiteSeries.Pack"/> gave.</summary>
    [Id(0)]
    public byte[] Packed;

    /// <summary>Its length once unpacked, in bytes.</summary>
    [Id(1)]
    public int Length;
}

/// <summary>Converts <see cref="SiteSeries"/>.</summary>
[RegisterConverter]
public sealed class SiteSeriesConverter : IConverter<SiteSeries, SiteSeriesSurrogate>
{
    /// <inheritdoc/>
    public SiteSeries ConvertFromSurrogate(in SiteSeriesSurrogate surrogate) => SiteSeries.Unpack(new ZeroRuns(surrogate.Packed, surrogate.Length));

    /// <inheritdoc/>
    public SiteSeriesSurrogate ConvertToSurrogate(in SiteSeries value)
    {
        ZeroRuns packed = value.Pack();
        return new() { Packed = packed.Packed, Length = packed.Length };
    }
}
