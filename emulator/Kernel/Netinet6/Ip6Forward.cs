// Modelled from NetBSD sys/netinet6/ip6_input.c and ip6_forward.c: ip6_forward_rt, the route that was looked up for the last packet.
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private const int HopLimitAt = 7;
    private short _ip6ForwardRt = -1;
    private Ipv6Address _ip6ForwardDestination;

    [KernelState]
    private void Ip6ForwardFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _ip6ForwardRt, initial: (short)-1);
        pass.Struct(ref _ip6ForwardDestination);
    }

    // ip6_forward: a packet for another host. ICMPv6 is not modelled: a packet that cannot be forwarded is counted, and its sender is not told.
    private void Ip6Forward(in Ipv6Header ip, ReadOnlySpan<byte> packet)
    {
        using Frame frame = Enter(KernelFunction.Ip6Forward);
        bool fits = !ip.Destination.IsMulticast && !ip.Destination.IsLinkLocal && !ip.Destination.IsLoopback && !ip.Source.IsLinkLocal && !ip.Source.IsAny && ip.HopLimit > 1;
        Counters.NotForwarded += fits && Ip6Forwarded(ip.Destination, packet) == Errno.None ? 0 : 1;
    }

    private Errno Ip6Forwarded(Ipv6Address destination, ReadOnlySpan<byte> packet)
    {
        // The last packet's route is reused if it is up and leads there (ip6s_forward_cachehit).
        if (_ip6ForwardRt >= 0 && (!_routes[_ip6ForwardRt].Up || _ip6ForwardDestination != destination))
        {
            RtFree(_ip6ForwardRt);
            _ip6ForwardRt = -1;
        }

        if (_ip6ForwardRt < 0)
        {
            _ip6ForwardRt = (short)RtAlloc(AfInet6, destination);
            _ip6ForwardDestination = destination;
        }

        if (_ip6ForwardRt < 0)
        {
            return Errno.EHOSTUNREACH;
        }

        int slot = RouteSlot(_ip6ForwardRt, UseSite.Ip6Output, within: null, out Errno error);
        if (slot < 0)
        {
            return error;
        }

        if (packet.Length > _ifs[slot].Mtu)
        {
            return Errno.EMSGSIZE;
        }

        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        copy[HopLimitAt]--;
        error = IfOutput(slot, PppProtocol.Ipv6, copy, _ip6ForwardRt);
        Counters.Forwarded += error == Errno.None ? 1 : 0;
        return error;
    }

    /// <summary>rt_ifp of the route that ip6_forward keeps.</summary>
    internal static void WalkIp6ForwardRt(BsdKernel kernel, ref HolderVisitor visitor)
    {
        if (kernel._ip6ForwardRt >= 0)
        {
            visitor.Visit(HolderKind.Ip6ForwardRtIfp, kernel._routes[kernel._ip6ForwardRt].Ifp, !kernel._routes[kernel._ip6ForwardRt].Up);
        }
    }
}
