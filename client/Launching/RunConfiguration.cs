using System.Globalization;
using Stress.Contracts;
using Stress.Dial;
using Stress.Emulator.Sites;
using Stress.Observability;
using Stress.Observability.Html;
using Stress.Scenarios;

namespace Stress.Client.Launching;

/// <summary>Describes for a page what was executed: the build, the options in effect, and the scenario with every value.</summary>
public static class RunConfiguration
{
    /// <summary>The configuration of a run.</summary>
    /// <param name="launch">The run as it was started.</param>
    /// <param name="execution">Where it was executed, or null if unknown.</param>
    public static PageConfiguration Of(Launch launch, ExecutionFacts? execution) => Of([launch], execution);

    /// <summary>The configuration of runs that differ in their designs only.</summary>
    /// <param name="launches">The runs; at least one.</param>
    /// <param name="execution">Where they were executed, or null if unknown.</param>
    public static PageConfiguration Of(IReadOnlyList<Launch> launches, ExecutionFacts? execution)
    {
        Launch launch = launches[0];
        Scenario scenario = launch.Scenario;
        RunPlan plan = launch.Plan;
        List<PageFact> settings =
        [
            .. Build(),
            new("Scenario file", scenario.FileName),
            .. Kernels(launch),
            new(launches.Count == 1 ? "Design" : "Designs", string.Join(", ", launches.Select(one => one.DesignName))),
            new("Design library", launch.DesignAssembly ?? "none"),
            new("Seed", Text(scenario.Seed)),
            new("Pairs", Text(scenario.Pairs)),
            scenario.Site.Graph is { } graph
                ? new("Network of a site", NetworkOf(scenario.Network, graph))
                : new("Callers of an answering system", Text(scenario.Site.CallersPerAnswerer)),
            new("Virtual time", Text(launch.Hours), "h of each pair"),
            new("Windows", $"{Text(plan.Windows)} of {scenario.Site.Window}"),
            new("Sites", plan.Sites == 1 ? Text(plan.FirstSite) : $"{Text(plan.FirstSite)} to {Text(plan.FirstSite + plan.Sites - 1)}"),
            new("Sites to a shard", Text(plan.ShardSize)),
            new("Sites in flight of a shard", Text(plan.SitesInFlight)),
            new("Workers", Text(launch.Workers)),
            new("Silos", execution is null ? "1, in the client's process" : Text(execution.Silos)),
            new("Pace", plan.Pace == 0 ? "as fast as possible" : Text(plan.Pace), plan.Pace == 0 ? "" : "virtual seconds per second"),
            new("Checkpoint of a site", plan.CheckpointWindows == 0 ? "none" : Text(plan.CheckpointWindows), plan.CheckpointWindows == 0 ? "" : "windows apart"),
            new("A silent site is lost after", Text(plan.LostAfterSeconds), "s"),
            new("Quiet stretches", plan.Site.SkipQuiet ? "skipped, with their events counted" : "executed event by event"),
            new("Sites executed again (--check)", plan.CheckedSites.Count == 0 ? "none" : string.Join(", ", plan.CheckedSites.Select(site => Text(site)))),
        ];
        return new PageConfiguration(settings, ScenarioWriter.Write(scenario));
    }

    /// <summary>A network in words.</summary>
    public static string NetworkOf(NetworkOptions? shape, Topology graph) =>
        $"{(shape is null ? "" : shape.Shape == NetworkShape.Grid ? $"grid {shape.Width} x {shape.Height}, " : $"{ScenarioFields.Spell(shape.Shape)}, ")}{Counted.Of(graph.Nodes.Count, "node")}, {Counted.Of(graph.Links.Count, "link")}{string.Concat((graph.Segments ?? []).Select(segment => $", the segment {segment.Name} of {Counted.Of(segment.Stations.Count, "station")}"))}";

    private static IEnumerable<PageFact> Kernels(Launch launch)
    {
        if (launch.Real is not { } real)
        {
            yield break;
        }

        foreach ((string role, Guests.Kernels.GuestKernel kernel) in new[] { ("called", real.Called), ("calling", real.Calling) })
        {
            yield return new($"Kernel, {role}", $"{kernel.Name}: Linux {kernel.Release} of {kernel.Source}, key {kernel.Key}");
            yield return new($"Configuration, {role}", $"SHA-256 {kernel.ConfigSha256}, {(kernel.Kasan ? "KASAN" : "no KASAN")}");
            yield return new($"Patches, {role}", kernel.Patches.Count == 0 ? "none" : string.Join(", ", kernel.Patches));
        }

        yield return new("Fault switched on", real.Fault ?? "none");
        yield return new("Guest system", $"SHA-256 {real.System.Sha256}");
        foreach (Guests.Systems.GuestPackage package in real.System.Packages)
        {
            yield return new($"Package {package.Name}", $"{package.Version}, SHA-256 {package.Sha256}");
        }
    }

    /// <summary>The configuration of real calls.</summary>
    /// <param name="options">The calls.</param>
    /// <param name="scenario">The scenario that the emulated system is taken from, or null for its usual values.</param>
    /// <param name="calling">True where this side dials.</param>
    public static PageConfiguration Of(DialOptions options, Scenario? scenario, bool calling) => new(
        [
            .. Build(),
            new("Scenario file", scenario?.FileName ?? "none"),
            new(calling ? "Calls" : "Answers at", options.Target.ToString()),
            new("Lines", Text(options.Lines)),
            new("Calls of a line", Text(options.Cycles)),
            new("Hold-off", options.Holdoff.ToString()),
            new("Time for a line to be there", options.Connect.ToString()),
            new("Attempts without an answer", Text(options.SilentAttempts)),
            new("Wait for a caller", options.Wait.IsNever ? "forever" : options.Wait.ToString()),
            new("Seed", Text(options.Seed)),
            new("Transcripts", options.Transcripts ?? "none"),
        ],
        scenario is null ? "" : ScenarioWriter.Write(scenario));

    /// <summary>The build: version, commit and runtime.</summary>
    public static IReadOnlyList<PageFact> Build()
    {
        ProgramVersion program = ProgramVersion.Current;
        return
        [
            new("Version", program.Number),
            new("Commit", program.Commit.Length == 0 ? "not known: built outside a repository" : program.Commit),
            new("Runtime", ProgramVersion.Runtime),
        ];
    }

    private static string Text(IFormattable value) => value.ToString(null, CultureInfo.InvariantCulture);
}
