using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Spectre.Console;
using Stress.Client;
using Stress.Client.Commands;
using Stress.Guests;
using Stress.Guests.Kernels;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench guests judge</c>: the cases of <c>scenarios/judge-linux</c>, each a list, a bug and three fixes, judged on a real kernel. The bug is the fault of the case's name, or <c>bug.cocci</c>.
/// </summary>
internal static class JudgeCasesCommand
{
    private const string Cases = "judge-linux", Bug = "bug.cocci", List = "list.ops";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var kernel = new Option<string?>("--kernel") { Description = "A kernel built with --faults, with its tree (default: the newest of them)." };
        var some = new Option<string[]>("--case") { Description = "Only these cases (default: all of scenarios/judge-linux).", AllowMultipleArgumentsPerToken = true };
        var tries = new Option<int>("--tries") { Description = "Boots of each kernel.", DefaultValueFactory = _ => 20 };
        var command = new Command("judge", "A right, an incomplete and a wrong fix of each of twenty-odd bugs on a real kernel: which verdicts are as expected.") { kernel, some, tries };
        command.SetAction((line, stop) => JudgeAsync(line.GetValue(kernel), line.GetValue(some)!, line.GetValue(tries), stop));
        return command;
    }

    private static async Task<int> JudgeAsync(string? named, string[] some, int tries, CancellationToken stop)
    {
        GuestKernel kernel = GuestsCommand.KernelOf(GuestCache.OfUser(), named, k => k is { VirtualTime: true, Kasan: true, FixOf: null } && k.Faults.Count > 0, " --faults");
        int judged = 0, expected = 0;
        foreach (string folder in Directory.GetDirectories(Repository.At("scenarios", Cases)).Order(StringComparer.Ordinal))
        {
            string name = Path.GetFileName(folder), bug = Path.Combine(folder, Bug), json = Path.GetTempFileName();
            if (some.Length > 0 && !some.Contains(name))
            {
                continue;
            }

            try
            {
                long start = Stopwatch.GetTimestamp();
                bool isPatch = File.Exists(bug);
                var order = new PatchOrder(
                    name, await File.ReadAllTextAsync(Path.Combine(folder, List), stop), folder, "uml:" + kernel.Key, isPatch ? null : name, isPatch ? bug : null,
                    Repository.At("tests", "recorded", "gen"), tries, Seed: 1, OneIn: 1_000, json);
                await JudgePatches.ExecuteAsync(new Terminal(AnsiConsole.Console, TextWriter.Null), order, stop);
                string text = await File.ReadAllTextAsync(json, stop);
                using JsonDocument? rows = text.Length > 0 ? JsonDocument.Parse(text) : null;
                JsonElement[] fixes = rows is null ? [] : [.. rows.RootElement.EnumerateArray()];
                judged += fixes.Length;
                int right = fixes.Count(fix => fix.GetProperty("verdict").GetString() == fix.GetProperty("expected").GetString());
                expected += right;
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"== {name,-24} {right} of {fixes.Length} as expected, {Stopwatch.GetElapsedTime(start).TotalSeconds:0} s: {string.Join(", ", fixes.Select(fix => $"{fix.GetProperty("name").GetString()} {fix.GetProperty("verdict").GetString()}"))}"));
            }
            catch (GuestException e)
            {
                judged++;
                Console.WriteLine($"== {name,-24} {e.Message}");
            }
            finally
            {
                File.Delete(json);
            }
        }

        Console.WriteLine($"{expected} of {judged} verdicts as expected");
        return judged > 0 && expected == judged ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }
}
