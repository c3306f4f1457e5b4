using Stress.Client.Launching;
using Stress.Contracts;
using Stress.Guests.Kernels;
using Stress.Guests.Sites;
using Stress.Observability;

namespace Stress.Client.Reports;

/// <summary>Describes the kernels of a run of real kernels, and what they cannot show.</summary>
public static class RealKernelFacts
{
    private static readonly string[] Limits =
    [
        "User-Mode Linux has one CPU and no pre-emption: what was tried are orderings at sleeps, interrupts and timers, and no race of two CPUs.",
        "A crash is what a kernel's own console says; the first report ends the guest (kasan.fault, oops and panic_on_warn), which then starts again.",
        "A disconnect is the end of a call in which that end spoke PPP, whatever ended it.",
    ];

    /// <summary>The facts; null for a run of emulated kernels.</summary>
    /// <param name="launch">The run.</param>
    /// <param name="totals">Its totals.</param>
    public static RealKernels? Of(Launch launch, RunTotals totals) => launch.Real is not { } real ? null : new RealKernels(
        launch.Plan.Backend, Of(real.Called), Of(real.Calling), real.Fault ?? "", real.System.Sha256, [.. real.System.Packages.Select(package => $"{package.Name} {package.Version} {package.Sha256}")],
        [.. Limits, .. Unwatched(real)],
        CleanBound.Sentence(totals.Crashes.Values.Sum(crash => crash.Count), totals.Counters.Total.Disconnects));

    private static RealKernel Of(GuestKernel kernel) =>
        new(kernel.Name, kernel.Key, kernel.Release, kernel.Source, kernel.ConfigSha256, kernel.Kasan ? "KASAN" : "none", kernel.Patches);

    private static IEnumerable<string> Unwatched(UmlSettings real) =>
        from kernel in new[] { real.Called, real.Calling }.DistinctBy(kernel => kernel.Key)
        where !kernel.Kasan
        select $"Kernel {kernel.Name} has no KASAN: most uses of freed memory are not reported.";
}
