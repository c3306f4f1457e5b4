using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;

namespace Stress.Scenarios;

/// <summary>A field of the format, for people and for editors.</summary>
/// <param name="Path">Where it stands, as <c>roles[].kernel.fill</c>; <c>[]</c> is an item of a list.</param>
/// <param name="Accepts">What it accepts, in words.</param>
/// <param name="Default">Its value if no file gives one; empty for none.</param>
/// <param name="Meaning">What it does, in a sentence.</param>
public sealed record ScenarioField(string Path, string Accepts, string Default, string Meaning);

/// <summary>
/// The format as a list of fields (docs/scenarios.md) and as a JSON schema (scenario.schema.json). Names, limits and defaults are derived from the option records; only the
/// meanings are here, except those of a daemon's options, which are next to the options.
/// </summary>
public static class ScenarioReference
{
    private const string TimePattern = "[0-9]+(us|ms|s|min|h|d)";
    private const string AddressPattern = "[0-9]{1,3}(\\.[0-9]{1,3}){3}";
    private const string RoleAccepted = "called, calling, or a label of the network's nodes";
    private const string PercentPattern = "[0-9]*\\.?[0-9]+";

    private static readonly Dictionary<string, string> Meanings = new(StringComparer.Ordinal)
    {
        ["name"] = "Short name, shown with every result.",
        ["description"] = "What the scenario is for.",
        ["include"] = "Another file in the same folder, read first; this file's fields override it. Not accepted from the network.",
        ["backend"] = "What executes the sites: emulated kernels, or real Linux kernels as User-Mode Linux (docs/guests.md).",
        ["fault"] = "With backend: uml, a fault that both kernels were built with (./stress kernel build --faults) and that is switched on.",
        ["pairs"] = "Calling and called lines of the run.",
        ["hours"] = "Virtual time of the run.",
        ["seed"] = "Every random draw comes from it: the same seed gives the same run.",
        ["design"] = "Teardown design: what holders store, and what detach and address removal purge.",
        ["callers_per_answerer"] = "Modems of the answering system, each with its own caller.",
        ["sites"] = "For networks: how many of them the run has, each a site of its own.",
        ["network"] = "Sites that are networks of a shape (docs/networks.md). Nodes are labelled by the shape: called and calling (pair), hub and leaf (star), root, branch and leaf (tree), inner and edge (grid), router (ring, mesh, random); a label that no node has is dropped.",
        ["network.shape"] = "How the nodes are connected.",
        ["network.nodes"] = "Nodes, of every shape but pair and grid. A hub, and a node of a mesh, has a port for each other node.",
        ["network.width"] = "Columns of a grid.",
        ["network.height"] = "Rows of a grid.",
        ["network.branches"] = "Branches of each node of a tree.",
        ["network.links"] = "Links of a random network: at least one fewer than its nodes.",
        ["network.seed"] = "What a random network is drawn from, apart from the run's seed.",
        ["nodes"] = "Sites that are networks, node by node; with links.",
        ["nodes[].name"] = "The node's name, which links and reports call it by.",
        ["nodes[].role"] = "Its label: options, counts and rates go by it.",
        ["nodes[].address"] = "Address of its Ethernet, which is its OSPF router ID.",
        ["links"] = "The links between the nodes. All nodes of a site are connected.",
        ["links[].called"] = "The node that answers.",
        ["links[].calling"] = "The node that calls.",
        ["links[].kind"] = "What carries its frames.",
        ["links[].addresses"] = "IPv4 addresses of its ends, the called one first.",
        ["links[].group"] = "What it shares with other links, such as a cable tray.",
        ["segments"] = "Ethernet segments besides the links: what one station's Ethernet sends, all others receive.",
        ["segments[].name"] = "Its name, which events call it by.",
        ["segments[].stations"] = "The nodes whose Ethernet is on it, each on at most one segment. Those without an address get addresses of one net, 192.168.n.1 and so on, where n is the first one's number.",
        ["segments[].down"] = "How long a cable that an event pulls out stays out.",
        ["segments[].querier"] = "The station that asks the others for their groups: IGMPv2 (RFC 2236) and MLD (RFC 2710). Nobody does by default, and members then do not heed each other's reports.",
        ["segments[].query_interval"] = "From one general query to the next; a quarter of it between the first two.",
        ["segments[].query_response"] = "Within which members report after a general query.",
        ["segments[].snooping"] = "Its switch snoops (RFC 4541): a frame to a group reaches the stations that have reported it, and the querier. Without a querier the switch forgets all groups.",
        ["segments[].dad"] = "Duplicate address detection of its stations goes over it: addresses are tentative for two seconds, and one that another station has is a duplicate. By default nothing is sent, and addresses are used at once.",
        ["segments[].same_ethernet"] = "Stations whose NICs have the Ethernet address of the first of them, and with it its interface identifier, as cloned machines have. By default each has its own.",
        ["segments[].interface"] = "Which interface of each station is on it: ne0, which exists from boot on, or a plugged-in interface of the role, such as aue0; that one gets 10.208.s.1 and so on, where s is the segment's number.",
        ["window"] = "Virtual time of one unit of work.",
        ["roles"] = "The two ends of the line, or the labels of a network's nodes. An item sets only the fields it names.",
        ["roles[].role"] = "Which end, or which label. Each may occur once.",
        ["roles[].like"] = "Another role whose options this one starts from: one before it, or one of the included file.",
        ["roles[].name"] = "A name for people.",
        ["roles[].kernel"] = "Configuration of an emulated kernel; with backend: uml the name or key of a real one, the newest if no name is given.",
        ["roles[].kernel.abi"] = "Width of pointers, which determines the offsets of the fields that decide outcomes (reference 1.1).",
        ["roles[].kernel.fill"] = "What malloc writes into freed memory: the list link only, DIAGNOSTIC's first 32 bytes, or DEBUG's whole block (reference 5.5).",
        ["roles[].kernel.ppp_units"] = "Cloned units (from 2004-12-05) are created and destroyed with each call; static ones are never freed (reference 5.1).",
        ["roles[].kernel.routing_socket_bytes"] = "Receive queue of a routing socket, in bytes; messages beyond it are dropped (reference 7.1).",
        ["roles[].kernel.ppp_mtu"] = "MTU of a ppp unit, in bytes.",
        ["roles[].kernel.free_softc_blocks"] = "Free blocks in the size class of the ppp softc after boot: the number of requests before a freed one is handed out again (reference 5.4).",
        ["roles[].kernel.free_small_blocks"] = "Free blocks in the size class of in6_ifextra after boot.",
        ["roles[].kernel.competitors"] = "Other users of kernel memory, with their own timing (reference 5.4). A list here replaces an included one.",
        ["roles[].kernel.competitors[].name"] = "A name of its own, for people.",
        ["roles[].kernel.competitors[].bytes"] = "Requested size; the class is the next power of two.",
        ["roles[].kernel.competitors[].trigger"] = "When it allocates: on its own, at a login, at a connection attempt, or when a link has gone down.",
        ["roles[].kernel.competitors[].count"] = "Blocks at a time, which a process holds together.",
        ["roles[].kernel.competitors[].times"] = "How often it does so, one after another: the calls, or the processes, of a job.",
        ["roles[].kernel.competitors[].every"] = "Mean interval; needed for background, and for nothing else.",
        ["roles[].kernel.competitors[].hold"] = "How long before the blocks are freed; 0s for at once, before anything else happens; never for kept.",
        ["roles[].kernel.competitors[].content"] = "What it writes into them, which is what a stale pointer then reads.",
        ["roles[].pppd"] = "pppd's options (reference 6).",
        ["roles[].pppd.persist"] = "Redial after a link has ended.",
        ["roles[].pppd.holdoff"] = "Wait before a redial.",
        ["roles[].pppd.max_fail"] = "Attempts without success before pppd gives up; 0 for never.",
        ["roles[].pppd.default_route"] = "Set a default route; removing it widens the gap in which ospfd's drop can still find the address (reference 8.4 M1).",
        ["roles[].pppd.proxy_arp"] = "Answer ARP for the peer on the Ethernet, by a published entry. It has an effect only if the peer's address is in the Ethernet's network, as a caller's then is; removing the entry widens the gap as default_route does (reference 6.4).",
        ["roles[].pppd.demand"] = "Keep the unit across redials, so that nothing is detached (reference 5.2).",
        ["roles[].pppd.addressing"] = "Whether the caller asks for its IPv4 address; decides whether IPCP or IPV6CP finishes first (reference 6.6).",
        ["roles[].pppd.script"] = "Running time of ip-up, ip-down and the IPv6 scripts.",
        ["roles[].pppd.require"] = "What this end asks the other to authenticate itself with, as pppd's require-pap and require-chap do. The other end always agrees.",
        ["roles[].pppd.lcp_echo_interval"] = "Interval of LCP echo requests; 0s is off.",
        ["roles[].pppd.lcp_echo_failure"] = "Unanswered echo requests that end the link.",
        ["roles[].pppd.lcp_restart"] = "Time until LCP repeats a request; it must be longer than the round trip if the other end treats each repeat as a new negotiation.",
        ["roles[].pppd.lcp_max_configure"] = "LCP requests without an answer before the link is given up.",
        ["roles[].pppd.ipcp_max_failure"] = "Naks of IPCP, sent or received, before an option is rejected or given up; a peer that is slow to learn its addresses needs more.",
        ["roles[].pppd.ipcp_restart"] = "Time until IPCP repeats a request; longer than the round trip, as lcp_restart.",
        ["roles[].pppd.ipcp_max_configure"] = "IPCP requests without an answer before it is given up.",
        ["roles[].pppd.ipv6cp_restart"] = "Time until IPV6CP repeats a request; longer than the round trip, as lcp_restart.",
        ["roles[].pppd.pap_restart"] = "Time until PAP repeats a request.",
        ["roles[].pppd.chap_restart"] = "Time until CHAP repeats a challenge.",
        ["roles[].pppd.silent"] = "LCP sends nothing until the other end has begun. Not at both ends.",
        ["roles[].pppd.passive"] = "LCP keeps waiting for the other end after its own requests have gone unanswered.",
        ["roles[].pppd.receive_all"] = "Accept unescaped control characters, whatever the map says. Matters in dial and answer; the emulated line adds none.",
        ["roles[].pppd.asyncmap"] = "Control characters that the other end must escape, bit n for character n.",
        ["roles[].daemons"] = "Daemons in the order of their start; zebra serves its clients in the order in which they connected.",
        ["roles[].hup"] = "The programme of HUP signals that cron sends to pppd.",
        ["roles[].hup.enabled"] = "Whether there is one.",
        ["roles[].hup.every"] = "Its period.",
        ["roles[].hup.phase"] = "Where in the period the signal falls: the offset of the systems' clocks, drawn once per router.",
        ["roles[].hup.jitter"] = "How late cron's job runs, drawn for each signal.",
        ["roles[].term"] = "The programme of TERM signals that cron sends to pppd: as HUP, but pppd does not redial, and exits.",
        ["roles[].term.enabled"] = "Whether there is one.",
        ["roles[].term.every"] = "Its period.",
        ["roles[].term.phase"] = "Where in the period the signal falls, drawn once per router.",
        ["roles[].term.jitter"] = "How late cron's job runs, drawn for each signal.",
        ["roles[].term.started_again"] = "From pppd's exit until it is started again at the calling end; never if it is not.",
        ["roles[].kernel.forwarding"] = "Packets for others are forwarded by the kernel's table: net.inet.ip.forwarding and net.inet6.ip6.forwarding.",
        ["roles[].kernel.pfil_hooks"] = "options PFIL_HOOKS, which GENERIC has: a pppoe interface hears that its Ethernet is detached. A kernel without it leaves the session with its pointer, and its timer with the session.",
        ["roles[].kernel.tcp_keepidle"] = "net.inet.tcp.keepidle: how long a TCP connection with SO_KEEPALIVE is silent before its peer is asked. The sysctl counts half seconds.",
        ["roles[].kernel.accept_rtadv"] = "A host that listens to Router Advertisements: net.inet6.ip6.accept_rtadv with forwarding off (reference 8.3, row 11).",
        ["roles[].rtadvd"] = "rtadvd towards the other end of each line, and how often the known routers are listed.",
        ["roles[].rtadvd.interval"] = "MaxRtrAdvInterval (RFC 4861, 6.2.1); 0s if no rtadvd runs.",
        ["roles[].rtadvd.lifetime"] = "AdvDefaultLifetime: how long a host keeps the router in its list; at most 65,535 s.",
        ["roles[].rtadvd.listed"] = "How often ndp -r and ndp -p are run on this system; 0s for never.",
        ["roles[].datagrams"] = "A program that sends datagrams: large ones over IPv6 to the other end of each line, which makes fragments (reference 8.3, row 14), or over IPv4 through the network or to a group.",
        ["roles[].datagrams.interval"] = "Time between two; 0s for none.",
        ["roles[].datagrams.datagram_bytes"] = "Bytes of each, the header of UDP apart; over IPv4 1472 at most.",
        ["roles[].ssh"] = "sshd, and somebody who logs in to the other end of a line, types now and then and is silent in between; TCP with SO_KEEPALIVE at both ends.",
        ["roles[].ssh.listens"] = "sshd listens at port 22, over IPv4 and IPv6.",
        ["roles[].ssh.login"] = "How long somebody who is not logged in waits before he tries, and tries again; 0s for nobody.",
        ["roles[].ssh.family"] = "ipv6: to the link-local address at the other end of a line. ipv4: to the address that IPCP gave it.",
        ["roles[].ssh.typing"] = "From one thing that is typed to the next.",
        ["roles[].ssh.typed_bytes"] = "Bytes of each, which the other end sends back.",
        ["roles[].datagrams.to"] = "far-end: to the link-local address at the other end of each line, over IPv6. network: to another node's Ethernet, drawn for each, over IPv4, wherever routes lead. group: to the role's group_member, over IPv4, on the segment that the node is at.",
        ["roles[].interfaces"] = "Interfaces without a line that rc creates at boot, and on which programmes of events act (docs/networks.md): daemons of the system run on them as on ppp units. A list here replaces an included one.",
        ["roles[].interfaces[].name"] = "Driver and number, as ifconfig names it: a vlan, a gif (tunnel), a further loopback, an aue (a USB Ethernet, which is pulled out), a pppoe (a session of PPP over Ethernet), a veth (one end of a pair), a bridge.",
        ["roles[].interfaces[].parent"] = "For a vlan or a pppoe: the Ethernet that it is on, ne0 or an aue before it. Interfaces on one that is pulled out go with it, and come back with it.",
        ["roles[].interfaces[].bridge"] = "For an aue or a veth: the bridge that it is a member of, which is before it in the list. A member that goes leaves its bridge, and is added again when it is back.",
        ["roles[].interfaces[].peer"] = "For the second end of a veth pair: the first, which is before it in the list. Both are created together, and whichever is taken away, the other goes with it.",
        ["roles[].interfaces[].tunnel"] = "For a gif: the IPv4 address that it leads to, reached by whatever route and interface lead there.",
        ["roles[].interfaces[].teardown"] = "What happens before it is destroyed: its addresses are removed and it is set down, as rc does, or nothing; usual is the former, or the latter for one that is pulled out.",
        ["roles[].interfaces[].down"] = "How long it is gone before a programme creates it again.",
        ["roles[].interfaces[].other_mtu"] = "The MTU that it has, in bytes, after every other event of what: mtu.",
        ["roles[].interfaces[].discovery"] = "For a pppoe: the session comes up by discovery (RFC 2516), and the interface stays when its Ethernet goes. Otherwise the session exists at once, and goes with the Ethernet.",
        ["roles[].interfaces[].redial"] = "How long after the kernel has taken a session down (a PADT, or its Ethernet was detached) until it is set up again.",
        ["roles[].interfaces[].group"] = "A name shared with interfaces that go together, such as a jail; programmes refer to it.",
        ["roles[].concentrator"] = "The access concentrator that answers the discovery of the role's pppoe interfaces, behind those of their Ethernets that are on no segment.",
        ["roles[].concentrator.answer"] = "From a PADI or a PADR until its answer arrives.",
        ["roles[].concentrator.unanswered_per_thousand"] = "PADIs and PADRs per thousand that get no answer.",
        ["roles[].concentrator.session"] = "How long a session lasts until the concentrator ends it with a PADT; 0s if it never does.",
        ["roles[].borrowed_address"] = "The ppp local address is the Ethernet's (reference 8.4 M2).",
        ["roles[].group_member"] = "A group outside 224.0.0/24 that another process is a member of (reference 8.4 M8).",
        ["roles[].reboot"] = "From a panic until the daemons run again.",
        ["line"] = "The telephone line and its modems.",
        ["line.bit_rate"] = "Bits per second; a byte takes ten.",
        ["line.delay"] = "One-way delay, drawn for each call.",
        ["line.dial_time"] = "Dialling, ringing and training.",
        ["line.login_time"] = "From carrier to pppd's start on the called system: getty's prompt, name, password, the login shell.",
        ["line.failed_dial_time"] = "The whole of an attempt that ends without carrier.",
        ["line.training_failures_per_thousand"] = "Attempts per thousand in which training fails.",
        ["line.carrier_detect"] = "From DTR low at one end to loss of carrier at the other.",
        ["line.noise_per_million_frames"] = "Frames per million that noise corrupts.",
        ["line.carrier_loss_every"] = "Mean time between carrier losses of the line itself; 0s for never.",
        ["events"] = "Programmes of events that affect links and nodes, each drawn from the seed (docs/networks.md). A list here replaces an included one, and a file with other nodes drops it.",
        ["events[].what"] = "A link loses carrier; a node is switched off and boots again as after a panic; HUP goes to all pppds of a node; an interface of roles[].interfaces is destroyed, created, destroyed and created again after its down, renumbered, or gets its other MTU.",
        ["events[].of"] = "What it affects: all, a label, a node by its name (for links, those at it), a group of links or interfaces, the segment of stations, or the name of interfaces.",
        ["events[].to"] = "To one of them, drawn for each event, or to all at once.",
        ["events[].pattern"] = "At fixed intervals, or independently of each other.",
        ["events[].every"] = "Interval between two events; the mean one if they are random.",
        ["events[].phase"] = "When the first interval begins, drawn once per site.",
        ["events[].spread"] = "Delay after the event until each link, node or interface is affected, drawn for each.",
        ["expect"] = "Bands that the result must lie in; a run that misses one exits with 1. A list here replaces an included one.",
        ["expect[].path"] = "What is counted: a code path, stale pointers, aliases, pairs that crashed in their first hour, or one crash title.",
        ["expect[].role"] = "The end, or the label, it is counted at; all if not given.",
        ["expect[].design"] = "The design it holds for; that of expect_design if not given.",
        ["expect[].percent"] = "Per cent of disconnects (of sites for first_crash_within_hour), ends included. Met when the 95 % interval lies inside, not met when it lies outside, too few to say otherwise; a single number is about the count, and judged as it is.",
        ["expect_reached"] = "Probes that the run must reach. A list here replaces an included one.",
        ["expect_design"] = "The design that expect and expect_reached were written for; another one that is run (--design, compare) is judged by what it must end. any: they hold for every design.",
        ["expect_nothing"] = "Why nothing can happen, in a scenario in which no link is ever lost on purpose: the run then exits with 0, and with 1 when a link is lost. Without it such a run is not decided and exits with 5.",
        ["reported"] = "Figures from elsewhere, shown next to the measured ones. A list here replaces an included one.",
        ["reported[].path"] = "The code path.",
        ["reported[].role"] = "The end it was reported for.",
        ["reported[].percent"] = "The figure.",
        ["sources"] = "Where each value comes from: a field path, as roles.called.kernel.fill, to a text such as the mail, reference 5.4, fitted or inferred. Each path must name a field.",
    };

