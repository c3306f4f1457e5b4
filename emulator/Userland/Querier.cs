using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// The program of a station that asks the others of its segment for their groups: IGMPv2 (RFC 2236) on a raw socket, MLD (RFC 2710) on a raw ICMPv6 socket. It joins the groups of all routers, and asks
/// again about a group that somebody has left. It forwards nothing, and so keeps no memberships of others, and stands in no election: a segment has one querier.
/// </summary>
public sealed class Querier(ProcessEntry entry, QuerierOptions options) : Process(entry)
{
    private struct Left : IStateValue<Left>
    {
        public Ipv6Address Group6;
        public Ipv4Address Group;
        public byte Times;
        public VirtualTime Due;

        /// <inheritdoc/>
        public static void Fields<TPass>(ref Left value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.Group6);
            pass.Struct(ref value.Group);
            pass.Field(ref value.Times);
            pass.Struct(ref value.Due);
        }
    }

    /// <summary>Its timers: the next general query, the next about a group that somebody has left.</summary>
    public const int Timers = 2;

    private const int GeneralTimer = 0, LeftTimer = 1;

    // What there is to do for a general query, in this order; each is one system call.
    private enum Call : byte
    {
        Nothing,
        MulticastIf,
        JoinAllRouters,
        JoinAllRouters6,
        Igmp,
        Mld,
    }

    private readonly Ring<Left> _left = new();
    private int _socket = -1;
    private int _socket6 = -1;
    private ushort _index;
    private byte _first;
    private Call _next;
    private bool _asksLeft;

    /// <summary>Groups about which it is going to ask.</summary>
    public int GroupsLeft => _left.Count;

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now)
    {
        Reset();
        _socket = Kernel.OpenSocket(PcbTable.Raw, IpProtocol.Igmp);
        _socket6 = Kernel.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
        Arm(GeneralTimer, now + random.Draw(TimeRange.Seconds(0, 1)));
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        Reset();
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (which == LeftTimer)
        {
            _asksLeft = true;
            Wakeup();
            return;
        }

        // getifaddrs(3): an interface that has come back has another index, and begins anew.
        ushort index = Kernel.StationIndex;
        if (index == 0 || Kernel.FirstAddressOf(index).IsAny)
        {
            _index = 0;
            Arm(GeneralTimer, now + new VirtualTime(options.Interval.Microseconds / 4));
            return;
        }

        _next = index == _index ? Call.Igmp : Call.MulticastIf;
        _first = index == _index ? _first : (byte)QuerierOptions.Robustness;
        _index = index;
        _first -= _first > 0 ? (byte)1 : (byte)0;
        Arm(GeneralTimer, now + (_first > 0 ? new VirtualTime(options.Interval.Microseconds / 4) : options.Interval));
        Wakeup();
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (_next != Call.Nothing)
        {
            Call call = _next;
            _next = call == Call.Mld ? Call.Nothing : call + 1;
            Do(call);
            return true;
        }

        if (!_asksLeft)
        {
            return false;
        }

        // Those that are not due yet go to the end; after all of them have, the first that will be is waited for.
        VirtualTime due = VirtualTime.Never;
        for (int n = _left.Count; n > 0; n--)
        {
            Left left = _left.Take();
            if (left.Due > now)
            {
                due = VirtualTime.Min(due, left.Due);
                _left.Add(left);
                continue;
            }

            AskAbout(left);
            if (--left.Times > 0)
            {
                _left.Add(left with { Due = now + QuerierOptions.LastMember });
            }

            return true;
        }

        _asksLeft = false;
        Arm(LeftTimer, due);
        return false;
    }

    private void Do(Call call)
    {
        switch (call)
        {
            case Call.MulticastIf:
                Say("IP_MULTICAST_IF of the querier", Kernel.IpMulticastIf(_socket, Kernel.FirstAddressOf(_index)));
                break;
            case Call.JoinAllRouters:
                Say("IP_ADD_MEMBERSHIP 224.0.0.2", Kernel.IpAddMembership(_socket, Ipv4Address.AllRouters, Kernel.FirstAddressOf(_index)));
                break;
            case Call.JoinAllRouters6:
                Say("IPV6_JOIN_GROUP ff02::2", Kernel.Ipv6JoinGroup(_socket6, Ipv6Address.AllRouters, _index));
                break;
            case Call.Igmp:
                Ask(Ipv4Address.Any, options.Response);
                break;
            default:
                Ask6(Ipv6Address.Any, options.Response);
                break;
        }
    }

    private void AskAbout(in Left left)
    {
        if (Kernel.StationIndex != _index || _index == 0)
        {
            return;
        }

        if (left.Group6.IsAny)
        {
            Ask(left.Group, QuerierOptions.LastMember);
        }
        else
        {
            Ask6(left.Group6, QuerierOptions.LastMember);
        }
    }

    private void Ask(Ipv4Address group, VirtualTime response)
    {
        Span<byte> query = stackalloc byte[IgmpMessage.Length];
        new IgmpMessage(IgmpType.MembershipQuery, (byte)(response.Microseconds / 100_000), group).Write(query);
        Say(group.IsAny ? "IGMP general query" : $"IGMP query about {group}", Kernel.SendRaw(_socket, group.IsAny ? Ipv4Address.AllHosts : group, Kernel.FirstAddressOf(_index), IpProtocol.Igmp, query, routerAlert: true));
    }

    private void Ask6(Ipv6Address group, VirtualTime response) =>
        Say(group.IsAny ? "MLD general query" : $"MLD query about {group}", Kernel.SendMldQuery(_index, group, (ushort)(response.Microseconds / 1_000)));

    /// <inheritdoc/>
    public override bool Receive(int socket, int ifIndex, ReadOnlySpan<byte> packet)
    {
        if (socket != _socket)
        {
            return false;
        }

        if (ifIndex == _index && Ipv4Header.TryParse(packet, out Ipv4Header ip) == WireError.None && IgmpMessage.TryParse(ip.Payload(packet), out IgmpMessage message) == WireError.None
            && message.Type == IgmpType.LeaveGroup && message.Group.IsMulticast)
        {
            Leaves(new Left { Group = message.Group });
        }

        return true;
    }

    /// <inheritdoc/>
    public override bool Receive(int socket, int ifIndex, in MldMessage message)
    {
        if (socket != _socket6)
        {
            return false;
        }

        if (ifIndex == _index && message.Type == Icmpv6Type.MulticastListenerDone && message.Group.IsMulticast)
        {
            Leaves(new Left { Group6 = message.Group });
        }

        return true;
    }

    // A group about which it is asking already is not asked about more often.
    private void Leaves(Left left)
    {
        for (int i = 0; i < _left.Count; i++)
        {
            if (_left[i].Group == left.Group && _left[i].Group6 == left.Group6)
            {
                return;
            }
        }

        _left.Add(left with { Times = QuerierOptions.Robustness, Due = Machine.Clock.Now });
        _asksLeft = true;
        Wakeup();
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        _left.Fields(ref pass);
        pass.Field(ref _socket, initial: -1);
        pass.Field(ref _socket6, initial: -1);
        pass.Field(ref _index);
        pass.Field(ref _first);
        pass.Field(ref _next);
        pass.Field(ref _asksLeft);
    }
}
