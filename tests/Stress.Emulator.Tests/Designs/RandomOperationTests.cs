using CsCheck;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Kern;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Tests.Kernel;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Designs;

/// <summary>Random sequences of what processes may do, over a kernel with two lines, under each teardown design.</summary>
public class RandomOperationTests
{
    private const int Operations = 24;

    private static readonly Gen<List<(int Op, int Line, int Which)>> Sequences = Gen.Select(Gen.Int[0, Operations - 1], Gen.Int[0, 1], Gen.Int[0, 5]).List[10, 80];

    private static readonly Gen<MallocFill> Fills = Gen.Enum<MallocFill>();

    private sealed class Run
    {
        private readonly Machine _m;
        private readonly int[] _units = [-1, -1];
        private readonly int[] _sockets = new int[4];

        public Run(Machine m)
        {
            _m = m;
            for (int i = 0; i < 4; i++)
            {
                Open(i);
            }
        }

        public int MostStale { get; private set; }

        private void Open(int i) => _sockets[i] = _m.K.OpenSocket(
            (PcbTable)new[] { (int)PcbTable.Raw, (int)PcbTable.Udp, (int)PcbTable.Udp6, (int)PcbTable.Raw6 }[i], new ushort[] { IpProtocol.Ospf, 123, 521, IpProtocol.Icmpv6 }[i]);

        private static Ipv4Address Local(int line) => Ipv4Address.Of(10, 0, (byte)line, 1);

        private static Ipv4Address Peer(int line) => Ipv4Address.Of(10, 0, (byte)line, 2);

        public void Step(int op, int line, int which)
        {
            Do(op, line, which);
            MostStale = Math.Max(MostStale, _m.StaleTotal());
        }

        public void End()
        {
            for (int line = 0; line < 2; line++)
            {
                Step(3, line, 0);
            }

            for (int i = 0; i < 4; i++)
            {
                _m.K.CloseSocket(_sockets[i], exiting: true);
            }

            MostStale = Math.Max(MostStale, _m.StaleTotal());
        }

        private void Do(int op, int line, int which)
        {
            var k = _m.K;
            k.EnterFromUser(KernelFunction.Syscall);
            int unit = _units[line];
            if (unit < 0 && op is not (>= 8 and <= 9 or 12 or >= 15 and <= 19))
            {
                _units[line] = _m.Up(line, Local(line), Peer(line), linkLocalFirst: which != 0);
                return;
            }

            Ipv4Address group = which switch { 0 => Machine.Ntp, 1 => Ipv4Address.Of(224, 0, 1, 2), 2 => Ipv4Address.AllDRouters, _ => Ipv4Address.AllSpfRouters };
            Ipv6Address group6 = which < 3 ? Ipv6Address.AllRipRouters : Ipv6Address.AllRouters;
            int s4 = _sockets[which & 1], s6 = _sockets[2 + (which & 1)], index = unit < 0 ? 2 : _m.Index(unit);
            switch (op)
            {
                case 0:
                case 1:
                    k.SiocDifAddr(unit, Ipv4Address.Any);
                    break;
                case 2:
                case 14:
                    k.SiocDifAddr6(unit, Machine.LocalLink);
                    break;
                case 3:
                case 20:
                    if (unit >= 0)
                    {
                        _m.Close(unit);
                        _units[line] = -1;
                    }

                    break;
                case 4:
                case 5:
                    k.IpAddMembership(s4, group, which == 5 ? new Ipv4Address((uint)index) : Local(line));
                    break;
                case 6:
                    k.IpDropMembership(s4, group, which == 4 ? Ipv4Address.Any : Local(line));
                    break;
                case 7:
                    k.IpMulticastIf(s4, which == 5 ? new Ipv4Address((uint)index) : Local(line));
                    break;
                case 8:
                    k.SendRaw(_sockets[0], Ipv4Address.AllSpfRouters, Local(line), IpProtocol.Ospf, new byte[44]);
                    break;
                case 9:
                    k.InSelectSrc(_sockets[1], Peer(line), out _);
                    break;
                case 10:
                    k.Ipv6JoinGroup(s6, group6, index);
                    break;
                case 11:
                    k.Ipv6LeaveGroup(s6, group6, index);
                    break;
                case 12:
                    k.SendUdp6(_sockets[2], group6, 521, which < 3 ? index : 2, new byte[24]);
                    break;
                case 13:
                    k.SendUdp6(_sockets[2], Machine.PeerLink, 521, index, new byte[24]);
                    break;
                case 15:
                    for (int i = 0; i < 12; i++)
                    {
                        k.EnterFromUser(KernelFunction.SoftNet);
                        k.IgmpFastTimo();
                        k.Mld6FastTimeo();
                    }

                    break;
                case 16:
                    int socket = which & 3;
                    k.CloseSocket(_sockets[socket], exiting: which > 3);
                    Open(socket);
                    break;
                case 17:
                    k.Heap.Malloc(which & 1, (BlockImage)(which % 3));
                    break;
                case 18:
                    k.IpMulticastIfReadBack(s4, out _);
                    break;
                case 19:
                    k.SendRaw(_sockets[0], Peer(line), Local(line), IpProtocol.Ospf, new byte[24]);
                    break;
                case 21:
                    InetTests.Query(_m, unit, (byte)(which * 10));
                    break;
                case 22:
                    k.SiocAifAddr(unit, Local(line), Peer(line));
                    k.EnterFromUser(KernelFunction.Syscall);
                    k.SiocAifAddr6(unit, Machine.LocalLink, 128, Machine.PeerLink);
                    break;
                case 23:
                    if (which < 2)
                    {
                        k.AddDefaultRoute(unit);
                    }
                    else if (which < 4)
                    {
                        k.DeleteDefaultRoute(unit);
                    }
                    else
                    {
                        k.Ipv6MulticastIf(s6, index);
                    }

                    break;
            }
        }
    }

