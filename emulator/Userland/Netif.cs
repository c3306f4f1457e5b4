using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// The configuration of interfaces that belong to no line: by rc at boot, an operator, or devd when a device appears or disappears. Each order is a list of system calls; the
/// process makes one each time it is given the CPU.
/// </summary>
public sealed class Netif : Process
{
    private enum Op : byte
    {
        Create,
        Configure,
        AddAddress,
        AddNextAddress,
        AddAddress6,
        Up,
        DelAddress6,
        DelAddress,
        Down,
        Destroy,
        SetMtu,
        AddMember,
    }

    private struct Order : IStateValue<Order>
    {
        public Op Op;
        public byte Which;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Order value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Op);
            pass.Field(ref value.Which);
        }
    }

    private struct Interface : IStateValue<Interface>
    {
        /// <summary>The kernel's slot for it, or -1.</summary>
        public short Slot;

        /// <summary>It exists, or will once all orders are executed.</summary>
        public bool IsWanted;

        /// <summary>It went with the interface that it is on, and comes back with that.</summary>
        public bool WentWithParent;

        /// <summary>It has the other MTU.</summary>
        public bool HasOtherMtu;

        /// <summary>How often it was renumbered since boot.</summary>
        public byte Renumbered;

        /// <summary>When it is created again.</summary>
        public VirtualTime Due;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Interface value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Field(ref value.Slot);
            pass.Field(ref value.IsWanted);
            pass.Field(ref value.WentWithParent);
            pass.Field(ref value.HasOtherMtu);
            pass.Field(ref value.Renumbered);
            pass.Struct(ref value.Due);
        }
    }

    /// <summary>Its name in the table of processes.</summary>
    public const string Program = "netif";

    /// <summary>Its timers: the next interface that is created again.</summary>
    public const int Timers = 1;

    private const int NextTimer = 0, FirstHost = 1, Hosts = 250;

    // No two stations share an address, even after renumbering.
    private const int StationNumbers = 3;
    private const byte FarEnd = 254, LinkLocalBits = 128;
    private readonly InterfaceOptions[] _options;
    [NotSaved("it follows from the options")]
    private readonly short[] _units;
    [NotSaved("it follows from the options")]
    private readonly int[] _parents;
    [NotSaved("it follows from the options")]
    private readonly int[] _bridges;
    [NotSaved("it follows from the options")]
    private readonly int[] _peers;
    [NotSaved("it follows from the options")]
    private readonly Ipv4Address[] _tunnels;
    private readonly Ring<Order> _orders = new();
    private readonly Interface[] _interfaces;
    private RandomStream _random;

    /// <summary>Nothing configured yet.</summary>
    /// <param name="entry">Its entry in the table.</param>
    /// <param name="options">The interfaces.</param>
    /// <exception cref="ArgumentException">A name is of no known kind.</exception>
    public Netif(ProcessEntry entry, IReadOnlyList<InterfaceOptions> options)
        : base(entry)
    {
        _options = [.. options];
        _units = [.. _options.Select(o => ClonedKind.TryParse(o.Name, out short unit)
            ? unit : throw new ArgumentException($"interface \"{o.Name}\" is of no kind that there is; accepted: {string.Join(", ", ClonedKind.Known.Select(k => k.Name))} and a number"))];
        _parents = [.. _options.Select(o => Array.FindIndex(_options, p => p.Name == o.Parent))];
        _bridges = [.. _options.Select(o => o.Bridge.Length > 0 ? Array.FindIndex(_options, b => b.Name == o.Bridge) : -1)];
        _peers = [.. _options.Select((o, which) => Array.FindIndex(_options, p => o.Peer.Length > 0 ? p.Name == o.Peer : p.Peer == o.Name))];
        _tunnels = [.. _options.Select(o => o.Tunnel.Length > 0 ? Ipv4Address.Parse(o.Tunnel) : Ipv4Address.Any)];
        _interfaces = new Interface[_options.Length];
        Forget();
    }

    private bool IsOnParent(int which) => ClonedKind.Of(_units[which]).Way == ClonedWay.Parent;

    private bool IsPaired(int which) => ClonedKind.Of(_units[which]).IsPaired && _peers[which] >= 0;

    private bool IsPointToPoint(int which) => ClonedKind.Of(_units[which]).IsPointToPoint;

    private bool IsTunnel(int which) => ClonedKind.Of(_units[which]).Way == ClonedWay.Tunnel;

    private void Forget()
    {
        _orders.Clear();
        Array.Fill(_interfaces, new Interface { Slot = -1, Due = VirtualTime.Never });
    }

    /// <summary>rc creates all of them, in the order of the list.</summary>
    public override void Start(RandomStream random, VirtualTime now)
    {
        Forget();
        _random = random;
        for (int which = 0; which < _options.Length; which++)
        {
            Create(which);
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        Forget();
    }

    private void Do(Op op, int which) => _orders.Add(new Order { Op = op, Which = (byte)which });

    /// <summary>An interface that is not there is created, or plugged in; what is on another one that is not there waits for that.</summary>
    public void Create(int which)
    {
        ref Interface i = ref _interfaces[which];
        i.Due = VirtualTime.Never;
        if (i.IsWanted)
        {
            return;
        }

        if (IsOnParent(which) && _parents[which] >= 0 && !_interfaces[_parents[which]].IsWanted)
        {
            i.WentWithParent = true;
            return;
        }

        if (IsPaired(which))
        {
            CreatePair(which);
            return;
        }

        i.IsWanted = true;
        i.WentWithParent = false;
        Do(Op.Create, which);
        if (IsOnParent(which) || IsTunnel(which))
        {
            Do(Op.Configure, which);
        }

        Join(which);
        Do(Op.AddAddress, which);
        if (IsPointToPoint(which))
        {
            Do(Op.AddAddress6, which);
        }

        Do(Op.Up, which);
        for (int other = 0; other < _options.Length; other++)
        {
            if (_options[other].Discovery && _interfaces[other].IsWanted && _parents[other] == which)
            {
                // pppoectl -e and ifconfig up, as devd's script of an attach.
                Do(Op.Down, other);
                Do(Op.Configure, other);
                Do(Op.Up, other);
                _interfaces[other].Due = VirtualTime.Never;
            }

            if (_interfaces[other].WentWithParent && _parents[other] == which)
            {
                Create(other);
            }
        }

        Wakeup();
    }

    // ifconfig bridge0 addm aue0, by rc, or by devd's script of an attach; a bridge that comes back gets the members that are there.
    private void Join(int which)
    {
        if (_bridges[which] >= 0 && _interfaces[_bridges[which]].IsWanted)
        {
            Do(Op.AddMember, which);
        }

        for (int member = 0; member < _options.Length; member++)
        {
            if (_bridges[member] == which && _interfaces[member].IsWanted)
            {
                Do(Op.AddMember, member);
            }
        }
    }

    // ip link add veth1 type veth peer name veth0: one request registers both ends, the peer first, and only then does either know the other.
    private void CreatePair(int which)
    {
        int[] ends = [Math.Min(which, _peers[which]), Math.Max(which, _peers[which])];
        foreach (int end in ends)
        {
            _interfaces[end].IsWanted = true;
            _interfaces[end].Due = VirtualTime.Never;
            Do(Op.Create, end);
        }

        Do(Op.Configure, ends[1]);
        foreach (int end in ends)
        {
            Join(end);
            Do(Op.AddAddress, end);
            Do(Op.Up, end);
        }

        Wakeup();
    }

    /// <summary>
    /// An existing interface is destroyed, or pulled out. Of a pair both ends go with either, but only the one that somebody takes away loses its addresses first. After one is pulled out, devd destroys the interfaces that are on it; they come back with it.
    /// </summary>
    /// <param name="which">Its place among the role's.</param>
    /// <param name="comesBack">It is created again after its time.</param>
    /// <param name="now">Virtual time.</param>
    public void Destroy(int which, bool comesBack, VirtualTime now)
    {
        ref Interface i = ref _interfaces[which];
        if (!i.IsWanted)
        {
            return;
        }

        if (comesBack)
        {
            i.Due = now + _random.Draw(_options[which].Down);
            Rearm();
        }

        TakeAway(which);
        if (IsPaired(which))
        {
            // The kernel takes the other end: whoever has configured it is not asked.
            _interfaces[_peers[which]].IsWanted = false;
            Wakeup();
            return;
        }

        for (int other = 0; other < _options.Length; other++)
        {
            if (_interfaces[other].IsWanted && IsOnParent(other) && _parents[other] == which)
            {
                if (_options[other].Discovery)
                {
                    continue; // it stays: nothing tells rc of a detach
                }

                _interfaces[other].WentWithParent = true;
                TakeAway(other);
            }
        }

        Wakeup();
    }

    private void TakeAway(int which)
    {
        _interfaces[which].IsWanted = false;
        if (_options[which].TakesAddressesFirst)
        {
            Do(Op.DelAddress6, which);
            Do(Op.DelAddress, which);
            Do(Op.Down, which);
        }

        Do(Op.Destroy, which);
    }

    /// <summary>An interface that is there gets the next address of its net instead of its current one.</summary>
    public void Renumber(int which)
    {
        if (_interfaces[which].IsWanted)
        {
            Do(Op.DelAddress, which);
            Do(Op.AddNextAddress, which);
            Wakeup();
        }
    }

    /// <summary>An interface that is there gets its other MTU, or the usual one again.</summary>
    public void ChangeMtu(int which)
    {
        if (_interfaces[which].IsWanted)
        {
            Do(Op.SetMtu, which);
            Wakeup();
        }
    }

    /// <summary>The kernel has taken a session of PPP over Ethernet down: ifwatchd's script sets it up again after its time.</summary>
    /// <param name="slot">The kernel's slot for it.</param>
    /// <param name="now">Virtual time.</param>
    public void WentDown(int slot, VirtualTime now)
    {
        for (int which = 0; which < _interfaces.Length; which++)
        {
            if (_interfaces[which].Slot == slot && _interfaces[which].IsWanted)
            {
                _interfaces[which].Due = now + _random.Draw(_options[which].Redial);
                Rearm();
            }
        }
    }

    private void Rearm()
    {
        VirtualTime next = VirtualTime.Never;
        foreach (ref readonly Interface i in _interfaces.AsSpan())
        {
            next = VirtualTime.Min(next, i.Due);
        }

        Arm(NextTimer, next);
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        for (int i = 0; i < _interfaces.Length; i++)
        {
            if (_interfaces[i].Due > now)
            {
                continue;
            }

            if (_interfaces[i].IsWanted && _options[i].Discovery)
            {
                _interfaces[i].Due = VirtualTime.Never;
                Do(Op.Up, i);
                Wakeup();
            }
            else
            {
                Create(i);
            }
        }

        Rearm();
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (_orders.Count == 0)
        {
            return false;
        }

        Order order = _orders.Take();
        Execute(order.Op, order.Which, ref _interfaces[order.Which], now);
        return true;
    }

    private void Execute(Op op, int which, ref Interface i, VirtualTime now)
    {
        Errno e = Errno.None;
        switch (op)
        {
            case Op.Create:
                i.Slot = (short)Kernel.IfCloneCreate(_units[which]);
                i.HasOtherMtu = false;
                break;
            case Op.Configure:
                e = IsTunnel(which) ? Kernel.SiocSIfPhyAddr(i.Slot, _tunnels[which])
                    : IsPaired(which) ? Kernel.SiocSetParent(i.Slot, _interfaces[_peers[which]].Slot)
                    : ConfigureOnParent(i.Slot, which);
                break;
            case Op.AddAddress or Op.AddNextAddress:
                i.Renumbered += op == Op.AddNextAddress ? (byte)1 : (byte)0;
                Ipv4Address local = LocalOf(which, i);
                e = IsPointToPoint(which) ? Kernel.SiocAifAddr(i.Slot, local, InterfaceOptions.Address(which, FarEnd)) : Kernel.SiocAifAddr(i.Slot, local);
                Machine.AddressUp(local);
                break;
            case Op.AddAddress6:
                e = Kernel.SiocAifAddr6(i.Slot, Ipv6Address.LinkLocal(IdentifierOf(which)), LinkLocalBits, Ipv6Address.LinkLocal(IdentifierOf(which) + 1));
                break;
            case Op.Up:
                Kernel.SiocSIfFlags(i.Slot, true);
                break;
            case Op.DelAddress6:
                if (LinkLocalOn(i.Slot) is not { IsAny: false } address)
                {
                    return;
                }

                e = Kernel.SiocDifAddr6(i.Slot, address);
                break;
            case Op.DelAddress:
                e = Kernel.SiocDifAddr(i.Slot, LocalOf(which, i));
                break;
            case Op.Down:
                Kernel.SiocSIfFlags(i.Slot, false);
                break;
            case Op.Destroy:
                Machine.Counters.Disconnects++;
                Machine.DisconnectDecided(IMachine.NoLine, Machine.KernelAge);
                Kernel.IfCloneDestroy(i.Slot);
                i.Slot = -1;
                if (IsPaired(which))
                {
                    _interfaces[_peers[which]].Slot = -1;
                    Machine.Counters.Disconnects++;
                    Machine.DisconnectDecided(IMachine.NoLine, Machine.KernelAge);
                }

                Machine.Compete(CompetitorTrigger.LinkDown, now);
                break;
            case Op.AddMember:
                e = i.Slot >= 0 && _interfaces[_bridges[which]].Slot is >= 0 and short bridge ? Kernel.BridgeAdd(bridge, i.Slot) : Errno.ENXIO;
                break;
            case Op.SetMtu:
                i.HasOtherMtu = !i.HasOtherMtu;
                Kernel.SiocSIfMtu(i.Slot, i.HasOtherMtu ? _options[which].OtherMtu : ClonedKind.Of(_units[which]).Mtu);
                break;
        }

        Say(Machine.Clock.Trace is null ? Name(op) : $"{Name(op)} {_options[which].Name}", e);
    }

    // A session whose Ethernet is not there yet is told of it when it appears.
    private Errno ConfigureOnParent(int slot, int which) => ParentOf(which) is >= 0 and int parent ? Kernel.SiocSetParent(slot, parent, _options[which].Discovery) : Errno.ENXIO;

    private static string Name(Op op) => op switch
    {
        Op.Create => "SIOCIFCREATE",
        Op.Configure => "SIOCSETVLAN, PPPOESETPARMS, SIOCSIFPHYADDR or IFLA_LINK of a pair",
        Op.AddAddress or Op.AddNextAddress => "SIOCAIFADDR",
        Op.AddAddress6 => "SIOCAIFADDR_IN6",
        Op.Up => "if_up",
        Op.DelAddress6 => "SIOCDIFADDR_IN6",
        Op.DelAddress => "SIOCDIFADDR",
        Op.Down => "if_down",
        Op.Destroy => "SIOCIFDESTROY",
        Op.AddMember => "BRDGADD",
        _ => "SIOCSIFMTU",
    };

    // An address comes back with an interface that is created again; only one that is renumbered goes on to the next.
    private Ipv4Address LocalOf(int which, in Interface i) => Machine.IsStation && _units[which] == Machine.StationUnit
        ? new Ipv4Address(Machine.StationAddress.Value + (uint)(EthernetSegment.MaxStations * (i.Renumbered % StationNumbers)))
        : InterfaceOptions.Address(which, (byte)(FirstHost + (i.Renumbered % Hosts)));

    private static ulong IdentifierOf(int which) => ((ulong)(which + 1) << 16) | 1;

    private int ParentOf(int which) => _parents[which] >= 0 ? _interfaces[_parents[which]].Slot : Kernel.IfByIndex(IMachine.EthernetIndex);

    // Without the zone, as it is passed to ifconfig.
    private Ipv6Address LinkLocalOn(int slot)
    {
        foreach (ref readonly var a in Kernel.Inet6Addresses)
        {
            if (a.Used && a.Ifp.Address == Kernel.Interfaces[slot].Address && a.Address.IsLinkLocal)
            {
                return a.Address.WithEmbeddedScope(0);
            }
        }

        return default;
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _orders.Fields(ref pass);
        pass.Structs<Interface>(_interfaces);
        pass.Struct(ref _random);
    }
}
