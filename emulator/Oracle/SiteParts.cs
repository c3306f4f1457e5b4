
namespace Stress.Emulator.Oracle;

/// <summary>What can be left out of a site one by one, to see whether a crash needs it.</summary>
public enum SitePartKind : byte
{
    /// <summary>A daemon of a router, at each of its boots.</summary>
    Daemon,

    /// <summary>The other multicast program of a router, at each of its boots.</summary>
    GroupMember,

    /// <summary>A HUP signal of cron to the router's pppds.</summary>
    Hup,

    /// <summary>The line itself loses carrier.</summary>
    LineLoss,

    /// <summary>An end is told that carrier was lost.</summary>
    CarrierLoss,

    /// <summary>A block that a competitor allocates.</summary>
    Allocation,

    /// <summary>A fast timeout of IGMP and MLD.</summary>
    FastTimeout,

    /// <summary>A timer of a daemon.</summary>
    DaemonTimer,

    /// <summary>A daemon is started again after it has ended.</summary>
    DaemonRespawn,

    /// <summary>A TERM signal of cron to the router's pppds.</summary>
    Term,

    /// <summary>zebra is restarted.</summary>
    ZebraRestart,

    /// <summary>A programme of the site affects a link or a node.</summary>
    Programme,
}

/// <summary>One part of a site's history.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Router">Router number in the site; for the line itself the line's number, for a programme the programme's.</param>
/// <param name="Which">For a programme, the link or node that is affected; else which daemon, competitor or line of the router; for a timer and a start the number of the process.</param>
/// <param name="Ordinal">Its position among those of its kind, from 0; always 0 for a daemon.</param>
public readonly record struct SitePart(SitePartKind Kind, int Router, int Which, int Ordinal);

/// <summary>Decides which parts of a site happen. Without one everything happens; a filter that admits everything changes nothing.</summary>
/// <param name="admitted">What may happen; null for everything.</param>
public sealed class SiteParts(IReadOnlySet<SitePart>? admitted = null)
{
    private readonly SortedDictionary<(SitePartKind, int, int), int> _ordinals = [];
    private readonly List<SitePart> _happened = [];

    /// <summary>The parts that happened, in order; a daemon once.</summary>
    public IReadOnlyList<SitePart> Happened => _happened;

    /// <summary>A part is about to happen.</summary>
    /// <returns>False when it must not.</returns>
    public bool Admits(SitePartKind kind, int router, int which)
    {
        int ordinal = 0;
        if (kind is not (SitePartKind.Daemon or SitePartKind.GroupMember))
        {
            _ordinals.TryGetValue((kind, router, which), out ordinal);
            _ordinals[(kind, router, which)] = ordinal + 1;
        }

        var part = new SitePart(kind, router, which, ordinal);
        bool admits = admitted is null || admitted.Contains(part);
        if (admits && (ordinal > 0 || !_happened.Contains(part)))
        {
            _happened.Add(part);
        }

        return admits;
    }
}
