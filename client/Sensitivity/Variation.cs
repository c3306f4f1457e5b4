using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Client.Sensitivity;

/// <summary>The scenario with one mechanism switched off or changed, by its options only.</summary>
/// <param name="Name">Short name, as shown in the table.</param>
/// <param name="Mechanism">The mechanism of the reference (8.4) that it changes, or another.</param>
/// <param name="Change">What is changed, in the scenario's own words.</param>
/// <param name="Apply">The change.</param>
public sealed record Variation(string Name, string Mechanism, string Change, Func<SiteOptions, SiteOptions> Apply)
{
    /// <summary>The scenario as it is.</summary>
    public static Variation Base { get; } = new("as it is", "", "", static site => site);

    /// <summary>Every variation, in the order of the mechanisms.</summary>
    public static IReadOnlyList<Variation> All { get; } =
    [
        new("ospfd before ripngd", "M1", "daemons: zebra serves ospfd before ripngd", site => Both(site, OspfdFirst)),
        new("no default route", "M1", "calling.pppd.default_route: false", site => Calling(site, r => r with { Pppd = r.Pppd with { DefaultRoute = false } })),
        new("default route at both", "M1", "called.pppd.default_route: true", site => Called(site, r => r with { Pppd = r.Pppd with { DefaultRoute = true } })),
        new("borrowed address", "M2", "called.borrowed_address: true", site => Called(site, r => r with { BorrowedAddress = true })),
        new("routing socket 200 B", "M3", "kernel.routing_socket_bytes: 200", site => Kernels(site, k => k with { RoutingSocketBytes = 200 })),
        new("ospfd 0.99.0", "M4", "ospfd.version: quagga-0.99.0", site => Ospfds(site, o => o with { Version = OspfdVersion.Quagga0990 })),
        new("index-form memberships", "M4", "ospfd.version: index-form", site => Ospfds(site, o => o with { Version = OspfdVersion.IndexForm })),
        new("ospfd does not exit", "M5", "ospfd.exit: never", site => Ospfds(site, o => o with { Exit = OspfdExit.Never })),
        new("instant core dump", "M5", "ospfd.core_dump: 0s..0s", site => Ospfds(site, o => o with { CoreDump = TimeRange.Fixed(VirtualTime.Zero) })),
        new("no login allocations", "M5", "no competitor at a login", site => Without(site, IsLogin)),
        new("no jobs", "M5, M7", "no background competitor in the softc's class", site => Without(site, IsJob)),
        new("jobs twice as often", "M5, M7", "half of every", site => Users(site, IsJob, c => c with { Every = Half(c.Every) })),
        new("jobs half as often", "M5, M7", "twice every", site => Users(site, IsJob, c => c with { Every = c.Every + c.Every })),
        new("jobs twice as long", "M5, M7", "background: twice times", site => Users(site, IsJob, c => c with { Times = Twice(c.Times) })),
        new("jobs half as long", "M5, M7", "background: half of times", site => Users(site, IsJob, c => c with { Times = Half(c.Times) })),
        new("logins twice as long", "M5", "login: twice times", site => Users(site, IsLogin, c => c with { Times = Twice(c.Times) })),
        new("logins half as long", "M5", "login: half of times", site => Users(site, IsLogin, c => c with { Times = Half(c.Times) })),
        new("small twice as often", "M7", "small allocations: half of every", site => Users(site, IsSmall, c => c with { Every = Half(c.Every) })),
        new("small half as often", "M7", "small allocations: twice every", site => Users(site, IsSmall, c => c with { Every = c.Every + c.Every })),
        new("core dumps twice as long", "M5, M7", "ospfd.core_dump: twice at both", site => Ospfds(site, o => o with { CoreDump = Twice(o.CoreDump) })),
        new("core dumps half as long", "M5, M7", "ospfd.core_dump: half at both", site => Ospfds(site, o => o with { CoreDump = Half(o.CoreDump) })),
        new("called's dump twice as long", "M5, M7", "called.ospfd.core_dump: twice", site => Called(site, r => r with { Ospfd = r.Ospfd with { CoreDump = Twice(r.Ospfd.CoreDump) } })),
        new("called's dump half as long", "M5, M7", "called.ospfd.core_dump: half", site => Called(site, r => r with { Ospfd = r.Ospfd with { CoreDump = Half(r.Ospfd.CoreDump) } })),
        new("one block at a time", "5.4", "count: 1 in the softc's class", site => Users(site, c => !IsSmall(c), c => c with { Count = CountRange.Fixed(1) })),
        new("three blocks at a time", "5.4", "count: 3 in the softc's class", site => Users(site, c => !IsSmall(c), c => c with { Count = CountRange.Fixed(3) })),
        new("1 free softc block", "5.4", "kernel.free_softc_blocks: 1..1", site => Kernels(site, k => k with { FreeSoftcBlocks = CountRange.Fixed(1) })),
        new("4 free softc blocks", "5.4", "kernel.free_softc_blocks: 4..4", site => Kernels(site, k => k with { FreeSoftcBlocks = CountRange.Fixed(4) })),
        new("9 free softc blocks", "5.4", "kernel.free_softc_blocks: 9..9", site => Kernels(site, k => k with { FreeSoftcBlocks = CountRange.Fixed(9) })),
        new("no small allocations", "M7", "no competitor in the class of in6_ifextra", site => Without(site, IsSmall)),
        new("static addressing", "M7", "calling.pppd.addressing: static", site => Both(site, r => r with { Pppd = r.Pppd with { Addressing = IpcpAddressing.Static } })),
        new("no RIPng on hub's Ethernet", "M7", "called.ripngd.on_ethernet: false", site => Called(site, r => r with { Ripngd = r.Ripngd with { OnEthernet = false } })),
        new("RIPng on leaf's Ethernet", "M7", "calling.ripngd.on_ethernet: true", site => Calling(site, r => r with { Ripngd = r.Ripngd with { OnEthernet = true } })),
        new("HUP exact", "M7", "hup.phase: 0s..0s, hup.jitter: 0s..0s", site => Both(site, r => r with { Hup = r.Hup with { Phase = TimeRange.Fixed(VirtualTime.Zero), Jitter = TimeRange.Fixed(VirtualTime.Zero) } })),
        new("holdoff 600 s", "M7", "calling.pppd.holdoff: 600s", site => Calling(site, r => r with { Pppd = r.Pppd with { Holdoff = VirtualTime.FromSeconds(600) } })),
        new("another group member", "M8", "group_member: 224.0.1.1", site => Both(site, r => r with { GroupMember = "224.0.1.1" })),
        new("four callers", "M10", "callers_per_answerer: 4", site => site with { CallersPerAnswerer = 4 }),
        new("release kernel", "5.5", "kernel.fill: release", site => Kernels(site, k => k with { Fill = MallocFill.Release })),
        new("DIAGNOSTIC and DEBUG", "5.5", "kernel.fill: debug", site => Kernels(site, k => k with { Fill = MallocFill.Debug })),
        new("LP64", "1.1", "kernel.abi: lp64", site => Kernels(site, k => k with { Abi = Abi.Lp64 })),
        new("static units", "control", "kernel.ppp_units: static", site => Kernels(site, k => k with { PppUnits = PppUnits.Static })),
        new("demand", "control", "pppd.demand: true", site => Both(site, r => r with { Pppd = r.Pppd with { Demand = true } })),
        new("purge-flagged", "control", "design: purge-flagged", site => site with { Design = "purge-flagged" }),
    ];

