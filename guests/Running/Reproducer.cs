using System.Text;

namespace Stress.Guests.Running;

/// <summary>An operation list as a program that needs nothing of Stress.</summary>
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
