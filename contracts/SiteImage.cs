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

    /// <summary>What <see cref="ISiteExecution.Save"/> gave, packed (<see cref="ZeroRuns"/>); empty at virtual time zero.</summary>
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

    /// <summary>Writes a site, which stays as it is; null for one that has no image.</summary>
    public static SiteImage? Save(SiteHandOver handOver) => handOver.Save() is { } image
        ? Of(handOver, image, handOver.NextWindow, handOver.Series, handOver.Marks)
        : null;

    /// <summary>Writes a site for transfer. One that has no image arrives at virtual time zero.</summary>
    public static SiteImage Travelling(SiteHandOver handOver) =>
        Save(handOver) ?? Of(handOver, new ZeroRuns([], 0), 0, handOver.Series.Empty(), handOver.Marks is null ? null : []);

    /// <summary>The site, independent of this image, to be opened.</summary>
    public SiteHandOver Load(SiteOptions options)
    {
        var series = Series.Empty();
        series.Add(Series);
        return new SiteHandOver
        {
            Options = options,
            Number = Site,
            Image = Length == 0 ? null : new ZeroRuns(Bytes, Length),
            ImageWindow = NextWindow,
            Series = series,
            Marks = Marks is { } marks ? [.. marks] : null,
        };
    }

    private static SiteImage Of(SiteHandOver handOver, ZeroRuns image, int nextWindow, SiteSeries counted, IReadOnlyList<WindowMark>? marks)
    {
        var series = counted.Empty();
        series.Add(counted);
        return new SiteImage
        {
            Site = handOver.Number,
            NextWindow = nextWindow,
            Bytes = image.Packed,
            Length = image.Length,
            Series = series,
            Marks = marks is null ? null : [.. marks],
        };
    }
}

/// <summary>Wire form of a hand-over: the image, and the options needed to open it.</summary>
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
    public SiteHandOverSurrogate ConvertToSurrogate(in SiteHandOver value)
    {
        SiteImage image = SiteImage.Travelling(value);
        if (value.IsOpen && image.Length == 0)
        {
            // An execution that cannot travel ends here: the receiver starts over. It ends on its own, and is not waited for.
            _ = value.End().AsTask();
        }

        return new() { Options = value.Options, Image = image };
    }
}
