using System.Text.Json;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Contracts.Surrogates;

// The emulator does not know Orleans: the wire forms of its types are here.

/// <summary>Wire form of <see cref="VirtualTime"/>.</summary>
[GenerateSerializer, Immutable, Alias("stress.VirtualTime")]
public struct VirtualTimeSurrogate
{
    /// <summary>Microseconds.</summary>
    [Id(0)]
    public long Microseconds;
}

/// <summary>Converts <see cref="VirtualTime"/>.</summary>
[RegisterConverter]
public sealed class VirtualTimeConverter : IConverter<VirtualTime, VirtualTimeSurrogate>
{
    /// <inheritdoc/>
    public VirtualTime ConvertFromSurrogate(in VirtualTimeSurrogate surrogate) => new(surrogate.Microseconds);

    /// <inheritdoc/>
    public VirtualTimeSurrogate ConvertToSurrogate(in VirtualTime value) => new() { Microseconds = value.Microseconds };
}

/// <summary>Wire form of <see cref="CrashTitle"/>.</summary>
[GenerateSerializer, Immutable, Alias("stress.CrashTitle")]
public struct CrashTitleSurrogate
{
    /// <summary>Use site.</summary>
    [Id(0)]
    public UseSite Site;

    /// <summary>Holder.</summary>
    [Id(1)]
    public HolderKind Holder;

    /// <summary>Why the purge did not run.</summary>
    [Id(2)]
    public PurgeGap Gap;
}

/// <summary>Converts <see cref="CrashTitle"/>.</summary>
[RegisterConverter]
public sealed class CrashTitleConverter : IConverter<CrashTitle, CrashTitleSurrogate>
{
    /// <inheritdoc/>
    public CrashTitle ConvertFromSurrogate(in CrashTitleSurrogate surrogate) => new(surrogate.Site, surrogate.Holder, surrogate.Gap);

    /// <inheritdoc/>
    public CrashTitleSurrogate ConvertToSurrogate(in CrashTitle value) => new() { Site = value.Site, Holder = value.Holder, Gap = value.Gap };
}

/// <summary>
/// Wire form of plain data of other layers: JSON, so that a field added there needs no change here. What is sent with every site has a form of its own.
/// </summary>
[GenerateSerializer, Immutable, Alias("stress.PlainData")]
public struct PlainDataSurrogate
{
    /// <summary>UTF-8 JSON.</summary>
    [Id(0)]
    public byte[] Json;

    private static readonly JsonSerializerOptions Format = new() { IgnoreReadOnlyProperties = true };

    /// <summary>Writes a value.</summary>
    public static PlainDataSurrogate Of<T>(T value) => new() { Json = JsonSerializer.SerializeToUtf8Bytes(value, Format) };

    /// <summary>Reads it again.</summary>
    public readonly T To<T>() => JsonSerializer.Deserialize<T>(Json, Format) ?? throw new InvalidDataException($"no {typeof(T).Name} in the message");
}
