using System.Text;
using Stress.Fuzz.Lists;

namespace Stress.Fuzz.Daemons;

/// <summary>A list under routing daemons as one script for sh, for somebody who has FRR and iproute2 but not this project.</summary>
public static class DaemonExport
{
    /// <summary>The script.</summary>
    /// <param name="name">What the list is called.</param>
    /// <param name="title">What it showed.</param>
    /// <param name="list">The list.</param>
    public static string ToShell(string name, string title, IReadOnlyList<string> list)
    {
        var text = new StringBuilder();
        text.Append("#!/bin/bash\n# ").Append(name).Append(": ").Append(title).Append('\n');
        text.Append("# As root, on a machine with FRR and iproute2. It uses namespaces of its own; the daemons' output is in the folder that it prints.\n");
        text.Append("[ \"$1\" = inside ] || exec unshare ").Append(string.Join(' ', DaemonCommands.Namespaces)).Append(" bash \"$0\" inside\n");
        text.Append("D=$(mktemp -d) && cd $D && echo $D && ulimit -c 0\n");
        text.Append("grep -v ^frrvty: /etc/group > group && echo ").Append(DaemonCommands.VtyGroup).Append(" >> group && mount --bind group /etc/group\n");
        text.Append("ip link set lo up\n").Append(DaemonCommands.Away).Append('\n').Append(DaemonCommands.Heap).Append('\n');
        text.Append("vty() { d=$1; shift; for c; do set -- \"$@\" -c \"$c\"; shift; done; vtysh --vty_socket $D -d $d \"$@\"; }\n");
        foreach (string daemon in DaemonCommands.Names)
        {
            text.Append("printf '%s\\n'").Append(string.Concat(DaemonCommands.Beginning(daemon).DefaultIfEmpty("!").Select(line => $" '{line}'"))).Append(" > ").Append(daemon).Append(".conf\n");
            text.Append(DaemonCommands.Start(daemon)).Append('\n');
            text.Append("until [ -S ").Append(daemon).Append(".vty ]; do sleep 0.1; done\n");
        }

        foreach (DaemonCommand command in list.Select(DaemonCommands.Of).OfType<DaemonCommand>())
        {
            text.Append(command.Shell is { } shell ? shell.Replace("$$", "1", StringComparison.Ordinal) : $"vty {command.Daemon}{string.Concat(command.Vty.Select(line => $" '{line}'"))}").Append('\n');
        }

        text.Append("# After the list: remove every interface, address and route, and reset every setting.\n");
        text.AppendJoin('\n', DaemonCommands.RemoveInterfaces).Append('\n');
        foreach (string daemon in DaemonCommands.Names)
        {
            foreach (IReadOnlyList<string> words in (IReadOnlyList<string>[])[DaemonCommands.Reset(daemon, DaemonGrammar.Grammar.PoolOf("if")!.Members), ["configure terminal", .. DaemonCommands.Beginning(daemon), "end"]])
            {
                text.Append("vty ").Append(daemon).Append(string.Concat(words.Select(line => $" '{line}'"))).Append('\n');
            }
        }

        text.Append("sleep 2\njobs -l; grep -H -A12 -e 'Received signal' -e 'assertion' *.out\nfor d in zebra ospfd ripngd; do kill -0 $(cat $d.pid) || echo \"$d is gone\"; done\nvty zebra 'show interface brief'\n");
        return text.ToString();
    }
}
