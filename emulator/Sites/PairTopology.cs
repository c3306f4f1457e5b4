using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>
/// The sites of the 2005 mail: an answering system, node 0, with a modem for each caller. This has what is specific to them: the two labels, and where the nodes and lines are.
/// </summary>
public static class PairTopology
{
    /// <summary>The labels: of the answering system and of its callers.</summary>
    public static readonly IReadOnlyList<string> Labels = ["called", "calling"];

    /// <summary>The default of both.</summary>
    public static readonly RoleSet Roles = new(new RoleOptions { Role = Role.Called }, new RoleOptions { Role = Role.Calling });

    /// <summary>The nodes and lines of an answering system with this many callers.</summary>
    public static Topology Of(int callers) => new(
        Labels,
        [Role.Called, .. Enumerable.Repeat(Role.Calling, callers)],
        [.. Enumerable.Range(0, callers).Select(static i => new PlannedLink(LinkKind.Modem, new LinkEnd(0, i), new LinkEnd(i + 1, 0)))]);

    /// <summary>The counters of a called and a calling end, and of their site.</summary>
    public static NodeCounters Counters(Counters called, Counters calling = default, Counters site = default)
    {
        var counters = new NodeCounters();
        counters[Role.Called] = called;
        counters[Role.Calling] = calling;
        counters.OfSite() = site;
        return counters;
    }

    extension(SiteOptions site)
    {
        /// <summary>What the answering system is.</summary>
        public RoleOptions Called => site.Roles[Role.Called];

        /// <summary>What the callers are.</summary>
        public RoleOptions Calling => site.Roles[Role.Calling];
    }
}
