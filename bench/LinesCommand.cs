using System.CommandLine;
using System.Globalization;
using System.Xml.Linq;
using Stress.Client;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary><c>lines</c>: which share of each layer's lines the tests have executed, from the Cobertura files that <c>./stress test</c> leaves with STRESS_COVERAGE.</summary>
internal static class LinesCommand
{
    /// <summary>Parts that decide results: the tests have to execute at least <see cref="Least"/> per cent of their lines.</summary>
    private static readonly string[] Held = ["emulator/Kernel", "emulator/Oracle", "grains/Shard/ShardLedger.cs"];

    private const double Least = 95;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var folder = new Argument<string>("FOLDER") { Description = "Where the results of the tests are (default: TestResults).", DefaultValueFactory = _ => Repository.At("TestResults") };
        var files = new Option<int>("--files") { Description = "Also name this many files with the most lines not executed.", DefaultValueFactory = _ => 0 };
        var command = new Command("lines", "The share of each layer's lines that the tests have executed.") { folder, files };
        command.SetAction(line => Print(line.GetValue(folder)!, line.GetValue(files)));
        return command;
    }

    private static int Print(string folder, int files)
    {
        string[] reports = Directory.Exists(folder) ? Directory.GetFiles(folder, "*.cobertura.xml", SearchOption.AllDirectories) : [];
        if (reports.Length == 0)
        {
            Console.Error.WriteLine($"stress bench lines: {folder}: no *.cobertura.xml; accepted is the folder that STRESS_COVERAGE=all ./stress test has written");
            return ExitCodes.Usage;
        }

        // Several test projects execute the same line: it counts once.
        SortedDictionary<string, Dictionary<int, bool>> lines = new(StringComparer.Ordinal);
        foreach (string report in reports)
        {
            Read(XDocument.Load(report), lines);
        }

        bool met = true;
        Console.WriteLine("lines executed by the tests:");
        foreach (IGrouping<string, (string Part, string File)> part in lines.Keys.SelectMany(file => PartsOf(file).Select(name => (Part: name, File: file))).GroupBy(pair => pair.Part).OrderBy(part => part.Key, StringComparer.Ordinal))
        {
            int all = part.Sum(pair => lines[pair.File].Count), executed = part.Sum(pair => lines[pair.File].Values.Count(hit => hit));
            bool held = Held.Contains(part.Key), enough = !held || 100.0 * executed >= Least * all;
            met &= enough;
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"  {part.Key,-28} {executed,7:#,0} of {all,7:#,0}  {100.0 * executed / all,5:0.0} %{(held ? $"  at least {Least} %{(enough ? "" : ": NOT MET")}" : "")}"));
        }

        foreach ((string file, Dictionary<int, bool> counted) in lines.OrderByDescending(file => file.Value.Values.Count(hit => !hit)).Take(files))
        {
            int[] missed = [.. counted.Where(line => !line.Value).Select(line => line.Key).Order()];
            Console.WriteLine($"  {file}: {missed.Length} of {counted.Count} not executed: {Ranges(missed)}");
        }

        return met ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
    }

    private static void Read(XDocument report, SortedDictionary<string, Dictionary<int, bool>> lines)
    {
        string[] sources = [.. report.Descendants("source").Select(source => source.Value)];
        foreach (XElement type in report.Descendants("class"))
        {
            string name = type.Attribute("filename")!.Value;
            string file = Path.GetRelativePath(Repository.Root, Path.IsPathRooted(name) ? name : sources.Select(source => Path.Combine(source, name)).FirstOrDefault(File.Exists) ?? Repository.At(name));

            // Generated code is not to be tested, and tests do not test themselves.
            if (file.StartsWith("..", StringComparison.Ordinal) || file.StartsWith("tests/", StringComparison.Ordinal) || file.Contains("/obj/", StringComparison.Ordinal))
            {
                continue;
            }

            if (!lines.TryGetValue(file, out Dictionary<int, bool>? counted))
            {
                lines[file] = counted = [];
            }

            foreach (XElement line in type.Descendants("line"))
            {
                int number = int.Parse(line.Attribute("number")!.Value, CultureInfo.InvariantCulture);
                counted[number] = counted.GetValueOrDefault(number) || line.Attribute("hits")!.Value != "0";
            }
        }
    }

    // A layer; for the emulator also its floors, and whatever has a required share of its own.
    private static IEnumerable<string> PartsOf(string file)
    {
        string[] folders = file.Split('/');
        yield return folders[0];
        if (folders[0] == "emulator" && folders.Length > 2)
        {
            yield return $"{folders[0]}/{folders[1]}";
        }

        if (Held.Contains(file))
        {
            yield return file;
        }
    }

    private static string Ranges(int[] numbers)
    {
        List<string> ranges = [];
        for (int i = 0; i < numbers.Length; i++)
        {
            int first = numbers[i];
            while (i + 1 < numbers.Length && numbers[i + 1] == numbers[i] + 1)
            {
                i++;
            }

            ranges.Add(numbers[i] == first ? $"{first}" : $"{first}-{numbers[i]}");
        }

        return string.Join(", ", ranges);
    }
}
