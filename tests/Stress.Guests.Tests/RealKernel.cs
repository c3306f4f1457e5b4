using Stress.Guests.Kernels;
using Stress.Guests.Systems;
using Xunit;

namespace Stress.Guests.Tests;

/// <summary>
/// A test on a real kernel with faults and KASAN. Skipped, with the reason, unless one is built already; with <c>STRESS_KERNEL_TESTS=1</c> it is built first
/// (some 400 CPU-seconds, once for all inputs), and a missing package is a failure.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelFactAttribute : FactAttribute
{
    /// <inheritdoc/>
    public override string? Skip => RealKernel.IsRequired ? null : RealKernel.Missing;
}

/// <summary>As <see cref="KernelFactAttribute"/>, for a test with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class KernelTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc/>
    public override string? Skip => RealKernel.IsRequired ? null : RealKernel.Missing;
}

/// <summary>The kernel, system and launcher of the tests, made once.</summary>
internal static class RealKernel
{
    private static readonly GuestCache Cache = GuestCache.OfUser();
    private static readonly Lazy<Task<(GuestKernel Kernel, GuestSystem System, string Launcher)>> Ready = new(PrepareAsync);

    /// <summary>The tests build their kernel.</summary>
    public static bool IsRequired => Environment.GetEnvironmentVariable("STRESS_KERNEL_TESTS") == "1";

    /// <summary>What is missing, or null.</summary>
    public static string? Missing
    {
        get
        {
            IReadOnlyList<string> packages = BuildTools.Missing([.. BuildTools.ForKernels, ("spatch", "coccinelle"), .. BuildTools.ForSystems]);
            return packages.Count > 0 ? $"needs packages {string.Join(' ', packages)}"
                : !new KernelStore(Cache).All().Any(IsOurs) ? "needs Linux 6.12: ./stress kernel build --faults, or STRESS_KERNEL_TESTS=1"
                : null;
        }
    }

    /// <summary>The cache of the user.</summary>
    public static GuestCache TheCache => Cache;

    /// <summary>Kernel, system and launcher.</summary>
    public static Task<(GuestKernel Kernel, GuestSystem System, string Launcher)> GetAsync() => Ready.Value;

    // The tests name titles as this release gives them.
    private static bool IsOurs(GuestKernel kernel) =>
        kernel is { VirtualTime: true, Kasan: true, Kcov: false } && kernel.Faults.Count > 0 && kernel.Release.StartsWith("6.12.", StringComparison.Ordinal);

    private static async Task<(GuestKernel Kernel, GuestSystem System, string Launcher)> PrepareAsync()
    {
        GuestKernel kernel = IsRequired
            ? (await new KernelBuilder(Cache).BuildAsync(new KernelOrder { Faults = true, NoTree = true }, null, default)).Kernel
            : new KernelStore(Cache).All().First(IsOurs);
        return (kernel, await new SystemBuilder(Cache).EnsureAsync(_ => { }, default), await Launcher.EnsureAsync(Cache, default));
    }
}
