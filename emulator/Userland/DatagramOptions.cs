using Stress.Emulator.Core;

namespace Stress.Emulator.Userland;

/// <summary>A program that sends large IPv6 datagrams to the other end of each line: what makes fragments.</summary>
public sealed record DatagramOptions
{
    /// <summary>Time between two; zero is off.</summary>
    public VirtualTime Interval { get; init; }

    /// <summary>Bytes of each.</summary>
    public int DatagramBytes { get; init; } = 4000;
}
