using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Kernel.Net;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Userland;

namespace Stress.Emulator.Sites;

/// <summary>What a site counts, by the labels of its nodes.</summary>
public sealed partial class Site
{
    /// <summary>A router has panicked.</summary>
    /// <param name="router">The router.</param>
    /// <param name="title">Which code path.</param>
    /// <param name="generation">The allocation that the pointer named; 0 where none is known.</param>
    /// <returns>Its tally; call stack and the pointer's life are missing when the title is new to the site.</returns>
    public CrashTally Crashed(Router router, CrashTitle title, uint generation)
    {
        int line = router.Oracle.LineOf(generation);
        Mix(((ulong)title.Site << 16) ^ ((ulong)title.Holder << 8) ^ (ulong)title.Gap);
        if (_firstCrash.IsNever)
        {
            _firstCrash = Clock.Now;
        }

        CrashTally? tally = CrashOf(title, router.Role);
        if (tally is null)
        {
            tally = new CrashTally(title, router.Role) { First = Clock.Now, FirstEvent = Clock.Events };
            _crashes.Add(tally);
        }

        if (_decidedOfLink.Length > 0 && line >= 0)
        {
            _crashesOfLinks.Count(new LinkCrash { Link = _linkOf[router.Number][line], Title = title, Count = 1 });
        }

        tally.Count++;
        tally.ByAge[router.AgeOfLoss]++;
        if (Trace is { } trace)
        {
            (EventCause cause, int through, string by) = Executed();
            trace.Crashed(new CrashPlace(Clock.Events, Clock.Now, router.Number, generation, line < 0 ? -1 : _linkOf[router.Number][line], cause, through, by));
        }

        return tally;
    }

    // What the event that is executed now is of, in words.
    private (EventCause Cause, int Link, string By) Executed()
    {
        int owner = _owner[_firing], which = _firing - _firstSlot[owner];
        if (owner < _routers.Length)
        {
            return (EventCause.Timer, -1, which switch
            {
                ProcessTable.Boot => "the boot",
                ProcessTable.FastTimeout => "the kernel's fast timeout",
                _ => $"a timer of {_routers[owner].Processes.OwnerOf(which).Entry.Name}",
            });
        }

        owner -= _routers.Length;
        if (owner < _links.Length)
        {
            return _links[owner].Arriving(which, out _) is null ? (EventCause.Line, owner, "the line") : (EventCause.Frame, owner, "");
        }

        owner -= _links.Length;
        return owner < _programmes.Length
            ? (EventCause.Programme, -1, $"{Options.Events![owner].What.ToString().ToLowerInvariant()}, an event of the scenario")
            : owner < _programmes.Length + _segments.Length ? (which == 0 ? EventCause.Frame : EventCause.Line, -1, which == 0 ? "" : "a cable of the Ethernet")
            : (EventCause.Line, -1, "the access concentrator");
    }

    /// <summary>A lost link of a router has its redial, or its kernel died before that.</summary>
    /// <param name="router">The router.</param>
    /// <param name="line">The line on it; -1 for an interface that is at no line.</param>
    public void DisconnectDecided(Router router, int line)
    {
        if (_decidedOfLink.Length > 0 && line >= 0)
        {
            _decidedOfLink[_linkOf[router.Number][line]]++;
        }
    }

    private LinkTally LinkTallyNow() => _decidedOfLink.Length == 0 ? new LinkTally() : new LinkTally
    {
        Decided = [.. _decidedOfLink],
        Crashes = [.. Enumerable.Range(0, _crashesOfLinks.Count).Select(i => _crashesOfLinks[i])],
        Panics = [.. _routers.Select(r => r.Counters.Panics)],
    };

    /// <summary>The tally of a title and a label; null where no such router has crashed so.</summary>
    public CrashTally? CrashOf(CrashTitle title, Role role)
    {
        foreach (CrashTally c in _crashes)
        {
            if (c.Title == title && c.Role == role)
            {
                return c;
            }
        }

        return null;
    }

    /// <summary>Links of a label's routers that went down while their kernel lived, since virtual time zero.</summary>
    public long DisconnectsOf(Role role)
    {
        long disconnects = 0;
        foreach (Router r in _routers)
        {
            disconnects += r.Role == role ? r.Counters.Disconnects : 0;
        }

        return disconnects;
    }

