using Stress.Emulator.Core;
using Stress.Emulator.Link;

namespace Stress.Emulator.Sites;

/// <summary>What a programme of a site does.</summary>
public enum SiteEventKind : byte
{
    /// <summary>A link loses carrier, as <see cref="LineOptions.CarrierLossEvery"/> makes it.</summary>
    Flap,

    /// <summary>A node is switched off and boots again.</summary>
    Reboot,

    /// <summary>cron, or somebody, sends HUP to all pppds of a node.</summary>
    Hup,
}

/// <summary>When a programme's events come.</summary>
public enum EventPattern : byte
{
    /// <summary>At a fixed distance.</summary>
    Schedule,

    /// <summary>Independently of each other, at a mean distance.</summary>
    Random,
}

/// <summary>How many of its links or nodes an event of a programme is about.</summary>
public enum EventScope : byte
{
    /// <summary>One of them, drawn for each event.</summary>
    One,

    /// <summary>All of them.</summary>
    All,
}

/// <summary>A programme of events of a site: the same seed gives the same ones.</summary>
public sealed record SiteEventOptions
{
    /// <summary>What <see cref="Of"/> says of every link or node.</summary>
    public const string Everything = "all";

    /// <summary>What happens.</summary>
    public SiteEventKind What { get; init; }

    /// <summary>To which links or nodes: <see cref="Everything"/>, a node, a label, or of links a group.</summary>
    public string Of { get; init; } = Everything;

    /// <summary>To one of them, or to all at once.</summary>
    public EventScope To { get; init; }

    /// <summary>When.</summary>
    public EventPattern Pattern { get; init; } = EventPattern.Random;

    /// <summary>Distance of two events.</summary>
    public VirtualTime Every { get; init; } = VirtualTime.FromHours(1);

    /// <summary>When the first distance begins, drawn once a site.</summary>
    public TimeRange Phase { get; init; }

    /// <summary>How much later than the event it happens, drawn for each link or node: those of a cable tray do not go in one microsecond.</summary>
    public TimeRange Spread { get; init; }

    /// <summary>The links, or nodes, that the programme is about; empty where nothing has the name.</summary>
    public int[] TargetsIn(Topology topology)
    {
        bool IsNode(int node) => Of == Everything || topology.NameOf(topology.Nodes[node]) == Of || (topology.Names is { } names && names[node] == Of);
        return What == SiteEventKind.Flap
            ? [.. Enumerable.Range(0, topology.Links.Count).Where(link => topology.Links[link].Group == Of || topology.Links[link].Ends.Any(end => IsNode(end.Node)))]
            : [.. Enumerable.Range(0, topology.Nodes.Count).Where(IsNode)];
    }
}
