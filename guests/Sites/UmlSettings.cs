using System.Text.Json;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Sites;
using Stress.Guests.Kernels;
using Stress.Guests.Running;
using Stress.Guests.Systems;

namespace Stress.Guests.Sites;

/// <summary>
/// What a plan for real kernels says beyond the options of a site (<see cref="RunPlan.BackendSettings"/>): kernels and system by their keys, which are hashes of all their inputs,
/// so that every silo executes the same bytes or reports what it lacks.
/// </summary>
public sealed record UmlSettings
{
    /// <summary>The called end's kernel.</summary>
    public required GuestKernel Called { get; init; }

    /// <summary>The calling end's kernel.</summary>
    public required GuestKernel Calling { get; init; }

    /// <summary>The guests' system.</summary>
    public required GuestSystem System { get; init; }

    /// <summary>A fault to switch on in both kernels, or null.</summary>
    public string? Fault { get; init; }

    /// <summary>Memory of a guest, MiB.</summary>
    public int MemoryMiB { get; init; } = PairOptions.UsualMemoryMiB;

    /// <summary>The settings for kernels of this machine; a system and the launcher are made where they are missing.</summary>
    /// <param name="cache">Where they are.</param>
    /// <param name="called">The called end's kernel by name or key; empty for the newest.</param>
    /// <param name="calling">The calling end's kernel; empty for the newest.</param>
    /// <param name="fault">A fault to switch on, or empty.</param>
    /// <param name="tell">Receives messages for the user.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">Something is missing or wrong.</exception>
    public static async Task<UmlSettings> OfMachineAsync(GuestCache cache, string called, string calling, string fault, Action<string> tell, CancellationToken stop)
    {
        var store = new KernelStore(cache);
        GuestKernel answering = store.FindSite(called), dialling = store.FindSite(calling);
        foreach (GuestKernel kernel in (GuestKernel[])[answering, dialling])
        {
            IReadOnlyList<string> faults = kernel.Faults;
            if (fault.Length > 0 && !faults.Contains(fault))
            {
                throw new GuestException(
                    GuestProblem.Wrong,
                    $"fault '{fault}': kernel '{kernel.Name}' has {(faults.Count == 0 ? "no faults; accepted: a kernel of ./stress kernel build --faults" : $"others; accepted: {string.Join(", ", faults)}")}");
            }
        }

        GuestSystem system = await new SystemBuilder(cache).EnsureAsync(tell, stop).ConfigureAwait(false);
        await Launcher.EnsureAsync(cache, stop).ConfigureAwait(false);
        return new UmlSettings { Called = answering, Calling = dialling, System = system, Fault = fault.Length > 0 ? fault : null };
    }

    /// <summary>The form that a plan carries.</summary>
    public string ToText() => JsonSerializer.Serialize(this, CacheJson.Options);

    /// <summary>The settings of a plan, or null where they cannot be read.</summary>
    public static UmlSettings? Read(string? text)
    {
        try
        {
            return text is null ? null : JsonSerializer.Deserialize<UmlSettings>(text, CacheJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>What a pair of a run does.</summary>
    /// <param name="site">The options of the run's sites.</param>
    /// <param name="duration">Virtual time of the run.</param>
    /// <param name="number">The site's number.</param>
    public PairOptions OptionsOf(SiteOptions site, VirtualTime duration, int number) =>
        PairOptions.Of(site, duration) with { Number = (ulong)number, Fault = Fault, MemoryMiB = MemoryMiB, ShowEvery = site.Window };

    /// <summary>What is missing here to execute it, in one sentence; null when nothing is.</summary>
    internal string? Missing(GuestCache cache)
    {
        var store = new KernelStore(cache);
        foreach (GuestKernel named in (GuestKernel[])[Called, Calling])
        {
            if (named.Key.Length == 0 || store.ByKey(named.Key) is not { } kernel)
            {
                return $"kernel '{named.Name}' ({named.Key}): not in {cache.Kernels} of this silo; accepted are kernels that ./stress kernel build has built there";
            }

            if (kernel.SiteProblem is { } problem)
            {
                return problem;
            }

            if (Fault is { } fault && !kernel.Faults.Contains(fault))
            {
                return $"fault '{fault}': kernel '{kernel.Name}' was built without it; accepted is a kernel of ./stress kernel build --faults";
            }
        }

        return GuestSystem.Find(cache, System.Key) is null ? $"guest system {System.Key}: not in {cache.Systems} of this silo; accepted is what ./stress kernel rootfs makes there" : null;
    }

    /// <summary>Its parts that are available here.</summary>
    /// <param name="cache">Where kernels and systems are.</param>
    /// <param name="stop">Ends it.</param>
    /// <exception cref="GuestException">Something is missing.</exception>
    public async Task<PairParts> PartsAsync(GuestCache cache, CancellationToken stop)
    {
        if (Missing(cache) is { } missing)
        {
            throw new GuestException(GuestProblem.Unavailable, missing);
        }

        var store = new KernelStore(cache);
        string launcher = await Launcher.EnsureAsync(cache, stop).ConfigureAwait(false);
        return new PairParts(cache, launcher, GuestSystem.Find(cache, System.Key)!, store.ByKey(Called.Key)!, store.ByKey(Calling.Key)!);
    }
}
