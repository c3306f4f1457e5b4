using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Stacks.History;

/// <summary>One side of a fix: the kernel on which an operation list runs.</summary>
/// <param name="Design">The teardown design.</param>
/// <param name="Switches">Deviations from the kernel of 2005.</param>
public sealed record HistorySide(TeardownDesign Design, KernelSwitch Switches)
{
    /// <summary>As it stands in a header, without <c>design=</c> and <c>switch=</c>.</summary>
    public override string ToString() => string.Join(" + ", [Design.Name, .. KernelSwitches.All.Where(s => (Switches & s.Switch) != 0).Select(s => s.Name)]);
}
