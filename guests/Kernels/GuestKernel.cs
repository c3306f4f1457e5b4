using System.Text.Json.Serialization;

namespace Stress.Guests.Kernels;

/// <summary>A kernel that can be started, and where it came from.</summary>
public sealed record GuestKernel
{
    /// <summary>The name given with <c>--name</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Its folder in the cache: a hash of every input of the build. Empty for a kernel of the system.</summary>
    public required string Key { get; init; }

    /// <summary>The kernel's release, as <c>uname -r</c> says it.</summary>
    public required string Release { get; init; }

    /// <summary>The package, archive or folder it was built from.</summary>
    public required string Source { get; init; }

    /// <summary>SHA-256 of the configuration it was built with.</summary>
    public string ConfigSha256 { get; init; } = "";

    /// <summary>Names of patches and reintroduced faults that went in.</summary>
    public IReadOnlyList<string> Patches { get; init; } = [];

    /// <summary>The prefix of a fault's name in <see cref="Patches"/>.</summary>
    internal const string FaultPatch = "fault ";

    /// <summary>The faults among <see cref="Patches"/> (<see cref="KernelFaults"/>): each can be switched on.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Faults => [.. Patches.Where(patch => patch.StartsWith(FaultPatch, StringComparison.Ordinal)).Select(patch => patch[FaultPatch.Length..])];

    /// <summary>For a kernel that <c>judge</c> built with one more patch, the key of the kernel without it; null for any other. Such a kernel is never used unless it is named.</summary>
    public string? FixOf { get; init; }

    /// <summary>Options of <c>optional.config</c> that the tree lacks.</summary>
    public IReadOnlyList<string> Lacks { get; init; } = [];

    /// <summary>Built with KASAN.</summary>
    public bool Kasan { get; init; }

    /// <summary>Built with KCOV in networking (<see cref="KernelOrder.Kcov"/>): a search sees the edges that lists reach. Such a kernel is never used unless it is named.</summary>
    public bool Kcov { get; init; }

    /// <summary>Built with kmemleak: unreachable memory is looked for at the end.</summary>
    public bool Kmemleak { get; init; }

    /// <summary>Takes part in virtual time and has the modem port: it can be a site.</summary>
    public bool VirtualTime { get; init; }

    /// <summary>Why it cannot be a site, in a sentence; null when it can.</summary>
    [JsonIgnore]
    public string? SiteProblem => VirtualTime ? null
        : $"kernel '{Name}' ({Source}) knows no virtual time and has no modem port: it runs operation lists, and cannot be a site; accepted: a kernel of ./stress kernel build";

    /// <summary>Refuses a kernel that cannot be a site.</summary>
    /// <exception cref="GuestException">It cannot.</exception>
    public void CheckSite()
    {
        if (SiteProblem is { } problem)
        {
            throw new GuestException(GuestProblem.Wrong, problem);
        }
    }

    /// <summary>Bytes of the program.</summary>
    public long Bytes { get; init; }

    /// <summary>CPU time of the build, seconds.</summary>
    public double BuildCpuSeconds { get; init; }

    /// <summary>When it was built.</summary>
    public DateTimeOffset Built { get; init; }

    /// <summary>The program, for a kernel that is not in the cache.</summary>
    public string? Program { get; init; }

    /// <summary>The program.</summary>
    public string ProgramOf(GuestCache cache) => Program ?? Path.Combine(cache.Kernels, Key, "linux");
}
