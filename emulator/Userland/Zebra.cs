using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// zebra: reads the routing socket and tells its clients, in the order in which they connected, with one write(2) a client (reference 7.1; Quagga 0.98.2
/// zebra/kernel_socket.c, zserv.c). It never resynchronises after a lost message. Routes of its clients go into its RIB and from there into the kernel.
/// </summary>
/// <param name="entry">Its entry in the table.</param>
/// <param name="installs">A client has routes: if none does, there is no RIB.</param>
public sealed class Zebra(ProcessEntry entry, bool installs = false) : Process(entry), IZserv
{
    private struct Known : ITableRow<Known>, IInterfaceRow
    {
        public ushort Index;
        public short Unit;
        public bool Up;
        public bool Used;
        public bool HasAddress;
        public Ipv4Address Address;
        public Ipv4Address Peer;
        public Ipv6Address LinkLocal;

        /// <inheritdoc/>
        public static TableRoom Room => new("interface of zebra", 3, 4, TableRoom.ShortLimit);

        readonly bool ITableRow<Known>.InUse => Used;

        readonly ushort IInterfaceRow.Index => Index;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Known value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Index);
            pass.Field(ref value.Unit);
            pass.Field(ref value.Up);
            pass.Field(ref value.Used);
            pass.Field(ref value.HasAddress);
            pass.Struct(ref value.Address);
            pass.Struct(ref value.Peer);
            pass.Struct(ref value.LinkLocal);
        }
    }

    private struct Client : IStateValue<Client>, IRoomed
    {
        public byte Process;

        /// <inheritdoc/>
        public static TableRoom Room => new("client of zebra", 2, 2, byte.MaxValue);

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Client value, ref TPass pass)
            where TPass : struct, IStatePass => pass.Field(ref value.Process);
    }

    private readonly Ring<ZebraMessage> _outgoing = new();
    private Table<Known> _interfaces = new();
    private Sequence<Client> _clients = new();
    private int _cursor;
    private bool _running;
    private readonly Ring<ZebraRoute>? _incoming = installs ? new() : null;
    private Table<ZebraRoute> _rib = new();

    /// <inheritdoc/>
    public bool Runs => _running;

    /// <summary>
    /// The process starts: opens its routing socket and asks for the interfaces and addresses there are (kernel_init, interface_list). rib_sweep_route removes the routes that an
    /// earlier zebra has left behind; one that ended properly has removed its own.
    /// </summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _running = true;
        Kernel.OpenRoutingSocket();
        ReadOnlySpan<Ifnet> ifs = Kernel.Interfaces;
        for (int i = 0; i < ifs.Length; i++)
        {
            if (ifs[i].Attached)
            {
                ref Known k = ref Find(ifs[i].Index, ifs[i].Unit);
                k = new Known { Index = ifs[i].Index, Unit = ifs[i].Unit, Up = (ifs[i].Flags & Iff.Up) != 0, Used = true };
                if (IsTold(k.Index, k.Unit))
                {
                    ReadAddresses(ref k, ifs[i].Address);
                }
            }
        }
    }

    // ifam_read for each address of the interface, in the list's order: the last one counts.
    private void ReadAddresses(ref Known k, uint address)
    {
        uint inet = 0, inet6 = 0;
        foreach (ref readonly var a in Kernel.InetAddresses)
        {
            if (a.Used && a.Ifp.Address == address && a.Place >= inet)
            {
                (k.HasAddress, k.Address, k.Peer, inet) = (true, a.Address, a.Destination, a.Place);
            }
        }

        foreach (ref readonly var a in Kernel.Inet6Addresses)
        {
            if (a.Used && a.Ifp.Address == address && a.Address.IsLinkLocal && a.Place >= inet6)
            {
                (k.LinkLocal, inet6) = (a.Address, a.Place);
            }
        }
    }

    /// <inheritdoc/>
    public int[] End()
    {
        int[] clients = new int[_clients.Count];
        for (int i = 0; i < clients.Length; i++)
        {
            clients[i] = _clients[i].Process;
        }

        // rib_close
        foreach (ref readonly ZebraRoute row in _rib.AsSpan())
        {
            if (row.Installed)
            {
                Kernel.DeleteRoute(row.Family, row.Prefix, row.PrefixLength);
            }
        }

        Kernel.CloseRoutingSocket();
        Reset();
        return clients;
    }

    /// <inheritdoc/>
    public bool Serves(int process) => ClientOf(process) >= 0;

    private int ClientOf(int process)
    {
        for (int i = 0; i < _clients.Count; i++)
        {
            if (_clients[i].Process == process)
            {
                return i;
            }
        }

        return -1;
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now) => Reset();

    /// <inheritdoc/>
    public override void RoutingSocketReadable() => Wakeup();

    /// <inheritdoc/>
    public bool Connect(int process)
    {
        if (!_running)
        {
            return false;
        }

        _clients.Add(new Client { Process = (byte)process });
        for (int i = 0; i < _interfaces.Length; i++)
        {
            Known k = _interfaces[i];
            if (!k.Used || !IsTold(k.Index, k.Unit))
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

        return true;
    }

    /// <inheritdoc/>
    public void Disconnect(int process)
    {
        int i = ClientOf(process);
        if (i < 0)
        {
            return;
        }

        _clients.RemoveAt(i);
        if (_cursor > i)
        {
            _cursor--;
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
            if (_cursor < _clients.Count)
            {
                ref readonly ZebraMessage m = ref _outgoing.Front;
                Say("write", m.Command, m.Index);
                Machine.Deliver(_clients[_cursor++].Process, m);
                return true;
            }

            _cursor = 0;
            _outgoing.Take();
            if (_outgoing.Count > 0)
            {
                return true;
            }
        }

        if (Kernel.RoutingSocketHasData)
        {
            Read(Kernel.ReadRoutingSocket());
            return true;
        }

        if (_incoming is { Count: > 0 })
        {
            Take(_incoming.Take());
            return true;
        }

        return false;
    }

    /// <inheritdoc/>
    public void Route(in ZebraRoute route)
    {
        if (_running && _incoming is not null)
        {
            _incoming.Add(route);
            Wakeup();
        }
    }

    /// <summary>The RIB; a row is in use when its command is not <see cref="ZebraRouteCommand.None"/>.</summary>
    public ReadOnlySpan<ZebraRoute> Rib => _rib.AsSpan();

    // rib_add_ipv4, rib_delete_ipv4 and their like, and what they make of the kernel's table.
    private void Take(in ZebraRoute m)
    {
        int r = -1;
        for (int i = 0; i < _rib.Length && r < 0; i++)
        {
            ref readonly ZebraRoute row = ref _rib[i];
            if (row.Command != ZebraRouteCommand.None && row.Process == m.Process && row.Family == m.Family && row.PrefixLength == m.PrefixLength && row.Prefix == m.Prefix)
            {
                r = i;
            }
        }

        // zebra's own are about the RIB as it was; a client's message may have come between.
        bool withdraw = m.Command == ZebraRouteCommand.Withdraw;
        if ((withdraw || m.Command == ZebraRouteCommand.Restore) && (r < 0 || _rib[r].NextHop != m.NextHop || _rib[r].Installed != withdraw || (withdraw && _rib[r].Index != m.Index)))
        {
            return;
        }

        if (r >= 0 && _rib[r].Installed)
        {
            Say("RTM_DELETE", Kernel.DeleteRoute(m.Family, m.Prefix, m.PrefixLength));
            _rib[r].Installed = false;
        }

        if (m.Command is not (ZebraRouteCommand.Add or ZebraRouteCommand.Restore))
        {
            if (r >= 0 && m.Command == ZebraRouteCommand.Delete)
            {
                _rib[r] = default;
            }

            return;
        }

        r = r < 0 ? _rib.Take() : r;
        Errno e = Kernel.AddRoute(m.Family, m.Prefix, m.PrefixLength, m.NextHop, m.Index);
        Say("RTM_ADD", e);
        _rib[r] = m;
        _rib[r].Command = ZebraRouteCommand.Add;
        _rib[r].Installed = e == Errno.None;
    }

    // rib_update after an interface has gone down (Withdraw: routes over it leave the kernel) or is up with an address (Restore: they return to it; their client has no reason to send them
    // again where its links have come back before it computed its routes). A gateway's address says which interface leads to it, whatever index that has now.
    private void Update(ushort index, in Known k, ZebraRouteCommand command)
    {
        if (_incoming is null)
        {
            return;
        }

        foreach (ref readonly ZebraRoute row in _rib.AsSpan())
        {
            bool concerned = command == ZebraRouteCommand.Withdraw ? row.Installed && row.Index == index : !row.Installed && (row.Index == index || IsTo(row, k));
            if (row.Command != ZebraRouteCommand.None && concerned)
            {
                ZebraRoute m = row;
                m.Index = index;
                m.Command = command;
                _incoming.Add(m);
            }
        }
    }

    private static bool IsTo(in ZebraRoute row, in Known k) => row.Family == BsdKernel.AfInet && k.HasAddress && row.NextHop.Low == k.Peer.Value;

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
                    if (!up || k.HasAddress)
                    {
                        Update(m.Index, k, up ? ZebraRouteCommand.Restore : ZebraRouteCommand.Withdraw);
                    }

                    Tell(up ? ZebraCommand.InterfaceUp : ZebraCommand.InterfaceDown, m, up);
                }

                break;
            case RtMsg.NewAddr when m.Family == BsdKernel.AfInet:
                k.HasAddress = true;
                k.Address = m.Address;
                k.Peer = m.Peer;
                if (k.Up)
                {
                    Update(m.Index, k, ZebraRouteCommand.Restore);
                }

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
        if (IsTold(m.Index, m.Unit))
        {
            _outgoing.Add(new ZebraMessage { Command = command, Index = m.Index, Unit = m.Unit, Up = up, Address = m.Address, Peer = m.Peer, Address6 = m.Address6 });
        }
    }

    // An interface that exists at boot and is no unit is announced to clients if the site has a node at its other end.
    private bool IsTold(ushort index, short unit) => unit >= 0 || Kernel.IsStation(index);

    private ref Known Find(ushort index, short unit) => ref _interfaces.Of(index, new Known { Index = index, Unit = unit });

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _outgoing.Fields(ref pass);
        _interfaces.Fields(ref pass);
        _clients.Fields(ref pass);
        pass.Field(ref _cursor);
        pass.Field(ref _running);
        if (_incoming is not null)
        {
            _incoming.Fields(ref pass);
            _rib.Fields(ref pass);
        }
    }
}
