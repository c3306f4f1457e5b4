using System.Text.Json.Serialization;

namespace Stress.Observability;

/// <summary>A run's sites as a network, with what was counted at each node and link over all of them.</summary>
/// <param name="Shape">What it was made from, in words, such as <c>grid</c>; empty for nodes and links listed in a file.</param>
/// <param name="Width">Columns of a grid; 0 for any other.</param>
/// <param name="Nodes">The nodes, by number.</param>
/// <param name="Links">The links, by number.</param>
public sealed record NetworkReport(string Shape, int Width, IReadOnlyList<NetworkNode> Nodes, IReadOnlyList<NetworkLink> Links)
{
    /// <summary>The Ethernet segments; null where there is none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NetworkSegment>? Segments { get; init; }

    /// <summary>The links with the most crashes first; among equals the lower number.</summary>
    public IEnumerable<NetworkLink> Worst() => Links.Where(link => link.Crashes > 0).OrderByDescending(link => link.Crashes).ThenBy(link => link.Link);
}

/// <summary>An Ethernet segment of a network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Stations">Its stations, by number.</param>
public sealed record NetworkSegment(string Name, IReadOnlyList<int> Stations);

/// <summary>A node of a network.</summary>
/// <param name="Name">Its name, or its label and number.</param>
/// <param name="Role">Its label.</param>
/// <param name="Panics">Panics of it.</param>
public sealed record NetworkNode(string Name, string Role, long Panics);

/// <summary>A link of a network.</summary>
/// <param name="Link">Its number.</param>
/// <param name="Name">Its ends, the one that answers first.</param>
/// <param name="Called">The node that answers, by number.</param>
/// <param name="Calling">The node that calls, by number.</param>
/// <param name="Group">What it shares with others, or empty.</param>
/// <param name="Disconnects">Decided disconnects, of both ends.</param>
/// <param name="Crashes">Crashes through pointers to an interface of it.</param>
/// <param name="Rate">Crashes over disconnects; 0 where there was none. It has no interval: a link is lost only tens of times, and not independently of others.</param>
/// <param name="Paths">The crashes by code path, most first.</param>
public sealed record NetworkLink(int Link, string Name, int Called, int Calling, string Group, long Disconnects, long Crashes, double Rate, IReadOnlyList<LinkPath> Paths)
{
    /// <summary>The crashes by code path in words: <c>membership 12, in6_selecthlim 1</c>.</summary>
    public string PathsInWords() => string.Join(", ", Paths.Select(path => $"{path.Path} {path.Crashes}"));
}

/// <summary>Crashes of one code path.</summary>
/// <param name="Path">Its short name.</param>
/// <param name="Crashes">How many.</param>
public sealed record LinkPath(string Path, long Crashes);
