// Modelled from NetBSD sys/net/rtsock.c and raw_usrreq.c: a finite receive queue that silently drops (reference 7.1).
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Kernel;

public sealed partial class BsdKernel
{
    private RoutingMessage[] _rtQueue = new RoutingMessage[8];
    private int _rtHead;
    private int _rtCount;
    private int _rtBytes;
    private bool _rtOpen;

    /// <summary>Messages lost because the queue was full.</summary>
    public int RoutingMessagesLost { get; private set; }

    /// <summary>zebra's socket(PF_ROUTE).</summary>
    public void OpenRoutingSocket()
    {
        _rtOpen = true;
        _rtCount = 0;
        _rtBytes = 0;
        _rtHead = 0;
    }

    /// <summary>Whether a read would return a message.</summary>
    public bool RoutingSocketHasData => _rtCount > 0;

    /// <summary>read(2) of one message.</summary>
    public RoutingMessage ReadRoutingSocket()
    {
        RoutingMessage m = _rtQueue[_rtHead];
        _rtHead = (_rtHead + 1) % _rtQueue.Length;
        _rtCount--;
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
            RoutingMessagesLost++;
            _oracle.Probe(Kernel.Ports.Probe.RoutingMessageLost);
            if (type == RtMsg.DelAddr)
            {
                _oracle.Probe(Kernel.Ports.Probe.DelAddrLost);
            }

            return;
        }

        if (_rtCount == _rtQueue.Length)
        {
            var larger = new RoutingMessage[_rtQueue.Length * 2];
            for (int i = 0; i < _rtCount; i++)
            {
                larger[i] = _rtQueue[(_rtHead + i) % _rtQueue.Length];
            }

            _rtQueue = larger;
            _rtHead = 0;
        }

        _rtQueue[(_rtHead + _rtCount++) % _rtQueue.Length] = new RoutingMessage
        {
            Type = type, Family = family, Index = _ifs[slot].Index, Flags = _ifs[slot].Flags, Unit = _ifs[slot].Unit, Address = address, Peer = peer, Address6 = address6,
        };
        _rtBytes += SizeOf(type);
        _host.RoutingSocketReadable();
    }
}
