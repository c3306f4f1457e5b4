using Stress.Emulator.Kernel.Ports;

namespace Stress.Emulator.Designs;

/// <summary>Cached routes are listed, invalidated when a route goes and validated before use; memberships are as in 2005. Source: NetBSD 5 sys/net/route.c (rtcache_validate); reference 9.4.</summary>
public sealed class RouteValidate : TeardownDesign
{
    /// <inheritdoc/>
    public override string Name => "route-validate";

    /// <inheritdoc/>
    public override string Source => "NetBSD 5 sys/net/route.c (rtcache_validate); reference 9.4";

    /// <inheritdoc/>
    public override string Summary => "Cached routes are listed, invalidated when a route goes and validated before use; memberships are as in 2005.";

    /// <inheritdoc/>
    public override bool Ends(HolderKind holder) => holder is HolderKind.InpRouteIfp or HolderKind.In6pRouteIfp;

    /// <inheritdoc/>
    public override bool ValidatesRouteBeforeUse => true;

    /// <inheritdoc/>
    public override bool InvalidatesRouteCaches => true;
}
