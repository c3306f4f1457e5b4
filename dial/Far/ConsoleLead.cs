using System.Text.RegularExpressions;

namespace Stress.Dial.Far;

/// <summary>
/// What may precede a kernel's message on a console or in a log: a syslog stamp (RFC 3164, RFC 5424, ISO 8601), a logger's priority, dmesg's and printk's
/// times and callers, a prompt that was waiting when the system died, colours.
/// </summary>
internal static partial class ConsoleLead
{
    // Each may stand once or twice before another; a line that is nothing but stamps ends the loop by its length.
    private const int MostLeads = 8;

    /// <summary>Removes the lead from a line.</summary>
    /// <param name="line">The line as printed.</param>
    /// <param name="text">The rest: what the kernel printed, if it did.</param>
    /// <returns>False when the line names another program as its author: a daemon that quotes a kernel's message is not a kernel.</returns>
    public static bool Strip(string line, out string text)
    {
        text = line.Contains('\e', StringComparison.Ordinal) ? Escapes().Replace(line, "") : line;
        for (int n = 0; n < MostLeads; n++)
        {
            Match m = Syslog().Match(text);
            if (!m.Success)
            {
                m = IsoSyslog().Match(text);
            }

            if (!m.Success)
            {
                m = Rfc5424().Match(text);
            }

            if (m.Success)
            {
                if (!Kernel().IsMatch(m.Groups["tag"].Value))
                {
                    return false;
                }
            }
            else
            {
                m = Lead().Match(text);
            }

            if (!m.Success || m.Length == 0)
            {
                break;
            }

            text = text[m.Length..];
        }

        return true;
    }

    [GeneratedRegex(@"\e(?:\[[0-9;?]*[ -/]*[@-~]|[()][0-9A-B]|[@-Z\\-_=>])")]
    private static partial Regex Escapes();

    [GeneratedRegex(@"^(?:<\d{1,3}>)?[A-Z][a-z]{2} {1,2}\d{1,2} (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d+)?(?: \d{4})? (?:<[\w.]+> )?(?:[\w.:-]+ )?(?<tag>[\w./-]+)(?:\[\d+\])?: (?:\[ID \d+ [\w.]+\] )?")]
    private static partial Regex Syslog();

    // Without a process number, only the kernel's own tag makes it a syslog line: "double fault: 0000" is none.
    [GeneratedRegex(@"^(?:<\d{1,3}>)?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)? (?:[\w.-]+ )?(?:(?<tag>kernel|vmunix|unix|genunix|/\w+)|(?<tag>[\w./-]+)\[\d+\]): (?:\[ID \d+ [\w.]+\] )?")]
    private static partial Regex IsoSyslog();

    [GeneratedRegex(@"^<\d{1,3}>1 \S+ \S+ (?<tag>\S+) \S+ \S+ (?:-|\[.*?\]) ")]
    private static partial Regex Rfc5424();

    [GeneratedRegex(@"^(?:kernel|vmunix|unix|genunix|/(?:kernel|bsd|bsd\.\w+|netbsd|dragonfly|boot/\S+))$")]
    private static partial Regex Kernel();

    [GeneratedRegex("""
        ^(?:
            <\d{1,3}> |                                                     # printk's or syslog's level
            kern[ ]+:\w+[ ]+:[ ] |                                          # dmesg -x
            \d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[\d.,]*(?:Z|[+-]\d\d:?\d\d)?[ ] | # a logger's time
            \[\w{3}[ ]\w{3}[ ]+\d+[ ][\d:]{8}[ ]\d{4}\][ ] |                # dmesg -T
            \[[ ]*\d+(?:\.[ ]?\d+)?\](?:\[[ ]*[TC]\d+[^\]]*\])*[ ]? |       # printk, NetBSD, FreeBSD; printk's caller
            (?:[\w.-]+[ ])?(?:kernel|/netbsd|/bsd|vmunix):[ ](?!.*(?:fault|trap)[^,]*,[ ]code) | # a tag without a stamp, but no sentence of BSD's
            .{0,80}?(?:login|[Pp]assword):[ ]? |                            # getty
            [^#$%]{0,60}[#$%][ ]?(?=panic:[ ]|panic\[|Fatal[ ]|uvm_fault|BUG:[ ]|Kernel[ ]panic|kernel:[ ]|Unable[ ]to[ ]handle|\[[ ]*\d+\.) | # a shell
            [@?]+(?=[A-Za-z\[])                                             # what is left of control characters
        )
        """, RegexOptions.IgnorePatternWhitespace)]
    private static partial Regex Lead();
}
