using System.CommandLine;
using Stress.Client.Demo;
using Stress.Client.Launching;
using Stress.Client.Triage;
using Stress.Contracts.Triage;
using Stress.Guests;
using Stress.Silo;

namespace Stress.Client.Commands;

/// <summary>
/// <c>stress demo</c>: everything at once on this machine: an endless run at a watchable pace, the triage pages with a run that has ended, and, if they are installed, Prometheus
/// with the rules and Grafana with the dashboards. Everything listens on the loopback interface only, and Ctrl-C ends all of it.
/// </summary>
public static class DemoCommand
{
    // A short run first, so that there are bugs to look at; then one of a century, ten virtual minutes a second.
    private static readonly string[] Short = ["--pairs", "40", "--hours", "4", "--no-progress"], Endless = ["--pairs", "40", "--hours", "876000", "--pace", "600", "--no-progress"];

    /// <summary>The command.</summary>
    public static Command Create(Terminal terminal)
    {
        var listen = new Option<string>("--listen") { Description = "Address and port of the triage pages.", DefaultValueFactory = _ => TriageCommands.DefaultListen };
        var folder = new Option<string>("--folder") { Description = "Folder that gets the demo's runs and store.", DefaultValueFactory = _ => "demo" };
        var command = new Command("demo", "Show it all on this machine: a run in progress, the triage pages, and Prometheus and Grafana where they are installed.") { listen, folder };
        command.SetAction((line, stop) => Execute(terminal, line.GetValue(listen)!, line.GetValue(folder)!, stop));
        return command;
    }

    private static async Task<int> Execute(Terminal terminal, string listen, string folder, CancellationToken stop)
    {
        Output.CheckFolder("--folder", folder);
        string runs = Path.Combine(Path.GetFullPath(folder), Output.DefaultFolder), scenario = Path.Combine(ProgramFolders.Find("scenarios"), "troxel-2005.yaml");
        if (!File.Exists(scenario))
        {
            throw new UsageException($"{scenario}: no such file; accepted is a program with its scenarios beside it or in a folder above it");
        }

        Directory.CreateDirectory(runs);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        List<ChildProgram> programs = [];
        try
        {
            terminal.Text.WriteLine("a short run first, to have something to look at ...");
            int code = await ChildProgram.OfThisProgram(["run", scenario, .. Short, "--out", runs]).End(stop);
            if (code is not (ExitCodes.Ok or ExitCodes.ExpectationFailed or ExitCodes.NotDecided))
            {
                terminal.Error.WriteLine($"stress: demo: the first run ended with {code}");
                return ExitCodes.Incomplete;
            }

            using LoopbackPort ofRun = LoopbackPort.Take(), ofPrometheus = LoopbackPort.Take(), ofGrafana = LoopbackPort.Take();
            int metrics = ofRun.Number;
            programs.Add(ChildProgram.OfThisProgram(["run", scenario, .. Endless, "--out", runs, "--metrics-port", $"{metrics}"]));
            terminal.Text.WriteLine($"metrics      http://127.0.0.1:{metrics}/metrics");
            if (Monitoring.Prometheus(metrics, ofPrometheus.Number, folder) is { } prometheus)
            {
                programs.Add(prometheus.Program);
                terminal.Text.WriteLine($"Prometheus   {prometheus.Address}");
                if (Monitoring.Grafana(prometheus.Address, ofGrafana.Number, folder) is { } grafana)
                {
                    programs.Add(grafana.Program);
                    terminal.Text.WriteLine($"Grafana      {grafana.Address}");
                }
                else
                {
                    terminal.Text.WriteLine("Grafana      is not installed (grafana.com/docs): its dashboards are in observability/grafana");
                }
            }
            else
            {
                terminal.Text.WriteLine("Prometheus   is not installed (Debian package prometheus)");
            }

            await using ITriage triage = await TriageLibrary.Open(Path.Combine(folder, TriageLibrary.DefaultStore), runs, terminal.Time);
            await using var launcher = new RunLauncher(runs, Path.GetDirectoryName(scenario)!, null, terminal);
            Task serving = triage.Serve(new ServeOptions(listen, [], null, null, null, new CrashWork(), launcher), address => terminal.Text.WriteLine($"triage       {address}\nCtrl-C ends all"), ended.Token);

            // Whatever ends first ends the rest: a demo with a missing part would be misleading.
            Task first = await Task.WhenAny([serving, .. programs.Select(program => program.Ended)]);
            string? gone = stop.IsCancellationRequested ? null : programs.FirstOrDefault(program => program.Ended == first)?.Name;
            await ended.CancelAsync();
            await serving;
            if (gone is not null)
            {
                terminal.Error.WriteLine($"stress: demo: {gone} ended");
                return ExitCodes.Incomplete;
            }

            return ExitCodes.Ok;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return ExitCodes.Ok;
        }
        catch (TriageException e)
        {
            terminal.Error.WriteLine($"stress: {e.Message}");
            return e.Problem == TriageProblem.Unavailable ? ExitCodes.Unavailable : ExitCodes.Usage;
        }
        finally
        {
            foreach (ChildProgram program in programs)
            {
                await program.Stop();
            }
        }
    }
}
