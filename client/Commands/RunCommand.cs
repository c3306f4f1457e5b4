using System.CommandLine;
using Stress.Client.Capture;
using Stress.Client.Clusters;
using Stress.Client.Concluding;
using Stress.Client.Following;
using Stress.Client.Launching;
using Stress.Client.Reports;
using Stress.Client.Screen;
using Stress.Contracts;
using Stress.Guests;
using Stress.Guests.Sites;
using Stress.Observability;
using Stress.Scenarios;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary><c>stress run FILE</c>: executes a scenario and reports how often each code path crashed.</summary>
public static class RunCommand
{
    // Bytes that the first record of a run takes in its state.
    private const int LeastState = 16 * 1024;

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var design = new Option<string?>("--design") { Description = "Teardown design (default: the scenario's)." };
        Option<int?> site = RunOptions.Site();
        Option<double?> pace = RunOptions.Pace();
        var noSkip = new Option<bool>("--no-skip") { Description = "Execute the events of quiet stretches in full too (docs/performance.md). The result does not depend on it." };
        var pcap = new Option<string?>("--pcap") { Description = "Write every frame of every line to this file too (pcapng, PPP with direction)." };
        var check = new Option<bool>("--check") { Description = "Execute a sample of sites a second time and compare (exit 3 when they differ)." };
        var cluster = new ClusterOption();
        Option<int?> checkpoint = RunOptions.Checkpoint(), lostAfter = RunOptions.LostAfter(), inFlight = RunOptions.InFlight();
        var name = new Option<string?>("--name") { Description = $"The run's name (default: {SiloDefaults.RunNameVariable}, or the scenario's name and the time). Where there is a run of that name, it is followed, or resumed, and its report is written." };
        Option<TimeSpan?> wait = ClusterWait.Option();
        Option<int?> lease = RunOptions.Lease("On a cluster: pause the run when no client has followed it for this many seconds, or for example 10min, and cancel it after as long again (default: it continues without a client, as with 0).");
        var noStore = new Option<bool>("--no-store") { Description = "Keep the run out of the triage store (docs/triage.md)." };
        var command = new Command("run", "Run a scenario.");
        ScenarioOptions scenario = new ScenarioOptions().AddTo(command).AddRunsTo(command).AddKernelsTo(command);
        foreach (Option option in (Option[])[design, site, pace, noSkip, check, pcap, checkpoint, lostAfter, inFlight, name, wait, lease, noStore])
        {
            command.Add(option);
        }

