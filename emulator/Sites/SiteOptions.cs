using System.Text.Json.Serialization;
using Stress.Emulator.Core;
using Stress.Emulator.Designs;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>Everything that decides a site, apart from its number. One scenario gives all its sites the same options.</summary>
[JsonConverter(typeof(SiteOptionsJson))]
public sealed record SiteOptions
{
    /// <summary>All that is random in the site is drawn from it and from the site's number.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>A teardown design's name (Designs/).</summary>
    public string Design { get; init; } = "netbsd-2005";

    /// <summary>The designs that <see cref="Design"/> may name. Stays in the process: a silo elsewhere knows the built-in ones.</summary>
    [JsonIgnore]
    public DesignSet Designs { get; init; } = DesignSet.BuiltIn;

    /// <summary>Modems of the answering system, each with its own caller: 1 to 64. Of sites without a <see cref="Graph"/> of their own.</summary>
    public int CallersPerAnswerer { get; init; } = 1;

    /// <summary>Nodes and links of their own; null for those of a <see cref="PairTopology"/>.</summary>
    public Topology? Graph { get; init; }

    /// <summary>What the nodes are, by their label.</summary>
    public RoleSet Roles { get; init; } = PairTopology.Roles;

    /// <summary>The telephone line and its modems.</summary>
    public LineOptions Line { get; init; } = new();

    /// <summary>Programmes of events that strike links and nodes; null for none.</summary>
    public IReadOnlyList<SiteEventOptions>? Events { get; init; }

    /// <summary>Virtual time of one unit of work.</summary>
    public VirtualTime Window { get; init; } = VirtualTime.FromMinutes(10);

    /// <summary>False only to measure what the oracle costs.</summary>
    public bool Oracle { get; init; } = true;

    /// <summary>False for <c>--no-skip</c>: executes the events of quiet stretches in full too. The result is the same.</summary>
    public bool SkipQuiet { get; init; } = true;

    /// <summary>Lines of each site: what a run counts as pairs.</summary>
    public int Lines => Graph?.Links.Count ?? CallersPerAnswerer;

    /// <summary>Nodes and links of each site.</summary>
    public Topology Topology => Graph ?? PairTopology.Of(CallersPerAnswerer);

    /// <summary>The defaults of a site with the same nodes and links. (A property of the record's own type would have its ToString call itself for ever.)</summary>
    public SiteOptions Usual() => Graph is null ? new SiteOptions() : new SiteOptions { Graph = Graph, Roles = new RoleSet([.. Graph.Labels.Select((_, label) => new RoleOptions { Role = (Role)label })]) };

    /// <summary>The same site with other options for the roles of these.</summary>
    public SiteOptions With(params ReadOnlySpan<RoleOptions> roles) => this with { Roles = Roles.With(roles) };
}
