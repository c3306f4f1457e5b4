using System.CommandLine;
using System.Text.Json;
using Spectre.Console;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Emulator.Kernel.Ports;
using Stress.Emulator.Oracle;
using Stress.Emulator.Stacks;
using Stress.Emulator.Stacks.History;
using Stress.Guests;
using Stress.Observability;
using Stress.Observability.Ci;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress history [ID...]</c>: bugs of real network stacks as operation lists, each run before and after its fix. Exit code 1 if one is not found before, or not gone after; 5
/// when an operation of one is not modelled.
/// </summary>
public static class HistoryCommand
{
    private const string DefaultFolder = "scenarios/history", Extension = ".ops";

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var ids = new Argument<string[]>("ID") { Description = "Entries to run; by default all.", Arity = ArgumentArity.ZeroOrMore };
        var folder = new Option<string>("--folder") { Description = "Where the entries are.", DefaultValueFactory = _ => ProgramFolders.Find(DefaultFolder) };
        Option<string?> json = SharedOptions.Json();
        var command = new Command("history", "Run bugs of real network stacks before and after their fixes.") { ids, folder, json };
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction(line => Execute(terminal, line.GetValue(ids) ?? [], line.GetValue(folder)!, line.GetValue(json), checks.Read(line)));
        return command;
    }

    private static int Execute(Terminal terminal, string[] ids, string folder, string? json, CheckFiles files)
    {
        IReadOnlyList<HistoryEntry> entries = Read(folder, ids);
        if (json is not null)
        {
            Output.CheckFile("--json", json);
        }

        files.Check();
        List<HistoryRun> runs = [.. entries.Select(HistoryRun.Of)];
        HistoryScreen.Write(terminal.Out, runs, details: ids.Length > 0);
        var deliveries = new Deliveries(terminal);
        if (json is not null)
        {
            deliveries.Write(json, () => OutputFile.Write(json, JsonSerializer.Serialize(runs.Select(Row), RunFolder.Json) + "\n", terminal));
        }

        files.Write(Cases(folder, ids, runs), terminal, deliveries);
        return deliveries.Conclude(CodeOf(runs));
    }

    /// <summary>The exit code: an entry that is wrong outweighs one that could not be decided.</summary>
    public static int CodeOf(IReadOnlyList<HistoryRun> runs) =>
        runs.Any(run => run.IsDecided && !(run.Found && run.Gone)) ? ExitCodes.ExpectationFailed : runs.All(run => run.IsDecided) ? ExitCodes.Ok : ExitCodes.NotDecided;

    private static List<HistoryEntry> Read(string folder, string[] ids)
    {
        if (!Directory.Exists(folder))
        {
            throw new UsageException($"--folder {folder}: no such folder; accepted is a folder of operation lists with headers (docs/history.md)");
        }

        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            files[Path.GetFileNameWithoutExtension(file)] = file;
        }

        if (files.Count == 0)
        {
            throw new UsageException($"--folder {folder}: no {Extension} file; accepted is a folder of operation lists with headers (docs/history.md)");
        }

        foreach (string id in ids.Where(id => !files.ContainsKey(id)))
        {
            throw new UsageException($"{id}: no such entry; accepted: {string.Join(", ", files.Keys)}");
        }

        try
        {
            return [.. (ids.Length == 0 ? files.Keys : ids.Distinct()).Select(id => HistoryEntry.Parse(File.ReadAllText(files[id]), files[id], id))];
        }
        catch (OperationListException e)
        {
            throw new UsageException(e.Message);
        }
    }

    private static CheckReport Cases(string folder, string[] ids, IReadOnlyList<HistoryRun> runs)
    {
        List<CheckCase> cases = [];
        foreach (HistoryRun run in runs)
        {
            cases.Add(Case(folder, run, "found before the fix", run.Found, run.Entry.Verdict, run.Entry.Before, run.Before));
            cases.Add(Case(folder, run, "gone after it", run.Gone, Verdict.Clean, run.Entry.After, run.After));
        }

        return new CheckReport("history", $"./stress history {string.Join(' ', ids)} --folder {folder}".Replace("  ", " "), DateTimeOffset.UtcNow, 0, [new("folder", folder)], cases);
    }

    private static CheckCase Case(string folder, HistoryRun run, string name, bool met, Verdict expected, HistorySide side, HistoryOutcome outcome) => new()
    {
        Kind = "expectation",
        Suite = run.Entry.Id,
        Name = name,
        Key = $"{run.Entry.Id} {name}",
        Outcome = !outcome.IsDecided ? CheckOutcome.NotDecided : met ? CheckOutcome.Passed : CheckOutcome.Failed,
        Message = $"{side}: {outcome.Name}, expected {HistoryEntry.NameOf(expected)}{(outcome.IsDecided ? "" : $": {outcome.NotDecided}")}",
        Detail = outcome.Text.Length == 0 ? [] : [outcome.Text],
        File = Path.Combine(folder, run.Entry.Id + Extension),
    };

    private static HistoryReport Row(HistoryRun run)
    {
        HistoryEntry e = run.Entry;
        return new HistoryReport(
            e.Id, e.Title, e.System, e.Source, e.Class, KernelNames.Of(e.Holder), HistoryEntry.NameOf(e.Verdict), e.Inferred, e.Operations.Count, run.Found, run.Gone,
            Side(e.Before, run.Before), Side(e.After, run.After));
    }

    private static HistorySideReport Side(HistorySide side, HistoryOutcome outcome) => new(
        side.ToString(), outcome.Name, outcome.IsDecided ? outcome.Text : outcome.NotDecided, outcome.Steps,
        [.. outcome.Others.Select(o => new HistoryOther(KernelNames.Of(o.Holder), HistoryEntry.NameOf(o.Verdict), o.Text))]);

    /// <summary>An entry in the JSON file.</summary>
    private sealed record HistoryReport(
        string Id, string Title, string System, string Source, string Class, string Holder, string Verdict, string Inferred, int Operations, bool FoundBefore, bool GoneAfter,
        HistorySideReport Before, HistorySideReport After);

    /// <summary>One side of it.</summary>
    private sealed record HistorySideReport(string Kernel, string Verdict, string Text, int Steps, IReadOnlyList<HistoryOther> Others);

    /// <summary>A finding of another holder.</summary>
    private sealed record HistoryOther(string Holder, string Verdict, string Text);
}
