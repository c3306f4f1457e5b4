using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>Broadcast networks: the interface's state machine, its Designated Router, the network's LSA, and what is flooded and acknowledged to groups (RFC 2328, 9, 12.4.2, 13.3, 13.5).</summary>
public sealed partial class OspfArea
{
    private readonly Ring<OspfAcknowledgment> _delayed = new();
    private VirtualTime _delayedDue;

    // Of the delayed acknowledgments so many are due.
    private int _delayedSend;

    private void BroadcastFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _delayed.Fields(ref pass);
        pass.Struct(ref _delayedDue);
        pass.Field(ref _delayedSend);
    }

    /// <summary>InterfaceUp (9.2) on a broadcast network: the router listens for RouterDeadInterval, unless it cannot be elected.</summary>
    /// <param name="number">The owner's number for it, from 0.</param>
    /// <param name="network">The network, and who we are on it.</param>
    /// <param name="mtu">Its MTU in bytes.</param>
    /// <param name="now">Virtual time.</param>
    /// <exception cref="TableFullException">There are <see cref="MaxInterfaces"/>.</exception>
    public void InterfaceUp(int number, in OspfBroadcastNetwork network, int mtu, VirtualTime now)
    {
        _interfaces.Reserve(number + 1);
        bool eligible = network.Priority > 0;
        ref OspfInterface i = ref _interfaces[number];
        i = NewInterface(mtu) with { Type = OspfNetworkType.Broadcast, Address = network.Address, PrefixLength = network.PrefixLength, Priority = network.Priority };
        (i.State, i.WaitDue) = eligible ? (OspfInterfaceState.Waiting, now + network.Wait) : (OspfInterfaceState.DrOther, VirtualTime.Never);
        Originate(now);
    }

    /// <summary>A Hello of a neighbour on a broadcast network that lists us (10.5).</summary>
    /// <param name="number">The interface.</param>
    /// <param name="hello">What it says.</param>
    /// <param name="now">Virtual time.</param>
    /// <returns>Whether it says anything new.</returns>
    /// <exception cref="TableFullException">There are <see cref="MaxNeighbors"/>.</exception>
    public bool HelloReceived(int number, in OspfBroadcastHello hello, VirtualTime now)
    {
        if (!IsUp(number))
        {
            return false;
        }

        int n = FindNeighbor(number, hello.RouterId);
        if (n >= 0 && _neighbors[n].Address != hello.Address)
        {
            Lost(number, hello.RouterId, now);
            n = -1;
        }

        bool changed = n < 0;
        if (n < 0)
        {
            n = AddNeighbor(number, OspfNeighborState.TwoWay);
            (_neighbors[n].RouterId, _neighbors[n].Address) = (hello.RouterId, hello.Address);
        }

        ref OspfNeighbor neighbor = ref _neighbors[n];
        bool declaresDr = hello.DesignatedRouter == hello.Address, declaresBackup = hello.BackupDesignatedRouter == hello.Address;
        changed |= neighbor.Priority != hello.Priority || (neighbor.DesignatedRouter == hello.Address) != declaresDr || (neighbor.BackupDesignatedRouter == hello.Address) != declaresBackup;
        (neighbor.Priority, neighbor.DesignatedRouter, neighbor.BackupDesignatedRouter) = (hello.Priority, hello.DesignatedRouter, hello.BackupDesignatedRouter);
        bool waiting = _interfaces[number].State == OspfInterfaceState.Waiting;
        bool backupSeen = waiting && (declaresBackup || (declaresDr && hello.BackupDesignatedRouter.IsAny));
        if (backupSeen || (changed && !waiting))
        {
            Elect(number, now);
        }

        if (changed)
        {
            AdjacencyOk(n, now);
        }

        return changed || backupSeen;
    }

    /// <summary>1-WayReceived, InactivityTimer or KillNbr (10.2) of a neighbour on a broadcast network.</summary>
    public void Lost(int number, Ipv4Address neighbor, VirtualTime now)
    {
        if (FindNeighbor(number, neighbor) is not (>= 0 and int n))
        {
            return;
        }

        KillNeighbor(n, now);
        RemoveNeighbor(n);
        if (_interfaces[number].State != OspfInterfaceState.Waiting)
        {
            Elect(number, now); // NeighborChange
        }
    }

    // 9.4, steps 1 to 7.
    private void Elect(int number, VirtualTime now)
    {
        ref OspfInterface i = ref _interfaces[number];
        Span<OspfCandidate> candidates = stackalloc OspfCandidate[MaxNeighbors + 1];
        int count = 0;
        candidates[count++] = new OspfCandidate(routerId, i.Address, i.Priority, i.DesignatedRouter, i.BackupDesignatedRouter);
        for (int n = i.First; n >= 0; n = _neighbors[n].Next)
        {
            ref readonly OspfNeighbor neighbor = ref _neighbors[n];
            candidates[count++] = new OspfCandidate(neighbor.RouterId, neighbor.Address, neighbor.Priority, neighbor.DesignatedRouter, neighbor.BackupDesignatedRouter);
        }

        (Ipv4Address dr, Ipv4Address backup) = OspfElection.Elect(candidates[..count]);
        OspfInterfaceState state = dr == i.Address ? OspfInterfaceState.Dr : backup == i.Address ? OspfInterfaceState.Backup : OspfInterfaceState.DrOther;
        bool changed = dr != i.DesignatedRouter || backup != i.BackupDesignatedRouter || state != i.State;
        (i.State, i.WaitDue, i.DesignatedRouter, i.BackupDesignatedRouter) = (state, VirtualTime.Never, dr, backup);
        if (!changed)
        {
            return;
        }

        for (int n = i.First; n >= 0; n = _neighbors[n].Next)
        {
            AdjacencyOk(n, now);
        }

        AdjacencyChanged(number, now);
    }

    // AdjOK? (10.3).
    private void AdjacencyOk(int n, VirtualTime now)
    {
        if (_neighbors[n].State == OspfNeighborState.TwoWay && BecomesAdjacent(n))
        {
            ExStart(n, now);
        }
        else if (_neighbors[n].State > OspfNeighborState.TwoWay && !BecomesAdjacent(n))
        {
            ClearLists(n);
            (_neighbors[n].State, _neighbors[n].SendDd, _neighbors[n].HasLast) = (OspfNeighborState.TwoWay, false, false);
            RemoveFlushed();
        }
    }

    private bool BroadcastTimers(VirtualTime now)
    {
        bool any = false;
        if (_delayedDue <= now)
        {
            (_delayedDue, _delayedSend, any) = (VirtualTime.Never, _delayed.Count, true);
        }

        for (int number = 0; number < _interfaces.Length; number++)
        {
            if (_interfaces[number].Used && _interfaces[number].WaitDue <= now)
            {
                Elect(number, now);
                any = true;
            }

            if (_interfaces[number].Used && _interfaces[number].OriginateDue <= now)
            {
                _interfaces[number].OriginateDue = VirtualTime.Never;
                OriginateNetworkNow(number, now);
                any = true;
            }
        }

        return any;
    }

    private bool AnyFull(int number)
    {
        for (int n = _interfaces[number].First; n >= 0; n = _neighbors[n].Next)
        {
            if (_neighbors[n].State == OspfNeighborState.Full)
            {
                return true;
            }
        }

        return false;
    }

    // 12.4.1.2: we are Full with the Designated Router, or are it and Full with somebody.
    private bool IsTransit(int number)
    {
        ref readonly OspfInterface i = ref _interfaces[number];
        if (i.State == OspfInterfaceState.Dr)
        {
            return AnyFull(number);
        }

        for (int n = i.First; n >= 0; n = _neighbors[n].Next)
        {
            if (_neighbors[n].Address == i.DesignatedRouter && _neighbors[n].State == OspfNeighborState.Full)
            {
                return true;
            }
        }

        return false;
    }

    private OspfLsaKey NetworkKey(int number) => new(OspfLsaType.Network, _interfaces[number].Address, routerId);

    // The interface whose network's LSA it is, where we are its Designated Router; -1 for none.
    private int IsOurNetwork(in OspfLsaKey key)
    {
        for (int number = 0; number < _interfaces.Length; number++)
        {
            if (_interfaces[number].Used && _interfaces[number].State == OspfInterfaceState.Dr && key == NetworkKey(number) && AnyFull(number))
            {
                return number;
            }
        }

        return -1;
    }

    // 12.4.2: the network's LSA is the Designated Router's while somebody is Full, MinLSInterval after the last one at the soonest. Otherwise there is none.
    private void OriginateNetwork(int number, VirtualTime now)
    {
        ref OspfInterface i = ref _interfaces[number];
        if (i.Type != OspfNetworkType.Broadcast)
        {
            return;
        }

        if (i.State != OspfInterfaceState.Dr || !AnyFull(number))
        {
            NetworkGone(number, now);
            return;
        }

        VirtualTime earliest = i.HasOriginated ? i.Originated + times.MinInterval : now;
        i.OriginateDue = VirtualTime.Min(i.OriginateDue, earliest < now ? now : earliest);
    }

    private void NetworkGone(int number, VirtualTime now)
    {
        _interfaces[number].OriginateDue = VirtualTime.Never;
        if (_interfaces[number].Type == OspfNetworkType.Broadcast && Find(NetworkKey(number)) is >= 0 and int slot && !_database[slot].Flushed)
        {
            Flush(slot, now);
            RemoveFlushed();
        }
    }

    private void OriginateNetworkNow(int number, VirtualTime now)
    {
        if (!NextSequence(NetworkKey(number), now, out int sequence))
        {
            _interfaces[number].OriginateDue = now + times.MinInterval;
            return;
        }

        Span<byte> lsa = stackalloc byte[OspfNetworkLsa.LengthOf(MaxNeighbors + 1)];
        Span<Ipv4Address> attached = stackalloc Ipv4Address[MaxNeighbors + 1];
        int count = 0;
        attached[count++] = routerId;
        for (int n = _interfaces[number].First; n >= 0; n = _neighbors[n].Next)
        {
            if (_neighbors[n].State == OspfNeighborState.Full)
            {
                attached[count++] = _neighbors[n].RouterId;
            }
        }

        OspfNetworkLsa.WriteBody(lsa[OspfLsaHeader.HeaderLength..], Ipv4Address.Mask(_interfaces[number].PrefixLength), attached[..count]);
        lsa = lsa[..OspfNetworkLsa.LengthOf(count)];
        OspfLsaKey key = NetworkKey(number);
        new OspfLsaHeader
        {
            Options = Options, Type = key.Type, LinkStateId = key.LinkStateId, AdvertisingRouter = key.AdvertisingRouter, Sequence = sequence, Length = (ushort)lsa.Length,
        }.Write(lsa);
        OspfLsa.WriteChecksum(lsa);
        (_interfaces[number].Originated, _interfaces[number].HasOriginated) = (now, true);
        Flood(Install(OspfLsaHeader.Read(lsa), lsa[OspfLsaHeader.HeaderLength..], now), -1, now);
    }

    private bool IsDesignated(int from)
    {
        ref readonly OspfInterface i = ref _interfaces[_neighbors[from].Interface];
        return _neighbors[from].Address == i.DesignatedRouter || _neighbors[from].Address == i.BackupDesignatedRouter;
    }

    private void SendOut(int number, ref OspfDatabaseRow row)
    {
        ulong bit = 1UL << number;
        if ((row.SendOut & bit) == 0)
        {
            row.SendOut |= bit;
            _interfaces[number].SendCount++;
        }
    }

    private void StopFlooding(int number)
    {
        ulong keep = ~(1UL << number);
        foreach (ref OspfDatabaseRow row in _database.AsSpan())
        {
            row.SendOut &= keep;
        }

        _interfaces[number].SendCount = 0;
        for (int k = 0; k < _delayed.Count; k++)
        {
            ref OspfAcknowledgment waiting = ref _delayed[k];
            waiting.To = waiting.To == number ? (short)-1 : waiting.To;
        }
    }

    // A.3.5: as many LSAs as fit, at least one.
    private int WriteFlood(int number, Span<byte> body, VirtualTime now)
    {
        int at = 4, room = Room(number);
        uint count = 0;
        ulong bit = 1UL << number;
        foreach (ref OspfDatabaseRow row in _database.AsSpan())
        {
            if (!row.Used || (row.SendOut & bit) == 0 || (count > 0 && at + row.Header.Length > room))
            {
                continue;
            }

            row.SendOut &= ~bit;
            _interfaces[number].SendCount--;
            at += Write(row, body[at..], now, delay: 1);
            count++;
        }

        BinaryPrimitives.WriteUInt32BigEndian(body, count);
        _interfaces[number].SendCount = count == 0 ? 0 : _interfaces[number].SendCount;
        return at;
    }

    // 13.5, table 19: an instance that was new and has not gone back out of the interface that it came by.
    private void AcknowledgeNew(int from, in OspfLsaHeader header, VirtualTime now)
    {
        ref readonly OspfInterface i = ref _interfaces[_neighbors[from].Interface];
        if (i.Type == OspfNetworkType.PointToPoint)
        {
            Acknowledge(from, header);
        }
        else if (i.State != OspfInterfaceState.Backup || _neighbors[from].Address == i.DesignatedRouter)
        {
            AcknowledgeLater(_neighbors[from].Interface, header, now);
        }
    }

    // Table 19: a duplicate that was an acknowledgment is acknowledged by the Backup alone, and to the Designated Router alone.
    private void AcknowledgeImplied(int from, in OspfLsaHeader header, VirtualTime now)
    {
        ref readonly OspfInterface i = ref _interfaces[_neighbors[from].Interface];
        if (i.State == OspfInterfaceState.Backup && _neighbors[from].Address == i.DesignatedRouter)
        {
            AcknowledgeLater(_neighbors[from].Interface, header, now);
        }
    }

    private void AcknowledgeLater(int number, in OspfLsaHeader header, VirtualTime now)
    {
        _delayed.Add(new OspfAcknowledgment { To = (short)number, Header = header });
        _delayedDue = _delayedDue.IsNever ? now + times.AckDelay : _delayedDue;
    }

    // The delayed acknowledgments that are due, as many of one interface as stand together and fit.
    private int NextDelayed(Span<byte> packet, out int number, out Ipv4Address destination)
    {
        while (_delayedSend > 0)
        {
            number = _delayed.Front.To;
            if (!(number >= 0 && IsUp(number)))
            {
                _delayed.Take();
                _delayedSend--;
                continue;
            }

            int before = _delayed.Count;
            int length = WriteAcknowledgments(_delayed, number, Room(number), packet[OspfHeader.HeaderLength..]);
            _delayedSend = Math.Max(0, _delayedSend - (before - _delayed.Count));
            destination = _interfaces[number].Group;
            return Finish(packet, OspfType.LinkStateAcknowledgment, length);
        }

        (number, destination) = (0, Ipv4Address.AllSpfRouters);
        return 0;
    }
}
