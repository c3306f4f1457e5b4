using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Guests.Running;

/// <summary>One pair of real systems: which kernels, what line, what programme.</summary>
public sealed record PairOptions
{
    /// <summary>The run's seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The pair's number in the run.</summary>
    public ulong Number { get; init; }

    /// <summary>Virtual time of the run.</summary>
    public VirtualTime Duration { get; init; } = VirtualTime.FromHours(1);

    /// <summary>The telephone line.</summary>
    public LineOptions Line { get; init; } = new();

    /// <summary>Time between HUPs to the caller's pppd; zero for none.</summary>
    public VirtualTime HupEvery { get; init; } = VirtualTime.FromMinutes(10);

    /// <summary>When the first interval begins, drawn once.</summary>
    public TimeRange HupPhase { get; init; } = TimeRange.Seconds(0, 600);

    /// <summary>pppd's holdoff.</summary>
    public VirtualTime Holdoff { get; init; } = VirtualTime.FromSeconds(60);

    /// <summary>zebra, ospfd and ripngd run on both.</summary>
    public bool Daemons { get; init; } = true;

    /// <summary>From a kernel's end until it is switched on again.</summary>
    public TimeRange Reboot { get; init; } = TimeRange.Seconds(150, 240);

    /// <summary>Memory of a guest, MiB.</summary>
    public int MemoryMiB { get; init; } = 96;

    /// <summary>Virtual time after boot at which each guest prints its addresses, routes and memberships; zero for never.</summary>
    public VirtualTime ShowAfter { get; init; }

    /// <summary>A fault to switch on in both kernels, for one that was built with faults.</summary>
    public string? Fault { get; init; }

    /// <summary>More words for the kernels' command lines.</summary>
    public IReadOnlyList<string> KernelArguments { get; init; } = [];
}
