using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Spectre.Console;
using Stress.Bench.Speed;
using Stress.Bench.Triage;
using Stress.Client;
using Stress.Tests.Clusters;
using Stress.Tests.Shared;

namespace Stress.Bench;

/// <summary>
/// <c>stress bench triage</c>: a store with many runs. How fast they are imported, how large it is, what a server needs, and how long its pages take at a steady request rate.
/// </summary>
internal static class TriageCommand
{
    // What the documents promise for a store of ten thousand runs with a million crashes.
    private const double RunsAMinute = 2000, PageMilliseconds = 200, ServerMegabytes = 500, StoreGigabytes = 2;
    private const int PageBytes = 300_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var runs = new Option<int>("--runs") { Description = "Runs to generate and import.", DefaultValueFactory = _ => 10_000 };
        var crashes = new Option<int>("--crashes") { Description = "Distinct crashes of each.", DefaultValueFactory = _ => 100 };
        var rate = new Option<int>("--rate") { Description = "Page requests per second.", DefaultValueFactory = _ => 50 };
        var seconds = new Option<int>("--seconds") { Description = "How long.", DefaultValueFactory = _ => 30 };
        var store = new Option<string?>("--store") { Description = "An empty store, as stress import takes it (default: a file that is removed)." };
        var command = new Command("triage", "A triage store with many runs: import, size, memory, pages at a steady rate.") { runs, crashes, rate, seconds, store };
        command.SetAction(async (line, _) =>
        {
            string folder = Directory.CreateTempSubdirectory("stress-bench-triage-").FullName;
            try
            {
                return await Measure(folder, line.GetValue(runs), line.GetValue(crashes), line.GetValue(rate), line.GetValue(seconds), line.GetValue(store));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private static async Task<int> Measure(string folder, int runs, int crashes, int rate, int seconds, string? store)
    {
        Machine.Write();

        string made = Path.Combine(folder, "made");
        var maker = new MadeRuns(Repository.At("tests", "formats", "format-1", "complete"));
        foreach (MadeRun run in MadeRuns.Many(runs, crashes, titles: 400, seed: 1))
        {
            maker.Write(made, run);
        }

        string address = store ?? Path.Combine(folder, "triage.db"), program = typeof(Terminal).Assembly.Location;
        long start = Stopwatch.GetTimestamp();
        RunningProcess import = RunningProcess.Start("dotnet", [program, "import", made, "--store", address]);
        if (await import.End(Timeout.InfiniteTimeSpan) != 0)
        {
            Console.Error.WriteLine($"stress bench: {import.Output}");
            return ExitCodes.Incomplete;
        }

        double minutes = Stopwatch.GetElapsedTime(start).TotalMinutes;
        double gigabytes = store is null ? Directory.EnumerateFiles(folder, "triage.db*").Sum(file => new FileInfo(file).Length) / 1e9 : double.NaN;
        RunningProcess server = RunningProcess.Start("dotnet", [program, "serve", "--listen", "127.0.0.1:0", "--store", address]);
        const string Says = "triage pages at ";
        await server.Says(Says);
        try
        {
            string listening = server.Output[(server.Output.IndexOf(Says, StringComparison.Ordinal) + Says.Length)..].Split(' ')[0];
            using var client = new HttpClient { BaseAddress = new Uri(listening) };
            (double p50, double p95, int largest, int failed) = await Ask(client, rate, seconds);
            double megabytes = server.PeakMemoryBytes / 1e6;
            var table = new Table { Border = TableBorder.Simple };
            table.AddColumns("what", "measured", "asked", "met");
            bool met = true;
            void Row(string what, double value, double asked, bool atMost, string unit)
            {
                bool ok = double.IsNaN(value) || (atMost ? value <= asked : value >= asked);
                met &= ok;
                table.AddRow(what, double.IsNaN(value) ? "not known" : string.Create(CultureInfo.InvariantCulture, $"{value:#,0.##} {unit}"), string.Create(CultureInfo.InvariantCulture, $"{(atMost ? "at most" : "at least")} {asked:#,0.##}"), ok ? "yes" : "no");
            }

            Row($"import of {runs:#,0} runs with {(long)runs * crashes:#,0} crashes", runs / minutes, RunsAMinute, atMost: false, "runs a minute");
            Row("store", gigabytes, StoreGigabytes, atMost: true, "GB");
            Row("server's memory, at most", megabytes, ServerMegabytes, atMost: true, "MB");
            Row($"pages at {rate} a second, median", p50, PageMilliseconds, atMost: true, "ms");
            Row($"pages at {rate} a second, p95", p95, PageMilliseconds, atMost: true, "ms");
            Row("largest page", largest, PageBytes, atMost: true, "bytes");
            Row("requests without an answer", failed, 0, atMost: true, "");
            AnsiConsole.Write(table);
            return met ? ExitCodes.Ok : ExitCodes.ExpectationFailed;
        }
        finally
        {
            await server.Terminate();
        }
    }

    // Requested at a steady rate, whether or not the previous one has been answered: this shows a server that falls behind.
    private static async Task<(double P50, double P95, int Largest, int Failed)> Ask(HttpClient client, int rate, int seconds)
    {
        string[] pages = ["/", "/runs", "/runs?verdict=no%20expectation&sort=panics", "/runs?search=made-0", "/runs?skip=5000", "/bugs", "/bugs?backend=epoch", "/bugs?search=function_b", "/bugs?skip=500", "/api/v1/runs", "/api/v1/bugs"];
        foreach (string page in pages)
        {
            // What is compiled at the first request is not part of a page's time.
            await client.GetStringAsync(page);
        }

        List<Task<(double Milliseconds, int Bytes)>> asked = [];
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / rate));
        for (int i = 0; i < rate * seconds; i++)
        {
            await timer.WaitForNextTickAsync();
            asked.Add(One(client, pages[i % pages.Length]));
        }

        (double Milliseconds, int Bytes)[] answers = await Task.WhenAll(asked);
        double[] times = [.. answers.Where(answer => answer.Bytes > 0).Select(answer => answer.Milliseconds).Order()];
        return (times[times.Length / 2], times[(int)(times.Length * 0.95)], answers.Max(answer => answer.Bytes), answers.Count(answer => answer.Bytes == 0));
    }

    private static async Task<(double Milliseconds, int Bytes)> One(HttpClient client, string page)
    {
        long start = Stopwatch.GetTimestamp();
        using HttpResponseMessage answer = await client.GetAsync(page);
        byte[] body = await answer.Content.ReadAsByteArrayAsync();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, answer.StatusCode == HttpStatusCode.OK ? body.Length : 0);
    }
}
