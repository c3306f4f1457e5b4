using System.Text.Json.Serialization;

namespace Stress.Observability;

/// <summary>The fields that every report of a scenario begins with. In a file they come before all others.</summary>
public abstract record ScenarioReport
{
    private const int First = -1;

    /// <summary>The format that this build writes and reads. 1 had no <c>counters</c> and no <c>build</c>.</summary>
    public const int CurrentFormat = 2;

    /// <summary>Version of the format; a field may be added without a new number, never removed or changed.</summary>
    [JsonPropertyOrder(First)]
    public int Format { get; init; } = CurrentFormat;

    /// <summary>The build that wrote it: a label.</summary>
    [JsonPropertyOrder(First)]
    public required ReportBuild Build { get; init; }

    /// <summary>The scenario's name.</summary>
    [JsonPropertyOrder(First)]
    public required string Scenario { get; init; }

    /// <summary>The scenario's file as it was named on the command line.</summary>
    [JsonPropertyOrder(First)]
    public required string ScenarioFile { get; init; }

    /// <summary>The scenario's description.</summary>
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

/// <summary>The build that executed a run and wrote its report.</summary>
/// <param name="Version">Its version.</param>
/// <param name="Commit">The commit that it was built from, in hexadecimal; empty for a build outside a repository.</param>
/// <param name="Format">The format of its plans, books and checkpoints.</param>
/// <param name="Layout">The layout of these, 16 hexadecimal digits: builds of one format and layout share runs.</param>
public sealed record ReportBuild(string Version, string Commit, int Format, string Layout);
