namespace Stress.Emulator.Kernel;

/// <summary>
/// Deviations from the kernel of 2005, one at a time: a later fix, or the way in which another system did it before its fix. A run has none; operation
/// lists name them.
/// </summary>
[Flags]
public enum KernelSwitch : ushort
{
    /// <summary>The kernel of 2005.</summary>
    None = 0,

    /// <summary>A fix: the loopback route of an address that another interface has too is handed over to it when its owner goes.</summary>
    In6IfloopHandedOver = 1,

    /// <summary>A fix: purging an interface leaves its IPv6 group records to the sockets that still count them.</summary>
    In6MultiCounted = 2,
}

/// <summary>The names of <see cref="KernelSwitch"/>, with what each does and where it comes from.</summary>
public static class KernelSwitches
{
    /// <summary>Name, switch, one line for people, source.</summary>
    public static IReadOnlyList<(string Name, KernelSwitch Switch, string Summary, string Source)> All { get; } =
    [
        ("in6-ifloop-handed-over", KernelSwitch.In6IfloopHandedOver, "in6_ifremloop hands the loopback route of a shared address to the interface that still has it", "NetBSD netinet6/in6.c, in6_addremloop (D. Young)"),
        ("in6-multi-counted", KernelSwitch.In6MultiCounted, "in6_purgeif leaves a group record to the sockets that count it", "FreeBSD r337866"),
    ];

    /// <summary>The names, as a message lists them.</summary>
    public static string Names => string.Join(", ", All.Select(s => s.Name));

    /// <summary>The switch of a name.</summary>
    /// <exception cref="ArgumentException">No such switch; the message lists what there is.</exception>
    public static KernelSwitch Named(string name)
    {
        foreach ((string known, KernelSwitch value, _, _) in All)
        {
            if (known == name)
            {
                return value;
            }
        }

        throw new ArgumentException($"switch \"{name}\" is not known; accepted: {Names}");
    }
}
