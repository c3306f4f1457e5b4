using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Stress.Fuzz.Lists;
using Stress.Guests.Running;

namespace Stress.Fuzz.Stacks;

/// <summary>
/// Debian's pppd in a guest, whose interfaces, terminals and other ends come and go. Many lists share a boot, each in network, mount and process namespaces of its own; time is virtual. A finding is a
/// pppd that dies of a signal nobody sent, one that does not end when it is told to, an interface that stays when its pppd has ended, or a report of the kernel.
/// </summary>
/// <param name="name">The name on the command line, <c>pppd:KERNEL</c>.</param>
/// <param name="run">Boots the kernel.</param>
/// <param name="fault">A fault to switch on, or null.</param>
public sealed partial class PppdStack(string name, ListRun run, string? fault) : IFuzzStack
{
    /// <summary>What its name begins with.</summary>
    public const string Prefix = "pppd:";

    private const int BootLists = 16;
    private const string Job = "pppdlists", Found = "found: ", Mark = "=== ";

    /// <inheritdoc/>
    public string Name => name;

    /// <inheritdoc/>
    public string Speaks => PppdGrammar.Language;

    /// <inheritdoc/>
    public string? Family => null;

    /// <inheritdoc/>
    public int Batch => BootLists;

    /// <summary>What is known of one without a kernel.</summary>
    /// <param name="name">The name on the command line, <c>pppd:KERNEL</c>.</param>
    public static StackFacts FactsOf(string name) => new(name, PppdGrammar.Language, null, BootLists);

    /// <inheritdoc/>
    public IReadOnlyList<ListOutcome> Run(IReadOnlyList<IReadOnlyList<string>> lists, ulong seed, CancellationToken stop)
    {
        var outcomes = new List<ListOutcome>();
        while (outcomes.Count < lists.Count)
        {
            ListResult result = run.RunJob(
                Job,
                [
                    ("jobs/" + Job, Encoding.UTF8.GetBytes(Resources.Text("pppd/lists.sh"))), ("jobs/pppdlist", Encoding.UTF8.GetBytes(Resources.Text("pppd/list.sh"))),
                    .. lists.Skip(outcomes.Count).Select((list, i) => (string.Create(CultureInfo.InvariantCulture, $"lists/{i:D4}"), Encoding.UTF8.GetBytes(string.Join('\n', list) + "\n"))),
                ],
                seed, fault, stop);
            stop.ThrowIfCancellationRequested();
            int before = outcomes.Count;
            outcomes.AddRange(Read([.. ConsoleText.Lines(result.Console)], result.IsComplete, $"{(result.IsHung ? "the guest stood still" : "the guest ended")} ({result.End})").Take(lists.Count - before));
            if (outcomes.Count == before)
            {
                outcomes.Add(ListOutcome.Nothing($"the guest ended before its first list ({result.End})"));
            }
        }

        return outcomes;
    }

    /// <summary>The outcomes of the lists on a console, up to the first that the kernel reported something in: its boot counts for nothing more.</summary>
    /// <param name="lines">The console.</param>
    /// <param name="complete">The job came to its end.</param>
    /// <param name="end">How the guest ended otherwise.</param>
    internal static IEnumerable<ListOutcome> Read(IReadOnlyList<string> lines, bool complete, string end)
    {
        int[] marks = [.. lines.Index().Where(line => ListMark().IsMatch(line.Item)).Select(line => line.Index)];
        for (int i = 0; i < marks.Length; i++)
        {
            bool last = i + 1 == marks.Length;
            string[] section = [.. lines.Take(marks[i]..(last ? lines.Count : marks[i + 1]))];
            string[] reports = [.. ConsoleText.Reports(Encoding.Latin1.GetBytes(string.Join('\n', section))).Select(CrashWords.Of)];
            string[] titles = [.. reports, .. section.Where(line => line.StartsWith(Found, StringComparison.Ordinal)).Select(line => line[Found.Length..]).Distinct()];
            StepAnswer[] steps = [.. section.Select(line => Answer().Match(line)).Where(match => match.Success).Select(match => new StepAnswer(match.Groups[1].Value, Reason(match.Groups[2].Value), []))];
            if (last && titles.Length == 0 && !complete)
            {
                titles = [end];
            }

            yield return new ListOutcome(steps, titles, []);
            if (reports.Length > 0)
            {
                yield break;
            }
        }
    }

    /// <summary>A list as one script for sh, for somebody who has pppd, iproute2 and root.</summary>
    /// <param name="listName">What the list is called.</param>
    /// <param name="title">What it showed.</param>
    /// <param name="list">The list.</param>
    public static string ToShell(string listName, string title, IReadOnlyList<string> list) =>
        $"#!/bin/sh\n# {listName}: {title}\n# As root, on a machine with pppd (/usr/sbin/pppd), iproute2 and /dev/ppp, in namespaces of its own.\nD=$(mktemp -d)\ncat >$D/list.sh <<'SCRIPT'\n{Resources.Text("pppd/list.sh")}SCRIPT\n"
        + $"cat >$D/list <<'LIST'\n{string.Join('\n', list)}\nLIST\nunshare -n -m -p -f sh $D/list.sh <$D/list\n";

    // Without names of devices and without numbers: "can't find device 'x0'".
    private static string Reason(string text) => Quoted().Replace(text.Trim(), "NAME");

    [GeneratedRegex("^" + Mark + @"\d{4}$")]
    private static partial Regex ListMark();

    [GeneratedRegex(@"^step (\w+) -> ?(.*)$")]
    private static partial Regex Answer();

    [GeneratedRegex(@"'?\b((ppp|x)\d|\d[\d./]*)\b'?")]
    private static partial Regex Quoted();
}
