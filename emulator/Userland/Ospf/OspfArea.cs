using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>Times of an area, in the words of RFC 2328, B and C.</summary>
public sealed record OspfTimes
{
    /// <summary>RxmtInterval.</summary>
    public VirtualTime Retransmit { get; init; } = VirtualTime.FromSeconds(5);

    /// <summary>LSRefreshTime.</summary>
    public VirtualTime Refresh { get; init; } = VirtualTime.FromMinutes(30);

    /// <summary>MinLSInterval: between two instances of an LSA of our own.</summary>
    public VirtualTime MinInterval { get; init; } = VirtualTime.FromSeconds(5);

    /// <summary>From the receipt of an LSA to its delayed acknowledgment, less than RxmtInterval (13.5; Quagga 0.98: 1 s).</summary>
    public VirtualTime AckDelay { get; init; } = VirtualTime.FromSeconds(1);

    /// <summary>MinLSArrival: between two instances that are taken from a neighbour.</summary>
    public VirtualTime MinArrival { get; init; } = VirtualTime.FromSeconds(1);

    /// <summary>From a change of the database to the calculation of routes (Quagga 0.98: 5 s).</summary>
    public VirtualTime SpfDelay { get; init; } = VirtualTime.FromSeconds(5);

    /// <summary>Between two calculations (Quagga 0.98: 10 s).</summary>
    public VirtualTime SpfHold { get; init; } = VirtualTime.FromSeconds(10);
}

/// <summary>
/// The backbone area as one router has it: its neighbours from 2-Way to Full, its link state database, flooding, and the calculation of routes (RFC 2328, 10 to 16).
/// Hellos are its owner's, who says who is 2-Way; what they say of a broadcast network's Designated Router is decided here (9.4). Nothing is sent from here: the owner takes packets that are due (<see cref="NextPacket"/>) and routes that
/// have changed (<see cref="NextRoute"/>). Time is given.
/// </summary>
/// <param name="routerId">Our Router ID.</param>
/// <param name="times">Intervals.</param>
public sealed partial class OspfArea(Ipv4Address routerId, OspfTimes times) : IState
{
    /// <summary>Most interfaces: so many point-to-point links and a network of one's own fit into a Router-LSA of one packet of 1,500 bytes.</summary>
    public const int MaxInterfaces = 58;

    /// <summary>Most neighbours: sets of them are 64 bits.</summary>
    public const int MaxNeighbors = 64;

    /// <summary>Longest LSA that is taken, in bytes: what a Link State Update in a packet of 1,500 bytes has room for.</summary>
    public const int MaxLsaLength = 1500 - IpHeader - OspfHeader.HeaderLength - 4;

    /// <summary>Cost of an interface (Quagga's without a bandwidth).</summary>
    public const ushort InterfaceCost = 10;

    private const byte Options = OspfHello.OptionExternal;
    private const int IpHeader = Ipv4Header.MinLength, LeastMtu = 576;
    private Table<OspfInterface> _interfaces = new();
    private Table<OspfNeighbor> _neighbors = new();
    private Table<OspfRequest> _requests = new();
    private readonly Ring<OspfAcknowledgment> _acknowledgments = new();
    private Ipv4Address _stub;
    private byte _stubLength;
    private uint _ddSequence;

    /// <summary>Our Router ID.</summary>
    public Ipv4Address RouterId => routerId;

    /// <summary>Interfaces that are up, by the owner's number.</summary>
    public ReadOnlySpan<OspfInterface> Interfaces => _interfaces.AsSpan();

    /// <summary>Their neighbours; a row is in use when <see cref="OspfNeighbor.Used"/>.</summary>
    public ReadOnlySpan<OspfNeighbor> Neighbors => _neighbors.AsSpan();

    /// <summary>The area opens: the router's own network goes into its Router-LSA.</summary>
    /// <param name="stub">The network, whose host bits count for nothing.</param>
    /// <param name="length">Bits of its mask; 0 for no network.</param>
    /// <param name="now">Virtual time.</param>
    public void Open(Ipv4Address stub, byte length, VirtualTime now)
    {
        (_stub, _stubLength) = (stub.Network(length), length);
        _ddSequence = (uint)(now.Microseconds / 1_000_000);
        (_agingDue, _originateDue, _spfDue, _delayedDue) = (VirtualTime.Never, now, VirtualTime.Never, VirtualTime.Never);
    }

