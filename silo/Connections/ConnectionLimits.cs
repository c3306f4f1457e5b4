namespace Stress.Silo.Connections;

/// <summary>How many connections a port of a silo accepts, and how long one may be silent.</summary>
public sealed record ConnectionLimits
{
    /// <summary>Connections of one port at once. Further ones are refused.</summary>
    public int Most { get; init; } = 4096;

    /// <summary>Connections of one port that have not identified themselves yet. When another arrives, the one that has been silent longest is closed.</summary>
    public int MostSilent { get; init; } = 256;

    /// <summary>Wall time within which a connection must identify itself: its TLS handshake, if there is one, and the first bytes of Orleans' protocol.</summary>
    public TimeSpan SilentTime { get; init; } = TimeSpan.FromSeconds(10);
}