    private static Run Execute(string design, MallocFill fill, List<(int Op, int Line, int Which)> steps, out Machine m)
    {
        m = new Machine(fill, freeSoftc: 2, design: design);
        var run = new Run(m);
        foreach ((int op, int line, int which) in steps)
        {
            run.Step(op, line, which);
        }

        run.End();
        return run;
    }

    // A KernelPanic, a block freed twice, a count below zero or a full call stack leaves as an exception, and CsCheck prints the seed.
    [Theory]
    [InlineData("purge-all")]
    [InlineData("epoch")]
    [InlineData("ifdetach-refcount")]
    [InlineData("notifier-hold")]
    [InlineData("purge-flagged")]
    public void With_a_purge_of_everything_no_stale_pointer_is_ever_reachable(string design) => Gen.Select(Fills, Sequences).Sample((fill, steps) =>
    {
        Run run = Execute(design, fill, steps, out Machine m);
        Assert.Equal(0, run.MostStale);

        // Only the two order traps (reference 2.3, 3.4), which no purge closes.
        Assert.DoesNotContain(m.Said, x => x.Contains("reads through stale", StringComparison.Ordinal)
            && !x.Contains("inm_rti", StringComparison.Ordinal) && !x.Contains("i6mm_maddr", StringComparison.Ordinal));
    });

    [Theory]
    [InlineData("index")]
    [InlineData("index-generation")]
    public void With_an_index_in_the_holder_no_use_ever_reaches_freed_memory(string design) => Gen.Select(Fills, Sequences).Sample((fill, steps) =>
    {
        Execute(design, fill, steps, out Machine m);
        Assert.DoesNotContain(m.Said, x => x.Contains("reads through stale", StringComparison.Ordinal)
            && !x.Contains("inm_rti", StringComparison.Ordinal) && !x.Contains("i6mm_maddr", StringComparison.Ordinal));
        if (design == "index-generation")
        {
            Assert.Equal(0, m.Counted.Counts.Aliases);
        }
    });

    [Fact]
    public void The_sequences_are_not_vacuous_the_kernel_of_2005_leaves_stale_pointers_and_panics()
    {
        int stale = 0, panics = 0, all = 0;
        Gen.Select(Fills, Sequences).Sample(
            (fill, steps) =>
            {
                Interlocked.Increment(ref all);
                try
                {
                    if (Execute("netbsd-2005", fill, steps, out _).MostStale > 0)
                    {
                        Interlocked.Increment(ref stale);
                    }
                }
                catch (KernelPanic)
                {
                    Interlocked.Increment(ref panics);
                }
            },
            iter: 200);

        Assert.True(stale > all / 20 && panics > all / 20, $"{stale} with stale pointers and {panics} panics in {all} sequences");
    }
}
