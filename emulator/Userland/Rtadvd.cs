using Stress.Emulator.Core;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Netinet;
using Stress.Emulator.Wire;

namespace Stress.Emulator.Userland;

/// <summary>
/// rtadvd on each line, and the job that lists routers and prefixes (RFC 4861, 6.2.4: a random time between a third of MaxRtrAdvInterval and the whole, 16 s at most after an
/// interface has come up). It advertises one prefix that is on the link and from which nobody configures an address.
/// </summary>
public sealed class Rtadvd(ProcessEntry entry, RtadvdOptions options) : Process(entry)
{
    /// <summary>Its timers: the next advertisement, the next listing.</summary>
    public const int Timers = 2;

    private const int AdvertiseTimer = 0, ListTimer = 1;
    private const byte PrefixBits = 64;
    private static readonly TimeRange Initial = TimeRange.Seconds(0, 16);
    private RandomStream _random;
    private VirtualTime _due;
    private int _next = -1;
    private bool _list;

    /// <inheritdoc/>
    public override void Start(RandomStream random, VirtualTime now)
    {
        _random = random;
        _due = VirtualTime.Never;
        if (options.Interval > VirtualTime.Zero)
        {
            Kernel.OpenSocket(PcbTable.Raw6, IpProtocol.Icmpv6);
            Advertise(now + _random.Draw(Initial));
        }

        if (options.Listed > VirtualTime.Zero)
        {
            Arm(ListTimer, now + _random.Draw(new TimeRange(VirtualTime.Zero, options.Listed)));
        }
    }

    /// <inheritdoc/>
    public override void Stop(VirtualTime now)
    {
        base.Stop(now);
        _due = VirtualTime.Never;
        _next = -1;
        _list = false;
    }

    private void Advertise(VirtualTime at)
    {
        _due = at;
        Arm(AdvertiseTimer, at);
    }

    /// <inheritdoc/>
    public override void AddressUp(Ipv4Address local)
    {
        VirtualTime soon = Machine.Clock.Now + _random.Draw(Initial);
        if (options.Interval > VirtualTime.Zero && soon < _due)
        {
            Advertise(soon);
        }
    }

    /// <inheritdoc/>
    public override void Timer(int which, VirtualTime now)
    {
        if (which == ListTimer)
        {
            _list = true;
            Arm(ListTimer, now + options.Listed);
        }
        else
        {
            _next = 0;
            Advertise(now + _random.Draw(new TimeRange(new VirtualTime(options.Interval.Microseconds / 3), options.Interval)));
        }

        Wakeup();
    }

    /// <inheritdoc/>
    public override bool Step(VirtualTime now)
    {
        if (_list)
        {
            _list = false;
            Say("ndp -r, ndp -p");
            Kernel.Nd6ListRoutersAndPrefixes();
            return true;
        }

        ReadOnlySpan<Ifnet> ifs = Kernel.Interfaces;
        while (_next >= 0 && _next < ifs.Length)
        {
            ref readonly Ifnet ifp = ref ifs[_next++];
            if (ifp.Attached && ifp.Unit >= 0 && (ifp.Flags & Iff.Up) != 0)
            {
                Say("Router Advertisement", Kernel.SendRouterAdvertisement(
                    ifp.Index,
                    new RouterAdvertisement
                    {
                        RouterLifetime = (ushort)Math.Min(ushort.MaxValue, options.Lifetime.Microseconds / 1_000_000), OnLink = true, PrefixLength = PrefixBits,
                        Prefix = new Ipv6Address(0x20010DB800010000UL | (ushort)ifp.Unit, 0),
                    }));
                return true;
            }
        }

        _next = -1;
        return false;
    }

    /// <inheritdoc/>
    public override void Fields<TPass>(ref TPass pass)
    {
        pass.Struct(ref _random);
        pass.Struct(ref _due);
        pass.Field(ref _next, initial: -1);
        pass.Field(ref _list);
    }
}
