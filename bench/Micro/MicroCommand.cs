using System.CommandLine;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Stress.Bench.Micro;

/// <summary><c>micro</c>: BenchmarkDotNet on the parts of an event's work.</summary>
internal static class MicroCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        var filter = new Argument<string>("FILTER") { Description = "Which, for example '*Queue*'.", DefaultValueFactory = _ => "*" };
        var command = new Command("micro", "Event queue, heap, frame path, image: time and bytes of each (BenchmarkDotNet).") { filter };
        command.SetAction(line =>
        {
            // In this process: the parts are small and pure, and a project made for each would have to find the solution's versions.
            ManualConfig config = ManualConfig.CreateEmpty()
                .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
                .AddDiagnoser(MemoryDiagnoser.Default)
                .AddColumnProvider(DefaultColumnProviders.Instance)
                .WithArtifactsPath(Path.Combine(Speed.Ns3.Root(), "BenchmarkDotNet.Artifacts"))
                .WithOptions(ConfigOptions.JoinSummary | ConfigOptions.DisableLogFile);
            foreach (Summary summary in BenchmarkSwitcher.FromAssembly(typeof(MicroCommand).Assembly).Run(["--filter", line.GetValue(filter)!], config))
            {
                MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Default);
            }

            return 0;
        });
        return command;
    }
}
