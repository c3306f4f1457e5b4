using System.Text.Json.Serialization;

namespace Stress.Observability;

/// <summary>What every report of a scenario begins with. In a file these fields come before all others.</summary>
public abstract record ScenarioReport
{
    private const int First = -1;

    /// <summary>Version of the format; a field may be added without a new number, never removed or changed.</summary>
    [JsonPropertyOrder(First)]
    public int Format { get; init; } = 1;

    /// <summary>The scenario's name.</summary>
    [JsonPropertyOrder(First)]
    public required string Scenario { get; init; }

    /// <summary>The scenario's file as it was named on the command line.</summary>
    [JsonPropertyOrder(First)]
    public required string ScenarioFile { get; init; }

    /// <summary>What the scenario says it is.</summary>
    [JsonPropertyOrder(First)]
    public string Description { get; init; } = "";

    /// <summary>The seed of every random stream (64 bits without sign).</summary>
    [JsonPropertyOrder(First)]
    public required ulong Seed { get; init; }

    /// <summary>Pairs of a calling and a called system.</summary>
    [JsonPropertyOrder(First)]
    public required long Pairs { get; init; }

    /// <summary>Virtual hours of each pair.</summary>
    [JsonPropertyOrder(First)]
    public required double VirtualHours { get; init; }

    /// <summary>Wall time of everything that was executed.</summary>
    [JsonPropertyOrder(First)]
    public required double WallSeconds { get; init; }

    /// <summary>True when every planned site was executed to its end.</summary>
    [JsonPropertyOrder(First)]
    public required bool Complete { get; init; }

    /// <summary>The command that repeats it.</summary>
    [JsonPropertyOrder(First)]
    public required string Command { get; init; }
}