        cluster.AddTo(command);
        var checks = new CheckFileOptions();
        checks.AddTo(command);
        command.SetAction((line, stop) => Execute(
            terminal,
            scenario.Settings(line) with
            {
                Design = line.GetValue(design),
                Site = line.GetValue(site),
                Pace = line.GetValue(pace),
                NoSkip = line.GetValue(noSkip),
                Checkpoint = line.GetValue(checkpoint),
                LostAfter = line.GetValue(lostAfter),
                InFlight = line.GetValue(inFlight),
            },
            NameOf(line.GetValue(name)),
            cluster.Read(line),
            ClusterWait.Of(line.GetValue(wait), terminal),
            new RunConclusion.Wishes(scenario.Folder(line), scenario.Json(line), scenario.Progress(line), Check: line.GetValue(check), checks.Read(line), line.GetValue(pcap)) { NoStore = line.GetValue(noStore), Lease = line.GetValue(lease) is { } seconds ? new RunLease(Environment.MachineName, seconds) : null },
            stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, RunSettings settings, string? name, RedisAddress? cluster, ClusterWait wait, RunConclusion.Wishes wishes, CancellationToken stop)
    {
        Scenario scenario = settings.Load(terminal.In);
        wishes.Files.Check();
        UmlSettings? real = scenario.IsReal
            ? await UmlSettings.OfMachineAsync(GuestCache.OfUser(), scenario.CalledKernel, scenario.CallingKernel, scenario.Fault, terminal.Error.WriteLine, stop)
            : null;
        Output output = name is null
            ? Output.Choose(wishes.Folder, wishes.Json, scenario.Name, DateTimeOffset.UtcNow, shared: cluster is not null)
            : Output.Named(wishes.Folder, name, wishes.Json);
        if (cluster is null)
        {
            if (wishes.Lease is not null)
            {
                throw new UsageException("--lease: a run in this process ends with it and needs no lease; accepted together with --cluster");
            }

            Embedded.CheckFree(settings.MetricsPort);
            Launch launch = Launch.Create(settings, scenario, output.RunId, wishes.Check, resumable: true, real: real);
            CheckCapture(wishes, launch);
            if (name is not null && IsThere(output, launch))
            {
                return settings.MetricsPort is null ? await GoOn(terminal, output, launch, wishes, stop)
                    : throw new UsageException($"--metrics-port: {name} was started before; accepted is the same command line without it");
            }

            if (name is null && Claimed(output) is { } claimed && claimed.RunId != output.RunId)
            {
                // Another process has begun a run of this scenario in the same second.
                (output, launch) = (claimed, launch with { Plan = launch.Plan with { RunId = claimed.RunId } });
            }

            OptionsScreen.Write(terminal.Out, launch);
            string? state = StateFolder.Of(output.Folder);
            if (!Keeps(terminal, launch, output, state, wishes.NoStore))
            {
                // A run that cannot be saved can still be executed, and its result printed.
                (launch, state) = (Launch.Create(settings, scenario, output.RunId, wishes.Check, resumable: false, real: real), null);
            }

            await using EmbeddedSilo silo = await Embedded.Start(launch.Workers, settings.MetricsPort, terminal, state);
            return await new RunConclusion(terminal, launch, output, wishes).Follow(silo, stop);
        }

        string? hash = DesignLibrary.HashOf(settings.DesignAssembly, scenario.Site.Design);
        if (settings.MetricsPort is not null)
        {
            throw new UsageException("--metrics-port: of the silo in this process; accepted on a cluster are the metrics ports of its silos");
        }

        await using ClusterClient client = await ClusterOption.Connect(cluster, stop, wait);
        (int workers, IReadOnlyList<string> apart) = await wait.For(async () => TakingPart.Of(await client.Silos(), cluster, hash is null ? null : DesignFolder.NameOf(scenario.Site.Design, hash)), stop);
        foreach (string line in apart)
        {
            terminal.Error.WriteLine(line);
        }

        Launch shared = Launch.Create(settings, scenario, output.RunId, wishes.Check, resumable: true, workers, real);
        shared = shared with { Plan = shared.Plan with { DesignHash = hash } };
        CheckCapture(wishes, shared);
        bool there = name is not null && IsThere(output, shared);
        if (name is not null && await Known(client, shared) is { } known)
        {
            shared = shared with { Plan = known.Plan };
            terminal.Error.WriteLine($"stress: {name} was started before and is {known.Phase.ToString().ToLowerInvariant()}: it is followed, and its report written");
        }
        else if (there && File.Exists(output.Folder.ReportPath))
        {
            // The cluster forgets runs that have ended long ago; the folder has not.
            return await GoOn(terminal, output, shared, wishes, stop);
        }

        OptionsScreen.Write(terminal.Out, shared);
        Keeps(terminal, shared, output, null, wishes.NoStore);
        return await new RunConclusion(terminal, shared, output, wishes).Follow(client, stop);
    }

    // The name that the command line or the environment gives.
    private static string? NameOf(string? option)
    {
        string? name = option ?? Environment.GetEnvironmentVariable(SiloDefaults.RunNameVariable);
        return option is null && string.IsNullOrEmpty(name) ? null
            : RunPlan.IsRunId(name!) ? name
            : throw new UsageException($"{(option is null ? SiloDefaults.RunNameVariable + "=" : "--name ")}{name}: accepted are up to {RunPlan.MaxRunIdLength} letters, digits, '-', '_' and '.', not first a dot");
    }

    // The run of the launch's name on the cluster, which has to be the same work; null for none.
    private static async Task<RunDescription?> Known(ClusterClient client, Launch launch)
    {
        RunDescription? known = (await RunControlCommands.Look(client, launch.Plan.RunId)).Run;
        return known is null || launch.IsRunOf(known.Plan) ? known : throw AnotherRun(launch, Launch.From(known));
    }

    // Whether the folder of a named run has one already, which has to be the same work.
    private static bool IsThere(Output output, Launch launch)
    {
        if (!File.Exists(Path.Combine(output.Folder.Path, Launch.FileName)) || !File.Exists(output.Folder.ScenarioPath))
        {
            return false;
        }

        Launch known = Launch.Open(output.Folder);
        return launch.IsRunOf(known.Plan) ? true : throw AnotherRun(launch, known);
    }

    private static UsageException AnotherRun(Launch launch, Launch known) =>
        new($"--name {launch.Plan.RunId}: that is another run, {known.Command}; accepted is the same command line, or a name that no run has");

    // A run that ended shows its report again, and an interrupted one continues.
    private static async Task<int> GoOn(Terminal terminal, Output output, Launch launch, RunConclusion.Wishes wishes, CancellationToken stop)
    {
        if (wishes.Pcap is not null)
        {
            throw new UsageException($"--pcap: {output.RunId} was started before; accepted is the same command line without it");
        }

        if (File.Exists(output.Folder.ReportPath) && !Directory.Exists(StateFolder.Of(output.Folder)))
        {
            terminal.Error.WriteLine($"stress: {output.RunId} has ended before: its report is shown again");
            return ReportCommand.OfRun(terminal, output.Folder, output.Json, wishes.Files);
        }

        terminal.Error.WriteLine($"stress: {output.RunId} was started before: it is resumed");
        Directory.CreateDirectory(StateFolder.Of(output.Folder));
        return await ResumeCommand.WithState(terminal, output, launch.Workers, wishes.Progress, wishes.Files, stop);
    }

    // Null if nothing can be written: that is reported where the run is to be saved.
    private static Output? Claimed(Output output)
    {
        try
        {
            return output.Claim();
        }
        catch (Exception e) when (Deliveries.IsOfFileSystem(e))
        {
            return null;
        }
    }

    // Whether the run's folder takes what the run needs to be resumed: a folder may be made and a short file written where the first checkpoint finds no space.
    private static bool Keeps(Terminal terminal, Launch launch, Output output, string? state, bool noStore)
    {
        try
        {
            launch.Save(output.Folder);
            if (noStore)
            {
                File.WriteAllText(Path.Combine(output.Folder.Path, RunFolder.NoStoreName), "");
            }

            if (state is not null)
            {
                Directory.CreateDirectory(state);
                string probe = Path.Combine(state, "probe");
                try
                {
                    File.WriteAllBytes(probe, new byte[LeastState]);
                }
                finally
                {
                    File.Delete(probe);
                }
            }

            return true;
        }
        catch (Exception e) when (Deliveries.IsOfFileSystem(e))
        {
            terminal.Error.WriteLine($"stress: {output.Folder.Path} cannot be written: {Deliveries.Reason(e)}; the run continues, its result is printed, and it cannot be resumed");
            return false;
        }
    }

    private static void CheckCapture(RunConclusion.Wishes wishes, Launch launch)
    {
        if (wishes.Pcap is { } pcap)
        {
            RunCapture.Check(pcap, launch);
        }
    }
}
