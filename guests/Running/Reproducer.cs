using System.Text;
using Stress.Guests.Kernels;
using Stress.Guests.Processes;

namespace Stress.Guests.Running;

/// <summary>An operation list as a program that does not need Stress.</summary>
public static class Reproducer
{
    private const string Agent = "agent/stress-agent.c";

    /// <summary>One C file: the agent, with the list inside.</summary>
    /// <param name="name">What the list is called.</param>
    /// <param name="list">The list.</param>
    public static string ToC(string name, string list)
    {
        var text = new StringBuilder();
        text.Append("/*\n * ").Append(InComment(name)).Append(": a list of operations on network interfaces and sockets, with all that executes it.\n");
        text.Append(" *   cc -std=c99 -o reproducer reproducer.c && unshare --net ./reproducer\n");
        text.Append(" * as root, on the kernel in question; what the kernel has to say is on its console.\n */\n#define main stress_agent_main\n");
        text.Append(Resources.Text(Agent));
        text.Append("#undef main\n\nstatic const char stress_list[] =\n");
        foreach (string line in list.TrimEnd().Split('\n'))
        {
            text.Append("    \"").Append(Escaped(line.TrimEnd('\r'))).Append("\\n\"\n");
        }

        text.Append("    ;\n\nint main(void)\n{\n    char program[] = \"reproducer\", option[] = \"--loopback\", *words[] = { program, option, NULL };\n");
        text.Append("    FILE *list = tmpfile();\n\n    if (list == NULL || fputs(stress_list, list) < 0 || fflush(list) != 0 || dup2(fileno(list), 0) < 0 || lseek(0, 0, SEEK_SET) != 0) {\n");
        text.Append("        perror(\"reproducer\");\n        return 2;\n    }\n    return stress_agent_main(2, words);\n}\n");
        return text.ToString();
    }

    /// <summary>Compiles an exported C file as a guest needs it: static, without a warning.</summary>
    /// <param name="source">The file's text.</param>
    /// <param name="stop">Ends it.</param>
    /// <returns>The program.</returns>
    /// <exception cref="GuestException">There is no compiler, or it refuses the file.</exception>
    public static async Task<byte[]> CompileAsync(string source, CancellationToken stop)
    {
        BuildTools.Check(BuildTools.ForSystems);
        string folder = Directory.CreateTempSubdirectory("stress-reproducer-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "reproducer.c"), source, stop).ConfigureAwait(false);
            await Tool.OutputAsync(folder, stop, "gcc", "-std=c99", "-O2", "-static", "-Wall", "-Werror", "-o", "reproducer", "reproducer.c").ConfigureAwait(false);
            return await File.ReadAllBytesAsync(Path.Combine(folder, "reproducer"), stop).ConfigureAwait(false);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private const string Shell = "export/reproducer.sh";

    // An ancillary message cannot be sent from a shell and perl alone, and a line discipline and a channel are not for them either.
    private static readonly Dictionary<string, string> NotInShell = new()
    {
        ["sendpkt6"] = "a message that no shell can send", ["call"] = "a terminal that is a PPP channel", ["hangup"] = "a terminal that is a PPP channel",
    };

    /// <summary>One script for sh: iproute2 makes and changes interfaces, a process of perl holds sockets open.</summary>
    /// <param name="name">What the list is called.</param>
    /// <param name="list">The list.</param>
    /// <exception cref="GuestException">An operation is not available there.</exception>
    public static string ToShell(string name, string list)
    {
        var text = new StringBuilder();
        text.Append("#!/bin/sh\n# ").Append(InComment(name)).Append(": a list of operations on network interfaces and sockets.\n");
        text.Append("#   unshare --net sh reproducer.sh\n# as root, on the kernel in question; what the kernel has to say is on its console.\n");
        text.Append(Resources.Text(Shell)).Append('\n');
        foreach ((int number, string line) in list.TrimEnd().Split('\n').Index())
        {
            string operation = line.Trim();
            int comment = operation.IndexOf(" # ", StringComparison.Ordinal);
            operation = comment < 0 ? operation : operation[..comment].TrimEnd();
            if (operation.StartsWith("===", StringComparison.Ordinal))
            {
                text.Append("clean_up\necho '").Append(operation.Replace("'", "'\\''", StringComparison.Ordinal)).Append("'\n");
            }
            else if (operation.Length > 0 && operation != "#" && !operation.StartsWith("# ", StringComparison.Ordinal))
            {
                string[] words = operation.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
                if (NotInShell.TryGetValue(words[0], out string? need))
                {
                    throw new GuestException(GuestProblem.Wrong, $"{name}:{number + 1}: {words[0]} needs {need}; accepted for this list: --c");
                }

                text.Append("op ").AppendJoin(' ', words.Select(Quoted)).Append('\n');
            }
        }

        return text.Append("clean_up\necho 'END normal'\n").ToString();
    }

    // A word for sh: quoted unless it is plain.
    private static string Quoted(string word) =>
        word.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or ':' or '-' or '_' or '/' or '@') ? word : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string InComment(string text) => string.Concat(text.Where(c => !char.IsControl(c))).Replace("*/", "* /", StringComparison.Ordinal);

    // A C string; a question mark may begin a trigraph.
    private static string Escaped(string text)
    {
        var escaped = new StringBuilder();
        foreach (byte b in Encoding.UTF8.GetBytes(text))
        {
            _ = b is (byte)'"' or (byte)'\\' or (byte)'?' ? escaped.Append('\\').Append((char)b) : b is < 0x20 or > 0x7e ? escaped.Append($"\\{Convert.ToString(b, 8).PadLeft(3, '0')}") : escaped.Append((char)b);
        }

        return escaped.ToString();
    }
}