    /// <summary>InterfaceUp (9.2) on a point-to-point network.</summary>
    /// <param name="number">The owner's number for it, from 0.</param>
    /// <param name="address">Our address on it.</param>
    /// <param name="peer">The other end's.</param>
    /// <param name="mtu">Its MTU in bytes.</param>
    /// <param name="now">Virtual time.</param>
    /// <exception cref="TableFullException">There are <see cref="MaxInterfaces"/>, or <see cref="MaxNeighbors"/>.</exception>
    public void InterfaceUp(int number, Ipv4Address address, Ipv4Address peer, int mtu, VirtualTime now)
    {
        _interfaces.Reserve(number + 1);
        _interfaces[number] = NewInterface(mtu) with { Type = OspfNetworkType.PointToPoint, State = OspfInterfaceState.PointToPoint, Address = address, Peer = peer };
        AddNeighbor(number, OspfNeighborState.Down);
        Originate(now);
    }

    private static OspfInterface NewInterface(int mtu) => new()
    {
        Used = true, Mtu = (ushort)Math.Min(mtu, ushort.MaxValue), First = -1, WaitDue = VirtualTime.Never, OriginateDue = VirtualTime.Never,
    };

    private int AddNeighbor(int number, OspfNeighborState state)
    {
        int n = _neighbors.Put(new OspfNeighbor
        {
            Used = true, Interface = (short)number, Next = _interfaces[number].First, State = state, SummaryEnd = -1,
            DdDue = VirtualTime.Never, RequestDue = VirtualTime.Never, RetransmitDue = VirtualTime.Never,
        });
        _interfaces[number].First = (short)n;
        return n;
    }

    private void RemoveNeighbor(int n)
    {
        ref OspfInterface i = ref _interfaces[_neighbors[n].Interface];
        if (i.First == n)
        {
            i.First = _neighbors[n].Next;
        }
        else
        {
            int before = i.First;
            while (_neighbors[before].Next != n)
            {
                before = _neighbors[before].Next;
            }

            _neighbors[before].Next = _neighbors[n].Next;
        }

        _neighbors[n] = default;
        for (int k = 0; k < _acknowledgments.Count; k++)
        {
            ref OspfAcknowledgment waiting = ref _acknowledgments[k];
            waiting.To = waiting.To == n ? (short)-1 : waiting.To;
        }
    }

    /// <summary>InterfaceDown (9.2): its neighbours go with it.</summary>
    public void InterfaceDown(int number, VirtualTime now)
    {
        if (!IsUp(number))
        {
            return;
        }

        while (_interfaces[number].First is >= 0 and short n)
        {
            KillNeighbor(n, now);
            RemoveNeighbor(n);
        }

        NetworkGone(number, now);
        StopFlooding(number);
        _interfaces[number] = default;
        Originate(now);
    }

    private bool IsUp(int number) => number < _interfaces.Length && _interfaces[number].Used;

    /// <summary>2-WayReceived (10.2) on a point-to-point network: the two become adjacent (10.4).</summary>
    public void TwoWay(int number, Ipv4Address neighbor, VirtualTime now)
    {
        int slot = _interfaces[number].First;
        ref OspfNeighbor n = ref _neighbors[slot];
        if (n.State >= OspfNeighborState.TwoWay && n.RouterId != neighbor)
        {
            KillNeighbor(slot, now);
        }

        if (n.State < OspfNeighborState.TwoWay)
        {
            n.RouterId = neighbor;
            n.State = OspfNeighborState.TwoWay;
            ExStart(slot, now);
        }
    }

    /// <summary>1-WayReceived, InactivityTimer, KillNbr or LLDown (10.2) of the neighbour on a point-to-point network.</summary>
    public void Killed(int number, VirtualTime now)
    {
        if (IsUp(number))
        {
            KillNeighbor(_interfaces[number].First, now);
        }
    }

    private void KillNeighbor(int slot, VirtualTime now)
    {
        bool was = _neighbors[slot].State == OspfNeighborState.Full;
        ClearLists(slot);
        ref OspfNeighbor n = ref _neighbors[slot];
        (n.State, n.RouterId, n.SendDd, n.HasLast) = (OspfNeighborState.Down, default, false, false);
        if (was)
        {
            AdjacencyChanged(n.Interface, now);
        }

        RemoveFlushed();
    }

