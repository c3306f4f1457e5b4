using System.Net;
using System.Net.Sockets;
using Stress.Silo;
using Xunit;

namespace Stress.Grains.Tests;

public sealed class LoopbackPortTests
{
    [Fact]
    public void Ports_that_are_taken_at_once_differ_and_lie_outside_the_systems_own()
    {
        LoopbackPort[] ports = [.. Enumerable.Range(0, 200).AsParallel().Select(_ => LoopbackPort.Take())];
        try
        {
            Assert.Equal(200, ports.Select(port => port.Number).Distinct().Count());
            Assert.All(ports, port => Assert.InRange(port.Number, LoopbackPort.Lowest, LoopbackPort.Highest));
        }
        finally
        {
            Array.ForEach(ports, port => port.Dispose());
        }
    }

    [Fact]
    public void A_port_that_is_kept_or_that_somebody_listens_on_is_not_taken()
    {
        LoopbackPort port = LoopbackPort.Take();
        int number = port.Number;
        Assert.Throws<IOException>(() => LoopbackPort.Take(number, number));

        port.Dispose();
        using (var listener = new TcpListener(IPAddress.Loopback, number))
        {
            listener.Start();
            Assert.Throws<IOException>(() => LoopbackPort.Take(number, number));
        }

        using LoopbackPort again = LoopbackPort.Take(number, number);
        Assert.Equal(number, again.Number);
    }
}
