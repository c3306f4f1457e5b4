using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

/// <summary>A bridge among the interfaces of a node, and its members.</summary>
public sealed class BridgeTests
{
    private static SiteOptions Bridged(string of, string design = "netbsd-2005") => new SiteOptions
    {
        Seed = 5,
        Design = design,
        Events = [new SiteEventOptions { What = SiteEventKind.Recreate, Of = of, Every = VirtualTime.FromMinutes(10) }],
    }.With(
        new RoleOptions { Role = Role.Called },
        new RoleOptions
        {
            Role = Role.Calling,
            Kernel = new KernelOptions { Fill = MallocFill.Debug },
            Pppd = new PppdOptions { Persist = true },
            Ospfd = new OspfdOptions { Exit = OspfdExit.AtAddressAdd },
            Interfaces =
            [
                new InterfaceOptions { Name = "bridge0" }, new InterfaceOptions { Name = "aue0", Bridge = "bridge0" }, new InterfaceOptions { Name = "veth0", Bridge = "bridge0" },
                new InterfaceOptions { Name = "veth1", Peer = "veth0", Teardown = InterfaceTeardown.AtOnce },
            ],
        });

    private static List<string> MembersOf(BsdKernel kernel)
    {
        List<string> names = [];
        foreach (ref readonly BridgeMember m in kernel.BridgeMembers)
        {
            if (m.Used)
            {
                names.Add(kernel.NameOf(Enumerable.Range(0, kernel.Interfaces.Length).Single(NamedBy(kernel, m.Ifp.Address))));
            }
        }

        names.Sort(StringComparer.Ordinal);
        return names;
    }

    private static Func<int, bool> NamedBy(BsdKernel kernel, uint address) => slot => kernel.Interfaces[slot].Attached && kernel.Interfaces[slot].Address == address;

    [Theory]
    [InlineData("bridge0")]
    [InlineData("aue0")]
    [InlineData("veth1")]
    public void Whatever_goes_and_comes_back_the_bridge_has_its_members_again(string of)
    {
        Site site = Site.Create(Bridged(of, "purge-all"), 0);
        BsdKernel kernel = site.Routers[1].Kernel;
        int whole = 0;
        for (int window = 0; window < 24; window++)
        {
            site.RunWindow();
            string[] there = [.. Enumerable.Range(0, kernel.Interfaces.Length).Where(slot => kernel.Interfaces[slot].Attached).Select(kernel.NameOf)];
            if (there.Count(name => name is "bridge0" or "aue0" or "veth0" or "veth1") == 4)
            {
                whole++;
                Assert.Equal(["aue0", "veth0"], MembersOf(kernel));
            }
        }

        Assert.True(whole > 5);
        Assert.True(site.DisconnectsOf(Role.Calling) > 10);
        Assert.Empty(site.Crashes);
    }

    [Theory]
    [InlineData("bridge0", "netbsd-2005", true)]
    [InlineData("bridge0", "purge-all", false)]
    [InlineData("bridge0", "index-generation", false)]
    [InlineData("bridge0", "notifier-hold", false)]
    [InlineData("aue0", "netbsd-2005", false)]
    [InlineData("veth1", "netbsd-2005", false)]
    public void A_bridge_that_rc_destroys_kills_and_a_member_that_leaves_it_does_not(string of, string design, bool dies)
    {
        Site site = Site.Create(Bridged(of, design), 0);
        for (int window = 0; window < 72; window++)
        {
            site.RunWindow();
        }

        Assert.True(site.DisconnectsOf(Role.Calling) > 50);
        Assert.Equal(dies, site.Crashes.Any(crash => crash.Role == Role.Calling));
    }
}