    /// <summary>Every field, in the order of the format.</summary>
    public static IEnumerable<ScenarioField> Fields()
    {
        var defaults = new Scenario();
        foreach (string field in ScenarioLoader.TopFields)
        {
            switch (field)
            {
                case "pairs":
                    yield return Field(field, $"a whole number from 1 to {ScenarioLoader.MaxPairs}", ScenarioFields.SpellScalar(defaults.Pairs)!);
                    break;
                case "hours":
                    yield return Field(field, $"a number of hours above 0 and up to {ScenarioLoader.MaxHours}, or a time with a unit, as 36h", ScenarioFields.SpellScalar(defaults.Duration)!);
                    break;
                case "seed":
                    yield return Field(field, ScenarioFields.Accepts(typeof(ulong), field), ScenarioFields.SpellScalar(defaults.Seed)!);
                    break;
                case "design":
                    yield return Field(field, Designs, defaults.Site.Design);
                    break;
                case "roles":
                    yield return Field(field, "a list of maps, each with a role");
                    yield return Field("roles[].role", RoleAccepted + " (needed)");
                    yield return Field("roles[].like", "a role");
                    foreach (ScenarioField x in Of("roles[].", PairTopology.Roles[0]))
                    {
                        yield return x;
                    }

                    break;
                case "line":
                    yield return Field(field, "a map");
                    foreach (ScenarioField x in Of("line.", defaults.Site.Line))
                    {
                        yield return x;
                    }

                    break;
                case "sites":
                    yield return Field(field, $"a whole number from 1 to {ScenarioLoader.MaxPairs}", "1");
                    break;
                case "network":
                    yield return Field(field, "a map");
                    foreach (ScenarioField x in Of("network.", new NetworkOptions()))
                    {
                        yield return x.Path == "network.shape" ? x with { Accepts = x.Accepts + " (needed)", Default = "" } : x;
                    }

                    break;
                case "nodes":
                    yield return Field(field, $"a list of 2 to {ScenarioFields.MaxNodes} maps");
                    yield return Field("nodes[].name", "a name (needed)");
                    yield return Field("nodes[].role", $"a label, of which a scenario has up to {Topology.MaxLabels} (needed)");
                    yield return Field("nodes[].address", "an IPv4 address, as 192.0.2.1", "192.168.n.1 of node n");
                    break;
                case "links":
                    yield return Field(field, $"a list of up to {ScenarioFields.MaxLinks} maps, up to {Topology.MaxPorts} at a node");
                    yield return Field("links[].called", "the name of a node (needed)");
                    yield return Field("links[].calling", "the name of a node (needed)");
                    yield return Field("links[].kind", string.Join(", ", LinkKind.Known.Select(k => k.Name)), LinkKind.Modem.Name);
                    yield return Field("links[].addresses", "a list of two IPv4 addresses", "10.0.n.1 and 10.0.n.2 of link n");
                    yield return Field("links[].group", "a name");
                    break;
                case "segments":
                    yield return Field(field, "a list of maps, besides nodes and links");
                    yield return Field("segments[].name", "a name (needed)");
                    yield return Field("segments[].stations", $"a list of 2 to {EthernetSegment.MaxStations} names of nodes (needed)");
                    yield return Field("segments[].down", "a time or a range of times, as 200ms..2s", ScenarioFields.SpellScalar(new PlannedSegment("", []).Down)!);
                    yield return Field("segments[].querier", "the name of one of its stations");
                    yield return Field("segments[].query_interval", "a time, more than query_response", ScenarioFields.SpellScalar(new QuerierOptions().Interval)!);
                    yield return Field("segments[].query_response", "a time, 100ms to 25500ms", ScenarioFields.SpellScalar(new QuerierOptions().Response)!);
                    yield return Field("segments[].snooping", "true, false", "false");
                    yield return Field("segments[].dad", "true, false", "false");
                    yield return Field("segments[].same_ethernet", "a list of two or more of its stations");
                    yield return Field("segments[].interface", "ne0, or the name of an interface that is plugged in, as aue0", InterfaceOptions.Ethernet);
                    break;
                case "callers_per_answerer" or "window":
                    yield return Of("", defaults.Site).First(x => x.Path == field);
                    break;
                case "events":
                    yield return Field(field, "a list of maps");
                    foreach (ScenarioField x in Of("events[].", new SiteEventOptions()))
                    {
                        yield return x.Path is "events[].what" or "events[].every" ? x with { Accepts = x.Accepts + " (needed)", Default = "" }
                            : x.Path == "events[].of" ? x with { Accepts = "all, a label, the name of a node, of links and interfaces a group, the name of a segment, or the name of an interface" } : x;
                    }

                    break;
                case "expect":
                    yield return Field(field, "a list of maps");
                    yield return Field("expect[].path", string.Join(", ", ScenarioLoader.Paths) + ", or an exact crash title (needed)");
                    yield return Field("expect[].role", RoleAccepted);
                    yield return Field("expect[].design", "a design");
                    yield return Field("expect[].percent", "a per cent or a band, as 70..80 (needed)");
                    break;
                case "reported":
                    yield return Field(field, "a list of maps");
                    yield return Field("reported[].path", "text (needed)");
                    yield return Field("reported[].role", RoleAccepted);
                    yield return Field("reported[].percent", "a per cent (needed)");
                    break;
                case "backend":
                    yield return Field(field, string.Join(", ", ScenarioLoader.Backends), defaults.Backend);
                    break;
                case "fault":
                    yield return Field(field, "the name of a fault");
                    break;
                case "include":
                    yield return Field(field, "the name of a file in the same folder");
                    break;
                case "expect_reached":
                    yield return Field(field, "a list of probes: " + string.Join(", ", Probes));
                    break;
                case "expect_design":
                    yield return Field(field, $"{Scenario.AnyDesign}, {Designs}", "the scenario's design");
                    break;
                case "sources":
                    yield return Field(field, "a map of field paths to texts");
                    break;
                default:
                    yield return Field(field, "text");
                    break;
            }
        }
    }

