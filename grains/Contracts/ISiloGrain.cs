namespace Stress.Grains;

/// <summary>Says how one silo is doing. Its key is the silo's address, and it is placed there.</summary>
[Alias("stress.ISiloGrain")]
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>The facts.</summary>
    [Alias("Facts")]
    Task<SiloFacts> Facts();
}

/// <summary>How a silo is doing.</summary>
[GenerateSerializer, Immutable, Alias("stress.SiloFacts")]
public sealed record SiloFacts
{
    /// <summary>Its address.</summary>
    [Id(0)]
    public required string Silo { get; init; }

    /// <summary>Sites that it executes at once.</summary>
    [Id(1)]
    public required int Workers { get; init; }

    /// <summary>Routers that are active on it.</summary>
    [Id(2)]
    public required int Routers { get; init; }

    /// <summary>Bytes of memory of its process now.</summary>
    [Id(3)]
    public required long MemoryBytes { get; init; }

    /// <summary>Most bytes of memory that its process has had.</summary>
    [Id(4)]
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Bytes of memory of its process before any run.</summary>
    [Id(6)]
    public required long IdleMemoryBytes { get; init; }

    /// <summary>True when it was asked to leave.</summary>
    [Id(5)]
    public required bool Leaving { get; init; }
}
