using CsCheck;
using Stress.Emulator.Stacks;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public class NetBsd7StackTests
{
    private static readonly string[] Up = ["raw4 o 89", "udp6 r 521", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "addr6 tun0 fe80::1 64", "up tun0"];

    [Fact]
    public void Without_the_purge_a_local_group_is_left_through_the_freed_interfaces_driver()
    {
        OperationRun run = Recordings.Run("netbsd-7", "netbsd-2005", [.. Up, "join4 o 224.0.0.5 10.0.0.1", "deladdr4 tun0 10.0.0.1", "deladdr6 tun0 fe80::1", "ifclose tun0", "destroy tun0", "close o"]);

        BadAccess access = Assert.Single(run.Stack.Oracle.Accesses);
        Assert.Equal((13, "if_mcast_op"), (access.Step, access.Function));
        Assert.False(run.Stack.Oracle.HasDied);
    }

    [Fact]
    public void Without_the_purge_an_ipv6_group_kills_the_kernel_at_close()
    {
        OperationRun run = Recordings.Run("netbsd-7", "netbsd-2005", [.. Up, "join6 r ff02::9 tun0", "deladdr6 tun0 fe80::1", "ifclose tun0", "destroy tun0", "close r", "close o"]);

        Assert.Equal("step 12 (close r): heap-use-after-free in in6_setscope (scope6.c); step 12 (close r): SEGV in in6_setscope (scope6.c)", run.Stack.Oracle.Verdict);
        Assert.Equal("END process died at step 12 (close r)", run.End);
    }

    [Fact]
    public void The_order_trap_stays_open_with_the_purge_in()
    {
        OperationRun run = Recordings.Run("netbsd-7", "purge-flagged", [.. Up, "join4 o 239.1.2.3 10.0.0.1", "ifclose tun0", "destroy tun0", "close o"]);

        Assert.Equal("step 10 (destroy tun0): heap-use-after-free in igmp_leavegroup (igmp.c)", run.Stack.Oracle.Verdict);
        Assert.Contains("router_info", run.Stack.Oracle.Accesses[0].Story);
    }

    [Fact]
    public void As_shipped_destroy_kills_the_kernel_when_an_ipv6_group_outlives_the_last_address()
    {
        string[] list = [.. Up, "join6 r ff02::9 tun0", "deladdr6 tun0 fe80::1", "ifclose tun0", "destroy tun0"];

        Assert.Equal("END process died at step 11 (destroy tun0)", Recordings.Run("netbsd-7", null, list).End);
        Assert.Equal("clean", Recordings.Run("netbsd-7", "purge-flagged", list).Stack.Oracle.Verdict);
    }

    [Fact]
    public void Two_interfaces_with_one_local_address_answer_by_the_newest()
    {
        OperationRun run = Recordings.Run(
            "netbsd-7", null, [.. Up, "create tun1", "open tun1", "addr4 tun1 10.0.0.1 10.0.2.2", "join4 o 224.0.0.5 10.0.0.1", "deladdr4 tun1 10.0.0.1", "drop4 o 224.0.0.5 10.0.0.1", "drop4 o 224.0.0.5 any"]);

        Assert.Equal("EADDRNOTAVAIL(49)", run.Steps[^2].Result.Error?.ToString());
        Assert.Equal(0, run.Steps[^1].Result.Value);
    }

    [Fact]
    public void Reports_leave_with_a_link_local_source_only()
    {
        OperationRun run = Recordings.Run("netbsd-7", null, "udp6 r 521", "create tun0", "open tun0", "addr4 tun0 10.0.0.1 10.0.0.2", "addr6 tun0 2001:db8::1 128 2001:db8::2", "join6 r ff02::9 tun0", "drain tun0", "addr6 tun0 fe80::1 64", "join6 r ff05::2 tun0", "drain tun0");

        Assert.Empty(run.Steps[6].Result.Frames);
        Assert.NotEmpty(run.Steps[9].Result.Frames);
    }

    [Fact]
    public void A_tun_device_without_an_ipv4_address_takes_packets_and_loses_them()
    {
        OperationRun run = Recordings.Run("netbsd-7", null, "udp6 r 521", "create tun0", "open tun0", "addr6 tun0 fe80::1 64", "mcif6 r tun0", "send6 r ff02::9", "drain tun0");

        Assert.Equal(0, run.Steps[^2].Result.Value);
        Assert.Empty(run.Steps[^1].Result.Frames);
    }

    private static readonly string[] Repertoire =
    [
        "create tun0", "create tun1", "open tun0", "open tun1", "addr4 tun0 10.0.0.1 10.0.0.2", "addr4 tun1 10.0.0.1 10.0.2.2", "addr6 tun0 fe80::1 64",
        "addr6 tun1 2001:db8::1 128 2001:db8::2", "up tun0", "down tun1", "mcif4 o 10.0.0.1", "mcif6 r tun0", "join4 o 224.0.0.5 10.0.0.1", "join4 o 239.1.2.3 10.0.0.1",
        "join6 r ff02::9 tun0", "join6 r ff05::2 tun1", "drop4 o 224.0.0.5 any", "drop6 r ff02::9 tun0", "send4 o 224.0.0.5", "send6 r ff02::9", "deladdr4 tun0 10.0.0.1",
        "deladdr6 tun0 fe80::1", "deladdr6 tun1 2001:db8::1", "ifclose tun0", "ifclose tun1", "destroy tun0", "destroy tun1", "index tun0", "tick 10000", "drain tun0",
    ];

    private static readonly Gen<string[]> GenList = Gen.Int[0, Repertoire.Length - 1].Select(i => Repertoire[i]).Array[0, 60];

    [Fact]
    public void With_the_purge_in_no_list_ends_with_a_dangling_interface_pointer() => GenList.Sample(list =>
    {
        StackOracle oracle = Recordings.Run("netbsd-7", "purge-flagged", ["raw4 o 89", "udp6 r 521", .. list, "close o", "close r"]).Stack.Oracle;

        // Only the order trap is left: never a read through the freed ifnet.
        Assert.DoesNotContain(oracle.Accesses, a => a.Story.StartsWith("ifnet", StringComparison.Ordinal));
        Assert.False(oracle.HasDied);
    });

    [Fact]
    public void Linux_reads_no_freed_memory_whatever_the_list() => GenList.Sample(list =>
        Assert.True(Recordings.Run("linux-6", null, ["raw4 o 89", "udp6 r 521", .. list, "close o", "close r"]).Stack.Oracle.IsClean));

    [Fact]
    public void The_same_list_gives_the_same_lines() => GenList.Sample(list =>
    {
        string[] whole = ["raw4 o 89", "udp6 r 521", .. list];
        Assert.Equal(Recordings.Run("netbsd-7", "netbsd-2005", whole).Steps.Select(s => s.ToString()), Recordings.Run("netbsd-7", "netbsd-2005", whole).Steps.Select(s => s.ToString()));
    });
}