    /// <summary>The list of fields as a Markdown table.</summary>
    public static string Table()
    {
        var table = new StringBuilder("| field | accepted | default | meaning |\n|---|---|---|---|\n");
        foreach (ScenarioField f in Fields())
        {
            table.Append(CultureInfo.InvariantCulture, $"| `{f.Path}` | {f.Accepts} | {f.Default} | {f.Meaning} |\n");
        }

        return table.ToString();
    }

    /// <summary>
    /// The format as a JSON schema (draft 2020-12), for editors. The loader has the last word: it also refuses what a schema cannot express, such as a time out of range, and it
    /// accepts a number in quotes.
    /// </summary>
    public static string Schema()
    {
        var defaults = new Scenario();
        return Document("Stress scenario", "A run as a file describes it. The reference is docs/scenarios.md; the loader has the last word.", Map(
            [],
            ScenarioLoader.TopFields.Select(field => (field, Described(field, field switch
            {
                "pairs" => Whole(1, ScenarioLoader.MaxPairs),
                "hours" => Either(new JsonObject { ["type"] = "number", ["exclusiveMinimum"] = 0, ["maximum"] = ScenarioLoader.MaxHours }, Pattern(TimePattern)),
                "seed" => Whole(0, ulong.MaxValue),
                "design" => Words(TeardownDesigns.All.Select(d => d.Name)),
                "roles" => List(Map(
                    ["role"],
                    [("role", Described("roles[].role", Label())), ("like", Described("roles[].like", Label())), .. Properties("roles[].", PairTopology.Roles[0])]),
                    max: Topology.MaxLabels),
                "sites" => Whole(1, ScenarioLoader.MaxPairs),
                "network" => Map([], Properties("network.", new NetworkOptions())),
                "nodes" => List(Map(["name", "role"], TopologyLoader.NodeFields.Select(f => (f, Described($"nodes[].{f}", f == "address" ? Pattern(AddressPattern) : Label())))), ScenarioFields.MaxNodes),
                "links" => List(Map(["called", "calling"], TopologyLoader.LinkFields.Select(f => (f, Described($"links[].{f}", f switch
                {
                    "kind" => Words(LinkKind.Known.Select(k => k.Name)),
                    "addresses" => List(Pattern(AddressPattern), 2),
                    _ => Label(),
                })))), ScenarioFields.MaxLinks),
                "segments" => List(Map(["name", "stations"], TopologyLoader.SegmentFields.Select(f => (f, Described($"segments[].{f}", f switch
                {
                    "stations" => List(Label(), EthernetSegment.MaxStations),
                    "down" => Scalar(typeof(TimeRange), "segments.down"),
                    "snooping" or "dad" => Scalar(typeof(bool), $"segments.{f}"),
                    "same_ethernet" => List(Label(), EthernetSegment.MaxStations),
                    "query_interval" or "query_response" => Scalar(typeof(VirtualTime), $"segments.{f}"),
                    _ => Label(),
                }))))),
                "line" => Map([], Properties("line.", defaults.Site.Line)),
                "events" => List(Map(["what", "every"], Properties("events[].", new SiteEventOptions()))),
                "backend" => Words(ScenarioLoader.Backends),
                "callers_per_answerer" => Scalar(typeof(int), field),
                "window" => Scalar(typeof(VirtualTime), field),
                "expect" => List(Map(["path", "percent"], ScenarioLoader.ExpectFields.Select(f => (f, Described($"expect[].{f}", Judged(f, band: true)))))),
                "reported" => List(Map(["path", "percent"], ScenarioLoader.ReportedFields.Select(f => (f, Described($"reported[].{f}", Judged(f, band: false)))))),
                "expect_reached" => List(Words(Probes)),
                "expect_design" => Words([Scenario.AnyDesign, .. TeardownDesigns.All.Select(d => d.Name)]),
                "expect_nothing" => new JsonObject { ["type"] = "string", ["minLength"] = 1 },
                "include" => new JsonObject { ["type"] = "string", ["pattern"] = "^[^/\\\\:]+$" },
                "sources" => new JsonObject { ["type"] = "object", ["additionalProperties"] = new JsonObject { ["type"] = "string" } },
                _ => new JsonObject { ["type"] = "string" },
            })))));
    }

