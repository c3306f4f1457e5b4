using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>A crash title: holder × use site × why the purge did not run.</summary>
public readonly record struct CrashTitle(UseSite Site, HolderKind Holder, PurgeGap Gap) : IStateValue<CrashTitle>
{
    /// <inheritdoc/>
    public static void Fields<TPass>(ref CrashTitle value, ref TPass pass)
        where TPass : struct, IStatePass
    {
        (UseSite site, HolderKind holder, PurgeGap gap) = value;
        pass.Field(ref site);
        pass.Field(ref holder);
        pass.Field(ref gap);
        value = new(site, holder, gap);
    }

    /// <summary>For example <c>in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)</c>.</summary>
    public override string ToString() => $"{KernelNames.Of(Site)}: stale {KernelNames.Of(Holder)} ({KernelNames.Of(Gap)})";
}
