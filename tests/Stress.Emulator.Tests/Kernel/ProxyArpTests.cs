using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;
using Xunit;

namespace Stress.Emulator.Tests.Kernel;

public class ProxyArpTests
{
    private const int EthernetSlot = 1;
    private static readonly Ipv4Address Caller = Ipv4Address.Of(192, 168, 0, 100);

    [Fact]
    public void An_entry_holds_the_Ethernet_and_never_the_unit()
    {
        var m = new Machine();
        int slot = m.Up(peer: Caller);
        m.Messages();
        Assert.True(m.K.AddProxyArp(Caller));
        Assert.Equal(m.Index(EthernetSlot), Assert.Single(m.Messages(), message => message.Type == RtMsg.Add).Index);

        m.Down(slot); // pppd that is killed leaves its entry behind

        Assert.Equal(0, m.Stale(HolderKind.ProxyIfp));
        Assert.Single(m.K.ProxyEntries.ToArray(), entry => entry.Used && entry.Host == Caller);
    }

    [Fact]
    public void An_entry_is_made_once_and_deleted_once()
    {
        var m = new Machine();

        Assert.True(m.K.AddProxyArp(Caller));
        Assert.False(m.K.AddProxyArp(Caller));
        Assert.Equal(Errno.None, m.K.DeleteProxyArp(Caller));
        Assert.Equal(Errno.ESRCH, m.K.DeleteProxyArp(Caller));
        Assert.False(m.K.AddProxyArp(Machine.Peer));
    }
}
