using Stress.Emulator.Wire;

namespace Stress.Emulator.Stacks;

/// <summary>
/// What lies outside the stack but decides some answers: a system setting, and how a tool was called. A list says its own in a header line,
/// <c># conditions: auto-linklocal=on node-groups=off deladdr4-peer=own</c>, before its first operation; what the line does not name is as in
/// <see cref="Default"/> (docs/operations.md).
/// </summary>
/// <param name="AutomaticLinkLocal"><c>auto-linklocal</c>: NetBSD's net.inet6.ip6.auto_linklocal: an interface that comes up without a link-local address gets one.</param>
/// <param name="NodeInformationGroups"><c>node-groups</c>: NetBSD has a host name, so each IPv6 address also joins its node information group (RFC 4620).</param>
/// <param name="DeleteNamesPeer">
/// <c>deladdr4-peer</c>: how <c>deladdr4</c> calls <c>ip address delete</c> on Linux: <c>last</c> gives the peer last used with that local address on any interface; <c>own</c>
/// gives the bare address, which iproute2 sends as its own peer. The kernel compares the peer (inet_rtm_deladdr).
/// </param>
/// <param name="ThroughAgent">
/// <c>program</c>: who executes the list on Linux: the <c>recorder</c> of the first recordings, or <c>agent</c>, guests/agent/stress-agent.c. The agent attaches to the interface that
/// <c>open</c> names, closes it at <c>ifclose</c>, and gives <c>deladdr6</c> the prefix length last given with the address.
/// </param>
public sealed record RecordingConditions(bool AutomaticLinkLocal, bool NodeInformationGroups, bool DeleteNamesPeer, bool ThroughAgent = false)
{
    /// <summary>The word that begins the header line, behind <c># </c>.</summary>
    public const string Header = "conditions:";

    /// <summary>The conditions of a list that does not say any.</summary>
    public static readonly RecordingConditions Default = new(false, true, true);

    /// <summary>The conditions under which the oldest recordings were made: every setting the other way.</summary>
    public static readonly RecordingConditions Earlier = new(true, false, false);

    /// <summary>The node information group of the modelled router's host name (in6_nigroup: ff02::2:, then 32 bits of a digest of the name).</summary>
    public static readonly Ipv6Address NodeInformationGroup = new(0xFF02_0000_0000_0000, 0x0000_0002_5374_7265);

    private static readonly (string Name, string Yes, string No)[] Settings =
        [("auto-linklocal", "on", "off"), ("node-groups", "on", "off"), ("deladdr4-peer", "last", "own"), ("program", "agent", "recorder")];

    /// <summary>What the header of a list says; null when it has no such line.</summary>
    /// <param name="text">The list's text.</param>
    /// <param name="file">The name for error messages.</param>
    /// <exception cref="OperationListException">An unknown setting or value, a setting twice, or a line that stands behind the first operation or is the second of its kind.</exception>
    public static RecordingConditions? InHeader(string text, string file)
    {
        RecordingConditions? found = null;
        bool isHeader = true;
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (!line.StartsWith('#') || line[1..].TrimStart() is not { } words || !words.StartsWith(Header, StringComparison.Ordinal))
            {
                isHeader &= line.Length == 0 || line == "#" || line.StartsWith("# ", StringComparison.Ordinal);
                continue;
            }

            found = !isHeader
                ? throw new OperationListException(file, i + 1, "the conditions stand behind an operation; accepted: before the first one")
                : found is not null
                    ? throw new OperationListException(file, i + 1, "the conditions are said twice; accepted: one line of them")
                    : Parse(words[Header.Length..], file, i + 1);
        }

        return found;
    }

    /// <summary>Reads <c>NAME=VALUE</c> words separated by blanks; a setting that is not named is as in <see cref="Default"/>.</summary>
    /// <param name="words">The words.</param>
    /// <param name="file">The name for error messages.</param>
    /// <param name="line">The line for error messages, from 1.</param>
    /// <exception cref="OperationListException">An unknown setting or value, or a setting twice.</exception>
    public static RecordingConditions Parse(string words, string file, int line)
    {
        bool?[] given = new bool?[Settings.Length];
        foreach (string word in words.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            string name = word.Split('=')[0], value = word[name.Length..].TrimStart('=');
            int at = Array.FindIndex(Settings, s => s.Name == name);
            if (at < 0)
            {
                throw new OperationListException(file, line, $"unknown condition '{word}'{NearestWord.Hint(name, Settings.Select(s => s.Name))}; accepted: {Accepted}");
            }

            if (given[at] is not null)
            {
                throw new OperationListException(file, line, $"condition '{name}' is said twice; accepted: {Accepted}, each once");
            }

            given[at] = value == Settings[at].Yes ? true : value == Settings[at].No ? false
                : throw new OperationListException(file, line, $"condition '{name}' cannot be '{value}'; accepted: {name}={Settings[at].Yes} or {name}={Settings[at].No}");
        }

        return new RecordingConditions(given[0] ?? Default.AutomaticLinkLocal, given[1] ?? Default.NodeInformationGroups, given[2] ?? Default.DeleteNamesPeer, given[3] ?? Default.ThroughAgent);
    }

    /// <summary>The words of a header line.</summary>
    public override string ToString()
    {
        // Who executes it is said where it is not the recorder: the recordings say nothing of it.
        bool[] values = ThroughAgent ? [AutomaticLinkLocal, NodeInformationGroups, DeleteNamesPeer, ThroughAgent] : [AutomaticLinkLocal, NodeInformationGroups, DeleteNamesPeer];
        return string.Join(' ', values.Select((value, i) => $"{Settings[i].Name}={(value ? Settings[i].Yes : Settings[i].No)}"));
    }

    private static string Accepted => string.Join(", ", Settings.Select(s => $"{s.Name}={s.Yes}|{s.No}"));
}
