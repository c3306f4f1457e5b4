using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Designs.History;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks.Main;

/// <summary>
/// A kernel of <c>emulator/Kernel</c> under a stack's name: its options, the interfaces of boot, and the named ways in which it differs from the mail's. The code
/// that answers is the same.
/// </summary>
/// <param name="Name">The stack's name.</param>
/// <param name="Options">Kernel options.</param>
/// <param name="Differences">See <see cref="KernelDifferences"/>.</param>
/// <param name="Boot">Interfaces that are there at boot.</param>
/// <param name="PrintsAddressAsNumber"><c>getmcif4</c> prints the four bytes as the recording program did: as a little-endian number.</param>
public sealed record KernelProfile(string Name, KernelOptions Options, KernelDifference Differences, IReadOnlyList<BootInterface> Boot, bool PrintsAddressAsNumber = false)
{
    /// <summary>The mail's kernel. The class of the softc has no free block at the start.</summary>
    public static KernelProfile Of2005 { get; } = new(StackCatalog.NetBsd2005, NoFreeBlocks(new KernelOptions()), KernelDifference.None, BootInterface.Of2005(Ipv4Address.Of(192, 168, 0, 1)));

    /// <summary>
    /// NetBSD 4.0.1's network code as it was recorded: LP64, in user space under AddressSanitizer, lo0 and a small ppp-like interface by the name of tun.
    /// </summary>
    public static KernelProfile Of401 { get; } = new(
        StackCatalog.NetBsd401,
        NoFreeBlocks(new KernelOptions { Abi = Abi.Lp64, Fill = MallocFill.Release }),
        KernelDifference.ScopeTable | KernelDifference.SourceByPolicy | KernelDifference.RouteOnlyWhenAsked | KernelDifference.AnyInterfaceByZero
            | KernelDifference.Quarantine,
        BootInterface.LoopbackAlone,
        PrintsAddressAsNumber: true);

    /// <summary>Its designs, the default first.</summary>
    public IReadOnlyList<string> Designs => Name == StackCatalog.NetBsd2005 ? [.. HistoryDesigns.All.All.Select(d => d.Name)] : [new Netbsd2005().Name, new PurgeFlagged().Name];

    private static KernelOptions NoFreeBlocks(KernelOptions options) => options with { FreeSoftcBlocks = CountRange.Fixed(0), FreeSmallBlocks = CountRange.Fixed(0) };
}