    // The Router-LSA says who is Full, and the network's LSA does (12.4).
    private void AdjacencyChanged(int number, VirtualTime now)
    {
        Originate(now);
        OriginateNetwork(number, now);
    }

    /// <summary>The neighbour at the other end of a point-to-point network, or a state below 2-Way.</summary>
    public OspfNeighborState StateOf(int number) => IsUp(number) && _interfaces[number].First is >= 0 and short n ? _neighbors[n].State : OspfNeighborState.Down;

    /// <summary>A neighbour of an interface, or a state below 2-Way.</summary>
    public OspfNeighborState StateOf(int number, Ipv4Address neighbor) => FindNeighbor(number, neighbor) is >= 0 and int n ? _neighbors[n].State : OspfNeighborState.Down;

    private int FindNeighbor(int number, Ipv4Address routerId)
    {
        int n = IsUp(number) ? _interfaces[number].First : -1;
        while (n >= 0 && _neighbors[n].RouterId != routerId)
        {
            n = _neighbors[n].Next;
        }

        return n;
    }

    /// <summary>When something is due next that no packet brings.</summary>
    public VirtualTime NextDue
    {
        get
        {
            VirtualTime next = VirtualTime.Min(VirtualTime.Min(_agingDue, _originateDue), VirtualTime.Min(_spfDue, _delayedDue));
            foreach (ref readonly OspfNeighbor n in _neighbors.AsSpan())
            {
                next = n.Used ? VirtualTime.Min(next, VirtualTime.Min(n.DdDue, VirtualTime.Min(n.RequestDue, n.RetransmitDue))) : next;
            }

            foreach (ref readonly OspfInterface i in _interfaces.AsSpan())
            {
                next = i.Used ? VirtualTime.Min(next, VirtualTime.Min(i.WaitDue, i.OriginateDue)) : next;
            }

            return next;
        }
    }

    // 10.4.
    private bool BecomesAdjacent(int slot)
    {
        ref readonly OspfNeighbor n = ref _neighbors[slot];
        ref readonly OspfInterface i = ref _interfaces[n.Interface];
        return i.Type switch
        {
            OspfNetworkType.PointToPoint => true,
            OspfNetworkType.Broadcast => i.IsDesignated || n.Address == i.DesignatedRouter || n.Address == i.BackupDesignatedRouter,
            _ => throw new InvalidOperationException($"{i.Type}: no rule says who becomes adjacent"),
        };
    }

    /// <summary>Does what is due by now: retransmissions, originations, aging, routes.</summary>
    /// <returns>False when nothing was.</returns>
    public bool Timers(VirtualTime now)
    {
        bool any = false;
        for (int i = 0; i < _neighbors.Length; i++)
        {
            ref OspfNeighbor n = ref _neighbors[i];
            if (!n.Used)
            {
                continue;
            }

            if (n.DdDue <= now)
            {
                (n.SendDd, n.DdDue, any) = (true, VirtualTime.Never, true);
            }

            if (n.RequestDue <= now)
            {
                (n.SendRequest, n.RequestDue, any) = (true, VirtualTime.Never, true);
            }

            if (n.RetransmitDue <= now)
            {
                RetransmitAgain(i, now);
                any = true;
            }
        }

        return BroadcastTimers(now) || AgeAndOriginate(now) || any;
    }

    // Lists of one neighbour: nothing is left to describe, to send, to send again or to ask for.
    private void ClearLists(int number)
    {
        ulong keep = ~(1UL << number);
        foreach (ref OspfDatabaseRow row in _database.AsSpan())
        {
            row.Send &= keep;
            row.Retransmit &= keep;
            row.Summary &= keep;
        }

        foreach (ref OspfRequest r in _requests.AsSpan())
        {
            r.Used &= r.Neighbor != number;
        }

        ref OspfNeighbor n = ref _neighbors[number];
        (n.SendCount, n.SendRequest, n.SummaryEnd) = (0, false, -1);
        n.DdDue = n.RequestDue = n.RetransmitDue = VirtualTime.Never;
    }

