using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Emulator.Core;
using Stress.Contracts;
using Stress.Observability.Instruments;
using Stress.Silo;

namespace Stress.Bench;

/// <summary>
/// <c>bench overhead</c>: the cost of the instruments. The same run, in turn without any, with scraped metrics, and with metrics and traces; each round has all three in one
/// process, one after another, and is compared only with itself.
/// </summary>
public static class OverheadCommand
{
    /// <summary>Most that all instruments may cost.</summary>
    private const double Target = 0.03;

    private static readonly TimeSpan ScrapeEvery = TimeSpan.FromSeconds(1);
    private const string EndpointVariable = "OTEL_EXPORTER_OTLP_ENDPOINT", ProtocolVariable = "OTEL_EXPORTER_OTLP_PROTOCOL";

    private static readonly (string Name, bool Metrics, bool Traces)[] Arms =
        [("none", false, false), ("metrics, scraped each second", true, false), ("metrics, traces and logs", true, true)];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var file = new Option<string>("--scenario") { Description = "The scenario.", DefaultValueFactory = _ => "scenarios/troxel-2005.yaml" };
        var pairs = new Option<int>("--pairs") { Description = "Pairs of a run.", DefaultValueFactory = _ => 500 };
        var hours = new Option<int>("--hours") { Description = "Virtual hours of a run.", DefaultValueFactory = _ => 72 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds, besides one to warm up.", DefaultValueFactory = _ => 9 };
        var command = new Command("overhead", "What metrics and traces cost a run.") { file, pairs, hours, rounds };
        command.SetAction((line, stop) => Execute(
            new RunSettings { File = line.GetValue(file)!, Pairs = line.GetValue(pairs), Hours = VirtualTime.FromHours(line.GetValue(hours)) }, line.GetValue(rounds), stop));
        return command;
    }

    private static async Task<int> Execute(RunSettings settings, int rounds, CancellationToken stop)
    {
        await using WebApplication collector = await StartCollector();
        var taken = new List<Cost[]>();
        for (int round = 0; round <= rounds && !stop.IsCancellationRequested; round++)
        {
            // The order rotates with the rounds, so that none always comes first.
            var costs = new Cost[Arms.Length];
            for (int turn = 0; turn < Arms.Length; turn++)
            {
                int arm = (round + turn) % Arms.Length;
                costs[arm] = await Measure(settings, $"overhead-{round}-{arm}", Arms[arm].Metrics, Arms[arm].Traces ? collector.Urls.First() : null);
            }

            if (round > 0)
            {
                taken.Add(costs);
            }
        }

        return Report(taken);
    }

    private static int Report(List<Cost[]> rounds)
    {
        Console.WriteLine($"{rounds.Count} rounds; medians, and in brackets the quartiles, of each round's ratio to its run without instruments");
        Console.WriteLine($"{"instruments",-30} {"wall s",8} {"processor s",12}   {"wall",-30} {"processor",-30}");
        double worst = 0;
        for (int arm = 0; arm < Arms.Length; arm++)
        {
            int i = arm;
            double[] wall = Ratios(rounds, costs => costs[i].Wall / costs[0].Wall), processor = Ratios(rounds, costs => costs[i].Processor / costs[0].Processor);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Arms[arm].Name,-30} {At(Ratios(rounds, c => c[i].Wall.TotalSeconds), 0.5),8:0.00} {At(Ratios(rounds, c => c[i].Processor.TotalSeconds), 0.5),12:0.00}   {Text(wall),-30} {Text(processor),-30}"));
            worst = Math.Max(worst, At(processor, 0.5) - 1);
        }

        bool met = worst < Target;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"overhead {worst * 100:+0.00;-0.00} % of processor time, target < {Target * 100:0} %: {(met ? "met" : "not met")}"));
        return met ? 0 : 1;
    }

    private static double[] Ratios(List<Cost[]> rounds, Func<Cost[], double> of) => [.. rounds.Select(of).Order()];

    private static double At(double[] sorted, double share) => sorted[(int)((sorted.Length - 1) * share)];

    private static string Text(double[] ratios) =>
        string.Create(CultureInfo.InvariantCulture, $"x {At(ratios, 0.5):0.0000} ({At(ratios, 0.25):0.0000} to {At(ratios, 0.75):0.0000})");

    private static async Task<Cost> Measure(RunSettings settings, string runId, bool metrics, string? collector)
    {
        RunPlan plan = Launch.Create(settings, settings.Load(), runId, check: false).Plan;
        Environment.SetEnvironmentVariable(EndpointVariable, collector);
        Environment.SetEnvironmentVariable(ProtocolVariable, collector is null ? null : "http/protobuf");
        await using EmbeddedSilo silo = await EmbeddedSilo.StartAsync(new EmbeddedSiloOptions { Workers = settings.WorkerCount, MetricsPort = metrics ? 0 : null });
        using var done = new CancellationTokenSource();
        GC.Collect();
        using Process process = Process.GetCurrentProcess();
        TimeSpan processor = process.TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        Task scraping = silo.Metrics is { } address ? Scrape(address, done.Token) : Task.CompletedTask;
        using Activity? command = WindowSpans.Command("run");
        await new RunFollower(silo).Run(metrics ? plan : plan with { Telemetry = null }, static _ => { }, CancellationToken.None);
        TimeSpan wall = Stopwatch.GetElapsedTime(start);
        process.Refresh();
        processor = process.TotalProcessorTime - processor;
        await done.CancelAsync();
        await scraping;
        return new Cost(wall, processor);
    }

    private static async Task Scrape(Uri address, CancellationToken end)
    {
        using var http = new HttpClient();
        while (!end.IsCancellationRequested)
        {
            _ = await http.GetByteArrayAsync(address, CancellationToken.None);
            await Task.Delay(ScrapeEvery, end).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Accepts whatever is exported and drops it.
    private static async Task<WebApplication> StartCollector()
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        WebApplication app = builder.Build();
        app.UseRouting();
        app.MapPost("/v1/{signal}", (HttpRequest request) => request.Body.CopyToAsync(Stream.Null));
        await app.StartAsync();
        return app;
    }

    private readonly record struct Cost(TimeSpan Wall, TimeSpan Processor);
}
