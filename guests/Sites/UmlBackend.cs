using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Guests.Kernels;

namespace Stress.Guests.Sites;

/// <summary>
/// The second backend: pairs of real Linux kernels (User-Mode Linux) in virtual time. A site is two guests and the line between them. It has no image: a site
/// whose execution is lost is executed again from virtual time zero, to the same digest.
/// </summary>
/// <param name="cache">Where kernels and systems are.</param>
/// <param name="capacity">How many guests may live here at once.</param>
public sealed class UmlBackend(GuestCache cache, GuestCapacity capacity) : ISiteBackend
{
    /// <summary>The backend's name.</summary>
    public const string BackendName = "uml";

    /// <summary>Guests of a site.</summary>
    internal const int Guests = 2;

    /// <inheritdoc/>
    public string Name => BackendName;

    /// <inheritdoc/>
    public BackendCapabilities Capabilities => new(Deterministic: true, Checkpointable: false, RealTime: false);

    /// <summary>Memory that a site of a plan takes, MiB.</summary>
    internal static int MemoryOf(RunPlan plan, UmlSettings settings) => settings.OptionsOf(plan.Site, VirtualTime.Zero, 0).PairMiB;

    /// <summary>Room for guests.</summary>
    internal GuestCapacity Capacity => capacity;

    /// <summary>Where kernels and systems are.</summary>
    internal GuestCache Cache => cache;

    /// <summary>With the user's cache, and this process's capacity.</summary>
    public static UmlBackend OfProcess() => new(GuestCache.OfUser(), GuestCapacity.OfProcess());

    /// <inheritdoc/>
    public string? Problem(RunPlan plan) =>
        UmlSettings.Read(plan.BackendSettings) is not { } settings ? "backend 'uml': the plan names no kernels; accepted is a plan of a scenario with backend: uml"
        : plan.Site.Graph is not null ? "a network: a site of real kernels is one pair; accepted is a scenario of pairs"
        : plan.Site.CallersPerAnswerer != 1 ? $"callers_per_answerer {plan.Site.CallersPerAnswerer}: a site of real kernels is one pair; accepted is 1"
        : !capacity.CanHold(Guests, MemoryOf(plan, settings))
            ? $"a site of real kernels needs {Guests} kernels and {MemoryOf(plan, settings)} MiB; this silo may hold {capacity.Kernels} kernels in {capacity.Mebibytes} MiB (memory, {GuestCapacity.Variable})"
        : settings.Missing(cache);

    /// <inheritdoc/>
    public ValueTask<ISiteExecution> Begin(RunPlan plan, int site, CancellationToken cancel) => new(new UmlExecution(this, plan, site));
}
