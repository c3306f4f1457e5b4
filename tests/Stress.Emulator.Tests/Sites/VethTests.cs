using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>Pairs of interfaces whose one end is a namespace's or a jail's, in sites.</summary>
public sealed class VethTests
{
    private static SiteOptions Jail(InterfaceTeardown teardown, string design = "netbsd-2005") => new SiteOptions
    {
        Seed = 5,
        Design = design,
        Events = [new SiteEventOptions { What = SiteEventKind.Recreate, Of = "jail", Every = VirtualTime.FromMinutes(10) }],
    }.With(
        new RoleOptions { Role = Role.Called },
        new RoleOptions
        {
            Role = Role.Calling,
            Kernel = new KernelOptions { Fill = MallocFill.Debug, FreeSoftcBlocks = CountRange.Fixed(8) },
            Pppd = new PppdOptions { Persist = true },
            Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd },
            Interfaces = [new InterfaceOptions { Name = "veth0" }, new InterfaceOptions { Name = "veth1", Peer = "veth0", Group = "jail", Teardown = teardown }],
        });

    private sealed class Lives : ISiteTrace
    {
        public List<(PointerStage Stage, string Unit)> Of { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage = PointerStage.None)
        {
        }

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public void Pointer(in PointerEvent e)
        {
            if (e.Unit.StartsWith("veth", StringComparison.Ordinal))
            {
                Of.Add((e.Stage, e.Unit.Split(' ')[0]));
            }
        }
    }

    [Fact]
    public void An_end_that_goes_takes_the_other_with_it_and_both_come_back_the_peer_first()
    {
        Site site = Site.Create(Jail(InterfaceTeardown.AtOnce), 0);
        var lives = new Lives();
        site.Trace = lives;
        for (int window = 0; window < 12; window++)
        {
            site.RunWindow();
            string[] there = [.. Enumerable.Range(0, site.Routers[1].Kernel.Interfaces.Length).Where(slot => site.Routers[1].Kernel.Interfaces[slot].Attached).Select(site.Routers[1].Kernel.NameOf)];
            Assert.True(!site.Routers[1].IsUp || there.Contains("veth0") == there.Contains("veth1"), $"window {window}: {string.Join(' ', there)}");
        }

        (PointerStage Stage, string Unit)[] whole = [.. lives.Of.Where(life => life.Stage is PointerStage.Allocated or PointerStage.Detached or PointerStage.Freed)];
        Assert.True(whole.Length > 18);
        Assert.Equal(
            [(PointerStage.Allocated, "veth0"), (PointerStage.Allocated, "veth1"), (PointerStage.Detached, "veth1"), (PointerStage.Detached, "veth0"), (PointerStage.Freed, "veth1"), (PointerStage.Freed, "veth0")], whole[..6]);
        Assert.Equal(whole[..6], whole[6..12]);
    }

    [Theory]
    [InlineData("netbsd-2005", InterfaceTeardown.AddressesFirst, true)]
    [InlineData("netbsd-2005", InterfaceTeardown.AtOnce, false)]
    [InlineData("purge-all", InterfaceTeardown.AddressesFirst, false)]
    [InlineData("index-generation", InterfaceTeardown.AddressesFirst, false)]
    [InlineData("notifier-hold", InterfaceTeardown.AddressesFirst, false)]
    public void A_jail_that_rc_stops_kills_and_a_namespace_that_ends_does_not(string design, InterfaceTeardown teardown, bool dies)
    {
        Site site = Site.Create(Jail(teardown, design), 0);
        for (int window = 0; window < 72; window++)
        {
            site.RunWindow();
        }

        Assert.True(site.DisconnectsOf(Role.Calling) > 50);
        Assert.Equal(dies, site.Crashes.Any(crash => crash.Role == Role.Calling));
    }
}
