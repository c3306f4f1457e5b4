using Stress.Emulator.Core;
using Stress.Emulator.Stacks;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

/// <summary>
/// Cells of operation, flag, state and order that no recorded list has. Their right answers are reasoned from the sources, by rules that look at nothing but what the
/// list itself did, so that the kernel and this file can only agree by both being right.
/// </summary>
public sealed class UnlistedCellTests
{
    private const int Units = 3, Groups = 3, Limit = 20;

    /// <summary>
    /// What ip_setmoptions of both vintages has to answer (reference 2.6): the interface by the newest of equal addresses or by index, whether it is up or not; EADDRINUSE
    /// before the limit of 20; a group of a dead interface is found by "any" alone, the first of the socket's records; IP_MULTICAST_IF by address or index.
    /// </summary>
    [Theory]
    [InlineData(StackCatalog.NetBsd401)]
    [InlineData(StackCatalog.NetBsd2005)]
    public void Memberships_by_address_by_index_and_by_any_over_interfaces_that_share_addresses_answer_by_the_rules_of_ip_setmoptions(string stack)
    {
        for (ulong seed = 1; seed <= 60; seed++)
        {
            var random = new RandomStream(seed, 18, RandomPurpose.Dial);
            var list = new List<string> { "raw4 o 89", "raw4 p 17" };
            var expected = new List<string?> { "0", "0" };
            var up = new List<(int Unit, int Life, uint Address)>();
            int?[] lives = new int?[Units];
            int life = 0;
            var members = new Dictionary<string, List<(string Group, int Life)>> { ["o"] = [], ["p"] = [] };
            for (int step = 0; step < 60; step++)
            {
                int unit = (int)random.Below(Units);
                uint address = 0x0A000001 + random.Below(3);
                string socket = random.Below(3) == 0 ? "p" : "o", group = $"224.0.0.{5 + random.Below(Groups)}";
                string Dotted() => new Ipv4Address(address).ToString();
                switch (random.Below(7))
                {
                    case 0 when lives[unit] is null:
                        Do($"create tun{unit}", "0");
                        Do($"open tun{unit}", "0");
                        lives[unit] = ++life;
                        break;
                    case 1 when lives[unit] is { } living && !up.Exists(a => a.Life == living && a.Address == address):
                        Do($"addr4 tun{unit} {Dotted()} 10.9.{unit}.{address & 255}", "0");
                        up.Add((unit, living, address));
                        break;
                    case 2 when lives[unit] is { } living && up.FindIndex(a => a.Life == living && a.Address == address) is >= 0 and int at:
                        Do($"deladdr4 tun{unit} {Dotted()}", "0");
                        up.RemoveAt(at);
                        break;
                    case 3 when lives[unit] is { } living && !up.Exists(a => a.Life == living):
                        // No address, no purge: the records stay, and name a life that is over. Two sockets' closes at the end release them.
                        Do($"destroy tun{unit}", "0");
                        lives[unit] = null;
                        break;
                    case 4 or 5:
                        int by = up.FindLastIndex(a => a.Address == address);
                        string joined = by < 0 ? "-1 EADDRNOTAVAIL"
                            : members[socket].Contains((group, up[by].Life)) ? "-1 EADDRINUSE"
                            : members[socket].Count == Limit ? "-1 ETOOMANYREFS" : "0";
                        Do($"join4 {socket} {group} {Dotted()}", joined);
                        if (joined == "0")
                        {
                            members[socket].Add((group, up[by].Life));
                        }

                        break;
                    case 6:
                        bool any = random.Below(2) == 0;
                        int named = any ? -1 : up.FindLastIndex(a => a.Address == address);
                        int found = !any && named < 0 ? -1 : members[socket].FindIndex(m => m.Group == group && (any || m.Life == up[named].Life));
                        Do($"drop4 {socket} {group} {(any ? "any" : Dotted())}", found < 0 ? "-1 EADDRNOTAVAIL" : "0");
                        if (found >= 0)
                        {
                            members[socket].RemoveAt(found);
                        }

                        break;
                }
            }

            OperationRun run = Recordings.Run(stack, null, [.. list]);
            if (run.Stack.Oracle.HasDied)
            {
                // A drop or close through a record of a life that is over may be the last thing that this kernel does: until then it answered.
                Assert.Equal(StackCatalog.NetBsd2005, stack);
            }

            foreach (StepResult step in run.Steps.Take(run.Steps.Count - (run.Stack.Oracle.HasDied ? 1 : 0)))
            {
                Assert.True(Said(step) == expected[step.Number - 1], $"seed {seed} step {step.Number} ({step.Operation.Text}): {Said(step)}, by the source {expected[step.Number - 1]}");
            }

            void Do(string operation, string answer)
            {
                list.Add(operation);
                expected.Add(answer);
            }
        }
    }

