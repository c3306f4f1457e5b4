using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;

namespace Stress.Guests.Running;

/// <summary>One pair of real systems: which kernels, what line, what programme.</summary>
public sealed record PairOptions
{
    /// <summary>Default memory of a guest, MiB: enough for FRR and KASAN.</summary>
    public const int UsualMemoryMiB = 96;

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
    public int MemoryMiB { get; init; } = UsualMemoryMiB;

    /// <summary>Virtual time between two accounts of itself that each guest prints: interfaces, routes, memberships, sockets; zero for none.</summary>
    public VirtualTime ShowEvery { get; init; }

    /// <summary>A fault to switch on in both kernels, for one that was built with faults.</summary>
    public string? Fault { get; init; }

    /// <summary>More words for the kernels' command lines.</summary>
    public IReadOnlyList<string> KernelArguments { get; init; } = [];

    /// <summary>What a pair of real systems takes from the options of a site.</summary>
    /// <param name="site">The options.</param>
    /// <param name="duration">Virtual time of the run.</param>
    public static PairOptions Of(SiteOptions site, VirtualTime duration) => new()
    {
        Seed = site.Seed,
        Duration = duration,
        Line = site.Line,
        HupEvery = site.Calling.Hup.Enabled ? site.Calling.Hup.Every : VirtualTime.Zero,
        HupPhase = site.Calling.Hup.Phase,
        Holdoff = site.Calling.Pppd.Holdoff,
        Daemons = site.Calling.Daemons.Count > 0 || site.Called.Daemons.Count > 0,
        Reboot = site.Calling.Reboot,
    };
}
