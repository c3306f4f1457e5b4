using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Oracle;

/// <summary>A crash title: holder × use site × why the purge did not run.</summary>
public readonly record struct CrashTitle(UseSite Site, HolderKind Holder, PurgeGap Gap)
{
    /// <summary>For example <c>in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)</c>.</summary>
    public override string ToString() => $"{KernelNames.Of(Site)}: stale {KernelNames.Of(Holder)} ({KernelNames.Of(Gap)})";
}