    // AdjOK?, SeqNumberMismatch and BadLSReq lead here (10.3): a new number, and the first packet.
    private void ExStart(int number, VirtualTime now)
    {
        bool was = _neighbors[number].State == OspfNeighborState.Full;
        ClearLists(number);
        ref OspfNeighbor n = ref _neighbors[number];
        n.State = OspfNeighborState.ExStart;
        n.DdSequence = n.DdSequence == 0 ? ++_ddSequence : n.DdSequence + 1;
        (n.Master, n.HasLast, n.SendDd) = (true, false, true);
        if (was)
        {
            AdjacencyChanged(n.Interface, now);
        }
    }

    // NegotiationDone (10.3): the database as it is now is what will be described.
    private void Exchange(int number)
    {
        ulong bit = 1UL << number;
        _neighbors[number].State = OspfNeighborState.Exchange;
        for (int i = 0; i < _database.Length; i++)
        {
            ref OspfDatabaseRow row = ref _database[i];
            if (!row.Used)
            {
                continue;
            }

            if (row.Flushed)
            {
                row.Retransmit |= bit; // MaxAge LSAs go to the retransmission list instead
                SendTo(number, ref row);
            }
            else
            {
                row.Summary |= bit;
            }
        }
    }

    private void ExchangeDone(int number, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        n.DdDue = VirtualTime.Never;
        n.State = OspfNeighborState.Loading;
        n.SendRequest = true;
        LoadingDone(number, now);
    }

    private void LoadingDone(int number, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        if (n.State != OspfNeighborState.Loading)
        {
            return;
        }

        bool asked = false;
        foreach (ref readonly OspfRequest r in _requests.AsSpan())
        {
            if (r.Used && r.Neighbor == number)
            {
                if (r.Asked)
                {
                    return;
                }

                asked = true;
            }
        }

        if (asked)
        {
            n.SendRequest = true; // all of the last request have come: the next ones
            return;
        }

        (n.State, n.SendRequest, n.RequestDue) = (OspfNeighborState.Full, false, VirtualTime.Never);
        AdjacencyChanged(n.Interface, now);
        RemoveFlushed();
    }

    /// <summary>A packet other than a Hello arrives by an interface. Anything at all may be in it.</summary>
    /// <param name="number">The interface.</param>
    /// <param name="packet">The payload of the IPv4 packet.</param>
    /// <param name="now">Virtual time.</param>
    /// <returns>The sender's Router ID, or 0.0.0.0 where it is not a neighbour from ExStart on.</returns>
    public Ipv4Address Receive(int number, ReadOnlySpan<byte> packet, VirtualTime now)
    {
        if (OspfHeader.TryParse(packet, out OspfHeader header) != WireError.None || !header.AreaId.IsAny
            || FindNeighbor(number, header.RouterId) is not (>= 0 and int slot) || _neighbors[slot].State < OspfNeighborState.ExStart)
        {
            return Ipv4Address.Any;
        }

        Received(slot, header, packet, now);
        return header.RouterId;
    }

    private void Received(int number, in OspfHeader header, ReadOnlySpan<byte> packet, VirtualTime now)
    {
        ReadOnlySpan<byte> body = header.Body(packet);
        switch (header.Type)
        {
            case OspfType.DatabaseDescription:
                DescriptionReceived(number, body, now);
                break;
            case OspfType.LinkStateRequest when _neighbors[number].State >= OspfNeighborState.Exchange:
                RequestReceived(number, body, now);
                break;
            case OspfType.LinkStateUpdate when _neighbors[number].State >= OspfNeighborState.Exchange:
                UpdateReceived(number, body, now);
                break;
            case OspfType.LinkStateAcknowledgment when _neighbors[number].State >= OspfNeighborState.Exchange:
                AcknowledgmentReceived(number, body, now);
                break;
        }
    }

