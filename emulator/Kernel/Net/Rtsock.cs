// Modelled from NetBSD sys/net/rtsock.c and raw_usrreq.c: a finite receive queue that silently drops (reference 7.1).
using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private readonly Ring<RoutingMessage> _rtQueue = new();
    private int _rtBytes;
    private bool _rtOpen;
    private int _rtLost;

    /// <summary>Messages lost because the queue was full.</summary>
    public int RoutingMessagesLost => _rtLost;

    [KernelState]
    private void RtsockFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _rtQueue.Fields(ref pass);
        pass.Field(ref _rtBytes);
        pass.Field(ref _rtOpen);
        pass.Field(ref _rtLost);
    }

    /// <summary>zebra's socket(PF_ROUTE).</summary>
    public void OpenRoutingSocket()
    {
        _rtOpen = true;
        _rtQueue.Clear();
        _rtBytes = 0;
    }

    /// <summary>Its last close: the queue is discarded, and later messages of the kernel reach nobody.</summary>
    public void CloseRoutingSocket()
    {
        OpenRoutingSocket();
        _rtOpen = false;
    }

    /// <summary>Whether a read would return a message.</summary>
    public bool RoutingSocketHasData => _rtQueue.Count > 0;

    /// <summary>read(2) of one message.</summary>
    public RoutingMessage ReadRoutingSocket()
    {
        RoutingMessage m = _rtQueue.Take();
        _rtBytes -= SizeOf(m.Type);
        return m;
    }

    private static int SizeOf(RtMsg type) => type switch
    {
        RtMsg.Arrival or RtMsg.Departure => 24,
        RtMsg.IfInfo => 152,
        RtMsg.NewAddr or RtMsg.DelAddr => 84,
        _ => 140,
    };

    private void RtMessage(RtMsg type, int slot, byte family = 0, Ipv4Address address = default, Ipv4Address peer = default, Ipv6Address address6 = default)
    {
        if (!_rtOpen)
        {
            return;
        }

        if (_rtBytes + SizeOf(type) > _options.RoutingSocketBytes)
        {
            _rtLost++;
            _oracle.Probe(Kernel.Ports.Probe.RoutingMessageLost);
            if (type == RtMsg.DelAddr)
            {
                _oracle.Probe(Kernel.Ports.Probe.DelAddrLost);
            }

            return;
        }

        ref readonly Ifnet ifp = ref _ifs[slot];
        _rtQueue.Add(new RoutingMessage
        {
            Type = type, Family = family, Index = ifp.Index, Flags = ifp.Flags, Unit = ifp.Unit, Address = address, Peer = peer, Address6 = address6,
        });
        _rtBytes += SizeOf(type);
        _host.RoutingSocketReadable();
    }
}
