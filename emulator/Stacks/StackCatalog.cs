using Stress.Emulator.Designs;
using Stress.Emulator.Designs.History;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks.Linux;
using Stress.Emulator.Stacks.Linux.Faults;
using Stress.Emulator.Stacks.Main;
using Stress.Emulator.Stacks.NetBsd;

namespace Stress.Emulator.Stacks;

/// <summary>A stack or design that is not known, or a pair that is not modelled. The message says what is accepted.</summary>
public sealed class UnknownStackException(string message) : ArgumentException(message);

/// <summary>The stacks that <c>--stack</c> and <c>--design</c> name.</summary>
public static class StackCatalog
{
    /// <summary>The stack of the mail's kernel, the default.</summary>
    public const string NetBsd2005 = "netbsd-2005";

    /// <summary>The same kernel with the differences of NetBSD 4.0.1, as that was recorded.</summary>
    public const string NetBsd401 = "netbsd-4.0.1";

    /// <summary>NetBSD 7.99.34.</summary>
    public const string NetBsd7 = "netbsd-7";

    /// <summary>Linux 6.18.</summary>
    public const string Linux6 = "linux-6";

    /// <summary>Names that <see cref="Create"/> knows, in the order of their age.</summary>
    public static readonly IReadOnlyList<string> Names = [NetBsd2005, NetBsd401, NetBsd7, Linux6];

    /// <summary>Designs of a stack, the default first.</summary>
    /// <exception cref="UnknownStackException">No such stack.</exception>
    public static IReadOnlyList<string> DesignsOf(string stack) => stack switch
    {
        NetBsd7 => [.. NetBsd7Design.All.Select(d => d.Name)],
        Linux6 => ["notifier-hold"],
        NetBsd2005 => KernelProfile.Of2005.Designs,
        NetBsd401 => KernelProfile.Of401.Designs,
        _ => throw new UnknownStackException($"unknown stack '{stack}'{NearestWord.Hint(stack, Names)}; accepted: {string.Join(", ", Names)}"),
    };

    /// <summary>A new router with this stack.</summary>
    /// <param name="stack">One of <see cref="Names"/>.</param>
    /// <param name="design">One of <see cref="DesignsOf"/>; null for the stack's default.</param>
    /// <param name="conditions">The conditions under which the list is run; null for <see cref="RecordingConditions.Default"/>.</param>
    /// <param name="switches">Deviations from the kernel of 2005; only the stack <see cref="NetBsd2005"/> has them.</param>
    /// <param name="more">Designs of the user; only the stack <see cref="NetBsd2005"/> takes them.</param>
    /// <param name="fault">A historic fault to put back; only the stack <see cref="Linux6"/> has them (<see cref="Linux.Faults.LinuxFault.Names"/>).</param>
    /// <param name="release">The release of the kernel that is predicted; only the stack <see cref="Linux6"/> looks at it (<see cref="LinuxRelease"/>).</param>
    /// <exception cref="UnknownStackException">No such stack, no such design of it, or a switch, a fault or a design of the user for another stack.</exception>
    /// <exception cref="ArgumentException">A name of a user's design is not accepted.</exception>
    public static IStack Create(
        string stack, string? design = null, RecordingConditions? conditions = null, KernelSwitch switches = KernelSwitch.None, IReadOnlyList<TeardownDesign>? more = null,
        string? fault = null, string? release = null)
    {
        if (fault is not null && stack != Linux6)
        {
            throw new UnknownStackException($"stack '{stack}' has no fault '{fault}'; accepted: --stack {Linux6}");
        }

        if (more is not null && stack != NetBsd2005)
        {
            throw new UnknownStackException($"stack '{stack}' has no teardown designs of a user; accepted: --stack {NetBsd2005}");
        }

        DesignSet known = more is null ? HistoryDesigns.All : HistoryDesigns.All.With(more);
        IReadOnlyList<string> designs = more is null ? DesignsOf(stack) : [.. known.All.Select(d => d.Name)];
        string chosen = design ?? designs[0];
        if (!designs.Contains(chosen))
        {
            throw new UnknownStackException($"stack '{stack}' has no design '{chosen}'{NearestWord.Hint(chosen, designs)}; accepted: {string.Join(", ", designs)}");
        }

        if (stack is NetBsd2005 or NetBsd401)
        {
            return new NetBsd2005Stack(known.Named(chosen), stack == NetBsd2005 ? KernelProfile.Of2005 : KernelProfile.Of401, switches);
        }

        if (switches != KernelSwitch.None)
        {
            throw new UnknownStackException($"stack '{stack}' has no switches; accepted: --stack {NetBsd2005}");
        }

        return stack == NetBsd7
            ? new NetBsd7Stack(NetBsd7Design.All.First(d => d.Name == chosen), conditions ?? RecordingConditions.Default)
            : new Linux6Stack(conditions ?? RecordingConditions.Default, fault is null || LinuxFault.Names.Contains(fault) ? fault : throw LinuxFault.Unknown(fault), release);
    }
}
