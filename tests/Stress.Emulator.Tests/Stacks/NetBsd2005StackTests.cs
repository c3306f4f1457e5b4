using Stress.Emulator.Designs;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Stress.Tests.Shared;
using Xunit;

namespace Stress.Emulator.Tests.Stacks;

public sealed class NetBsd2005StackTests
{
    [Theory]
    [InlineData("membership-crash.ops", "in_delmulti: stale in_multi.inm_ifp (no AF_INET address at if_detach)")]
    [InlineData("in6-selecthlim-crash.ops", "in6_selecthlim: stale in6p_route.ro_rt->rt_ifp (no AF_INET6 address at if_detach)")]
    public void Each_of_the_mails_crashes_is_a_list_of_at_most_twelve_operations(string file, string title)
    {
        IReadOnlyList<Operation> operations = List(file);
        var stack = new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"));
        OperationRun run = new OperationRunner(stack).Run(operations);

        Assert.True(operations.Count <= 12, $"{operations.Count} operations");
        Assert.True(stack.Oracle.HasDied);
        Assert.Equal(operations.Count, run.Steps.Count);
        Assert.Equal(title, stack.Title.ToString());
    }

    [Theory]
    [InlineData("membership-crash.ops")]
    [InlineData("in6-selecthlim-crash.ops")]
    public void Every_complete_design_survives_both_lists(string file)
    {
        foreach (string design in (string[])["purge-all", "purge-last-address", "purge-flagged", "ifdetach-refcount", "epoch", "index", "index-generation", "notifier-hold", "psref"])
        {
            var stack = new NetBsd2005Stack(TeardownDesigns.Named(design));
            new OperationRunner(stack).Run(List(file));

            Assert.False(stack.Oracle.HasDied, $"{design}: {stack.Oracle.Verdict}");
        }
    }

    [Fact]
    public void Validating_routes_closes_the_cached_route_and_leaves_the_membership()
    {
        var route = new NetBsd2005Stack(TeardownDesigns.Named("route-validate"));
        new OperationRunner(route).Run(List("in6-selecthlim-crash.ops"));
        var membership = new NetBsd2005Stack(TeardownDesigns.Named("route-validate"));
        new OperationRunner(membership).Run(List("membership-crash.ops"));

        Assert.False(route.Oracle.HasDied);
        Assert.True(membership.Oracle.HasDied);
    }

    private static IReadOnlyList<Operation> List(string file)
    {
        string path = Repository.At("scenarios", "ops", file);
        return OperationList.Parse(File.ReadAllText(path), path);
    }
}