    private static SiteOptions Called(SiteOptions site, Func<RoleOptions, RoleOptions> change) => site.With(change(site.Called));

    private static SiteOptions Calling(SiteOptions site, Func<RoleOptions, RoleOptions> change) => site.With(change(site.Calling));

    private static SiteOptions Both(SiteOptions site, Func<RoleOptions, RoleOptions> change) => site.With([.. site.Roles.Select(change)]);

    private static SiteOptions Kernels(SiteOptions site, Func<KernelOptions, KernelOptions> change) => Both(site, r => r with { Kernel = change(r.Kernel) });

    private static SiteOptions Ospfds(SiteOptions site, Func<OspfdOptions, OspfdOptions> change) => Both(site, r => r with { Ospfd = change(r.Ospfd) });

    private static SiteOptions Without(SiteOptions site, Func<CompetitorOptions, bool> gone) =>
        Kernels(site, k => k with { Competitors = [.. k.Competitors.Where(c => !gone(c))] });

    private static SiteOptions Users(SiteOptions site, Func<CompetitorOptions, bool> which, Func<CompetitorOptions, CompetitorOptions> change) =>
        Kernels(site, k => k with { Competitors = [.. k.Competitors.Select(c => which(c) ? change(c) : c)] });

    private static bool IsSmall(CompetitorOptions c) => c.Bytes <= 32;

    private static bool IsJob(CompetitorOptions c) => c.Trigger == CompetitorTrigger.Background && !IsSmall(c);

    private static bool IsLogin(CompetitorOptions c) => c.Trigger == CompetitorTrigger.Login;

    private static VirtualTime Half(VirtualTime time) => new(time.Microseconds / 2);

    private static TimeRange Half(TimeRange range) => new(Half(range.Min), Half(range.Max));

    private static TimeRange Twice(TimeRange range) => new(range.Min + range.Min, range.Max + range.Max);

    private static CountRange Half(CountRange range) => new((range.Min + 1) / 2, (range.Max + 1) / 2);

    private static CountRange Twice(CountRange range) => new(range.Min * 2, range.Max * 2);

    // The others keep their order; a system without ospfd stays without.
    private static RoleOptions OspfdFirst(RoleOptions role) => role with { Daemons = [.. role.Daemons.OrderBy(static d => d switch { "zebra" => 0, "ospfd" => 1, _ => 2 })] };
}
