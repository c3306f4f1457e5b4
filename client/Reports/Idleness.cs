using System.Globalization;
using Stress.Contracts;
using Stress.Emulator.Core;
using Stress.Emulator.Link;
using Stress.Emulator.Sites;
using Stress.Emulator.Userland;
using Stress.Observability;
using Stress.Scenarios;

namespace Stress.Client.Reports;

/// <summary>
/// Why nothing could happen in a run: a rate without a trial is not a rate, and "no crash" where no link was ever lost says nothing. The cause is a field of the scenario.
/// </summary>
public static class Idleness
{
    // A Configure-Request is sent again after three seconds, ten times (RFC 1661, 4.6): if the round trip is longer than the first timeout, negotiation begins to be late.
    private static readonly VirtualTime LcpRestart = VirtualTime.FromSeconds(3);
    private const int HalfOfAThousand = 500, HalfOfAMillion = 500_000, SlowBitRate = 2_400;

    /// <summary>The reasons, one sentence each; empty where something could happen.</summary>
    /// <param name="scenario">What was run.</param>
    /// <param name="hours">The virtual time of each pair.</param>
    /// <param name="measured">The results.</param>
    /// <param name="lines">Lines of the run: each has its first call.</param>
    /// <param name="calls">Calls placed, the first of each line among them.</param>
    public static IReadOnlyList<string> Of(Scenario scenario, double hours, Measured measured, long lines, RoleCounts calls)
    {
        bool crashed = measured.Rates[CodePath.Any, RateSums.EveryNode].Hits > 0, stale = measured.Rates[RateSums.Stale, RateSums.EveryNode].Hits > 0;
        long disconnects = measured.Disconnects.Total;
        if (crashed || stale)
        {
            return [];
        }

        if (disconnects == 0)
        {
            return [$"no link was lost in {Hours(hours)}, so nothing could crash: {string.Join("; ", Causes(scenario, hours, calls))}"];
        }

        // One link a pair and none after it: whatever a redial would do to what the first left behind was never tried. An interface that a programme has created again is one after it.
        if (calls.Total <= lines && !(scenario.Site.Events ?? []).Any(e => e.What is SiteEventKind.Recreate or SiteEventKind.Create))
        {
            return [$"no system redialled in {Hours(hours)}, so each pair had only one link, and no other link ever used what it left behind: {NoRedial(scenario, hours)}"];
        }

        return [];
    }

    /// <summary>No redial of a role has shown what the lost link before it left behind, and nothing crashed, in a run where other roles did: nothing can be said of it.</summary>
    public static bool IsIdle(Measured measured, string? role) =>
        measured.Rates[CodePath.Any, role ?? RateSums.EveryNode] is { Trials: 0, Hits: 0 } && measured.Rates[RateSums.Stale, role ?? RateSums.EveryNode].Hits == 0;

    private static IEnumerable<string> Causes(Scenario scenario, double hours, RoleCounts calls)
    {
        SiteOptions site = scenario.Site;
        LineOptions line = site.Line;
        List<string> opens = [];
        if (line.TrainingFailuresPerThousand >= HalfOfAThousand)
        {
            opens.Add($"line.training_failures_per_thousand is {line.TrainingFailuresPerThousand}");
        }

        if (line.NoisePerMillionFrames >= HalfOfAMillion)
        {
            opens.Add($"line.noise_per_million_frames is {line.NoisePerMillionFrames}");
        }

        if (line.Delay.Max + line.Delay.Max >= LcpRestart)
        {
            opens.Add($"line.delay is {Spell(line.Delay)}, there and back as long as PPP waits before it asks again");
        }

        if (line.BitRate <= SlowBitRate)
        {
            opens.Add($"line.bit_rate is {line.BitRate}");
        }

        if (line.DialTime.Min >= scenario.Duration)
        {
            opens.Add($"line.dial_time is {Spell(line.DialTime)}");
        }

        if (opens.Count > 0)
        {
            yield return $"PPP may never have opened: {string.Join(", ", opens)}";
        }

        List<string> ends = [.. site.Roles.SelectMany(role => NoHup(role, scenario, hours))];
        if (ends.Count == site.Roles.Count && line.CarrierLossEvery == VirtualTime.Zero)
        {
            yield return $"nothing ends a link: {string.Join(", ", ends)}, line.carrier_loss_every is 0s";
        }
        else if (opens.Count == 0)
        {
            yield return calls.Total > 0
                ? $"calls were placed, and none reached an open link: line.delay is {Spell(line.Delay)}, line.bit_rate is {line.BitRate}, {string.Join(", ", site.Roles.Select(role => $"roles.{NameOf(site, role)}.pppd.require is {ScenarioFields.Spell(role.Pppd.Require)}"))}"
                : $"hours is {Hours(hours)}{(line.CarrierLossEvery > VirtualTime.Zero ? $", line.carrier_loss_every is {ScenarioFields.SpellTime(line.CarrierLossEvery)}" : "")}{string.Concat(ends.Select(end => $", {end}"))}";
        }

        if (Callers(site) is var callers && callers.All(role => !role.Pppd.Persist))
        {
            yield return $"{string.Join(", ", callers.Select(role => $"roles.{NameOf(site, role)}.pppd.persist is false"))}: no system redials";
        }
    }

    private static string NoRedial(Scenario scenario, double hours)
    {
        SiteOptions site = scenario.Site;
        RoleOptions caller = Callers(site)[0];
        PppdOptions pppd = caller.Pppd;
        string field = $"roles.{NameOf(site, caller)}.pppd";
        return !pppd.Persist ? $"{field}.persist is false"
            : pppd.Holdoff >= scenario.Duration ? $"{field}.holdoff is {ScenarioFields.SpellTime(pppd.Holdoff)}"
            : $"hours is {Hours(hours)}, {field}.holdoff is {ScenarioFields.SpellTime(pppd.Holdoff)}, line.dial_time is {Spell(scenario.Site.Line.DialTime)}";
    }

    private static IEnumerable<string> NoHup(RoleOptions role, Scenario scenario, double hours)
    {
        string name = NameOf(scenario.Site, role);
        if (role.Term.Enabled && role.Term.Every + role.Term.Phase.Min < scenario.Duration)
        {
            yield break;
        }

        if (!role.Hup.Enabled)
        {
            yield return $"roles.{name}.hup.enabled is false";
        }
        else if (role.Hup.Every + role.Hup.Phase.Min >= scenario.Duration)
        {
            yield return $"roles.{name}.hup.every is {ScenarioFields.SpellTime(role.Hup.Every)} in a run of {Hours(hours)}";
        }
    }

    private static string NameOf(SiteOptions site, RoleOptions role) => site.Topology.NameOf(role.Role);

    // Roles at the calling end of some line.
    private static RoleOptions[] Callers(SiteOptions site)
    {
        Topology topology = site.Topology;
        return [.. topology.Links.Where(link => link.Kind == LinkKind.Modem).Select(link => topology.Nodes[link.Ends[ModemLink.Calling].Node]).Distinct().Select(role => site.Roles[role])];
    }

    private static string Spell(TimeRange range) => ScenarioFields.SpellScalar(range)!;

    private static string Hours(double hours) => string.Create(CultureInfo.InvariantCulture, $"{hours:0.####} h");
}
