using Stress.Dial.Calls;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Dial.Tests;

public class LinkTrafficTests
{
    [Fact]
    public void The_Hello_of_a_call_carries_no_mask_as_on_every_point_to_point_link()
    {
        var traffic = new LinkTraffic(new CallOptions(), 0, new RandomStream(1, 1, RandomPurpose.Ripngd), new DialCounters());
        traffic.Ipv4Up(Ipv4Address.Of(10, 0, 0, 2), VirtualTime.Zero);
        Assert.True(traffic.TakeDue(VirtualTime.FromSeconds(1), out _, out ReadOnlySpan<byte> packet));
        Assert.Equal(WireError.None, Ipv4Header.TryParse(packet, out Ipv4Header header));
        Assert.Equal(WireError.None, OspfHello.TryParse(header.Payload(packet), out OspfHello hello));
        Assert.Equal((Ipv4Address.Any, (ushort)10, 40u), (hello.NetworkMask, hello.HelloIntervalSeconds, hello.DeadIntervalSeconds));
    }
}