    // 10.6.
    private void DescriptionReceived(int number, ReadOnlySpan<byte> body, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        if (OspfDatabaseDescription.TryParse(body, out OspfDatabaseDescription dd) != WireError.None || dd.Mtu > _interfaces[n.Interface].Mtu)
        {
            return;
        }

        ReadOnlySpan<byte> headers = body[OspfDatabaseDescription.Length..];
        bool duplicate = n.HasLast && (n.LastFlags, n.LastOptions, n.LastSequence) == (dd.Flags, dd.Options, dd.Sequence);
        switch (n.State)
        {
            case OspfNeighborState.ExStart:
                const OspfDdFlags first = OspfDdFlags.Init | OspfDdFlags.More | OspfDdFlags.Master;
                if (dd.Flags == first && headers.IsEmpty && n.RouterId.CompareTo(routerId) > 0)
                {
                    (n.Master, n.DdSequence, n.DdDue) = (false, dd.Sequence, VirtualTime.Never);
                    Exchange(number);
                    Note(number, dd);
                    n.SendDd = true;
                }
                else if ((dd.Flags & (OspfDdFlags.Init | OspfDdFlags.Master)) == 0 && dd.Sequence == n.DdSequence && n.RouterId.CompareTo(routerId) < 0)
                {
                    n.Master = true;
                    Exchange(number);
                    DescriptionAccepted(number, dd, headers, now);
                }

                break;
            case OspfNeighborState.Exchange when duplicate:
            case OspfNeighborState.Loading or OspfNeighborState.Full when duplicate:
                n.SendDd |= !n.Master;
                break;
            case OspfNeighborState.Exchange:
                bool fits = (dd.Flags & OspfDdFlags.Init) == 0 && ((dd.Flags & OspfDdFlags.Master) != 0) != n.Master
                    && dd.Options == n.LastOptions && dd.Sequence == (n.Master ? n.DdSequence : n.DdSequence + 1);
                if (fits)
                {
                    DescriptionAccepted(number, dd, headers, now);
                }
                else
                {
                    ExStart(number, now);
                }

                break;
            default:
                ExStart(number, now);
                break;
        }
    }

