using System.Buffers.Binary;
using Stress.Emulator.Core;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland.Ospf;

/// <summary>The link state database: origination, flooding and aging (RFC 2328, 12 to 14).</summary>
public sealed partial class OspfArea
{
    private const int Buckets = 64;
    private Table<OspfDatabaseRow> _database = new();
    private Table<OspfPiece> _pieces = new();

    // The first row of each bucket and 1, so that zeros are an empty database.
    private readonly short[] _buckets = new short[Buckets];
    private VirtualTime _agingDue;
    private VirtualTime _originateDue;
    private VirtualTime _originated;
    private bool _hasOriginated;

    private void DatabaseFields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        _database.Fields(ref pass);
        _pieces.Fields(ref pass);
        pass.Numbers<short>(_buckets);
        pass.Struct(ref _agingDue);
        pass.Struct(ref _originateDue);
        pass.Struct(ref _originated);
        pass.Field(ref _hasOriginated);
    }

    /// <summary>The link state database; a row is in use when <see cref="OspfDatabaseRow.Used"/>.</summary>
    public ReadOnlySpan<OspfDatabaseRow> Database => _database.AsSpan();

    /// <summary>LSAs in the database.</summary>
    public int DatabaseCount
    {
        get
        {
            int n = 0;
            foreach (ref readonly OspfDatabaseRow row in _database.AsSpan())
            {
                n += row.Used ? 1 : 0;
            }

            return n;
        }
    }

    /// <summary>The header of an LSA with its age.</summary>
    /// <param name="row">The LSA.</param>
    /// <param name="now">Virtual time.</param>
    public static OspfLsaHeader HeaderOf(in OspfDatabaseRow row, VirtualTime now)
    {
        OspfLsaHeader header = row.Header;
        header.Age = row.Flushed ? OspfLsaHeader.MaxAge : (ushort)Math.Clamp((now - row.Born).Microseconds / 1_000_000, 0, OspfLsaHeader.MaxAge);
        return header;
    }

    // A network's LSA is looked for without its router (16.1).
    private static int BucketOf(in OspfLsaKey key) =>
        (int)(((key.LinkStateId.Value * 0x9E3779B9) ^ (key.Type == OspfLsaType.Network ? 0 : key.AdvertisingRouter.Value * 0x85EBCA6B) ^ (uint)key.Type) >> 9) % Buckets;

    private int Find(in OspfLsaKey key)
    {
        for (int i = _buckets[BucketOf(key)] - 1; i >= 0; i = _database[i].Next)
        {
            if (_database[i].Header.Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    // The LSA of the network whose Designated Router has this address, or -1.
    private int FindNetwork(Ipv4Address dr)
    {
        for (int i = _buckets[BucketOf(new OspfLsaKey(OspfLsaType.Network, dr, default))] - 1; i >= 0; i = _database[i].Next)
        {
            if (_database[i].Header.Type == OspfLsaType.Network && _database[i].Header.LinkStateId == dr && !_database[i].Flushed)
            {
                return i;
            }
        }

        return -1;
    }

    // The LSA as it goes on the wire; what is sent is older by InfTransDelay.
    private int Write(in OspfDatabaseRow row, Span<byte> lsa, VirtualTime now, int delay)
    {
        OspfLsaHeader header = HeaderOf(row, now);
        header.Age = (ushort)Math.Min(header.Age + delay, OspfLsaHeader.MaxAge);
        header.Write(lsa);
        Body(row, lsa[OspfLsaHeader.HeaderLength..header.Length]);
        return header.Length;
    }

    private void Body(in OspfDatabaseRow row, Span<byte> body)
    {
        Span<byte> four = stackalloc byte[OspfRouterLink.Length];
        BinaryPrimitives.WriteUInt32BigEndian(four, row.Word);
        int n = Math.Min(4, body.Length);
        four[..n].CopyTo(body);
        body = body[n..];
        for (int p = row.First; p >= 0 && body.Length > 0; p = _pieces[p].Next)
        {
            BinaryPrimitives.WriteUInt32BigEndian(four, _pieces[p].A);
            BinaryPrimitives.WriteUInt32BigEndian(four[4..], _pieces[p].B);
            BinaryPrimitives.WriteUInt32BigEndian(four[8..], _pieces[p].C);
            n = Math.Min(four.Length, body.Length);
            four[..n].CopyTo(body);
            body = body[n..];
        }
    }

    // Puts the body into the row's pieces, as many as it needs.
    private void SetBody(int slot, ReadOnlySpan<byte> body)
    {
        Span<byte> four = stackalloc byte[OspfRouterLink.Length];
        four.Clear();
        int n = Math.Min(4, body.Length);
        body[..n].CopyTo(four);
        _database[slot].Word = BinaryPrimitives.ReadUInt32BigEndian(four);
        body = body[n..];
        int last = -1, p = _database[slot].First;
        while (body.Length > 0)
        {
            if (p < 0)
            {
                p = _pieces.Put(new OspfPiece { Used = true, Next = -1 });
                if (last < 0)
                {
                    _database[slot].First = (short)p;
                }
                else
                {
                    _pieces[last].Next = (short)p;
                }
            }

            four.Clear();
            n = Math.Min(four.Length, body.Length);
            body[..n].CopyTo(four);
            body = body[n..];
            ref OspfPiece piece = ref _pieces[p];
            (piece.A, piece.B, piece.C) = (BinaryPrimitives.ReadUInt32BigEndian(four), BinaryPrimitives.ReadUInt32BigEndian(four[4..]), BinaryPrimitives.ReadUInt32BigEndian(four[8..]));
            last = p;
            p = piece.Next;
        }

        FreePieces(p);
        if (last < 0)
        {
            _database[slot].First = -1;
        }
        else
        {
            _pieces[last].Next = -1;
        }
    }

    private void FreePieces(int p)
    {
        while (p >= 0)
        {
            _pieces[p].Used = false;
            p = _pieces[p].Next;
        }
    }

    // 13.2. An instance replaces the one before, whose lists are empty then.
    private int Install(in OspfLsaHeader header, ReadOnlySpan<byte> body, VirtualTime now)
    {
        int slot = Find(header.Key);
        bool differs = true;
        if (slot < 0)
        {
            int bucket = BucketOf(header.Key);
            slot = _database.Put(new OspfDatabaseRow { Used = true, First = -1, Next = (short)(_buckets[bucket] - 1) });
            _buckets[bucket] = (short)(slot + 1);
        }
        else
        {
            Unlist(slot);
            ref OspfDatabaseRow old = ref _database[slot];
            if (old.Header.Length == header.Length && old.Header.Options == header.Options && old.Flushed == (header.Age == OspfLsaHeader.MaxAge))
            {
                Span<byte> before = stackalloc byte[body.Length];
                Body(old, before);
                differs = !before.SequenceEqual(body);
            }
        }

        ref OspfDatabaseRow row = ref _database[slot];
        row.Header = header;
        row.Header.Age = 0;
        row.Born = now - VirtualTime.FromSeconds(header.Age);
        row.Installed = now;
        row.Flushed = header.Age == OspfLsaHeader.MaxAge;
        SetBody(slot, body);
        _agingDue = VirtualTime.Min(_agingDue, DueOf(_database[slot]));
        if (differs)
        {
            ScheduleSpf(now);
        }

        return slot;
    }

    private VirtualTime DueOf(in OspfDatabaseRow row) => row.Flushed ? VirtualTime.Never
        : row.Header.AdvertisingRouter == routerId ? row.Born + times.Refresh : row.Born + VirtualTime.FromSeconds(OspfLsaHeader.MaxAge);

    private void Unlist(int slot)
    {
        ref OspfDatabaseRow row = ref _database[slot];
        for (int i = 0; row.Send != 0; i++)
        {
            if ((row.Send & (1UL << i)) != 0)
            {
                row.Send &= ~(1UL << i);
                _neighbors[i].SendCount--;
            }
        }

        for (int i = 0; row.SendOut != 0; i++)
        {
            if ((row.SendOut & (1UL << i)) != 0)
            {
                row.SendOut &= ~(1UL << i);
                _interfaces[i].SendCount--;
            }
        }

        row.Retransmit = 0;
    }

    private void Remove(int slot)
    {
        Unlist(slot);
        int bucket = BucketOf(_database[slot].Header.Key);
        if (_buckets[bucket] == slot + 1)
        {
            _buckets[bucket] = (short)(_database[slot].Next + 1);
        }
        else
        {
            int before = _buckets[bucket] - 1;
            while (_database[before].Next != slot)
            {
                before = _database[before].Next;
            }

            _database[before].Next = _database[slot].Next;
        }

        FreePieces(_database[slot].First);
        _database[slot] = default;
    }

    // 14: a MaxAge LSA goes once nobody has to acknowledge it any more and no neighbour is in Exchange or Loading.
    private void RemoveFlushed()
    {
        if (Synchronising)
        {
            return;
        }

        for (int i = 0; i < _database.Length; i++)
        {
            if (_database[i].Used && _database[i].Flushed && (_database[i].Retransmit | _database[i].Send | _database[i].SendOut) == 0)
            {
                Remove(i);
            }
        }
    }

    private bool Synchronising
    {
        get
        {
            foreach (ref readonly OspfNeighbor n in _neighbors.AsSpan())
            {
                if (n.Used && n.State is OspfNeighborState.Exchange or OspfNeighborState.Loading)
                {
                    return true;
                }
            }

            return false;
        }
    }

    // 13.
    private void UpdateReceived(int number, ReadOnlySpan<byte> body, VirtualTime now)
    {
        if (body.Length < 4)
        {
            return;
        }

        uint left = BinaryPrimitives.ReadUInt32BigEndian(body);
        for (body = body[4..]; left > 0 && body.Length >= OspfLsaHeader.HeaderLength; left--)
        {
            var header = OspfLsaHeader.Read(body);
            if (header.Length < OspfLsaHeader.HeaderLength || header.Length > body.Length)
            {
                return;
            }

            ReadOnlySpan<byte> lsa = body[..header.Length];
            body = body[header.Length..];
            if (header.Type is >= OspfLsaType.Router and <= OspfLsaType.AsExternal && lsa.Length <= MaxLsaLength && OspfLsa.Check(lsa) == WireError.None
                && !LsaReceived(number, header, lsa[OspfLsaHeader.HeaderLength..], now))
            {
                ExStart(number, now); // BadLSReq
                return;
            }
        }

        LoadingDone(number, now);
        RemoveFlushed();
    }

    // 13, steps 4 to 8. False for BadLSReq.
    private bool LsaReceived(int number, in OspfLsaHeader header, ReadOnlySpan<byte> body, VirtualTime now)
    {
        int slot = Find(header.Key);
        if (slot < 0 && header.Age == OspfLsaHeader.MaxAge && !Synchronising)
        {
            Acknowledge(number, header);
            return true;
        }

        int newer = slot < 0 ? 1 : header.CompareTo(HeaderOf(_database[slot], now));
        if (newer > 0)
        {
            if (slot >= 0 && now - _database[slot].Installed < times.MinArrival && _database[slot].Header.AdvertisingRouter != routerId)
            {
                return true; // too soon: it is sent again
            }

            slot = Install(header, body, now);
            if (!Flood(slot, number, now))
            {
                AcknowledgeNew(number, header, now);
            }

            if (header.AdvertisingRouter == routerId)
            {
                OwnReceived(slot, now);
            }

            return true;
        }

        if (IsRequested(number, header.Key))
        {
            return false;
        }

        ulong bit = 1UL << number;
        if (newer == 0)
        {
            if ((_database[slot].Retransmit & bit) != 0)
            {
                _database[slot].Retransmit &= ~bit; // an implied acknowledgment
                AcknowledgeImplied(number, header, now);
            }
            else
            {
                Acknowledge(number, header);
            }
        }
        else if (!(_database[slot].Flushed && _database[slot].Header.Sequence == OspfLsaHeader.MaxSequenceNumber))
        {
            SendTo(number, ref _database[slot]);
        }

        return true;
    }

    private bool IsRequested(int number, in OspfLsaKey key)
    {
        foreach (ref readonly OspfRequest r in _requests.AsSpan())
        {
            if (r.Used && r.Neighbor == number && r.Header.Key == key)
            {
                return true;
            }
        }

        return false;
    }

    // 13.3: to every neighbour that exchanges or has exchanged databases, but for the one that it came from (-1: nobody). Whether it goes back out of the interface that it came by.
    private bool Flood(int slot, int from, VirtualTime now)
    {
        int receiving = from >= 0 ? _neighbors[from].Interface : -1;
        bool back = false;
        for (int number = 0; number < _interfaces.Length; number++)
        {
            ref OspfInterface i = ref _interfaces[number];
            bool any = false;
            for (int n = i.Used ? i.First : -1; n >= 0; n = _neighbors[n].Next)
            {
                ref OspfNeighbor neighbor = ref _neighbors[n];
                if (neighbor.State < OspfNeighborState.Exchange || (neighbor.State != OspfNeighborState.Full && Requested(n, slot, now)) || n == from)
                {
                    continue;
                }

                _database[slot].Retransmit |= 1UL << n;
                any = true;
                if (i.Type == OspfNetworkType.PointToPoint)
                {
                    SendTo(n, ref _database[slot]);
                }
                else if (neighbor.RetransmitDue.IsNever)
                {
                    neighbor.RetransmitDue = now + times.Retransmit;
                }
            }

            // Steps 3 and 4: the Designated Router's and its Backup's have reached all on the network, and what anybody else's has to be flooded again is the Designated Router's.
            if (any && i.Type == OspfNetworkType.Broadcast && !(number == receiving && (IsDesignated(from) || i.State == OspfInterfaceState.Backup)))
            {
                SendOut(number, ref _database[slot]);
                back |= number == receiving;
            }
        }

        return back;
    }

    // 13.3 (1) (b): whether the neighbour has described an instance that is as recent or more. One that is as recent or less is asked for no more.
    private bool Requested(int number, int slot, VirtualTime now)
    {
        OspfLsaHeader header = HeaderOf(_database[slot], now);
        foreach (ref OspfRequest r in _requests.AsSpan())
        {
            if (!r.Used || r.Neighbor != number || r.Header.Key != header.Key)
            {
                continue;
            }

            int newer = header.CompareTo(r.Header);
            r.Used = newer < 0;

            // Where it was the last, the next look for a request to send finds none, which ends Loading.
            _neighbors[number].SendRequest |= !r.Used && !IsAsking(number);
            return newer <= 0;
        }

        return false;
    }

    private bool IsAsking(int number)
    {
        foreach (ref readonly OspfRequest r in _requests.AsSpan())
        {
            if (r.Used && r.Neighbor == number)
            {
                return true;
            }
        }

        return false;
    }

    // 13.4: an instance of ours from an earlier life. The Router-LSA gets a later one, everything else is flushed.
    private void OwnReceived(int slot, VirtualTime now)
    {
        if (_database[slot].Header.Key == OwnKey)
        {
            _originateDue = now;
        }
        else if (IsOurNetwork(_database[slot].Header.Key) is >= 0 and int number)
        {
            _interfaces[number].OriginateDue = now;
        }
        else if (!_database[slot].Flushed)
        {
            Flush(slot, now);
        }
    }

    private OspfLsaKey OwnKey => new(OspfLsaType.Router, routerId, routerId);

    private void Flush(int slot, VirtualTime now)
    {
        Unlist(slot);
        _database[slot].Flushed = true;
        _database[slot].Installed = now;
        Flood(slot, -1, now);
        ScheduleSpf(now);
    }

    // 12.4: a new instance of the Router-LSA, but not sooner than MinLSInterval after the last.
    private void Originate(VirtualTime now)
    {
        VirtualTime earliest = _hasOriginated ? _originated + times.MinInterval : now;
        _originateDue = VirtualTime.Min(_originateDue, earliest < now ? now : earliest);
    }

    private bool AgeAndOriginate(VirtualTime now)
    {
        if (_originateDue <= now)
        {
            _originateDue = VirtualTime.Never;
            OriginateNow(now);
            return true;
        }

        if (_agingDue <= now)
        {
            _agingDue = VirtualTime.Never;
            for (int i = 0; i < _database.Length; i++)
            {
                if (!_database[i].Used)
                {
                    continue;
                }

                VirtualTime due = DueOf(_database[i]);
                if (due > now)
                {
                    _agingDue = VirtualTime.Min(_agingDue, due);
                }
                else if (_database[i].Header.Key == OwnKey)
                {
                    Originate(now);
                }
                else if (IsOurNetwork(_database[i].Header.Key) is >= 0 and int number)
                {
                    OriginateNetwork(number, now);
                }
                else
                {
                    Flush(i, now);
                }
            }

            RemoveFlushed();
            return true;
        }

        if (_spfDue <= now)
        {
            _spfDue = VirtualTime.Never;
            _calculated = now;
            _hasCalculated = true;
            Spf();
            return true;
        }

        return false;
    }

    private void OriginateNow(VirtualTime now)
    {
        if (!NextSequence(OwnKey, now, out int sequence))
        {
            _originateDue = now + times.MinInterval;
            return;
        }

        Span<byte> lsa = stackalloc byte[MaxLsaLength];
        int length = WriteRouterLsa(lsa, sequence);
        (_originated, _hasOriginated) = (now, true);
        Flood(Install(OspfLsaHeader.Read(lsa), lsa[OspfLsaHeader.HeaderLength..length], now), -1, now);
    }

    // False where it was the last (12.1.6): that is flushed before the first comes again.
    private bool NextSequence(in OspfLsaKey key, VirtualTime now, out int sequence)
    {
        int slot = Find(key);
        sequence = slot < 0 ? OspfLsaHeader.InitialSequenceNumber : _database[slot].Header.Sequence + 1;
        if (slot < 0 || _database[slot].Header.Sequence != OspfLsaHeader.MaxSequenceNumber)
        {
            return true;
        }

        if (!_database[slot].Flushed)
        {
            Flush(slot, now);
            RemoveFlushed();
        }

        return false;
    }

    // 12.4.1: for each point-to-point interface a link to the neighbour that is Full, and the other end's address as a stub (option 1 of 12.4.1.1); for a broadcast one the
    // transit network, or a stub while nobody is Full there (12.4.1.2).
    private int WriteRouterLsa(Span<byte> lsa, int sequence)
    {
        int at = OspfRouterLink.First, links = 0;
        for (int number = 0; number < _interfaces.Length; number++)
        {
            ref readonly OspfInterface i = ref _interfaces[number];
            if (!i.Used)
            {
                continue;
            }

            if (i.Type == OspfNetworkType.Broadcast)
            {
                Add(IsTransit(number) ? new OspfRouterLink(i.DesignatedRouter, i.Address, OspfLinkType.Transit, InterfaceCost)
                    : new OspfRouterLink(i.Network, Ipv4Address.Mask(i.PrefixLength), OspfLinkType.Stub, InterfaceCost), lsa);
                continue;
            }

            if (_neighbors[i.First].State == OspfNeighborState.Full)
            {
                Add(new OspfRouterLink(_neighbors[i.First].RouterId, i.Address, OspfLinkType.PointToPoint, InterfaceCost), lsa);
            }

            if (!i.Peer.IsAny)
            {
                Add(new OspfRouterLink(i.Peer, Ipv4Address.Broadcast, OspfLinkType.Stub, InterfaceCost), lsa);
            }
        }

        if (_stubLength > 0)
        {
            Add(new OspfRouterLink(_stub, Ipv4Address.Mask(_stubLength), OspfLinkType.Stub, InterfaceCost), lsa);
        }

        BinaryPrimitives.WriteUInt32BigEndian(lsa[OspfLsaHeader.HeaderLength..], (uint)links);
        new OspfLsaHeader
        {
            Options = Options, Type = OspfLsaType.Router, LinkStateId = routerId, AdvertisingRouter = routerId, Sequence = sequence, Length = (ushort)at,
        }.Write(lsa);
        OspfLsa.WriteChecksum(lsa[..at]);
        return at;

        void Add(OspfRouterLink link, Span<byte> to)
        {
            link.Write(to[at..]);
            at += OspfRouterLink.Length;
            links++;
        }
    }
}
