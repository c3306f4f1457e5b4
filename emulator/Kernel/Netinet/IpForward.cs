// Modelled from NetBSD sys/netinet/ip_input.c (ip_forward) and in.c's in_canforward: ipforward_rt, the route that was looked up for the last packet.
using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private short _ipForwardRt = -1;
    private Ipv6Address _ipForwardDestination;

    [KernelState]
    private void IpForwardFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Field(ref _ipForwardRt, initial: (short)-1);
        pass.Struct(ref _ipForwardDestination);
    }

    // ip_forward: a packet for another host. ICMP is not modelled: a packet that cannot be forwarded is counted, and its sender is not told.
    private void IpForward(in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        using Frame frame = Enter(KernelFunction.IpForward);
        if (!CanForward(ip.Destination) || ip.TimeToLive <= 1)
        {
            Counters.NotForwarded++;
            return;
        }

        // The last packet's route, unless it leads elsewhere. RTF_UP is not checked here, and rt_ifp is compared with rcvif without being followed.
        Ipv6Address key = Key(ip.Destination);
        if (_ipForwardRt >= 0 && _ipForwardDestination != key)
        {
            IpForwardFree();
        }

        if (_ipForwardRt < 0)
        {
            _ipForwardRt = (short)RtAlloc(AfInet, key);
            _ipForwardDestination = key;
        }

        if (_ipForwardRt < 0)
        {
            Counters.NotForwarded++;
            return;
        }

        frame.Then(KernelFunction.IpOutput);
        Counters.NotForwarded += IpOutputForwarded(ip, packet) == Errno.None ? 0 : 1;
    }

    // ip_output with ipforward_rt: a route that is down is freed, and looked up once more.
    private Errno IpOutputForwarded(in Ipv4Header ip, ReadOnlySpan<byte> packet)
    {
        if (!_routes[_ipForwardRt].Up)
        {
            IpForwardFree();
            _ipForwardRt = (short)RtAlloc(AfInet, _ipForwardDestination);
            if (_ipForwardRt < 0)
            {
                return Errno.EHOSTUNREACH;
            }
        }

        int slot = RouteSlot(_ipForwardRt, UseSite.IpOutput, within: null, out Errno error);
        if (slot < 0)
        {
            return error;
        }

        if (packet.Length > _ifs[slot].Mtu)
        {
            return Errno.EMSGSIZE;
        }

        if (LeadsOut(slot))
        {
            Counters.Forwarded++;
            return Errno.None;
        }

        Span<byte> copy = stackalloc byte[packet.Length];
        packet.CopyTo(copy);
        copy[8]--;
        copy[10] = copy[11] = 0;
        BinaryPrimitives.WriteUInt16BigEndian(copy[10..], InternetChecksum.Of(copy[..ip.HeaderLength]));
        error = IfOutput(slot, PppProtocol.Ipv4, copy, _ipForwardRt);
        Counters.Forwarded += error == Errno.None ? 1 : 0;
        return error;
    }

    private void IpForwardFree()
    {
        RtFree(_ipForwardRt);
        _ipForwardRt = -1;
    }

    // in_canforward: neither a group, nor a network of class A whose number is 0 or the loopback's.
    private static bool CanForward(Ipv4Address a) => a.Value >> 28 < 0xE && a.Value >> 24 is not (0 or 127);

    /// <summary>rt_ifp of the route that ip_forward keeps.</summary>
    internal static void WalkIpForwardRt(BsdKernel kernel, ref HolderVisitor visitor)
    {
        if (kernel._ipForwardRt >= 0)
        {
            visitor.Visit(HolderKind.IpForwardRtIfp, kernel._routes[kernel._ipForwardRt].Ifp, !kernel._routes[kernel._ipForwardRt].Up);
        }
    }
}
