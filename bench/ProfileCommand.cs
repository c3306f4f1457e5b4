using System.CommandLine;
using System.Diagnostics;
using System.Text.RegularExpressions;
using Spectre.Console;

namespace Stress.Bench;

/// <summary>
/// <c>profile</c>: where the executor spends its time, sampled by Linux' perf. Processors of virtual machines often offer no instruction counter, so the clock
/// is sampled; a share of samples is a share of time.
/// </summary>
internal static partial class ProfileCommand
{
    private const int SamplesASecond = 999;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var rows = new Option<int>("--rows") { Description = "Rows of each table.", DefaultValueFactory = _ => 20 };
        var command = new Command("profile", "Where the executor's time goes, by class and by method (needs perf).") { rows };
        command.SetAction(line => Execute(line.GetValue(rows)));
        return command;
    }

    private static int Execute(int rows)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("stress-profile-");
        try
        {
            string data = Path.Combine(folder.FullName, "perf.data");
            (int code, string output) = Run(
                "perf", "record", "-q", "-e", "cpu-clock", "-F", $"{SamplesASecond}", "-o", data, "--", Environment.ProcessPath!, typeof(ProfileCommand).Assembly.Location, "executor", "--pairs", "1000");
            if (code != 0)
            {
                Console.Error.WriteLine($"stress: perf ended with {code}; accepted is a machine with perf (Debian package linux-perf) that may sample its own processes");
                return Client.ExitCodes.Usage;
            }

            Console.Write(output);
            (_, string script) = Run("perf", "script", "-i", data, "-F", "ip,sym,dso");
            Print(script, rows);
            (_, string processes) = Run("perf", "script", "-i", data, "-F", "pid");
            foreach (string process in processes.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct())
            {
                File.Delete($"/tmp/perf-{process}.map");
                File.Delete($"/tmp/perfinfo-{process}.map");
            }

            return Client.ExitCodes.Ok;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Print(string script, int rows)
    {
        var classes = new Dictionary<string, int>();
        var methods = new Dictionary<string, int>();
        int samples = 0;
        foreach (string line in script.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            Match managed = Managed().Match(line);
            string owner = managed.Success ? managed.Groups[1].Value : $"({Path.GetFileName(Library().Match(line).Groups[1].Value)})";
            Count(classes, owner);
            Count(methods, managed.Success ? $"{owner}.{managed.Groups[2].Value}" : owner);
            samples++;
        }

        AnsiConsole.Profile.Width = Client.Terminal.PipedWidth;
        foreach ((string title, Dictionary<string, int> counts) in new[] { ("class", classes), ("method", methods) })
        {
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns(title, "share of time");
            foreach ((string name, int count) in counts.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Take(rows))
            {
                table.AddRow(Markup.Escape(name), $"{(double)count / samples:p1}");
            }

            AnsiConsole.Write(table);
        }
    }

    private static void Count(Dictionary<string, int> counts, string name)
    {
        counts.TryGetValue(name, out int before);
        counts[name] = before + 1;
    }

    private static (int Code, string Output) Run(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // Names of compiled methods, in a file that perf looks for.
        start.Environment["DOTNET_PerfMapEnabled"] = "1";

        // Mapped twice, code would belong to a nameless file.
        start.Environment["DOTNET_EnableWriteXorExecute"] = "0";
        try
        {
            using Process process = Process.Start(start)!;
            Task<string> errors = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            _ = errors.Result;
            return (process.ExitCode, output);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return (127, "");
        }
    }

    // For example: [Stress.Emulator] Stress.Emulator.Core.EventQueue::Schedule(int32,...)[Tier1]
    [GeneratedRegex(@"Stress\.Emulator\.([A-Za-z0-9_.`]+)::([A-Za-z0-9_.<>|]+)")]
    private static partial Regex Managed();

    [GeneratedRegex(@"\(([^()]*)(?: \(deleted\))?\)$")]
    private static partial Regex Library();
}
