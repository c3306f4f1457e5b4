using System.Diagnostics;
using Stress.Emulator.Link;
using Stress.Emulator.Oracle;
using Stress.Emulator.Sites;
using Stress.Scenarios;

namespace Stress.Client.Replay;

/// <summary>The parts of a site's history, for people.</summary>
internal static class PartWords
{
    /// <summary>A part of a site's history, in words.</summary>
    public static string Describe(SitePart p, SiteOptions options)
    {
        Topology topology = options.Topology;
        Role label = p.Kind is SitePartKind.LineLoss or SitePartKind.Programme ? default : topology.Nodes[p.Router];
        string system = topology.Nodes.Count(node => node == label) == 1 ? topology.NameOf(label) : $"{topology.NameOf(label)} {p.Router}";
        RoleOptions role = options.Roles[label];
        return p.Kind switch
        {
            SitePartKind.Daemon => $"{system}: {role.Daemons[p.Which]}",
            SitePartKind.GroupMember => $"{system}: the member of {role.GroupMember}",
            SitePartKind.Hup => $"{system}: HUP {p.Ordinal + 1}",
            SitePartKind.ZebraRestart => $"{system}: restart {p.Ordinal + 1} of zebra",
            SitePartKind.Term => $"{system}: TERM {p.Ordinal + 1}",
            SitePartKind.LineLoss => $"line {p.Router}: carrier loss {p.Ordinal + 1}",
            SitePartKind.Programme => $"programme {p.Router + 1}: {ScenarioFields.Spell(options.Events![p.Router].What)} {p.Ordinal + 1} of {options.Events[p.Router].NameOf(options, p.Which)}",
            SitePartKind.CarrierLoss => $"{system}: told of carrier loss {p.Ordinal + 1}",
            SitePartKind.Allocation => $"{system}: {role.Kernel.Competitors[p.Which].Name}, block {p.Ordinal + 1}",
            SitePartKind.FastTimeout => $"{system}: fast timeout {p.Ordinal + 1}",
            SitePartKind.DaemonTimer => $"{system}: {Process()} timer {p.Ordinal + 1}",
            SitePartKind.DaemonRespawn => $"{system}: {Process()} started again {p.Ordinal + 1}",
            _ => throw new UnreachableException($"no words for {p.Kind}"),
        };

        string Process() => ProcessTable.Plan(options, RouterPlace.Of(options, 0, p.Router))[p.Which].Name;
    }
}