    private void Note(int number, in OspfDatabaseDescription dd)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        (n.HasLast, n.LastFlags, n.LastOptions, n.LastSequence) = (true, dd.Flags, dd.Options, dd.Sequence);
    }

    private void DescriptionAccepted(int number, in OspfDatabaseDescription dd, ReadOnlySpan<byte> headers, VirtualTime now)
    {
        Note(number, dd);
        for (; !headers.IsEmpty; headers = headers[OspfLsaHeader.HeaderLength..])
        {
            var header = OspfLsaHeader.Read(headers);
            if (header.Type is < OspfLsaType.Router or > OspfLsaType.AsExternal)
            {
                ExStart(number, now);
                return;
            }

            int i = Find(header.Key);
            if (i < 0 || HeaderOf(_database[i], now).CompareTo(header) < 0)
            {
                _requests.Put(new OspfRequest { Used = true, Neighbor = (short)number, Header = header });
            }
        }

        ref OspfNeighbor n = ref _neighbors[number];
        bool theirMore = (dd.Flags & OspfDdFlags.More) != 0;
        Described(number); // what was sent last has arrived
        if (n.Master)
        {
            n.DdSequence++;
            if (!n.SentMore && !theirMore)
            {
                ExchangeDone(number, now);
                return;
            }

            n.SendDd = true;
            return;
        }

        n.DdSequence = dd.Sequence;
        n.SendDd = true;
        if (!theirMore && SummaryFits(number))
        {
            ExchangeDone(number, now);
        }
    }

    // Bits of what the last packet described are cleared.
    private void Described(int number)
    {
        ulong keep = ~(1UL << number);
        for (int i = 0; i <= _neighbors[number].SummaryEnd && i < _database.Length; i++)
        {
            _database[i].Summary &= keep;
        }

        _neighbors[number].SummaryEnd = -1;
    }

    private int Room(in OspfNeighbor n) => Room(n.Interface);

    private int Room(int number) => Math.Max((int)_interfaces[number].Mtu, LeastMtu) - IpHeader - OspfHeader.HeaderLength;

    private bool SummaryFits(int number)
    {
        int left = (Room(_neighbors[number]) - OspfDatabaseDescription.Length) / OspfLsaHeader.HeaderLength;
        ulong bit = 1UL << number;
        foreach (ref readonly OspfDatabaseRow row in _database.AsSpan())
        {
            left -= row.Used && (row.Summary & bit) != 0 ? 1 : 0;
        }

        return left >= 0;
    }

    // 10.7.
    private void RequestReceived(int number, ReadOnlySpan<byte> body, VirtualTime now)
    {
        for (; body.Length >= OspfLsaKey.Length; body = body[OspfLsaKey.Length..])
        {
            int i = Find(OspfLsaKey.Read(body));
            if (i < 0)
            {
                ExStart(number, now); // BadLSReq
                return;
            }

            SendTo(number, ref _database[i]);
        }
    }

    private void SendTo(int number, ref OspfDatabaseRow row)
    {
        ulong bit = 1UL << number;
        if ((row.Send & bit) == 0)
        {
            row.Send |= bit;
            _neighbors[number].SendCount++;
        }
    }

    private void RetransmitAgain(int number, VirtualTime now)
    {
        ulong bit = 1UL << number;
        bool any = false;
        foreach (ref OspfDatabaseRow row in _database.AsSpan())
        {
            if (row.Used && (row.Retransmit & bit) != 0)
            {
                SendTo(number, ref row);
                any = true;
            }
        }

        _neighbors[number].RetransmitDue = any ? now + times.Retransmit : VirtualTime.Never;
    }

    // 13.7.
    private void AcknowledgmentReceived(int number, ReadOnlySpan<byte> body, VirtualTime now)
    {
        ulong keep = ~(1UL << number);
        for (; body.Length >= OspfLsaHeader.HeaderLength; body = body[OspfLsaHeader.HeaderLength..])
        {
            var header = OspfLsaHeader.Read(body);
            int i = Find(header.Key);
            if (i >= 0 && HeaderOf(_database[i], now).CompareTo(header) == 0)
            {
                _database[i].Retransmit &= keep;
            }
        }

        RemoveFlushed();
    }

    private void Acknowledge(int number, in OspfLsaHeader header) => _acknowledgments.Add(new OspfAcknowledgment { To = (short)number, Header = header });

    /// <summary>The next packet that is due.</summary>
    /// <param name="packet">Room for an interface's MTU.</param>
    /// <param name="now">Virtual time.</param>
    /// <param name="number">The interface that it goes out of.</param>
    /// <param name="destination">AllSPFRouters, on a broadcast network AllDRouters or a neighbour (8.1).</param>
    /// <returns>Bytes of the OSPF packet; 0 when none is due.</returns>
    public int NextPacket(Span<byte> packet, VirtualTime now, out int number, out Ipv4Address destination)
    {
        for (number = 0; number < _interfaces.Length; number++)
        {
            ref OspfInterface i = ref _interfaces[number];
            if (!i.Used)
            {
                continue;
            }

            if (i.SendCount > 0)
            {
                destination = i.Group;
                return Finish(packet, OspfType.LinkStateUpdate, WriteFlood(number, packet[OspfHeader.HeaderLength..], now));
            }

            for (int n = i.First; n >= 0; n = _neighbors[n].Next)
            {
                if (NextPacketTo(n, packet, now) is > 0 and int length)
                {
                    destination = DestinationOf(n);
                    return length;
                }
            }
        }

        while (_acknowledgments.Count > 0)
        {
            int to = _acknowledgments.Front.To;
            if (to >= 0 && _neighbors[to].State >= OspfNeighborState.Exchange)
            {
                (number, destination) = (_neighbors[to].Interface, DestinationOf(to));
                return Finish(packet, OspfType.LinkStateAcknowledgment, WriteAcknowledgments(_acknowledgments, to, Room(number), packet[OspfHeader.HeaderLength..]));
            }

            _acknowledgments.Take();
        }

        return NextDelayed(packet, out number, out destination);
    }

    private Ipv4Address DestinationOf(int slot) =>
        _interfaces[_neighbors[slot].Interface].Type == OspfNetworkType.PointToPoint ? Ipv4Address.AllSpfRouters : _neighbors[slot].Address;

    private int NextPacketTo(int slot, Span<byte> packet, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[slot];
        if (n.State < OspfNeighborState.ExStart)
        {
            return 0;
        }

        if (n.SendDd)
        {
            return Finish(packet, OspfType.DatabaseDescription, WriteDescription(slot, packet[OspfHeader.HeaderLength..], now));
        }

        if (n.SendRequest && n.State == OspfNeighborState.Loading)
        {
            n.SendRequest = false;
            if (WriteRequest(slot, packet[OspfHeader.HeaderLength..], now) is > 0 and int length)
            {
                return Finish(packet, OspfType.LinkStateRequest, length);
            }

            LoadingDone(slot, now); // all that was to be asked for has come from somebody else (13.3 (1) (b))
        }

        return n.SendCount > 0 ? Finish(packet, OspfType.LinkStateUpdate, WriteUpdate(slot, packet[OspfHeader.HeaderLength..], now)) : 0;
    }

    private int Finish(Span<byte> packet, OspfType type, int body)
    {
        new OspfHeader { Type = type, RouterId = routerId }.Write(packet[..(OspfHeader.HeaderLength + body)]);
        return OspfHeader.HeaderLength + body;
    }

    // 10.8.
    private int WriteDescription(int number, Span<byte> body, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        n.SendDd = false;
        n.DdDue = n.Master && n.State <= OspfNeighborState.Exchange ? now + times.Retransmit : VirtualTime.Never;
        OspfDdFlags flags = n.Master ? OspfDdFlags.Master : OspfDdFlags.None;
        if (n.State == OspfNeighborState.ExStart)
        {
            n.SentMore = true;
            new OspfDatabaseDescription(_interfaces[n.Interface].Mtu, Options, flags | OspfDdFlags.Init | OspfDdFlags.More, n.DdSequence).Write(body);
            return OspfDatabaseDescription.Length;
        }

        int at = OspfDatabaseDescription.Length, room = Room(n);
        ulong bit = 1UL << number;
        bool more = false, again = n.SummaryEnd >= 0;
        for (int i = 0; i < _database.Length && !more; i++)
        {
            ref readonly OspfDatabaseRow row = ref _database[i];
            if (!row.Used || (row.Summary & bit) == 0)
            {
                continue;
            }

            if (at + OspfLsaHeader.HeaderLength > room || (again && i > n.SummaryEnd))
            {
                more = true;
                break;
            }

            HeaderOf(row, now).Write(body[at..]);
            at += OspfLsaHeader.HeaderLength;
            n.SummaryEnd = again ? n.SummaryEnd : (short)i;
        }

        n.SentMore = more;
        new OspfDatabaseDescription(_interfaces[n.Interface].Mtu, Options, flags | (more ? OspfDdFlags.More : OspfDdFlags.None), n.DdSequence).Write(body);
        return at;
    }

    // 10.9.
    private int WriteRequest(int number, Span<byte> body, VirtualTime now)
    {
        int at = 0, room = Room(_neighbors[number]);
        foreach (ref OspfRequest r in _requests.AsSpan())
        {
            if (r.Used && r.Neighbor == number && (r.Asked = at + OspfLsaKey.Length <= room))
            {
                r.Header.Key.Write(body[at..]);
                at += OspfLsaKey.Length;
            }
        }

        _neighbors[number].RequestDue = at > 0 ? now + times.Retransmit : VirtualTime.Never;
        return at;
    }

    // A.3.4: as many LSAs as fit, at least one.
    private int WriteUpdate(int number, Span<byte> body, VirtualTime now)
    {
        ref OspfNeighbor n = ref _neighbors[number];
        int at = 4, room = Room(n);
        uint count = 0;
        ulong bit = 1UL << number;
        foreach (ref OspfDatabaseRow row in _database.AsSpan())
        {
            if (!row.Used || (row.Send & bit) == 0 || (count > 0 && at + row.Header.Length > room))
            {
                continue;
            }

            row.Send &= ~bit;
            n.SendCount--;
            at += Write(row, body[at..], now, delay: 1);
            count++;
            if ((row.Retransmit & bit) != 0 && n.RetransmitDue.IsNever)
            {
                n.RetransmitDue = now + times.Retransmit;
            }
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, count);
        n.SendCount = count == 0 ? 0 : n.SendCount;
        return at;
    }

    private static int WriteAcknowledgments(Ring<OspfAcknowledgment> waiting, int to, int room, Span<byte> body)
    {
        int at = 0;
        while (waiting.Count > 0 && waiting.Front.To == to && at + OspfLsaHeader.HeaderLength <= room)
        {
            waiting.Take().Header.Write(body[at..]);
            at += OspfLsaHeader.HeaderLength;
        }

        return at;
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _interfaces.Fields(ref pass);
        _neighbors.Fields(ref pass);
        _requests.Fields(ref pass);
        _acknowledgments.Fields(ref pass);
        pass.Struct(ref _stub);
        pass.Field(ref _stubLength);
        pass.Field(ref _ddSequence);
        BroadcastFields(ref pass);
        DatabaseFields(ref pass);
        SpfFields(ref pass);
    }
}
