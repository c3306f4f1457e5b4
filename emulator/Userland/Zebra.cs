using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// zebra: reads the routing socket and tells its clients, in the order in which they connected, with one write(2) a client (reference 7.1; Quagga 0.98.2
/// zebra/kernel_socket.c, zserv.c). It never resynchronises after a lost message.
/// </summary>
public sealed class Zebra(ProcessEntry entry) : Process(entry), IZserv
{
    private struct Known
    {
        public ushort Index;
        public short Unit;
        public bool Up;
        public bool Used;
        public bool HasAddress;
        public Ipv4Address Address;
        public Ipv4Address Peer;
        public Ipv6Address LinkLocal;
    }

    private readonly Ring<ZebraMessage> _outgoing = new();
    private Known[] _interfaces = new Known[3];
    private byte[] _clients = new byte[2];
    private int _clientCount;
    private int _cursor;
    private bool _running;

    /// <summary>The process starts: opens its routing socket and asks for the interfaces there are.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _running = true;
        Kernel.OpenRoutingSocket();
        ReadOnlySpan<Ifnet> ifs = Kernel.Interfaces;
        for (int i = 0; i < ifs.Length; i++)
        {
            if (ifs[i].Attached)
            {
                Find(ifs[i].Index, ifs[i].Unit) = new Known { Index = ifs[i].Index, Unit = ifs[i].Unit, Up = (ifs[i].Flags & Iff.Up) != 0, Used = true };
            }
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        _running = false;
        _outgoing.Clear();
        _clientCount = 0;
        _cursor = 0;
        Array.Clear(_interfaces);
    }

    /// <inheritdoc/>
    public override void RoutingSocketReadable() => Wakeup();

    /// <inheritdoc/>
    public void Connect(int process)
    {
        if (!_running)
        {
            return;
        }

        if (_clientCount == _clients.Length)
        {
            Array.Resize(ref _clients, _clientCount * 2);
        }

        _clients[_clientCount++] = (byte)process;
        for (int i = 0; i < _interfaces.Length; i++)
        {
            Known k = _interfaces[i];
            if (!k.Used || k.Unit < 0)
            {
                continue;
            }

            Machine.Deliver(process, new ZebraMessage { Command = ZebraCommand.InterfaceAdd, Index = k.Index, Unit = k.Unit, Up = k.Up });
            if (k.HasAddress)
            {
                Machine.Deliver(process, new ZebraMessage { Command = ZebraCommand.AddressAdd, Index = k.Index, Unit = k.Unit, Up = k.Up, Address = k.Address, Peer = k.Peer });
            }

            if (!k.LinkLocal.IsAny)
            {
                Machine.Deliver(process, new ZebraMessage { Command = ZebraCommand.Address6Add, Index = k.Index, Unit = k.Unit, Up = k.Up, Address6 = k.LinkLocal });
            }

            if (k.Up)
            {
                Machine.Deliver(process, new ZebraMessage { Command = ZebraCommand.InterfaceUp, Index = k.Index, Unit = k.Unit, Up = true });
            }
        }
    }

    /// <inheritdoc/>
    public void Disconnect(int process)
    {
        for (int i = 0; i < _clientCount; i++)
        {
            if (_clients[i] == process)
            {
                for (int k = i + 1; k < _clientCount; k++)
                {
                    _clients[k - 1] = _clients[k];
                }

                _clientCount--;
                if (_cursor > i)
                {
                    _cursor--;
                }

                return;
            }
        }
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (!_running)
        {
            return false;
        }

        if (_outgoing.Count > 0)
        {
            if (_cursor < _clientCount)
            {
                ref readonly ZebraMessage m = ref _outgoing.Front;
                Say("write", m.Command, m.Index);
                Machine.Deliver(_clients[_cursor++], m);
                return true;
            }

            _cursor = 0;
            _outgoing.Take();
            if (_outgoing.Count > 0)
            {
                return true;
            }
        }

        if (!Kernel.RoutingSocketHasData)
        {
            return false;
        }

        Read(Kernel.ReadRoutingSocket());
        return true;
    }

