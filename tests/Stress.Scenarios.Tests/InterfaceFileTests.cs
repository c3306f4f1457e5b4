using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Xunit;

namespace Stress.Scenarios.Tests;

/// <summary>Interfaces without a line in scenario files.</summary>
public sealed class InterfaceFileTests
{
    private const string Jail = "roles:\n  - role: calling\n    interfaces:\n      - {name: aue0, down: 3s}\n      - {name: vlan0, parent: aue0, group: jail}\n      - {name: gif0, tunnel: 10.0.0.1, other_mtu: 1000}\n      - {name: lo1, teardown: at-once}\n";

    [Fact]
    public void Interfaces_are_read_and_written_as_they_were_read()
    {
        Scenario s = ScenarioLoader.Parse("events:\n  - {what: recreate, of: jail, to: all, every: 1h}\n" + Jail, "s.yaml");

        Assert.Equal(["aue0", "vlan0", "gif0", "lo1"], s.Site.Roles[1].Interfaces.Select(i => i.Name));
        Assert.Equal((InterfaceTeardown.AtOnce, 1000, "jail"), (s.Site.Roles[1].Interfaces[3].Teardown, s.Site.Roles[1].Interfaces[2].OtherMtu, s.Site.Roles[1].Interfaces[1].Group));
        Assert.Equal([false, true, true, false], s.Site.Roles[1].Interfaces.Select(i => i.TakesAddressesFirst));
        Assert.Contains(("roles.calling.interfaces.vlan0", "parent aue0, teardown usual, down 5s..30s, other_mtu 1280, discovery false, redial 5s..30s, group jail", ""), s.Options());
        foreach (string text in new[] { ScenarioWriter.Write(s), ScenarioWriter.WriteShort(s) })
        {
            Scenario again = ScenarioLoader.Parse(text, "s.yaml");
            Assert.Equal(s.Site.Roles[1].Interfaces, again.Site.Roles[1].Interfaces);
            Assert.Equal(s.Site.Events, again.Site.Events);
        }
    }

    [Fact]
    public void The_second_end_of_a_pair_names_the_first_and_is_written_as_it_was_read()
    {
        Scenario s = ScenarioLoader.Parse("roles:\n  - role: calling\n    interfaces:\n      - {name: veth0}\n      - {name: veth7, peer: veth0, group: jail}\n", "s.yaml");

        Assert.Equal([("veth0", ""), ("veth7", "veth0")], s.Site.Roles[1].Interfaces.Select(i => (i.Name, i.Peer)));
        Assert.Equal(s.Site.Roles[1].Interfaces, ScenarioLoader.Parse(ScenarioWriter.Write(s), "s.yaml").Site.Roles[1].Interfaces);
    }

    [Fact]
    public void A_member_names_its_bridge_and_is_written_as_it_was_read()
    {
        Scenario s = ScenarioLoader.Parse("roles:\n  - role: calling\n    interfaces:\n      - {name: bridge0}\n      - {name: aue0, bridge: bridge0}\n", "s.yaml");

        Assert.Equal([("bridge0", ""), ("aue0", "bridge0")], s.Site.Roles[1].Interfaces.Select(i => (i.Name, i.Bridge)));
        Assert.Equal(s.Site.Roles[1].Interfaces, ScenarioLoader.Parse(ScenarioWriter.Write(s), "s.yaml").Site.Roles[1].Interfaces);
    }

