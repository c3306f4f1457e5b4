namespace Stress.Emulator.Stacks;

/// <summary>
/// What lies outside the stack but decides some answers: a system setting, and how a tool was called. The recordings were made under two sets of
/// conditions, an earlier one for <c>pppd</c> and a later one for every other list; the answers themselves show which (see <c>docs/agreement.md</c>).
/// </summary>
/// <param name="AutomaticLinkLocal">NetBSD's net.inet6.ip6.auto_linklocal: an interface that comes up without a link-local address gets one.</param>
/// <param name="NodeInformationGroups">NetBSD has a host name, so each IPv6 address also joins its node information group (RFC 4620).</param>
/// <param name="DeleteNamesPeer">
/// How <c>deladdr4</c> calls <c>ip address delete</c> on Linux: true gives the peer last used with that local address on any interface; false gives the bare
/// address, which iproute2 sends as its own peer. The kernel compares the peer (inet_rtm_deladdr).
/// </param>
public sealed record RecordingConditions(bool AutomaticLinkLocal, bool NodeInformationGroups, bool DeleteNamesPeer)
{
    /// <summary>The conditions of <c>pppd</c>.</summary>
    public static readonly RecordingConditions Earlier = new(true, false, false);

    /// <summary>The conditions of all other lists, and of lists that nobody recorded.</summary>
    public static readonly RecordingConditions Later = new(false, true, true);

    /// <summary>The conditions of a list.</summary>
    /// <param name="listName">File name without extension.</param>
    public static RecordingConditions Of(string listName) => listName == "pppd" ? Earlier : Later;
}
