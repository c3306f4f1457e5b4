using System.Globalization;
using Stress.Fuzz.Lists;
using Stress.Fuzz.Search;
using Stress.Observability;

namespace Stress.Client.Screen;

/// <summary>The findings of a search, for people.</summary>
public static class FuzzScreen
{
    /// <summary>Writes it.</summary>
    /// <param name="terminal">Where to.</param>
    /// <param name="report">The result.</param>
    public static void Write(Terminal terminal, FuzzReport report)
    {
        TextWriter o = terminal.Text;
        o.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{Counted.Of(report.Lists, "list")} on {string.Join(" and ", report.Stacks)}, seed {report.Seed}{(report.Guided ? "" : ", unguided")}: {report.Steps:#,0} steps, {report.Lists / Math.Max(report.SearchSeconds, 0.001):#,0} lists/s while searching"));
        o.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Seconds:0.0} s, of which {report.SearchSeconds:0.0} s searching; {(report.CpuSeconds > 0 ? $"{report.CpuSeconds:0.0} s of processors; " : "")}{report.Reached:#,0} reached, {Counted.Of(report.Corpus, "list")} kept; digest {report.Digest}"));
        if (report.NotExecuted > 0)
        {
            o.WriteLine($"{Counted.Of(report.NotExecuted, "list")} without a result, the last: {report.WhyLost}");
        }

        foreach (string note in report.Notes)
        {
            o.WriteLine(note);
        }

        WriteEdges(o, report);
        WriteOperations(terminal, report);
        if (report.Findings.Count == 0)
        {
            o.WriteLine("nothing found; this covers only the operations listed above");
        }

        foreach ((int i, Finding finding) in report.Findings.Index())
        {
            Write(o, i + 1, finding);
        }
    }

    private static void WriteEdges(TextWriter o, FuzzReport report)
    {
        const int Most = 8;
        foreach ((string stack, int covered) in report.CoveredFunctions)
        {
            FunctionEdges[] entered = [.. report.Functions.Where(of => of.Stack == stack)];
            o.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"edges on {stack}: {entered.Sum(of => of.Edges):#,0} in {entered.Length:#,0} of {covered:#,0} functions of net/ and drivers/net/{(report.ByEdges ? "" : ", counted only")}; most in {string.Join(", ", entered.OrderByDescending(of => of.Edges).ThenBy(of => of.Function, StringComparer.Ordinal).Take(Most).Select(of => $"{of.Function} {of.Edges}"))}"));
        }
    }

    private static void WriteOperations(Terminal terminal, FuzzReport report)
    {
        TextWriter o = terminal.Text;
        foreach (string stack in report.Stacks)
        {
            IEnumerable<string> words = report.Operations.Where(rate => rate.Stack == stack).Select(rate => rate.Tried == 0
                ? $"{rate.Operation} never"
                : string.Create(CultureInfo.InvariantCulture, $"{rate.Operation} {100.0 * rate.Succeeded / rate.Tried:0.#}% of {rate.Tried}"));
            o.WriteLine($"succeeded on {stack}: {string.Join(", ", words)}");
        }
    }

    private static void Write(TextWriter o, int number, Finding finding)
    {
        o.WriteLine();
        o.WriteLine($"{number}. {finding.Title}");
        string kind = finding.Kind == FindingKind.Crash ? $"on {finding.Stacks[0]}" : $"{finding.Stacks[0]} against {finding.Stacks[1]}";
        string state = finding.IsConfirmed ? $"{finding.Confirmed} of {FuzzSearch.Confirmations} executions" : $"not confirmed: {finding.Confirmed} of {FuzzSearch.Confirmations} executions of its list on its own";
        o.WriteLine($"   {kind}; list {finding.List}, seen in {Counted.Of(finding.Seen, "list")}; {state}; {Counted.Of(finding.Minimal.Count, "operation")}{(finding.IsMinimal ? ", none can go" : "")}");
        foreach (string line in finding.Minimal)
        {
            o.WriteLine($"     {line}");
        }

        foreach ((string other, int times) in finding.OtherTitles)
        {
            o.WriteLine($"   also {times} of {FuzzSearch.Confirmations}: {other}");
        }
    }
}