    private void Read(in RoutingMessage m)
    {
        ref Known k = ref Find(m.Index, m.Unit);
        switch (m.Type)
        {
            case RtMsg.Arrival:
                k = new Known { Index = m.Index, Unit = m.Unit, Used = true, Up = (m.Flags & Iff.Up) != 0 };
                Tell(ZebraCommand.InterfaceAdd, m, k.Up);
                break;
            case RtMsg.Departure:
                if (k.Used)
                {
                    // if_delete_update refuses while zebra believes the interface up.
                    if (!k.Up)
                    {
                        Tell(ZebraCommand.InterfaceDelete, m, false);
                        k = default;
                    }
                }

                break;
            case RtMsg.IfInfo:
                bool up = (m.Flags & Iff.Up) != 0;
                if (k.Used && k.Up != up)
                {
                    k.Up = up;
                    Tell(up ? ZebraCommand.InterfaceUp : ZebraCommand.InterfaceDown, m, up);
                }

                break;
            case RtMsg.NewAddr when m.Family == BsdKernel.AfInet:
                k.HasAddress = true;
                k.Address = m.Address;
                k.Peer = m.Peer;
                Tell(ZebraCommand.AddressAdd, m, k.Up);
                break;
            case RtMsg.DelAddr when m.Family == BsdKernel.AfInet:
                if (k.HasAddress)
                {
                    k.HasAddress = false;
                    Tell(ZebraCommand.AddressDelete, m, k.Up);
                }

                break;
            case RtMsg.NewAddr when m.Address6.IsLinkLocal:
                if (k.LinkLocal != m.Address6)
                {
                    k.LinkLocal = m.Address6;
                    Tell(ZebraCommand.Address6Add, m, k.Up);
                }

                break;
            case RtMsg.DelAddr when m.Address6.IsLinkLocal:
                if (k.LinkLocal == m.Address6)
                {
                    k.LinkLocal = default;
                    Tell(ZebraCommand.Address6Delete, m, k.Up);
                }

                break;
        }
    }

    private void Tell(ZebraCommand command, in RoutingMessage m, bool up)
    {
        Say("read", command, m.Index);
        if (m.Unit >= 0)
        {
            _outgoing.Add(new ZebraMessage { Command = command, Index = m.Index, Unit = m.Unit, Up = up, Address = m.Address, Peer = m.Peer, Address6 = m.Address6 });
        }
    }

    private ref Known Find(ushort index, short unit)
    {
        for (int i = 0; i < _interfaces.Length; i++)
        {
            if (_interfaces[i].Used && _interfaces[i].Index == index)
            {
                return ref _interfaces[i];
            }
        }

        for (int i = 0; i < _interfaces.Length; i++)
        {
            if (!_interfaces[i].Used)
            {
                _interfaces[i] = new Known { Index = index, Unit = unit };
                return ref _interfaces[i];
            }
        }

        int n = _interfaces.Length;
        Array.Resize(ref _interfaces, n + 4);
        _interfaces[n] = new Known { Index = index, Unit = unit };
        return ref _interfaces[n];
    }

    /// <inheritdoc/>
    public override void Save(ImageWriter image)
    {
        _outgoing.Save(image);
        image.WriteArray<Known>(_interfaces);
        image.WriteArray<byte>(_clients.AsSpan(0, _clientCount));
        image.Write(_cursor);
        image.Write(_running);
    }

    /// <inheritdoc/>
    public override void Load(ImageReader image)
    {
        _outgoing.Load(image);
        _interfaces = image.ReadArray<Known>();
        byte[] clients = image.ReadArray<byte>();
        _clientCount = clients.Length;
        _clients = clients.Length == 0 ? new byte[2] : clients;
        _cursor = image.Read<int>();
        _running = image.Read<bool>();
    }
}
