using Stress.Guests.Kernels;
using Stress.Guests.Systems;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>
/// A test on a real kernel, the newest linux-source of the system with faults and KASAN. Skipped, with the reason, unless it is built already; where tools
/// are required it is built (some 400 CPU-seconds, once for all inputs) and a missing package is a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip => Tools.Required ? null : RealKernel.Missing;
}

/// <summary>The kernel, system and launcher of the tests, made once.</summary>
internal static class RealKernel
{
    private static readonly GuestCache Cache = GuestCache.OfUser();
    private static readonly Lazy<Task<(GuestKernel Kernel, GuestSystem System, string Launcher)>> Ready = new(PrepareAsync);

    /// <summary>What is missing, or null.</summary>
    public static string? Missing
    {
        get
        {
            IReadOnlyList<string> packages = BuildTools.Missing([.. BuildTools.ForKernels, ("spatch", "coccinelle"), .. BuildTools.ForSystems]);
            return packages.Count > 0 ? $"needs packages {string.Join(' ', packages)}"
                : !new KernelStore(Cache).All().Any(IsOurs) ? "needs a kernel: ./stress kernel build --faults (Debian package linux-source)"
                : null;
        }
    }

    /// <summary>The cache of the user.</summary>
    public static GuestCache TheCache => Cache;

    /// <summary>Kernel, system and launcher.</summary>
    public static Task<(GuestKernel Kernel, GuestSystem System, string Launcher)> GetAsync() => Ready.Value;

    private static bool IsOurs(GuestKernel kernel) => kernel is { VirtualTime: true, Kasan: true } && kernel.Patches.Any(patch => patch.StartsWith("fault ", StringComparison.Ordinal));

    private static async Task<(GuestKernel Kernel, GuestSystem System, string Launcher)> PrepareAsync()
    {
        GuestKernel kernel = Tools.Required
            ? (await new KernelBuilder(Cache).BuildAsync(new KernelOrder { Faults = true }, null, default)).Kernel
            : new KernelStore(Cache).All().First(IsOurs);
        return (kernel, await new SystemBuilder(Cache).BuildAsync(_ => { }, default), await Launcher.EnsureAsync(Cache, default));
    }
}
