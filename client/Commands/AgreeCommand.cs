using System.CommandLine;
using System.Globalization;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.Recorded;
using Stress.Observability;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress agree DIR</c>: runs every recorded list of a folder and its subfolders on the models and compares. Next to <c>NAME.ops</c> it takes
/// <c>NAME.netbsd-7*.txt</c> and <c>NAME.linux-6*.txt</c> for answers; a <c>verdicts.tsv</c> holds verdicts for the lists beside it.
/// </summary>
public static class AgreeCommand
{
    /// <summary>Least share of steps, in hundredths of a percent, that must agree.</summary>
    private const int NeededNetBsd = 9_900;
    private const int NeededLinux = 9_700;
    private const int NeededOfPppd = 10_000;

    /// <summary>Least share of lists with the same verdict, and of failing lists with the same first step and function.</summary>
    private const int NeededVerdicts = 9_700;
    private const int NeededFirst = 9_000;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var folder = new Argument<string>("DIR") { Description = "Folder with operation lists and what real stacks answered." };
        var command = new Command("agree", "Compare the stacks' models with recorded real stacks (exit 1 when too few steps agree, 5 when a step is not modelled).") { folder };
        command.SetAction(line => Execute(terminal.Text, line.GetValue(folder)!));
        return command;
    }

    private static int Execute(TextWriter writer, string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"{folder}: no such folder; accepted is a folder with operation lists (NAME.ops) and their recordings");
        }

        string[] lists = [.. Directory.EnumerateFiles(folder, "*.ops", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        string[] tables = [.. Directory.EnumerateFiles(folder, "verdicts.tsv", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        bool reached = true;
        int compared = 0, undecided = 0;
        foreach ((string stack, string pattern, int needed) in new[] { (StackCatalog.NetBsd7, "netbsd-7", NeededNetBsd), (StackCatalog.Linux6, "linux-6", NeededLinux) })
        {
            var pppd = new Agreement(stack, comparesFrames: true);
            var others = new Agreement(stack);
            foreach (string list in lists)
            {
                string name = Path.GetFileNameWithoutExtension(list);
                string[] recordings = Directory.GetFiles(Path.GetDirectoryName(list)!, $"{name}.{pattern}*.txt");
                foreach (string recording in recordings.Order(StringComparer.Ordinal))
                {
                    Agreement agreement = RecordingConditions.Of(name) == RecordingConditions.Earlier ? pppd : others;
                    agreement.Add(name, ExecCommand.Read(list), RecordedAnswers.Parse(File.ReadAllText(recording)));
                    compared++;
                }
            }

            reached &= Print(writer, pppd, "pppd, frames included", NeededOfPppd) & Print(writer, others, "other lists", needed);
            undecided += pppd.NotModelled.Count + others.NotModelled.Count;
        }

        foreach (string table in tables)
        {
            foreach (VerdictAgreement side in Compare(table))
            {
                reached &= Print(writer, side);
                undecided += side.NotModelled.Count;
                compared++;
            }
        }

        return compared == 0
            ? throw new UsageException($"{folder}: nothing recorded here; accepted are NAME.ops with NAME.netbsd-7.txt or NAME.linux-6.18.txt beside it, or verdicts.tsv")
            : !reached ? ExitCodes.ExpectationFailed : undecided > 0 ? ExitCodes.NotDecided : ExitCodes.Ok;
    }

    private static VerdictAgreement[] Compare(string table)
    {
        VerdictAgreement[] sides = [new("fix-out"), new("fix-in")];
        try
        {
            foreach (RecordedVerdict verdict in VerdictTable.Parse(File.ReadAllText(table)))
            {
                sides.Single(s => s.Side == verdict.Side).Add(verdict, ExecCommand.Read(Path.Combine(Path.GetDirectoryName(table)!, verdict.List + ".ops")));
            }
        }
        catch (FormatException e)
        {
            throw new UsageException(e.Message);
        }

        return sides;
    }

    private static bool Print(TextWriter writer, Agreement agreement, string what, int needed)
    {
        foreach (DifferingStep step in agreement.NotModelled)
        {
            writer.WriteLine($"{agreement.Stack}, {what}: not decided: {step.List} step {step.Step} ({step.Operation}) is not modelled; real {step.Recorded}");
        }

        if (agreement.Compared == 0)
        {
            return true;
        }

        bool reached = agreement.Reaches(needed);
        writer.WriteLine($"{agreement.Stack}, {what}: {Counted.Of(agreement.Lists, "list")}, {Share(agreement.Agreed, agreement.Compared)} of the steps agree, needed {needed / 100} %{(reached ? "" : ": not reached")}");
        foreach (OperationShare share in agreement.Operations)
        {
            writer.WriteLine($"  {share.Operation,-10} {Share(share.Agreed, share.Compared)}");
        }

        foreach (DifferingStep step in agreement.Differing)
        {
            writer.WriteLine($"  differs: {step.List} step {step.Step} ({step.Operation}): real {step.Recorded}, model {step.Modelled}");
        }

        return reached;
    }

    private static bool Print(TextWriter writer, VerdictAgreement side)
    {
        foreach (DifferingVerdict list in side.NotModelled)
        {
            writer.WriteLine($"verdicts {side.Side}: not decided: {list.Recorded.List}: real {list.Recorded.Text}; model {list.Modelled}");
        }

        if (side.Lists == 0)
        {
            return true;
        }

        bool reached = (long)side.SameVerdict * 10_000 >= (long)side.Lists * NeededVerdicts && (long)side.SameFirst * 10_000 >= (long)side.Dirty * NeededFirst;
        writer.WriteLine($"verdicts {side.Side}: {Share(side.SameVerdict, side.Lists)} the same, needed {NeededVerdicts / 100} %; first step and function of failing lists {Share(side.SameFirst, side.Dirty)}, needed {NeededFirst / 100} %; every access {Share(side.SameText, side.Lists)}{(reached ? "" : ": not reached")}");
        foreach (DifferingVerdict differing in side.Differing)
        {
            writer.WriteLine($"  differs: {differing.Recorded.List}: real {differing.Recorded.Text}");
            writer.WriteLine($"    model {differing.Modelled}");
        }

        return reached;
    }

    private static string Share(int part, int whole) => whole == 0
        ? "0 of 0"
        : string.Create(CultureInfo.InvariantCulture, $"{part} of {whole} ({100m * part / whole:F2} %)");
}
