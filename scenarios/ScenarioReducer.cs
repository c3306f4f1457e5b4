using System.Reflection;
using Stress.Emulator.Core;
using Stress.Emulator.Kernel;
using Stress.Emulator.Link;
using Stress.Emulator.Minimise;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;

namespace Stress.Scenarios;

/// <summary>A scenario of a few lines in which one crash happens.</summary>
/// <param name="Scenario">One site, only the options that the crash needs, and the seed.</param>
/// <param name="At">Virtual time of the crash.</param>
/// <param name="Tests">Sites that were executed to find it.</param>
public sealed record ReducedScenario(Scenario Scenario, VirtualTime At, int Tests);

/// <summary>Resets options of a scenario to their defaults as long as a crash with the exact title still happens.</summary>
/// <param name="options">The options of the run that crashed.</param>
/// <param name="title">The title to keep.</param>
/// <param name="role">The role that crashes.</param>
public sealed class ScenarioReducer(SiteOptions options, CrashTitle title, Role role)
{
    private const int SeedsTried = 6, FirstSeedsTried = 24, MaxTests = 1_000;
    private static readonly VirtualTime Longest = VirtualTime.FromHours(2);
    private int _tests;
    private ulong _seed = options.Seed;
    private VirtualTime _at;

    /// <summary>Does it.</summary>
    /// <param name="name">The new scenario's name.</param>
    /// <returns>Null when two hours of one site do not show the crash with any of the seeds tried.</returns>
    public ReducedScenario? Reduce(string name)
    {
        List<Setting> settings = [.. Differences(options, options.Usual() with { Seed = options.Seed }, [])];
        if (!Crashes(options, FirstSeedsTried))
        {
            return null;
        }

        int budget = MaxTests;
        List<Setting> kept = DeltaDebugging.Reduce(settings, s => Crashes(Build(s), SeedsTried), ref budget, out _);
        SiteOptions least = FewerDaemons(Build(kept));
        if (!Crashes(least, FirstSeedsTried))
        {
            return null;
        }

        VirtualTime windows = new((_at.Microseconds / least.Window.Microseconds + 1) * least.Window.Microseconds);
        var scenario = new Scenario
        {
            Name = name, Description = $"{title}, {options.Topology.NameOf(role)} system", Pairs = least.Lines, Duration = windows, Seed = _seed, Site = least with { Seed = _seed },
        };
        return new ReducedScenario(scenario, _at, _tests);
    }

    private SiteOptions FewerDaemons(SiteOptions site)
    {
        foreach (RoleOptions role in site.Roles)
        {
            foreach (string daemon in role.Daemons)
            {
                RoleOptions now = site.Roles[role.Role];
                SiteOptions candidate = site.With(now with { Daemons = [.. now.Daemons.Where(d => d != daemon)] });
                if (Crashes(candidate, SeedsTried))
                {
                    site = candidate;
                }
            }
        }

        return site;
    }

    private bool Crashes(SiteOptions candidate, int seeds)
    {
        for (int i = 0; i < seeds; i++)
        {
            // The seed that crashed last first, then small ones.
            ulong seed = i == 0 ? _seed : (ulong)i;
            _tests++;
            Site site = Site.Create(candidate with { Seed = seed }, 0);
            while (site.Now < Longest)
            {
                site.RunWindow();
                foreach (CrashTally c in site.Crashes)
                {
                    if (c.Title == title && c.Role == role)
                    {
                        (_seed, _at) = (seed, c.First);
                        return true;
                    }
                }
            }
        }

        return false;
    }

    // One option that is not at its default: where it is, and its value; for a list of competitors, one of them; for a role, which.
    private sealed record Setting(IReadOnlyList<PropertyInfo> Path, object? Value, bool IsElement, Role? Role = null);

    private static IEnumerable<Setting> Differences(object now, object usual, PropertyInfo[] path)
    {
        foreach (PropertyInfo p in ScenarioFields.Properties(now.GetType()))
        {
            object? value = p.GetValue(now), standard = p.GetValue(usual);
            PropertyInfo[] here = [.. path, p];
            if (value is RoleSet roles)
            {
                foreach (Setting s in roles.SelectMany(r => Differences(r, ((RoleSet)standard!)[r.Role], []).Select(s => s with { Role = r.Role })))
                {
                    yield return s;
                }
            }
            else if (value is IReadOnlyList<CompetitorOptions> competitors)
            {
                foreach (CompetitorOptions c in competitors)
                {
                    yield return new Setting(here, c, true);
                }
            }
            else if (value is not null && standard is not null && ScenarioFields.IsMap(value))
            {
                foreach (Setting s in Differences(value, standard, here))
                {
                    yield return s;
                }
            }
            else if (!ScenarioFields.SameValue(value, standard))
            {
                yield return new Setting(here, value, false);
            }
        }
    }

    private SiteOptions Build(IReadOnlyList<Setting> settings)
    {
        SiteOptions built = options.Usual() with { Seed = options.Seed, Designs = options.Designs, Events = options.Events };
        foreach (Setting s in settings)
        {
            built = s.Role is { } of ? built.With((RoleOptions)With(built.Roles[of], s, 0)) : (SiteOptions)With(built, s, 0);
        }

        // A programme about interfaces is removed with them.
        return built.Events is { } events && events.Where(e => e.TargetsIn(built.Topology, built.Roles).Length > 0).ToList() is var left && left.Count < events.Count
            ? built with { Events = left.Count > 0 ? left : null } : built;
    }

    // A changed copy, as the with expression makes one.
    private static object With(object record, Setting s, int depth)
    {
        object copy = record.GetType().GetMethod("<Clone>$")!.Invoke(record, null)!;
        PropertyInfo p = s.Path[depth];
        object? old = p.GetValue(record);
        p.SetValue(copy, depth < s.Path.Count - 1 ? With(old!, s, depth + 1)
            : s.IsElement ? ((IReadOnlyList<CompetitorOptions>)old!).Append((CompetitorOptions)s.Value!).ToList()
            : s.Value);
        return copy;
    }
}