    // A schema as a file: its title, and its root map.
    internal static string Document(string title, string description, JsonObject map)
    {
        map.Insert(0, "description", description);
        map.Insert(0, "title", title);
        map.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        return map.ToJsonString(new JsonSerializerOptions { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) + "\n";
    }

    private static string Designs => string.Join(", ", TeardownDesigns.All.Select(d => d.Name));

    private static IEnumerable<string> Probes => Enumerable.Range(0, ProbeNames.Count).Select(i => ProbeNames.Of((Probe)i));

    // A daemon's options describe themselves.
    private static readonly Dictionary<string, string> MeaningsOfDaemons = OfDaemons().ToDictionary(static m => m.Path, static m => m.Meaning, StringComparer.Ordinal);

    private static IEnumerable<(string Path, string Meaning)> OfDaemons() =>
        from daemon in ScenarioFields.Properties(typeof(RoleOptions))
        let about = daemon.PropertyType.GetCustomAttribute<DescriptionAttribute>()
        where about is not null
        from meaning in ScenarioFields.Properties(daemon.PropertyType)
            .Select(p => (Path: $".{ScenarioFields.FieldName(p.Name)}", p.GetCustomAttribute<DescriptionAttribute>()?.Description))
            .Prepend((Path: "", about.Description))
        where meaning.Description is not null
        select ($"roles[].{ScenarioFields.FieldName(daemon.Name)}{meaning.Path}", meaning.Description);

    private static string? MeaningOf(string path) => Meanings.GetValueOrDefault(path) ?? MeaningsOfDaemons.GetValueOrDefault(path);

    private static ScenarioField Field(string path, string accepts, string standard = "") =>
        new(path, accepts, standard, MeaningOf(path) ?? throw new InvalidOperationException($"the field {path} has no meaning in {nameof(ScenarioReference)}"));

    private static IEnumerable<ScenarioField> Of(string prefix, object record)
    {
        foreach (PropertyInfo p in ScenarioFields.Properties(record.GetType()).Where(p => p.PropertyType != typeof(Role) && p.PropertyType != typeof(RoleSet)))
        {
            string name = ScenarioFields.FieldName(p.Name), path = prefix + name;
            object? value = p.GetValue(record);
            if (value is IReadOnlyList<CompetitorOptions>)
            {
                yield return Field(path, "a list of maps");
                foreach (ScenarioField x in Of(path + "[].", ScenarioLoader.Competitor))
                {
                    // What a competitor must be given has no default.
                    yield return x.Path.EndsWith(".name", StringComparison.Ordinal) || x.Path.EndsWith(".bytes", StringComparison.Ordinal)
                        ? x with { Accepts = x.Accepts + " (needed)", Default = "" } : x;
                }
            }
            else if (value is IReadOnlyList<InterfaceOptions>)
            {
                yield return Field(path, $"a list of up to {InterfaceOptions.MostOfRole} maps");
                foreach (ScenarioField x in Of(path + "[].", ScenarioLoader.Interface))
                {
                    yield return x.Path.EndsWith(".name", StringComparison.Ordinal) ? x with { Accepts = ScenarioLoader.InterfaceNames + " (needed)", Default = "" } : x;
                }
            }
            else if (value is IReadOnlyList<string> words)
            {
                yield return Field(path, $"a list of {string.Join(", ", ScenarioLoader.Daemons)}", string.Join(", ", words));
            }
            else if (p.PropertyType == typeof(string))
            {
                yield return Field(path, name switch { "group_member" => "an IPv4 multicast group, as 224.0.1.1", "design" => Designs, _ => "text" }, (string?)value ?? "");
            }
            else if (value is not null && ScenarioFields.SpellScalar(value) is { } text)
            {
                yield return Field(path, ScenarioFields.Accepts(p.PropertyType, name), ScenarioFields.Scalar(p.PropertyType, name, text) is null ? "" : text);
            }
            else
            {
                yield return Field(path, path == "roles[].kernel" ? "a map, or a name" : "a map");
                foreach (ScenarioField x in Of(path + ".", value!))
                {
                    yield return x;
                }
            }
        }
    }

    internal static IEnumerable<(string, JsonObject)> Properties(string prefix, object record)
    {
        foreach (PropertyInfo p in ScenarioFields.Properties(record.GetType()).Where(p => p.PropertyType != typeof(Role)))
        {
            string name = ScenarioFields.FieldName(p.Name), path = prefix + name;
            object? value = p.GetValue(record);
            JsonObject schema = value switch
            {
                IReadOnlyList<CompetitorOptions> => List(Map(["name", "bytes"], Properties(path + "[].", ScenarioLoader.Competitor))),
                IReadOnlyList<InterfaceOptions> => List(Map(["name"], Properties(path + "[].", ScenarioLoader.Interface)), InterfaceOptions.MostOfRole),
                IReadOnlyList<string> => new JsonObject { ["type"] = "array", ["uniqueItems"] = true, ["items"] = Words(ScenarioLoader.Daemons) },
                not null when ScenarioFields.SpellScalar(value) is null && value is not string => Map([], Properties(path + ".", value)),
                _ => Scalar(p.PropertyType, name),
            };
            if (path == "roles[].kernel")
            {
                schema["type"] = new JsonArray("object", "string");
            }

            yield return (name, Described(path, schema));
        }
    }

    private static JsonObject Scalar(Type type, string field)
    {
        (long min, long max) = ScenarioFields.Limit(field);
        return type == typeof(bool) ? new JsonObject { ["type"] = "boolean" }
            : type == typeof(int) ? Whole(min, (ulong)max)
            : type == typeof(uint) ? Either(Whole(0, 99_999_999), Pattern("(0[xX])?[0-9a-fA-F]{1,8}"))
            : type == typeof(VirtualTime) ? Pattern(TimePattern)
            : type == typeof(TimeRange) ? Pattern($"{TimePattern}(\\.\\.{TimePattern})?{(ScenarioFields.TakesNever(field) ? "|never" : "")}")
            : type == typeof(CountRange) ? Either(Whole(0, ScenarioFields.MaxCount), Pattern("[0-9]+\\.\\.[0-9]+"))
            : type.IsEnum ? Words(ScenarioFields.Values(type).Select(ScenarioFields.Spell))
            : field == "group_member" ? Pattern("2(2[4-9]|3[0-9])(\\.[0-9]{1,3}){3}")
            : new JsonObject { ["type"] = "string" };
    }

    // A label belongs to the file's own nodes: a schema cannot know which there are.
    private static JsonObject Label() => Pattern($"[0-9A-Za-z_.-]{{1,{TopologyLoader.MaxName}}}");

    private static JsonObject Judged(string field, bool band)
    {
        var percent = new JsonObject { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 100 };
        return field switch
        {
            "role" => Label(),
            "design" => Words(TeardownDesigns.All.Select(d => d.Name)),
            "percent" => band ? Either(percent, Pattern($"{PercentPattern}\\.\\.{PercentPattern}")) : percent,
            _ => new JsonObject { ["type"] = "string", ["minLength"] = 1 },
        };
    }

    private static JsonObject Described(string path, JsonObject schema)
    {
        schema.Insert(0, "description", MeaningOf(path) ?? throw new InvalidOperationException($"the field {path} has no meaning in {nameof(ScenarioReference)}"));
        return schema;
    }

    internal static JsonObject Whole(long min, ulong max) => new() { ["type"] = "integer", ["minimum"] = min, ["maximum"] = max };

    internal static JsonObject Pattern(string pattern) => new() { ["type"] = "string", ["pattern"] = $"^({pattern})$" };

    internal static JsonObject Words(IEnumerable<string> words) => new() { ["enum"] = new JsonArray([.. words.Select(w => (JsonNode)w)]) };

    private static JsonObject Either(JsonObject a, JsonObject b) => new() { ["anyOf"] = new JsonArray(a, b) };

    internal static JsonObject List(JsonObject items, int? max = null)
    {
        var list = new JsonObject { ["type"] = "array", ["items"] = items };
        if (max is { } most)
        {
            list["maxItems"] = most;
        }

        return list;
    }

    internal static JsonObject Map(string[] needed, IEnumerable<(string Name, JsonObject Schema)> fields)
    {
        var properties = new JsonObject();
        foreach ((string name, JsonObject schema) in fields)
        {
            properties[name] = schema;
        }

        var map = new JsonObject { ["type"] = "object", ["additionalProperties"] = false };
        if (needed.Length > 0)
        {
            map["required"] = new JsonArray([.. needed.Select(n => (JsonNode)n)]);
        }

        map["properties"] = properties;
        return map;
    }
}
