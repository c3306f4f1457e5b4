using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>How a station asks for members of groups (RFC 2236, 8; RFC 2710, 7).</summary>
public sealed record QuerierOptions
{
    /// <summary>Robustness Variable: how often a query is repeated at the start and after somebody has left, and how many lost reports a membership survives.</summary>
    public const int Robustness = 2;

    /// <summary>Last Member Query Interval.</summary>
    public static readonly VirtualTime LastMember = VirtualTime.FromSeconds(1);

    /// <summary>The longest time to answer in: Max Response Time of IGMP is eight bits of tenths of a second.</summary>
    public static readonly VirtualTime LongestResponse = VirtualTime.FromMilliseconds(25_500);

    /// <summary>The shortest time to answer in.</summary>
    public static readonly VirtualTime ShortestResponse = VirtualTime.FromMilliseconds(100);

    /// <summary>Query Interval: from one general query to the next. A quarter of it between the first two.</summary>
    public VirtualTime Interval { get; init; } = VirtualTime.FromSeconds(125);

    /// <summary>Query Response Interval: within which members report.</summary>
    public VirtualTime Response { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>How long a report is good for: Group Membership Interval (RFC 2236, 8.4), Multicast Listener Interval (RFC 2710, 7.4).</summary>
    public VirtualTime Membership => new((Robustness * Interval.Microseconds) + Response.Microseconds);

    /// <summary>Why a querier cannot ask like this, with what is accepted; null if it can.</summary>
    public (string Field, string Problem, string Accepted)? Problem() =>
        Response < ShortestResponse || Response > LongestResponse ? ("query_response", "is none that a query has room for", "100ms to 25500ms")
        : Interval <= Response ? ("query_interval", "is no longer than query_response", "more than query_response (RFC 2236, 8.3)")
        : null;
}
