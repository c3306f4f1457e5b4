using System.CommandLine;
using Stress.Client.Running;
using Stress.Client.Screen;
using Stress.Emulator.Simulation;
using Stress.Grains;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress run FILE</c>: executes a scenario and reports how often each code path crashed.</summary>
public static class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        // Numbers are taken as text: the settings say what is accepted, in one line, for the command line and its tests alike.
        var file = new Argument<string>("FILE") { Description = "The scenario, for example scenarios/troxel-2005.yaml." };
        var pairs = new Option<string?>("--pairs") { Description = "Pairs of a calling and a called system." };
        var hours = new Option<string?>("--hours") { Description = "Virtual hours of each pair." };
        var seed = new Option<string?>("--seed") { Description = "Seed of every random stream." };
        var design = new Option<string?>("--design") { Description = "Teardown design in place of the scenario's." };
        var library = new Option<string?>("--design-assembly") { Description = "Library (.dll) with teardown designs of your own (docs/designs.md)." };
        var site = new Option<string?>("--site") { Description = "Execute this site only." };
        var output = new Option<string?>("--out") { Description = "Folder that gets the run's folder (default: runs)." };
        var json = new Option<string?>("--json") { Description = "Write the report to this file too." };
        var workers = new Option<string?>("--workers") { Description = "Sites executed at once (default: one a processor). The result does not depend on it." };
        var pace = new Option<string?>("--pace") { Description = "Virtual seconds a second of wall time, for example 60 (default: as fast as possible)." };
        var metrics = new Option<string?>("--metrics-port") { Description = "Serve the run's metrics on this port of 127.0.0.1, for Prometheus (0: any free one)." };
        var quiet = new Option<bool>("--no-progress") { Description = "Show no progress." };
        var noSkip = new Option<bool>("--no-skip") { Description = "Execute the events of quiet stretches in full too (docs/performance.md). The result does not depend on it." };
        var pcap = new Option<string?>("--pcap") { Description = "Write every frame of every line to this file too (pcapng, PPP with direction)." };
        var check = new Option<bool>("--check") { Description = "Execute a sample of sites a second time and compare (exit 3 when they differ)." };
        Option<string?> cluster = ClusterOption.Create();
        var checkpoint = new Option<string?>("--checkpoint") { Description = $"Windows between two checkpoints of a site (default: {Launch.CheckpointWindows})." };
        var lostAfter = new Option<string?>("--lost-after") { Description = $"Seconds after which a silent site is lost (default: {RunPlan.DefaultLostAfterSeconds})." };
        var inFlight = new Option<string?>("--in-flight") { Description = "Sites that are under way at once (default: some a worker)." };
        var command = new Command("run", "Run a scenario.")
        {
            file, pairs, hours, seed, design, library, site, output, json, workers, pace, metrics, quiet, noSkip, check, pcap, cluster, checkpoint, lostAfter, inFlight,
        };
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            new RunSettings
            {
                File = line.GetValue(file)!,
                Pairs = line.GetValue(pairs),
                Hours = line.GetValue(hours),
                Seed = line.GetValue(seed),
                Design = line.GetValue(design),
                DesignAssembly = line.GetValue(library),
                Site = line.GetValue(site),
                Workers = line.GetValue(workers),
                Pace = line.GetValue(pace),
                MetricsPort = line.GetValue(metrics),
                NoSkip = line.GetValue(noSkip),
                Checkpoint = line.GetValue(checkpoint),
                LostAfter = line.GetValue(lostAfter),
                InFlight = line.GetValue(inFlight),
            },
            ClusterOption.Read(line.GetValue(cluster)),
            new RunConclusion.Wishes(line.GetValue(output), line.GetValue(json), Progress: !line.GetValue(quiet), Check: line.GetValue(check), checks.Read(line), line.GetValue(pcap)),
            stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, RunSettings settings, RedisAddress? cluster, RunConclusion.Wishes wishes, CancellationToken stop)
    {
        Scenario scenario = settings.Load();
        wishes.Files.Check();
        TrySite(scenario);
        Output output = Output.Choose(wishes.Folder, wishes.Json, scenario.Name, DateTimeOffset.UtcNow);
        if (cluster is null)
        {
            Embedded.CheckFree(settings.MetricsPortNumber);
            Launch launch = Launch.Create(settings, scenario, output.RunId, wishes.Check, resumable: true);
            CheckCapture(wishes, launch);
            OptionsScreen.Write(terminal.Out, launch);
            launch.Save(output.Folder);
            await using EmbeddedSilo silo = await Embedded.Start(launch.Workers, settings.MetricsPortNumber, terminal, ResumeCommand.StateOf(output.Folder));
            return await new RunConclusion(terminal, launch, output, wishes).Follow(silo, stop);
        }

        if (settings.DesignAssembly is not null)
        {
            throw new UsageException("--design-assembly: a file of this machine; accepted on a cluster are the designs that are built in");
        }

        if (settings.MetricsPort is not null)
        {
            throw new UsageException("--metrics-port: of the silo in this process; accepted on a cluster are the metrics ports of its silos");
        }

        await using ClusterClient client = await ClusterOption.Connect(cluster, stop);
        int workers = Math.Max(1, (await client.Silos()).Sum(silo => silo.Workers));
        Launch shared = Launch.Create(settings, scenario, output.RunId, wishes.Check, resumable: true, workers);
        CheckCapture(wishes, shared);
        OptionsScreen.Write(terminal.Out, shared);
        shared.Save(output.Folder);
        return await new RunConclusion(terminal, shared, output, wishes).Follow(client, stop);
    }

    private static void CheckCapture(RunConclusion.Wishes wishes, Launch launch)
    {
        if (wishes.Pcap is { } pcap)
        {
            RunCapture.Check(pcap, launch);
        }
    }

    // The emulator says what it does not accept (a design of another name) when a site is made; better here than in the middle of a run.
    internal static void TrySite(Scenario scenario)
    {
        try
        {
            _ = Site.Create(scenario.Site, 0);
        }
        catch (ArgumentException e)
        {
            string message = e.ParamName is { } name ? e.Message.Replace($" (Parameter '{name}')", "") : e.Message;
            throw new UsageException($"{scenario.FileName}: {message.ReplaceLineEndings(" ")}");
        }
    }
}
