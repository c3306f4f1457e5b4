using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Guests.Running;

namespace Stress.Guests.Sites;

/// <summary>A pair of real kernels cut down to what a crash needs.</summary>
/// <param name="Site">The options that are left.</param>
/// <param name="Number">The site's number, which its draws depend on.</param>
/// <param name="At">Virtual time of the crash.</param>
/// <param name="Gone">What the crash does not need.</param>
/// <param name="Needed">What was left out and had to come back.</param>
/// <param name="Tests">Pairs that were run to find it.</param>
public sealed record MinimalPair(SiteOptions Site, int Number, VirtualTime At, IReadOnlyList<string> Gone, IReadOnlyList<string> Needed, int Tests)
{
    /// <summary>HUPs until the crash; null where their phase is drawn.</summary>
    public long? Hups => !Site.Calling.Hup.Enabled ? 0 : Site.Calling.Hup.Phase == TimeRange.Seconds(0, 0) ? At.Microseconds / Site.Calling.Hup.Every.Microseconds : null;
}

/// <summary>Leaves out of a site's set-up what a crash does not need: daemons, HUPs, noise, draws of times; one after another, while the crash keeps its exact title and role.</summary>
/// <param name="crashes">Runs a pair with options and a number up to a virtual time: when it first crashes this way, or null.</param>
public sealed class PairMinimiser(Func<SiteOptions, int, VirtualTime, VirtualTime?> crashes)
{
    private static readonly VirtualTime Spare = VirtualTime.FromSeconds(60);

    private static readonly (string What, Func<SiteOptions, SiteOptions> Without)[] Reductions =
    [
        ("routing daemons", site => Both(site, role => role with { Daemons = [] })),
        ("HUPs", site => site.With(site.Calling with { Hup = site.Calling.Hup with { Enabled = false } })),
        ("noise", site => site with { Line = site.Line with { NoisePerMillionFrames = 0 } }),
        ("failures of training", site => site with { Line = site.Line with { TrainingFailuresPerThousand = 0 } }),
        ("losses of carrier", site => site with { Line = site.Line with { CarrierLossEvery = VirtualTime.Zero } }),
        ("a drawn phase of HUPs", site => site.With(site.Calling with { Hup = site.Calling.Hup with { Phase = TimeRange.Seconds(0, 0) } })),
        ("a drawn delay", site => site with { Line = site.Line with { Delay = new TimeRange(site.Line.Delay.Min, site.Line.Delay.Min) } }),
        ("a long time to dial", site => site with { Line = site.Line with { DialTime = TimeRange.Seconds(1, 1) } }),
        ("a long holdoff", site => site.With(site.Calling with { Pppd = site.Calling.Pppd with { Holdoff = VirtualTime.FromSeconds(1) } })),
    ];

    // Times between HUPs, the shortest first: the sooner the first, the fewer are needed.
    private static readonly VirtualTime[] HupTimes = [VirtualTime.FromSeconds(20), VirtualTime.FromSeconds(60), VirtualTime.FromSeconds(120), VirtualTime.FromSeconds(300)];

    private int _tests;

    /// <summary>Cuts a pair down.</summary>
    /// <param name="site">The run's options, with the seed of the crash.</param>
    /// <param name="number">The site's number.</param>
    /// <param name="until">Virtual time of the crash.</param>
    /// <returns>Null where it does not crash again.</returns>
    public MinimalPair? Minimise(SiteOptions site, int number, VirtualTime until)
    {
        if (At(site, number, until + Spare) is not { } at)
        {
            return null;
        }

        List<string> gone = [], needed = [];
        if (number != 0 && At(site, 0, at + at + Spare) is { } first)
        {
            (number, at) = (0, first);
        }

        foreach ((string what, Func<SiteOptions, SiteOptions> without) in Reductions)
        {
            SiteOptions less = without(site);
            if (Same(less, site))
            {
                continue;
            }

            if (At(less, number, at + at + Spare) is { } still)
            {
                (site, at) = (less, still);
                gone.Add(what);
            }
            else
            {
                needed.Add(what);
            }
        }

        if (site.Calling.Hup.Enabled)
        {
            foreach (VirtualTime every in HupTimes.Where(every => every < site.Calling.Hup.Every))
            {
                SiteOptions sooner = site.With(site.Calling with { Hup = site.Calling.Hup with { Every = every } });
                if (At(sooner, number, at + Spare) is { } still && Hups(sooner, still) <= Hups(site, at))
                {
                    (site, at) = (sooner, still);
                    break;
                }
            }
        }

        return new MinimalPair(site, number, at, gone, needed, _tests);
    }

    private static long Hups(SiteOptions site, VirtualTime at) => at.Microseconds / site.Calling.Hup.Every.Microseconds;

    private static SiteOptions Both(SiteOptions site, Func<RoleOptions, RoleOptions> change) => site.With([.. site.Roles.Select(change)]);

    // A list compares by identity.
    private static bool Same(SiteOptions a, SiteOptions b) =>
        a.Roles.Zip(b.Roles).All(pair => pair.First.Daemons.SequenceEqual(pair.Second.Daemons)) && a.Calling.Hup == b.Calling.Hup && a.Calling.Pppd == b.Calling.Pppd && a.Line == b.Line;

    private VirtualTime? At(SiteOptions site, int number, VirtualTime until)
    {
        _tests++;
        return crashes(site, number, until);
    }
}
