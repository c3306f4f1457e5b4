using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;

namespace Stress.Triage.Bugs;

/// <summary>What makes two crashes one bug: their title without the parts that differ from boot to boot, on one backend.</summary>
public static partial class BugTitle
{
    /// <summary>Interfaces whose unit is an accident: the same bug on ppp0 and on ppp7.</summary>
    private const string Interfaces = "ppp|tun|tap|eth|veth|lo|ne|vlan|br|bridge|gre|gif|sit|ipip|dummy|wlan|usb|en|pppoe|wg|sl|sppp";

    /// <summary>The title without addresses, offsets, units, processes and counters.</summary>
    /// <param name="title">As a run has it.</param>
    public static string Of(string title)
    {
        string text = Offset().Replace(title, "");
        text = Oops().Replace(text, "");
        text = Address().Replace(text, "ADDR");
        text = Unit().Replace(text, "$1N");
        text = Numbered().Replace(text, "$1 N");
        text = Task().Replace(text, "task $1");
        text = Mac().Replace(text, "MAC");
        text = Inet6().Replace(text, "ADDR6");
        text = Inet().Replace(text, "ADDR4");
        return Blanks().Replace(text, " ").Trim();
    }

    /// <summary>A bug's identifier: the same in every store.</summary>
    /// <param name="title">The title as <see cref="Of"/> gives it.</param>
    /// <param name="backend">The backend.</param>
    public static string KeyOf(string title, string backend) => $"b{XxHash64.HashToUInt64(Encoding.UTF8.GetBytes($"{backend}\n{title}")) >> 16:x12}";

    // in6_selecthlim+0x1a/0x90, ip_mc_drop_socket+0x4c
    [GeneratedRegex(@"\+0x[0-9a-fA-F]+(/0x[0-9a-fA-F]+)?")]
    private static partial Regex Offset();

    // [#1], [#2] SMP: how many before it in this boot.
    [GeneratedRegex(@"\s*\[#\d+\]")]
    private static partial Regex Oops();

    // 0xdeadbeef, ffff888003a4c000: no word of a title has eight hexadecimal digits in a row, one of them a figure.
    [GeneratedRegex(@"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*[0-9])[0-9a-fA-F]{8,16}\b")]
    private static partial Regex Address();

    [GeneratedRegex($@"\b({Interfaces})\d+\b")]
    private static partial Regex Unit();

    // CPU#1, CPU: 3, PID: 417, pid 33, count 2
    [GeneratedRegex(@"\b(CPU|cpu|PID|pid|count|usage count|Usage count|unit|index)\s*[#:=]?\s*\d+\b")]
    private static partial Regex Numbered();

    // task pppd:417, task pppd/417
    [GeneratedRegex(@"\btask ([A-Za-z][\w.-]*)[:/]\d+")]
    private static partial Regex Task();

    [GeneratedRegex(@"\b[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}\b")]
    private static partial Regex Mac();

    [GeneratedRegex(@"(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}:?(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)?(?:%\w+)?(?![\w:])|(?<![\w:])(?:[0-9a-fA-F]{1,4})?::(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4})*)(?:%\w+)?(?![\w:])")]
    private static partial Regex Inet6();

    [GeneratedRegex(@"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]\d)")]
    private static partial Regex Inet();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
