using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Emulator.Tests.Sites;

public class SignalTests
{
    private const int CalledRouter = 0, CallingRouter = 1;

    private sealed class Listener : ISiteTrace
    {
        public List<(int Router, string Text)> Said { get; } = [];

        public void Step(long number, VirtualTime at, int router, TraceSource source, string text, PointerStage stage) => Said.Add((router, text));

        public void Frame(VirtualTime at, int link, int from, ReadOnlySpan<byte> frame)
        {
        }

        public int Times(int router, string text) => Said.Count(s => s.Router == router && s.Text.StartsWith(text, StringComparison.Ordinal));
    }

    // One TERM, ten minutes after the start; an hour of virtual time.
    private static (Site Site, Listener Trace) Run(TimeRange startedAgain, PppdOptions? called = null, PppdOptions? calling = null, VirtualTime? every = null)
    {
        var role = new RoleOptions { Role = Role.Called, Daemons = [], Pppd = called ?? new PppdOptions() };
        Site site = Site.Create(
            new SiteOptions
            {
                Seed = 5, Window = VirtualTime.FromMinutes(60),
                Roles = new(role, role with
                {
                    Role = Role.Calling,
                    Pppd = calling ?? new PppdOptions { Persist = true, DefaultRoute = true },
                    Term = new TermOptions { Enabled = true, Every = every ?? VirtualTime.FromMinutes(45), StartedAgain = startedAgain },
                }),
            },
            0);
        var trace = new Listener();
        site.Trace = trace;
        site.RunWindow();
        return (site, trace);
    }

    private static Pppd PppdOf(Site site) => (Pppd)site.Routers[CallingRouter].Processes.PortOwners[0];

    private static int Units(Site site, int router)
    {
        int units = 0;
        foreach (ref readonly var x in site.Routers[router].Kernel.Interfaces)
        {
            units += x.Attached && x.Unit >= 0 ? 1 : 0;
        }

        return units;
    }

    [Fact]
    public void SIGTERM_takes_the_link_down_and_pppd_exits_with_persist_too()
    {
        (Site site, Listener trace) = Run(TimeRange.Fixed(VirtualTime.Never));

        Assert.Equal(1, trace.Times(CallingRouter, "SIGTERM: terminating the link"));
        Assert.Equal(1, trace.Times(CallingRouter, "exit: asked to"));
        Assert.Equal(PppdPhase.Dead, PppdOf(site).Phase);
        Assert.DoesNotContain("chat: dialling", trace.Said.Select(s => s.Text).SkipWhile(text => text != "exit: asked to"));
        Assert.Equal((1, 1), (site.Routers[CalledRouter].Counters.Disconnects, site.Routers[CallingRouter].Counters.Disconnects));
        Assert.Equal((0, 0), (Units(site, CalledRouter), Units(site, CallingRouter)));
    }

    [Fact]
    public void Whoever_watches_pppd_starts_a_new_one()
    {
        (Site site, Listener trace) = Run(TimeRange.Seconds(60, 60));

        Assert.Equal(1, trace.Times(CallingRouter, "pppd is started again"));
        Assert.True(site.Routers[CallingRouter].Counters.Redials >= 2);
        Assert.Equal(PppdPhase.Running, PppdOf(site).Phase);
    }

    [Fact]
    public void SIGTERM_ends_a_holdoff_without_a_redial()
    {
        // Attempts fail at once when nobody answers in time: pppd is in its holdoff when the signal comes.
        (Site site, Listener trace) = Run(
            TimeRange.Fixed(VirtualTime.Never), calling: new PppdOptions { Persist = true, Holdoff = VirtualTime.FromMinutes(30) }, every: VirtualTime.FromMilliseconds(100));

        Assert.Equal(0, trace.Times(CallingRouter, "SIGTERM: terminating the link"));
        Assert.Equal(PppdPhase.Dead, PppdOf(site).Phase);
        Assert.Equal(0, site.Routers[CallingRouter].Counters.Redials);
    }

    [Fact]
    public void A_unit_that_demand_kept_goes_with_its_pppd()
    {
        (Site site, _) = Run(TimeRange.Fixed(VirtualTime.Never), calling: new PppdOptions { Persist = true, Demand = true });

        Assert.Equal(PppdPhase.Dead, PppdOf(site).Phase);
        Assert.Equal(0, Units(site, CallingRouter));
    }

    [Fact]
    public void A_published_entry_names_the_Ethernet_and_goes_before_the_address()
    {
        (Site site, Listener trace) = Run(TimeRange.Fixed(VirtualTime.Never), called: new PppdOptions { ProxyArp = true });

        List<string> called = [.. trace.Said.Where(s => s.Router == CalledRouter).Select(s => s.Text)];
        int add = called.IndexOf("RTM_ADD proxy ARP"), delete = called.IndexOf("RTM_DELETE proxy ARP"), address = called.IndexOf("SIOCDIFADDR");
        Assert.True(0 <= add && add < delete && delete < address, string.Join("; ", called));
        Assert.DoesNotContain(site.Routers[CalledRouter].Kernel.ProxyEntries.ToArray(), entry => entry.Used);
    }

    [Fact]
    public void Nobody_answers_ARP_for_an_address_that_is_not_of_the_Ethernets_net()
    {
        // The calling system's far end is 10.0.0.1.
        (_, Listener trace) = Run(TimeRange.Fixed(VirtualTime.Never), calling: new PppdOptions { Persist = true, ProxyArp = true });

        Assert.Equal(1, trace.Times(CallingRouter, "Cannot determine ethernet address for proxy ARP"));
        Assert.Equal(0, trace.Times(CallingRouter, "RTM_DELETE proxy ARP"));
    }
}
