using Stress.Emulator.Core;
using Stress.Emulator.Sites;

namespace Stress.Contracts;

/// <summary>A site with its series and marks as bytes and plain data: what a checkpoint holds and what crosses from silo to silo.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiteImage")]
public sealed record SiteImage
{
    /// <summary>The site's number.</summary>
    [Id(0)]
    public required int Site { get; init; }

    /// <summary>The window that is executed next.</summary>
    [Id(1)]
    public required int NextWindow { get; init; }

    /// <summary>What <see cref="Site.Save"/> wrote, packed (<see cref="ZeroRuns"/>).</summary>
    [Id(2)]
    public required byte[] Bytes { get; init; }

    /// <summary>The length of <see cref="Bytes"/> once unpacked.</summary>
    [Id(5)]
    public required int Length { get; init; }

    /// <summary>Counts over virtual time.</summary>
    [Id(3)]
    public required SiteSeries Series { get; init; }

    /// <summary>Marks of a checked site, or null.</summary>
    [Id(4)]
    public IReadOnlyList<WindowMark>? Marks { get; init; }

    /// <summary>Writes a site. The site stays as it is.</summary>
    public static SiteImage Save(SiteHandOver handOver)
    {
        var writer = new ImageWriter();
        handOver.Site.Save(writer);
        var series = new SiteSeries(handOver.Series.Bins);
        series.Add(handOver.Series);
        var packed = new ZeroRuns(writer.Written.Span);
        return new SiteImage
        {
            Site = (int)handOver.Site.Number,
            NextWindow = handOver.Site.NextWindow,
            Bytes = packed.Packed,
            Length = packed.Length,
            Series = series,
            Marks = handOver.Marks is { } marks ? [.. marks] : null,
        };
    }

    /// <summary>The site again, apart from this image.</summary>
    public SiteHandOver Load(SiteOptions options)
    {
        var series = new SiteSeries(Series.Bins);
        series.Add(Series);
        return new SiteHandOver
        {
            Options = options,
            Site = Stress.Emulator.Sites.Site.Load(options, (uint)Site, new ImageReader(new ZeroRuns(Bytes, Length).Unpack())),
            Series = series,
            Marks = Marks is { } marks ? [.. marks] : null,
        };
    }
}

/// <summary>Wire form of a hand-over: the image, and the options that give it life.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiteHandOverSurrogate")]
public struct SiteHandOverSurrogate
{
    /// <summary>Options.</summary>
    [Id(0)]
    public SiteOptions Options;

    /// <summary>The image.</summary>
    [Id(1)]
    public SiteImage Image;
}

/// <summary>Converts <see cref="SiteHandOver"/> when it leaves a silo.</summary>
[RegisterConverter]
public sealed class SiteHandOverConverter : IConverter<SiteHandOver, SiteHandOverSurrogate>
{
    /// <inheritdoc/>
    public SiteHandOver ConvertFromSurrogate(in SiteHandOverSurrogate surrogate) => surrogate.Image.Load(surrogate.Options);

    /// <inheritdoc/>
    public SiteHandOverSurrogate ConvertToSurrogate(in SiteHandOver value) => new() { Options = value.Options, Image = SiteImage.Save(value) };
}