    [Theory]
    [InlineData("      - {name: eth0}\n", 4, "roles.calling.interfaces.name", "vlan0, gif0, lo1, aue0")]
    [InlineData("      - {name: bridge0}\n      - {name: lo1, bridge: bridge0}\n", 5, "roles.calling.interfaces.bridge", "bridge of an aue or a veth alone")]
    [InlineData("      - {name: aue0, bridge: bridge0}\n      - {name: bridge0}\n", 4, "roles.calling.interfaces.bridge", "a bridge that is there before it")]
    [InlineData("      - {name: aue0}\n      - {name: aue1, bridge: aue0}\n", 5, "roles.calling.interfaces.bridge", "a bridge that is there before it")]
    [InlineData("      - {parent: ne0}\n", 4, "roles.calling.interfaces.name", "vlan0, gif0, lo1, aue0")]
    [InlineData("      - {name: lo1}\n      - {name: lo1}\n", 5, "roles.calling.interfaces.name", "a name of its own")]
    [InlineData("      - {name: vlan0, parent: aue0}\n      - {name: aue0}\n", 4, "roles.calling.interfaces.parent", "an Ethernet that is there before it: ne0")]
    [InlineData("      - {name: lo1, parent: aue0}\n", 4, "roles.calling.interfaces.parent", "parent of a vlan or a pppoe alone")]
    [InlineData("      - {name: gif0}\n", 4, "roles.calling.interfaces.tunnel", "the IPv4 address that the tunnel leads to")]
    [InlineData("      - {name: vlan0, tunnel: 10.0.0.1}\n", 4, "roles.calling.interfaces.tunnel", "tunnel of a gif alone")]
    [InlineData("      - {name: vlan0, other_mtu: 100}\n", 4, "roles.calling.interfaces.other_mtu", "576")]
    [InlineData("      - {name: vlan0, up: 3s}\n", 4, "roles.calling.interfaces.up", "name, parent, bridge, peer, tunnel, teardown, down, other_mtu, discovery, redial, group")]
    [InlineData("      - {name: vlan0, discovery: true}\n", 4, "roles.calling.interfaces.discovery", "discovery of a pppoe alone")]
    [InlineData("      - {name: vlan0}\nevents:\n  - {what: destroy, of: vlan1, every: 1s}\n", 6, "events.of", "all, called, calling, vlan0")]
    [InlineData("      - {name: veth0}\n", 4, "roles.calling.interfaces.peer", "a further veth with peer: veth0")]
    [InlineData("      - {name: veth0}\n      - {name: veth1, peer: veth0}\n      - {name: veth2}\n", 4, "roles.calling.interfaces.peer", "a further veth with peer: veth2")]
    [InlineData("      - {name: veth0, peer: veth1}\n      - {name: veth1}\n", 4, "roles.calling.interfaces.peer", "a veth that is there before it and is the end of no other")]
    [InlineData("      - {name: veth0}\n      - {name: veth1, peer: veth0}\n      - {name: veth2, peer: veth0}\n", 6, "roles.calling.interfaces.peer", "a veth that is there before it and is the end of no other")]
    [InlineData("      - {name: veth0}\n      - {name: veth1, peer: veth0}\n      - {name: veth2, peer: veth1}\n", 6, "roles.calling.interfaces.peer", "a veth that is there before it and is the end of no other")]
    [InlineData("      - {name: lo1}\n      - {name: veth0, peer: lo1}\n", 5, "roles.calling.interfaces.peer", "a veth that is there before it")]
    [InlineData("      - {name: veth0}\n      - {name: lo1, peer: veth0}\n", 5, "roles.calling.interfaces.peer", "peer of a veth alone")]
    public void What_is_no_interface_is_refused_with_file_line_field_and_what_is_accepted(string interfaces, int line, string field, string accepted) =>
        Refusals.Of("roles:\n  - role: calling\n    interfaces:\n" + interfaces, line, field, accepted);

    [Fact]
    public void An_event_of_interfaces_wants_interfaces() => Refusals.Of("events:\n  - {what: recreate, every: 1h}\n", 2, "events.what", "roles with interfaces");

    [Fact]
    public void A_role_has_so_many_interfaces_and_no_more() =>
        Refusals.Of("roles:\n  - role: calling\n    interfaces:\n" + string.Concat(Enumerable.Range(0, InterfaceOptions.MostOfRole + 1).Select(n => $"      - {{name: vlan{n}}}\n")), 36, "roles.calling.interfaces", "at most 32");
}
