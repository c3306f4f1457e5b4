using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Observability;

/// <summary>
/// Short names that group crash titles into the code paths known from the 2005 mail: <c>membership</c> and <c>in6_selecthlim</c>;
/// every other title belongs to the path named after the kernel function that used the pointer.
/// </summary>
public static class CodePath
{
    /// <summary>An IPv4 multicast membership record outlived its interface.</summary>
    public const string Membership = "membership";

    /// <summary>The cached route of an IPv6 socket, read by udp6_output for the hop limit.</summary>
    public const string In6SelectHlim = "in6_selecthlim";

    /// <summary>Every crash, whatever its path.</summary>
    public const string Any = "any";

    /// <summary>The path name of a crash title.</summary>
    public static string Of(CrashTitle title) => title.Holder switch
    {
        HolderKind.InMultiIfp or HolderKind.InMultiRti => Membership,
        _ => title.Site == UseSite.In6SelectHlim ? In6SelectHlim : KernelNames.Of(title.Site),
    };

    /// <summary>A pair's role as written in reports and scenario files. For sites with labels of their own, use (<see cref="Topology.NameOf"/>).</summary>
    public static string Of(Role role) => PairTopology.Labels[(int)role];
}