    /// <summary>
    /// IPv6 sends: by the way that is named (IPV6_PKTINFO, the multicast option, nothing), by what the destination is, by whether that interface has an address of its
    /// own, another has one, or nobody, and by whether it is up.
    /// </summary>
    [Theory]
    [InlineData("sendpkt6 r ff02::9 tun0", "own", true, "0")] // the interface's own address
    [InlineData("sendpkt6 r ff02::9 tun0", "other", true, "-1 EADDRNOTAVAIL")] // another's zone is another: in6_addr2scopeid, in6_setscope
    [InlineData("sendpkt6 r ff05::2 tun0", "own", true, "0")]
    [InlineData("sendpkt6 r ff05::2 tun0", "other", false, "-1 ENETDOWN")] // a wider scope has one zone: another interface's address is its source, and then the driver is down
    [InlineData("sendpkt6 r ff05::2 tun0", "own", false, "-1 ENETDOWN")] // the source is chosen before the driver is asked
    [InlineData("sendpkt6 r ff05::2 tun0", "nobody", false, "-1 EADDRNOTAVAIL")]
    [InlineData("sendpkt6 r 2001:db8:7::2 tun0", "other", true, "-1 EHOSTUNREACH")] // a source there is, a route there is not
    [InlineData("sendpkt6 r 2001:db8:1::2 tun0", "other", true, "-1 EHOSTUNREACH")] // the route leads out of the other interface
    [InlineData("sendpkt6 r 2001:db8:1::2 tun1", "other", true, "0")]
    [InlineData("sendpkt6 r 2001:db8:1::1 tun0", "other", true, "0")] // an own address is reached over lo0, which contradicts nothing
    [InlineData("sendpkt6 r ff02::9 #0", "own", true, "-1 EHOSTUNREACH")] // 0 names no interface, and there is no route to a group
    [InlineData("sendpkt6 r ff02::9 #7", "own", true, "-1 ENXIO")]
    [InlineData("send6 r ff02::9", "own", true, "-1 EHOSTUNREACH")]
    [InlineData("send6 r 2001:db8:1::2", "other", true, "0")]
    [InlineData("send6 r 2001:db8:1::1", "other", true, "0")]
    public void A_send_over_IPv6_answers_by_its_way_its_destination_the_addresses_and_the_interface(string send, string whose, bool isUp, string expected)
    {
        string[] list =
        [
            "udp6 r 521", "create tun0", "open tun0", "create tun1", "open tun1",
            .. whose == "own" ? ["addr6 tun0 fe80::1 64", "addr6 tun0 2001:db8:0::1 128 2001:db8:0::2"] : Array.Empty<string>(),
            .. whose == "other" ? ["addr6 tun1 2001:db8:1::1 128 2001:db8:1::2", "addr6 tun1 fe80::2 64", "up tun1"] : Array.Empty<string>(),
            .. isUp && whose == "own" ? ["up tun0"] : Array.Empty<string>(),
            send,
        ];

        OperationRun run = Recordings.Run(StackCatalog.NetBsd401, null, list);

        Assert.Equal(expected, Said(run.Steps[^1]));
    }

    /// <summary>The same peer or the same address on two interfaces, added, deleted and added again: rtinit's EEXIST and in6_unlink_ifa.</summary>
    [Fact]
    public void A_peers_host_route_is_one_whoever_asks_for_it_and_an_address_that_could_not_have_it_is_not_there()
    {
        OperationRun run = Recordings.Run(
            StackCatalog.NetBsd401, null,
            "create tun0", "open tun0", "create tun1", "open tun1", "udp6 r 521",
            "addr6 tun0 2001:db8::1 128 2001:db8::2", // 6
            "addr6 tun0 2001:db8::1 128 2001:db8::2", // 7: its own route is there
            "addr6 tun1 2001:db8::5 128 2001:db8::2", // 8: the other's route is there
            "deladdr6 tun1 2001:db8::5", // 9: so it was never added
            "deladdr6 tun0 2001:db8::1", // 10: it was there, whatever the second time answered
            "addr6 tun1 2001:db8::5 128 2001:db8::2", // 11: the route is free
            "addr6 tun0 2001:db8::1 128"); // 12: without a peer there is none to ask for

        Assert.Equal(["0", "-1 EEXIST", "-1 EEXIST", "-1 EADDRNOTAVAIL", "0", "0", "0"], run.Steps.Skip(5).Select(Said));
    }

    private static string Said(StepResult step) => step.Result.Error is null ? "0" : $"{step.Result.Value} {step.Result.Error.Name}";
}