    /// <summary>Stale pointers of a label's routers, by holder.</summary>
    /// <param name="role">Whose kernels.</param>
    /// <param name="created">Gets those that came to be since virtual time zero; <see cref="Holders.Kinds"/> entries.</param>
    /// <param name="live">Gets those that exist now.</param>
    public void StaleOf(Role role, Span<long> created, Span<int> live)
    {
        created.Clear();
        live.Clear();
        foreach (Router r in _routers)
        {
            if (r.Role != role)
            {
                continue;
            }

            if (r.IsUp)
            {
                r.Kernel.CountStale(live);
            }

            for (int k = 0; k < created.Length; k++)
            {
                created[k] += r.Oracle.Stale[k].Created;
            }
        }
    }

    private SiteTally MakeTally()
    {
        var tally = new SiteTally { FirstCrash = _firstCrash, Links = LinkTallyNow(), Counters = new NodeCounters(Labels), DecidedByAge = new long[Labels.Count * KernelAge.Count] };
        long filtered = 0, missed = 0;
        foreach (EthernetSegment segment in _segments)
        {
            filtered += segment.Snooping?.Filtered ?? 0;
            missed += segment.Snooping?.Missed ?? 0;
        }

        tally.Counters.OfSite() = new Counters { Events = Clock.Events, Frames = _frames, Filtered = filtered, Missed = missed };
        Span<int> live = stackalloc int[Holders.Kinds];
        Span<long> created = stackalloc long[Holders.Kinds];
        Span<long> lost = stackalloc long[Holders.Kinds];
        for (int label = 0; label < Labels.Count; label++)
        {
            var role = (Role)label;
            lost.Clear();
            StaleOf(role, created, live);
            ref Counters counted = ref tally.Counters[role];
            foreach (Router r in _routers)
            {
                if (r.Role != role)
                {
                    continue;
                }

                counted += r.Counters;
                for (int age = 0; age < KernelAge.Count; age++)
                {
                    tally.DecidedByAge[(label * KernelAge.Count) + age] += r.DecidedByAge[age];
                }

                if (r.IsUp)
                {
                    counted.DetachesPending += r.Kernel.DetachesPending;
                }

                for (int k = 0; k < lost.Length; k++)
                {
                    lost[k] += r.Oracle.Stale[k].LostInPanic;
                }

                AddProbes(tally.Probes, r);
            }

            for (int k = 1; k < live.Length; k++)
            {
                counted.StaleCreated += created[k];
                counted.StaleLive += live[k];
                if (created[k] > 0 || live[k] > 0)
                {
                    tally.Stale.Add(new StaleTally((HolderKind)k, role) { Created = created[k], Live = live[k], Healed = created[k] - live[k] - lost[k] });
                }
            }
        }

        foreach (CrashTally c in _crashes)
        {
            tally.Crashes.Add(c with { ByAge = [.. c.ByAge] });
        }

        tally.Digest = _digest;
        return tally;
    }

    // What was reached on a router, by name.
    private static void AddProbes(SortedDictionary<string, long> probes, Router r)
    {
        for (int i = 0; i < r.Oracle.Refused.Count; i++)
        {
            ref readonly RouterOracle.RefusedCall c = ref r.Oracle.Refused[i];
            string name = $"errno {c.Error} seen by {DaemonKind.ColumnOf(c.Program).Name}, {r.Label}";
            Add(name, c.Count);
        }

        for (int i = 0; i < r.Oracle.Cells.Count; i++)
        {
            ref readonly CoverageCell c = ref r.Oracle.Cells[i];
            string name = Coverage.Name(c.Holder, c.Order, c.Site, c.Alias);
            Add(name, c.Count);
        }

        for (int i = 0; i < r.Oracle.UnitAliases.Count; i++)
        {
            ref readonly RouterOracle.UnitAlias a = ref r.Oracle.UnitAliases[i];
            string name = $"alias {KernelNames.Of(a.Holder)} of {ClonedKind.NameOf(a.From)} names {ClonedKind.NameOf(a.To)}";
            Add(name, a.Count);
        }

        for (int i = 0; i < ProbeNames.Count; i++)
        {
            if (r.Oracle.Probes[i] > 0)
            {
                string name = ProbeNames.Of((Probe)i);
                Add(name, r.Oracle.Probes[i]);
            }
        }

        void Add(string name, long count)
        {
            probes.TryGetValue(name, out long n);
            probes[name] = n + count;
        }
    }
}
