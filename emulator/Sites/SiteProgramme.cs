using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>A programme of events of a site, with one slot for its next event and one for the next link or node to be affected.</summary>
/// <param name="site">The site.</param>
/// <param name="options">What it does.</param>
/// <param name="number">Its number in the site.</param>
/// <param name="firstSlot">Its first slot in the queue of events.</param>
internal sealed class SiteProgramme(Site site, SiteEventOptions options, int number, int firstSlot) : IState
{
    /// <summary>Its slots in the queue of events.</summary>
    public const int Events = 2;

    private const int Next = 0, Reached = 1;
    [NotSaved("it follows from the options")]
    private readonly int[] _targets = options.TargetsIn(site.Options.Topology, site.Options.Roles);
    private readonly Ring<Struck> _struck = new();
    private RandomStream _random = new(site.Options.Seed, ((ulong)site.Number << 16) | (uint)number, RandomPurpose.Programme);

    // A link or node that an event affects, and when.
    private struct Struck : IStateValue<Struck>
    {
        public VirtualTime At;
        public int Target;

        public static void Fields<TPass>(ref Struck value, ref TPass pass)
            where TPass : struct, IStatePass
        {
            pass.Struct(ref value.At);
            pass.Field(ref value.Target);
        }
    }

    /// <summary>Virtual time zero.</summary>
    public void Start()
    {
        // If an including file has removed its interfaces, the programme has nothing to affect.
        if (_targets.Length > 0)
        {
            site.Queue.Schedule(firstSlot + Next, _random.Draw(options.Phase) + Distance());
        }
    }

    private VirtualTime Distance() => options.Pattern == EventPattern.Schedule ? options.Every : _random.Exponential(options.Every);

    /// <summary>One of its slots is due.</summary>
    public void Fire(int which, VirtualTime now)
    {
        if (which == Next)
        {
            if (options.To == EventScope.One)
            {
                Add(_targets[(int)_random.Below((uint)_targets.Length)], now);
            }
            else
            {
                foreach (int target in _targets)
                {
                    Add(target, now);
                }
            }

            site.Queue.Schedule(firstSlot + Next, now + Distance());
            ScheduleReached();
            return;
        }

        // If several are due together, in the order in which they were drawn.
        int due = _struck.Count;
        for (int i = 0; i < due; i++)
        {
            Struck struck = _struck.Take();
            if (struck.At <= now)
            {
                Strike(struck.Target, now);
            }
            else
            {
                _struck.Add(struck);
            }
        }

        ScheduleReached();
    }

    private void Add(int target, VirtualTime now) => _struck.Add(new Struck { At = now + _random.Draw(options.Spread), Target = target });

    private void ScheduleReached()
    {
        VirtualTime first = VirtualTime.Never;
        for (int i = 0; i < _struck.Count; i++)
        {
            first = _struck[i].At < first ? _struck[i].At : first;
        }

        site.Queue.Schedule(firstSlot + Reached, first);
    }

    private void Strike(int target, VirtualTime now)
    {
        if (site.Clock.Parts?.Admits(SitePartKind.Programme, number, target) == false)
        {
            return;
        }

        site.Mix((ulong)target + 1);
        switch (options.What)
        {
            case SiteEventKind.Flap:
                site.Flap(target, now);
                break;
            case SiteEventKind.Reboot:
                site.Routers[target].Reboot(now);
                break;
            case SiteEventKind.Hup:
                site.Routers[target].Kill(Pppd.Program, Signal.Hup, now);
                break;
            default:
                site.Routers[target / InterfaceOptions.MostOfRole].StrikeInterface(target % InterfaceOptions.MostOfRole, options.What, now);
                break;
        }
    }

    /// <inheritdoc/>
    public void Fields<TPass>(ref TPass pass)
        where TPass : struct, IStatePass
    {
        pass.Struct(ref _random);
        _struck.Fields(ref pass);
    }
}
