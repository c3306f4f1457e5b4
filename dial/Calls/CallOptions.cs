using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland.Ppp;

namespace Stress.Dial.Calls;

/// <summary>How a call that is up is ended.</summary>
public enum CallEnd
{
    /// <summary>What pppd does at SIGHUP: layers down, Terminate-Request, then carrier down.</summary>
    Hup,

    /// <summary>Carrier is lost without notice: the connection is closed, DTR drops.</summary>
    Carrier,

    /// <summary>Nothing more is sent or answered for a while; then carrier is dropped.</summary>
    Silence,
}

/// <summary>What one call does, apart from its destination.</summary>
public sealed record CallOptions
{
    /// <summary>True when we dialled; false when we were called.</summary>
    public bool Calling { get; init; } = true;

    /// <summary>The words before PPP.</summary>
    public ChatScript Chat { get; init; } = ChatScript.None;

    /// <summary>PPP's options.</summary>
    public PppEndpointOptions Ppp { get; init; } = new();

    /// <summary>How long a link is left up before it is ended, drawn for each call; <see cref="VirtualTime.Never"/> leaves the end to the far side.</summary>
    public TimeRange Up { get; init; } = TimeRange.Seconds(60, 60);

    /// <summary>The ends, taken in turn; call n of a line takes end n modulo their number.</summary>
    public IReadOnlyList<CallEnd> Ends { get; init; } = [CallEnd.Hup];

    /// <summary>How long a silent end stays silent before carrier is dropped.</summary>
    public VirtualTime Silence { get; init; } = VirtualTime.FromSeconds(30);

    /// <summary>Longest time from carrier and login to the network protocols being open.</summary>
    public VirtualTime Establish { get; init; } = VirtualTime.FromSeconds(90);

    /// <summary>Longest time within which the far side must accept what we send.</summary>
    public VirtualTime WriteTimeout { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>ospfd's HelloInterval; zero sends none.</summary>
    public VirtualTime HelloInterval { get; init; } = VirtualTime.FromSeconds(10);

    /// <summary>ospfd's RouterDeadInterval.</summary>
    public VirtualTime DeadInterval { get; init; } = VirtualTime.FromSeconds(40);

    /// <summary>ripngd's update time; zero sends none.</summary>
    public VirtualTime RipngUpdate { get; init; } = VirtualTime.FromSeconds(30);

    /// <summary>Half width of the update's jitter.</summary>
    public VirtualTime RipngJitter { get; init; } = VirtualTime.FromSeconds(15);

    /// <summary>The options of a role of a scenario, on one line.</summary>
    /// <param name="site">The scenario's site.</param>
    /// <param name="role">Which end we are.</param>
    /// <param name="line">The line's number, which chooses addresses as in the emulator of a pair.</param>
    public static CallOptions Of(SiteOptions site, Role role, int line)
    {
        RoleOptions options = site.Roles[role];
        bool calling = role == Role.Calling;
        List<CallEnd> ends = [];
        if (options.Hup.Enabled || site.Line.CarrierLossEvery <= VirtualTime.Zero)
        {
            ends.Add(CallEnd.Hup);
        }

        if (site.Line.CarrierLossEvery > VirtualTime.Zero)
        {
            ends.Add(CallEnd.Carrier);
        }

        return new CallOptions
        {
            Calling = calling,
            Ppp = PppOptions.Of(new PppSystem(site.Called, 0, line), new PppSystem(site.Calling, line + 1, 0), line, calling ? ModemLink.Calling : ModemLink.Called),
            Up = calling
                ? new TimeRange(options.Hup.Every + options.Hup.Jitter.Min, options.Hup.Every + options.Hup.Jitter.Max)
                : TimeRange.Fixed(VirtualTime.Never),
            Ends = ends,
            HelloInterval = options.Daemons.Contains("ospfd") ? options.Ospfd.HelloInterval : VirtualTime.Zero,
            DeadInterval = options.Ospfd.DeadInterval,
            RipngUpdate = options.Daemons.Contains("ripngd") ? options.Ripngd.Update : VirtualTime.Zero,
            RipngJitter = options.Ripngd.UpdateJitter,
        };
    }
}
