using CsCheck;
using Stress.Emulator.Designs;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.NetBsd;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

/// <summary>if_detach's walk over the routing table (reference 1.8 and 8.3, row 12).</summary>
public sealed class RouteWalkTests
{
    // A route: network, bits, whether it clones, and how many destinations are looked up in it.
    private static readonly Gen<List<(int Net, int Bits, bool Clones, int Lookups)>> Tables =
        Gen.Select(Gen.Int[0, 63], Gen.Int[14, 32], Gen.Bool, Gen.Int[0, 3]).List[0, 8];

    [Fact]
    public void Without_cloning_routes_one_walk_deletes_every_route_of_the_interface() => Tables.Sample(
        table => Assert.Equal(0, Left(table.ConvertAll(r => (r.Net, r.Bits, false, r.Lookups)), KernelSwitch.None)), iter: 2_000);

    [Fact]
    public void With_cloning_routes_a_walk_that_restarts_deletes_every_route_of_the_interface() => Tables.Sample(
        table => Assert.Equal(0, Left(table, KernelSwitch.RouteWalkRestarts)), iter: 2_000);

    [Fact]
    public void Deleting_a_cloning_route_deletes_its_clones_and_no_other_route()
    {
        var stack = new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"));
        OperationRun run = Run(stack,
            "create ppp0", "create ppp1", "addr4 ppp0 10.0.0.1 10.0.0.2", "addr4 ppp1 10.0.1.1 10.0.1.2", "up ppp0", "up ppp1", "route4 ppp0 10.8.0.0 16 clone",
            "route4 ppp1 10.8.1.0 24", "raw4 a 1", "raw4 b 1", "send4 a 10.8.0.5", "send4 b 10.8.1.5", "destroy ppp0", "send4 a 10.8.0.5", "send4 b 10.8.1.5");

        Assert.Equal("EHOSTUNREACH", run.Steps[^2].Result.Error?.Name);
        Assert.Null(run.Steps[^1].Result.Error);
        Assert.True(stack.Oracle.IsClean);
    }

    [Theory]
    [InlineData("route4 ppp0 10.8.0.0 24", "EEXIST")]
    [InlineData("route4 ppp0 10.9.0.1 32 clone", "EINVAL")]
    public void A_route_that_cannot_be_is_refused(string line, string error)
    {
        var stack = new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"));

        Assert.Equal(error, Run(stack, "create ppp0", "route4 ppp0 10.8.0.0 24", line).Steps[^1].Result.Error?.Name);
    }

    private static int Left(List<(int Net, int Bits, bool Clones, int Lookups)> table, KernelSwitch switches)
    {
        List<string> list = ["create ppp0", "addr4 ppp0 10.0.0.1 10.0.0.2", "up ppp0", "create ppp1", "addr4 ppp1 10.0.1.1 10.0.1.2", "up ppp1"];
        int sockets = 0;
        foreach ((int net, int bits, bool clones, int lookups) in table)
        {
            list.Add($"route4 ppp{net & 1} 10.{1 + (net >> 3)}.{(net & 7) * 32}.0 {bits}{(clones ? " clone" : "")}");
            for (int i = 0; i < lookups; i++)
            {
                list.Add($"raw4 s{++sockets} 1");
                list.Add($"send4 s{sockets} 10.{1 + (net >> 3)}.{(net & 7) * 32}.{(i * 77) + 1}");
            }
        }

        list.AddRange(["destroy ppp0", "send4 s1 10.1.0.9"]);
        var stack = new NetBsd2005Stack(TeardownDesigns.Named("netbsd-2005"), switches: switches);
        Run(stack, [.. sockets == 0 ? list.SkipLast(1) : list]);
        return stack.Findings().Count(f => f.Holder == HolderKind.RtEntryIfp);
    }

    private static OperationRun Run(NetBsd2005Stack stack, params string[] list) => new OperationRunner(stack).Run(OperationList.Parse(string.Join('\n', list), "x.ops"));
}
