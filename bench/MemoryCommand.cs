using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Stress.Bench.Speed;
using Stress.Emulator.Sites;

namespace Stress.Bench;

/// <summary><c>memory</c>: the memory of routers, in a process that does nothing else. The table starts it, since a process never forgets its peak.</summary>
internal static class MemoryCommand
{
    /// <summary>What the command prints.</summary>
    /// <param name="BytesARouter">Live bytes for each router after a full collection.</param>
    /// <param name="Peak">Most memory that the process had, in bytes.</param>
    internal sealed record Answer(long BytesARouter, long Peak);

    /// <summary>The command.</summary>
    public static Command Create()
    {
        var pairs = new Option<int>("--pairs") { Description = "Pairs, all kept between two windows.", DefaultValueFactory = _ => 2_000 };
        var windows = new Option<int>("--windows") { Description = "Windows that each executes.", DefaultValueFactory = _ => 6 };
        var grains = new Option<bool>("--grains") { Description = "In the grains of an embedded silo, a slice of each." };
        var command = new Command("memory", "Bytes a router, as one line of JSON.") { pairs, windows, grains };
        command.SetAction(async (line, _) =>
        {
            SiteOptions options = Work.Troxel();
            long bytes = line.GetValue(grains)
                ? await GrainSpeed.BytesARouter(options, line.GetValue(pairs))
                : InEmulator(options, line.GetValue(pairs), line.GetValue(windows));
            using Process self = Process.GetCurrentProcess();
            Console.WriteLine(JsonSerializer.Serialize(new Answer(bytes, self.PeakWorkingSet64)));
            return 0;
        });
        return command;
    }

    /// <summary>Runs the command in a process of its own.</summary>
    public static Answer InOwnProcess(int pairs, int windows, bool grains)
    {
        string[] arguments = [typeof(MemoryCommand).Assembly.Location, "memory", "--pairs", Text(pairs), "--windows", Text(windows), .. grains ? (string[])["--grains"] : []];
        using Process child = Process.Start(new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        string output = child.StandardOutput.ReadToEnd();
        child.WaitForExit();
        return child.ExitCode == 0 ? JsonSerializer.Deserialize<Answer>(output)! : throw new InvalidOperationException($"memory ended with {child.ExitCode}");
    }

    private static long InEmulator(SiteOptions options, int pairs, int windows)
    {
        Site warm = Site.Create(options, 0);
        warm.RunWindow();
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var sites = new PackedSite[pairs];
        for (int number = 0; number < pairs; number++)
        {
            Site site = Site.Create(options, (uint)number);
            for (int window = 0; window < windows; window++)
            {
                site.RunWindow();
            }

            sites[number] = PackedSite.Pack(site);
        }

        long bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / (pairs * (options.Topology.Nodes.Count));
        GC.KeepAlive(sites);
        GC.KeepAlive(warm);
        return bytes;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
