using System.Text;

namespace Stress.Fuzz.Stacks;

/// <summary>A list of lwIP's operations as one C file: the driver, with the list inside.</summary>
public static class LwipExport
{
    /// <summary>The file's text.</summary>
    /// <param name="name">What the list is called.</param>
    /// <param name="list">The list; lines that begin with <c># </c> are left out.</param>
    public static string ToC(string name, string list)
    {
        var text = new StringBuilder();
        text.Append("/*\n * ").Append(name).Append(": a list of operations on lwIP, with the driver that executes it. With lwIP's source in LWIP, and lwipopts.h and arch/ of fuzz/lwip in OPTS:\n");
        text.Append(" *   gcc -g -w -fsanitize=address -I$OPTS -I$LWIP/src/include ").Append(name).Append(" $LWIP/src/core/*.c $LWIP/src/core/ipv[46]/*.c \\\n");
        text.Append(" *       $LWIP/src/netif/ethernet.c $LWIP/src/netif/ppp/*.c $LWIP/src/netif/ppp/polarssl/*.c $LWIP/src/apps/mdns/*.c -o reproducer && ./reproducer\n */\n");
        text.Append("#define STRESS_LIST\nstatic const char stress_list[] =\n    \"=== list\\n\"\n");
        foreach (string line in list.Split('\n').Where(line => line.Length > 0 && !line.StartsWith('#')))
        {
            text.Append("    \"").Append(line).Append("\\n\"\n");
        }

        return text.Append("    ;\n\n").Append(LwipDriver.Source).ToString();
    }
}
