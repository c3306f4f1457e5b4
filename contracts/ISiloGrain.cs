namespace Stress.Contracts;

/// <summary>Reports the state of one silo. Its key is the silo's address, and it is placed there.</summary>
[Alias("stress.ISiloGrain")]
public interface ISiloGrain : IGrainWithStringKey
{
    /// <summary>The facts.</summary>
    [Alias("Facts")]
    Task<SiloFacts> Facts();
}

/// <summary>The state of a silo.</summary>
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

    /// <summary>Most routers that were active on it at one moment.</summary>
    [Id(7)]
    public required int MostRouters { get; init; }

    /// <summary>Shards that it drives.</summary>
    [Id(8)]
    public required int Shards { get; init; }

    /// <summary>Bytes of memory of its process now.</summary>
    [Id(3)]
    public required long MemoryBytes { get; init; }

    /// <summary>Peak memory of its process, in bytes.</summary>
    [Id(4)]
    public required long PeakMemoryBytes { get; init; }

    /// <summary>Bytes of memory of its process before any run.</summary>
    [Id(6)]
    public required long IdleMemoryBytes { get; init; }

    /// <summary>True when it was asked to leave.</summary>
    [Id(5)]
    public required bool Leaving { get; init; }

    /// <summary>False for a silo that is listed but does not answer: its numbers are 0.</summary>
    [Id(9)]
    public bool Answers { get; init; } = true;

    /// <summary>What its build writes and reads; null for a build before format 1, and for a silo that does not answer.</summary>
    [Id(10)]
    public BuildStamp? Build { get; init; }

    /// <summary>Users' own designs that it knows, as <see cref="DesignFolder.NameOf"/> spells them.</summary>
    [Id(11)]
    public IReadOnlyList<string> Designs { get; init; } = [];

    /// <summary>What is known about a silo that does not answer.</summary>
    /// <param name="silo">Its address.</param>
    public static SiloFacts Silent(string silo) => new()
    {
        Silo = silo, Workers = 0, Routers = 0, MostRouters = 0, Shards = 0, MemoryBytes = 0, PeakMemoryBytes = 0, IdleMemoryBytes = 0, Leaving = false, Answers = false,
    };
}
